"""How often is the ledger wrong? Draw worlds with a known truth, and judge them by the rule.

Command: python benchmarks/ledger.py [--repetitions 2000]
Run time: five minutes on one core.
Expected: where the rule promises it, no false label in more than 5 % of repetitions, give or take
the error of so many.

Everything is in units of the smallest effect that matters. Worlds are drawn as `Evidence` and judged by
`claims.labels.judge`. Writes benchmarks/ledger.json, which the appendix *How far to trust the ledger* shows.
"""

import argparse
import json
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clipsafe_utils.claims.evidence import Case, Evidence, among
from clipsafe_utils.claims.labels import Judgement, Label, judge, of_parts
from clipsafe_utils.claims.populations import ALPHA
from clipsafe_utils.claims.registry import Claim
from clipsafe_utils.claims.simulation import LINEAGE, MEASURED, NESTED, NEXT, ONE_CLAIM

REPORT = Path(__file__).with_suffix(".json")
REPETITIONS = 2000

AGAIN = 5
"""How many times as often the worst setting is judged again, on fresh random numbers."""

UNITS = (4, 5, 6, 8, 12)
BETWEEN = (5, 6)
"""Numbers of units of which the slowest questions are not asked."""

NETWORKS = (1, 2, 3, 5, 9, 20)
LINEAGES = (1, 2, 3)
TIMES = (0.0, 1.0, 2.0, 4.0)
"""True effects: none, the smallest that matters, and larger ones."""

BORDERS = TIMES[:2]
"""Those at which a label can be false."""

SPREADS = (1.0, 3.0)
"""Standard deviation of one network's effect; in the cubes of the freezing commit 0.05 to 10."""

NARROW, WIDE = 0.3, SPREADS[1]

OF_SEVERAL = (1, 12, 2, 4, 1, 8, 3, 6, 1, 2, 4, 12)
"""Networks of each unit, in the order in which units are measured: unequal, as in the record."""

OF_A_SOURCE = 4
"""Networks of one training source within a lineage, at most."""

OF_UNIT, OF_SOURCE, OF_NETWORK = 0.5, 0.25, 0.25
"""Shares of the variance between networks where a lineage has several."""

SHARED = 0.5
"""Correlation of claims that are judged together, and share of the noise of images that is common."""

ERRORS = (0.25, 1.0)
"""Standard error over images of one network."""

ALTERNATIVES = 10
ODD = 0.1
"""Share of lineages that are unlike the others, in the world of odd ones."""

Array = NDArray[np.float64]
Row = dict[str, Any]
Turns = Callable[[np.random.Generator, tuple[int, ...]], Array]


def normal(random: np.random.Generator, shape: tuple[int, ...]) -> Array:
    """Draw turns that a normal distribution describes; like all turns, of mean 0 and variance 1."""
    return random.normal(size=shape)


def heavy_tailed(random: np.random.Generator, shape: tuple[int, ...]) -> Array:
    """Draw from Student's t with three degrees of freedom."""
    return random.standard_t(3, size=shape) / np.sqrt(3)


def skewed(random: np.random.Generator, shape: tuple[int, ...]) -> Array:
    """Draw from a lognormal distribution, with its long tail upwards."""
    raised = np.exp(random.normal(size=shape))
    return (raised - np.exp(0.5)) / np.sqrt((np.e - 1) * np.e)


def seldom_odd(random: np.random.Generator, shape: tuple[int, ...]) -> Array:
    """Draw lineages that are alike but for one in ten, which lies far above."""
    away = np.where(random.random(size=shape) < ODD, 1.0, -ODD / (1 - ODD))
    mixed = random.normal(size=shape) + 10 * away
    return mixed / np.sqrt(1 + 100 * ODD / (1 - ODD))


@dataclass(frozen=True)
class World:
    """How the effects of units, of their sources and of their networks are drawn, around a truth of 0."""

    name: str
    turns: Turns = normal
    sizes: Sequence[int] = (1,) * UNITS[-1]  # Networks, by unit.
    error: float = 0.0  # Standard error of a network's own chance over images.
    images: float = 0.0  # Standard error of the chance that moves all networks together.
    sign: float = 1.0  # -1 turns the world upside down.
    promised: bool = True  # Whether the rule promises anything here.


NORMAL = World("normal")
SEVERAL = World(NESTED, sizes=OF_SEVERAL)
IMAGES = World("nested, the same images", sizes=OF_SEVERAL, images=0.5)
HEAVY_TAILED = World("heavy-tailed", heavy_tailed)
LOPSIDED = tuple(
    World(f"{name}, {way}", turns, sign=sign, promised=False)
    for name, turns in (("skewed", skewed), ("one in ten odd", seldom_odd))
    for way, sign in (("long tail up", 1.0), ("long tail down", -1.0))
)


@dataclass(frozen=True)
class Question:
    """What is asked of a world."""

    name: str
    claim: Claim
    claims: int = 1  # Such claims are judged together, on data that they share.
    alternatives: int = 0  # The first of so many carries the effect.
    is_whole: bool = False  # Whether the claims are parts of one finding, each of a family of its own.


UP = Claim("up", "It is larger.", "book", statistic="drawn", direction="up", smallest_effect=1.0)
ONE = Question(ONE_CLAIM, UP)
FOUR = Question("four claims together", UP, claims=4)
EITHER = Question("either sign", replace(UP, direction="either"))
NONE = Question("no effect", replace(UP, direction="none"))
SOME = Question("some networks", replace(UP, quantifier="some"))
STRONGEST = Question("strongest of ten", replace(UP, direction="either"), alternatives=ALTERNATIVES)
WHOLE = Question("a finding of three parts", UP, claims=3, is_whole=True)


@dataclass(frozen=True)
class Setting:
    """A world, what is asked of it, how many units are measured, and how much they differ."""

    part: str
    world: World
    question: Question
    units: int
    spread: float
    times: Sequence[float] = BORDERS
    seed: Sequence[int] = field(default=(), compare=False)


def settings() -> list[Setting]:
    """List all settings; each has random numbers of its own, which no other setting changes."""
    listed = [*_of_another_lineage(), *_of_networks_measured(), *_of_next_lineage()]
    return [replace(setting, seed=(place,)) for place, setting in enumerate(listed)]


def _of_another_lineage() -> Iterator[Setting]:
    for units in UNITS:
        for spread in SPREADS:
            yield Setting(LINEAGE, NORMAL, ONE, units, spread, TIMES)
            yield Setting(LINEAGE, SEVERAL, ONE, units, spread, TIMES)
        for world in (HEAVY_TAILED, IMAGES, *LOPSIDED):
            yield Setting(LINEAGE, world, ONE, units, WIDE)
        yield Setting(LINEAGE, NORMAL, FOUR, units, NARROW)
        yield Setting(LINEAGE, IMAGES, FOUR, units, WIDE)
        yield Setting(LINEAGE, SEVERAL, NONE, units, NARROW)
        for question in (EITHER,) if units in BETWEEN else (EITHER, WHOLE, STRONGEST):
            yield Setting(LINEAGE, SEVERAL, question, units, WIDE)


def _of_networks_measured() -> Iterator[Setting]:
    for networks in NETWORKS:
        for error in ERRORS:
            part = error * np.sqrt(SHARED)
            world = World("images alone", sizes=(networks,), error=part, images=part)
            for question in (ONE, EITHER, NONE, SOME):
                yield Setting(MEASURED, world, question, 1, 0.0, TIMES if question is ONE else BORDERS)


def _of_next_lineage() -> Iterator[Setting]:
    for lineages in LINEAGES:
        world = World(NESTED, sizes=(3,) * lineages, error=ERRORS[0], promised=False)
        yield Setting(NEXT, world, ONE, lineages, WIDE, TIMES)


def main() -> None:
    """Simulate, print and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repetitions", type=int, default=REPETITIONS)
    repetitions = parser.parse_args().repetitions
    began = time.process_time()
    rows = []
    for setting in settings():
        row = judged(setting, repetitions)
        rows.append(row)
        named = f"{row['part']}: {row['world']}, {row['question']}"
        shares = "  ".join(f"at {size}: {count / repetitions:6.2%}" for size, count in row["false"].items())
        print(f"{named:<60} {row['units']:>3} {row['networks']:>3} {row['spread']:>4}  {shares}", flush=True)
    again = worst_again(rows, repetitions)
    print(f"the worst again: {again['false'] / again['repetitions']:6.2%}")
    seconds = round(time.process_time() - began)
    report = {"repetitions": repetitions, "alpha": ALPHA, "seconds": seconds, "again": again, "rows": rows}
    REPORT.write_text(json.dumps(report, indent=1) + "\n")
    print(f"{seconds} s")


def worst_again(rows: Sequence[Row], repetitions: int) -> Row:
    """Judge the setting with most false labels again: the worst of many is so by chance, too."""
    promised = [
        (false, place, size)
        for place, row in enumerate(rows)
        if row["promised"]
        for size, false in row["false"].items()
    ]
    _, place, size = max(promised)
    setting = settings()[place]
    fresh = replace(setting, times=(float(size),), seed=(*setting.seed, 2))
    false = judged(fresh, AGAIN * repetitions)["false"][size]
    return {"place": place, "size": size, "repetitions": AGAIN * repetitions, "false": false}


def judged(setting: Setting, repetitions: int) -> Row:
    """Judge a setting at every true size, and count labels and false ones."""
    world, question = setting.world, setting.question
    drawn = effects(setting, repetitions)
    labels: dict[str, dict[str, int]] = {}
    false: dict[str, int] = {}
    for size in setting.times:
        runs = [[one.label for one in judge_run(setting, run, size)] for run in drawn]
        labels[f"{size:g}"] = dict(sorted(Counter(str(label) for run in runs for label in run).items()))
        if size in BORDERS and setting.part != NEXT:
            wrong = false_labels(setting, size)
            false[f"{size:g}"] = sum(bool(wrong & set(run)) for run in runs)
    return {
        "part": setting.part,
        "world": world.name,
        "question": question.name,
        "units": setting.units,
        "networks": sum(world.sizes[: setting.units]),
        "spread": setting.spread,
        "error": round(float(np.hypot(world.error, world.images)), 3),
        "promised": world.promised,
        "labels": labels,
        "false": false,
    }


def false_labels(setting: Setting, size: float) -> set[Label]:
    """Return the labels that are false where the effect is none, or the smallest that matters."""
    claimed, denied = (
        ({Label.SUPPORTED}, {Label.CONTRADICTED})
        if setting.part == LINEAGE
        else (
            {Label.REPRODUCED, Label.AGREES, Label.MIXED},
            {Label.NOT_REPRODUCED, Label.DISAGREES, Label.MIXED},
        )
    )
    is_true = (size > 0) == (setting.question.claim.direction != "none")
    return denied if is_true else claimed


def judge_run(setting: Setting, run: Array, size: float) -> list[Judgement]:
    """Judge one repetition: a row of effects for each claim, or each alternative."""
    question = setting.question
    if question.alternatives:
        alternatives = {str(place): evidence(setting, row) for place, row in enumerate(run[1:], 1)}
        return judge([(question.claim, among({"0": evidence(setting, run[0] + size)} | alternatives))])
    asked = [(question.claim, evidence(setting, row + size)) for row in run]
    if not question.is_whole:
        return judge(asked)
    return [of_parts([(one[0].id, judge([one])[0]) for one in asked])]


def evidence(setting: Setting, values: Array) -> Evidence:
    """Make evidence of the effects of networks; encoders are of two families by turns."""
    world = setting.world
    error = float(np.hypot(world.error, world.images))
    unit, _ = places(setting)
    cases = tuple(
        Case(str(place), value, str(of), ("ViT" if place % 2 else "ResNet",), error)
        for place, (value, of) in enumerate(zip(values.tolist(), unit.tolist(), strict=True))
    )
    return Evidence(cases, "network", "training lineage", error_of_images=world.images)


def effects(setting: Setting, repetitions: int) -> Array:
    """Draw effects without a true one: by repetition, claim or alternative, and network."""
    question, world = setting.question, setting.world
    random = random_of(*setting.seed)
    rows = max(question.claims, question.alternatives, 1)
    shape = (repetitions, rows)
    common, own = (_scattered(setting, random, (repetitions, number)) for number in (1, rows))
    values = own if rows == 1 else np.sqrt(SHARED) * common + np.sqrt(1 - SHARED) * own
    values = setting.spread * world.sign * values
    noise = world.error * random.normal(size=(*shape, values.shape[-1]))
    return np.asarray(values + noise + world.images * random.normal(size=(repetitions, 1, 1)))


def _scattered(setting: Setting, random: np.random.Generator, shape: tuple[int, int]) -> Array:
    """Draw the turn of each network: that of its unit, of its source, and its own, of variance 1 together."""
    unit, source = places(setting)
    of_unit = setting.world.turns(random, (*shape, setting.units))[..., unit]
    if max(setting.world.sizes) == 1:
        return of_unit
    of_source = random.normal(size=(*shape, source[-1] + 1))[..., source]
    of_network = random.normal(size=of_unit.shape)
    return np.asarray(
        np.sqrt(OF_UNIT) * of_unit + np.sqrt(OF_SOURCE) * of_source + np.sqrt(OF_NETWORK) * of_network
    )


def places(setting: Setting) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the unit and the source of each network."""
    sizes = setting.world.sizes[: setting.units]
    unit = np.repeat(np.arange(setting.units), sizes)
    within = np.concatenate([np.arange(size) // OF_A_SOURCE for size in sizes])
    new = np.diff(unit, prepend=-1).astype(bool) | np.diff(within, prepend=-1).astype(bool)
    return unit, np.cumsum(new) - 1


def random_of(*seed: int) -> np.random.Generator:
    """Return random numbers by their seed."""
    return np.random.default_rng(seed)


if __name__ == "__main__":
    main()

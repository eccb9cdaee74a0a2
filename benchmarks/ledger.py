"""How often is the ledger wrong? Simulate every kind of statistic with a known truth, and judge it.

Command: python benchmarks/ledger.py [--repetitions 2000]
Run time: a minute on one core.
Expected: no false verdict in more than 5 % of repetitions, give or take the error of so many.

Everything is in units of the smallest effect that matters. Effects are made by the functions of the claims
(`claims.effects`, `metrics.families`, `metrics.correlation`) and judged by `claims.verdicts.judge`. Writes
benchmarks/ledger.json, which the appendix *How far to trust the ledger* shows.
"""

import argparse
import json
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clipsafe_utils.claims.effects import Effect, of_families, of_images, of_pairs, strongest, weakest
from clipsafe_utils.claims.registry import Claim
from clipsafe_utils.claims.verdicts import ALPHA, Verdict, deciding, judge, of_parts
from clipsafe_utils.metrics.correlation import rank_correlation_interval
from clipsafe_utils.metrics.families import Estimate, difference_of_groups

REPORT = Path(__file__).with_suffix(".json")
REPETITIONS = 2000

SIZES = {
    5: [1, 2, 4, 8, 12],
    8: [1, 1, 2, 3, 4, 6, 8, 12],
    15: [1, 1, 1, 1, 2, 2, 2, 3, 3, 4, 4, 5, 6, 8, 12],
}
"""Models of each family: unequal, as in the public record."""

SPREADS = (1.0, 3.0)
"""Standard deviation of one model's effect, in smallest effects that matter; in the cubes 0.1 to 6."""

NARROW = 0.3
"""The same, where the images are to be what limits."""

SHARED = 0.5
"""Share of that variance which the models of a family have in common."""

IMAGES = (150, 1_500, 5_000, 20_000)
"""Of a rare factor of ImageNet-X up to the in-distribution test of the laboratory."""

POINTS = 0.02
"""The smallest effect that matters where images count: two points, as for most claims."""

DRAWS = 200
TIMES = (0.0, 1.0, 2.0, 4.0)
"""True effects: none, the smallest that matters, and larger ones."""

CORRELATIONS = {0.0: 0.0, 1.0: 0.5, 2.0: 0.8, 4.0: 0.95}
"""True rank correlations in their place: none, the smallest that matters, and larger ones."""

STANDARD = 15
"""Families of the group that CLIPs are compared with."""

Array = NDArray[np.float64]
Row = dict[str, Any]

UP = Claim("up", "It is larger.", "paper", direction="up", smallest_effect=1.0)
NONE = replace(UP, direction="none")
EITHER = replace(UP, direction="either")
TOGETHER = replace(UP, smallest_effect=0.5)


def main() -> None:
    """Simulate, print and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repetitions", type=int, default=REPETITIONS)
    repetitions = parser.parse_args().repetitions
    began = time.process_time()
    rows = []
    for row in simulate(repetitions):
        rows.append(row)
        print(f"{row['kind']:<42} {row['families']:>3} {row['images'] or '':>6} {row['spread']:>4}", end="  ")
        print(f"false at 0: {row['false_at_none']:6.2%}  at 1: {row['false_at_smallest']:6.2%}")
    seconds = round(time.process_time() - began)
    report = {"repetitions": repetitions, "alpha": ALPHA, "seconds": seconds, "rows": rows}
    REPORT.write_text(json.dumps(report, indent=1) + "\n")
    print(f"{seconds} s")


def simulate(repetitions: int, families: Sequence[int] = tuple(SIZES)) -> Iterator[Row]:
    """Yield one row a kind of statistic, number of families, number of images and spread."""
    for number in families:
        for spread in SPREADS:
            effects = differences_of_groups(random_of(number, 0), repetitions, number, spread)
            yield judged("difference of groups", UP, shifted(effects), number, spread)
            effects = pairs(random_of(number, 1), repetitions, number, spread)
            yield judged("pairs, images not counted", UP, shifted(effects), number, spread)
            yield judged("pairs, claim of no effect", NONE, shifted(effects), number, spread)
        for images in IMAGES:
            effects = pairs(random_of(number, images), repetitions, number, SPREADS[0], images)
            yield judged("pairs and images", UP, shifted(effects), number, SPREADS[0], images)
        one, several = correlations(repetitions, number, 0), weakest_of_three(repetitions, number)
        yield judged("rank correlation", TOGETHER, one, number, 0.0)
        yield judged("weakest of three correlations", TOGETHER, several, number, 0.0)
        yield judged("strongest of ten", EITHER, strongest_of_ten(repetitions, number), number, NARROW)
        yield from joined(repetitions, number)
    effects = [of_images(draws_of(1.0, one), IMAGES[-1]) for one in one_a_run(random_of(0, 0), repetitions)]
    yield judged("images alone", UP, shifted(effects), 0, 0.0, IMAGES[-1])


def random_of(*seed: int) -> np.random.Generator:
    """Return the random numbers of one cell, which no other cell changes."""
    return np.random.default_rng(seed)


def judged(
    kind: str,
    claim: Claim,
    effects: Callable[[float], Sequence[Effect]],
    families: int,
    spread: float,
    images: int | None = None,
) -> Row:
    """Judge the effects at every true size, and count the verdicts."""
    shares = {}
    for size in TIMES:
        found = effects(size)
        verdicts = Counter(judge([(claim, deciding(claim, effect))])[0].verdict for effect in found)
        shares[f"{size:g}"] = {str(verdict): verdicts[verdict] / len(found) for verdict in _GIVEN}
    claimed, denied = ("contradicted", "supported") if claim is NONE else ("supported", "contradicted")
    return _row(kind, families, spread, images, shares["0"][claimed], shares["1"][denied], shares)


def _row(
    kind: str, families: int, spread: float, images: int | None, none: float, smallest: float, shares: Row
) -> Row:
    return {
        "kind": kind,
        "families": families,
        "images": images,
        "spread": spread,
        "false_at_none": none,
        "false_at_smallest": smallest,
        "verdicts": shares,
    }


_GIVEN = (Verdict.SUPPORTED, Verdict.UNDECIDED, Verdict.CONTRADICTED)


def shifted(effects: Sequence[Effect]) -> Callable[[float], list[Effect]]:
    """Add a true effect to all models: the estimate moves with it, its errors stay."""
    return lambda size: [replace(effect, value=effect.value + size) for effect in effects]


def turns(random: np.random.Generator, repetitions: int, families: int) -> tuple[Array, NDArray[np.int64]]:
    """Draw of each model its family's turn and its own, with variance 1 together; and the family of each."""
    family = np.repeat(np.arange(families), SIZES[families])
    common = random.normal(size=(repetitions, families))[:, family]
    own = random.normal(size=(repetitions, family.size))
    return np.sqrt(SHARED) * common + np.sqrt(1 - SHARED) * own, family


def differences_of_groups(
    random: np.random.Generator, repetitions: int, families: int, spread: float
) -> list[Effect]:
    """CLIPs of some families against standard networks of fifteen, without a difference."""
    clips, of_clips = turns(random, repetitions, families)
    others, of_others = turns(random, repetitions, STANDARD)
    family = np.concatenate([of_clips, families + of_others])
    values = spread * np.concatenate([clips, others], axis=1)
    return each(difference_of_groups(values, family, family < families))


def pairs(
    random: np.random.Generator, repetitions: int, families: int, spread: float, images: int = 0
) -> list[Effect]:
    """Paired differences without an effect; with images, half of their noise is common to all pairs."""
    values, family = turns(random, repetitions, families)
    names = [str(one) for one in family]
    if not images:
        return [of_pairs(spread * one, names, "family") for one in values]
    # A difference of two accuracies near 1/2 whose hits are correlated by 1/2.
    noise = 0.5 / np.sqrt(images) / POINTS
    found = []
    for one in values:
        common = random.normal(size=(DRAWS + 1, 1))
        own = random.normal(size=(DRAWS + 1, family.size))
        wobble = noise * (np.sqrt(SHARED) * common + np.sqrt(1 - SHARED) * own)
        # Draw 0 is what the images at hand give; the others scatter around it as it does around the truth.
        draws = spread * one + wobble[0] + np.concatenate([np.zeros((1, family.size)), wobble[1:]])
        found.append(of_pairs(draws, names, "family"))
    return found


def correlations(repetitions: int, families: int, source: int) -> Callable[[float], list[Effect]]:
    """Rank correlation of two properties of models in families, within one training source."""

    def effects(size: float) -> list[Effect]:
        random = random_of(families, 2, source)
        # Spearman's correlation of two normal variables, as Pearson's (Kruskal 1958).
        target = 2 * np.sin(np.pi * CORRELATIONS[size] / 6)
        x, family = turns(random, repetitions, families)
        other, _ = turns(random, repetitions, families)
        y = target * x + np.sqrt(1 - target**2) * other
        return each(rank_correlation_interval(x, y, family), ranked=family.size)

    return effects


def weakest_of_three(repetitions: int, families: int) -> Callable[[float], list[Effect]]:
    """Rank correlations within three sources, of which the weakest speaks for all."""
    sources = [correlations(repetitions, families, source) for source in range(3)]

    def effects(size: float) -> list[Effect]:
        runs = zip(*(within(size) for within in sources), strict=True)
        return [weakest(dict(zip("abc", run, strict=True)), 1) for run in runs]

    return effects


def strongest_of_ten(repetitions: int, families: int) -> Callable[[float], list[Effect]]:
    """Ten factors of 150 to 20,000 images, of which the rarest carries the effect."""
    factors = np.geomspace(IMAGES[0], IMAGES[-1], 10).astype(int)
    seeds = [random_of(families, 3, place) for place in range(factors.size)]
    by_factor = [
        pairs(random, repetitions, families, NARROW, int(images))
        for random, images in zip(seeds, factors, strict=True)
    ]

    def effects(size: float) -> list[Effect]:
        found = []
        for run in zip(*by_factor, strict=True):
            named = {str(place): effect for place, effect in enumerate(run)}
            named["0"] = replace(named["0"], value=named["0"].value + size)
            found.append(strongest(named))
        return found

    return effects


def joined(repetitions: int, families: int) -> Iterator[Row]:
    """Three claims of one chapter, judged together, and a finding of three parts in chapters apart."""
    three = [
        pairs(random_of(families, 4), repetitions, families, SPREADS[0]),
        pairs(random_of(families, 5), repetitions, families, SPREADS[1]),
        differences_of_groups(random_of(families, 6), repetitions, families, SPREADS[0]),
    ]

    def chapter(effects: Sequence[Effect], wrong: Verdict) -> bool:
        return any(one.verdict is wrong for one in judge([(UP, effect) for effect in effects]))

    def finding(effects: Sequence[Effect], wrong: Verdict) -> bool:
        parts = [("part", judge([(UP, effect)])[0]) for effect in effects]
        return of_parts(parts).verdict is wrong

    for kind, is_false in (
        ("any of three claims of a chapter", chapter),
        ("finding of three parts", finding),
    ):
        rates = []
        for size, wrong in ((0.0, Verdict.SUPPORTED), (1.0, Verdict.CONTRADICTED)):
            runs = zip(*(shifted(effects)(size) for effects in three), strict=True)
            rates.append(float(np.mean([is_false(run, wrong) for run in runs])))
        none, smallest = rates
        yield _row(kind, families, 0.0, None, none, smallest, {})


def one_a_run(random: np.random.Generator, repetitions: int) -> Array:
    """Draw noise of the images, one row a repetition: the estimate, then its draws."""
    return random.normal(size=(repetitions, DRAWS + 1))


def draws_of(spread: float, noise: Array) -> Array:
    """Return estimate and draws around it."""
    return spread * (noise[0] + np.concatenate([[0.0], noise[1:]]))


def each(found: Estimate, ranked: int | None = None) -> list[Effect]:
    """Take an estimate of many repetitions apart."""
    parts = (found.estimate, found.low, found.high, found.p_value)
    return [
        of_families(Estimate(*one, found.families, found.decided), "family", ranked=ranked)
        for one in zip(*(np.asarray(part) for part in parts), strict=True)
    ]


if __name__ == "__main__":
    main()

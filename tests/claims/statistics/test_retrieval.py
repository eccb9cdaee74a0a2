"""Accuracy predicts retrieval: of lineages that a line has not seen."""

from collections.abc import Mapping, Sequence

import numpy as np
import pytest
import statsmodels.api as sm
import xarray as xr

from clipsafe_utils.claims.choices import Choices
from clipsafe_utils.claims.statistics.cases import LINEAGE
from clipsafe_utils.claims.statistics.retrieval import accuracy_predicts_retrieval
from tests.claims.statistics.given import Given
from tests.claims.statistics.small_studies import described, effects, reason, units
from tests.conftest import labelled

SOURCES = ("WIT", "LAION-2B", "LAION-400M", "DataComp-1B")
DIRECTIONS = ("image_for_text", "text_for_image")
ACCURACY = np.linspace(0.40, 0.80, 16)
LINE = 0.1 + 0.5 * ACCURACY
IS_WIT = np.arange(16) % 4 == 0

Recalls = Mapping[tuple[str, str], np.ndarray]


def rows(families: int = 2) -> list[dict[str, object]]:
    """Four CLIPs of each source, of so many families."""
    return [
        {"checkpoint": f"{source}-{place}", "training_source": source}
        | {"family": f"{source} {place % families}"}
        for place in range(4)
        for source in SOURCES
    ]


def recall(values: np.ndarray | Recalls, models: Sequence[str]) -> xr.Dataset:
    """Make the cube; one array is that of both directions of one set."""
    if isinstance(values, np.ndarray):
        values = dict.fromkeys((("flickr", direction) for direction in DIRECTIONS), values)
    sets = list(dict.fromkeys(name for name, _ in values))
    table = np.full((len(models), len(sets), 2), np.nan)
    for (name, direction), column in values.items():
        table[:, sets.index(name), DIRECTIONS.index(direction)] = column
    dims = ("model", "set", "direction")
    cube = xr.Dataset(
        {"recall_at_1": (dims, table), "recall_at_5": (dims, (table + 0.1).clip(0, 1))}
        | {"queries": (dims, np.where(np.isfinite(table), 1000, np.nan))},
        {"model": list(models), "set": sets, "direction": list(DIRECTIONS)},
    )
    made = labelled(cube, "retrieval")
    for variable in made.data_vars:
        made[variable].attrs["not_measured"] = "nobody asked"
    return made


def accuracies(values: np.ndarray, models: Sequence[str], condition: str = "id") -> xr.Dataset:
    dims = ("model", "condition")
    hits = np.rint(1e6 * values)[:, None]
    cube = xr.Dataset(
        {"hits": (dims, hits), "images": (dims, np.full_like(hits, 1e6))},
        {"model": list(models), "condition": [condition]},
    )
    return labelled(cube, "shifts")


def study(values: np.ndarray | Recalls, families: int = 2) -> Given:
    models = described(rows(families))
    names = models["model"].values.tolist()
    return Given(models, retrieval=recall(values, names), shifts=accuracies(ACCURACY, names))


def skill(missed: np.ndarray, spread: float) -> float:
    return float(1 - np.sqrt((missed**2).mean()) / spread)


def test_on_one_line_the_skill_is_perfect() -> None:
    evidence = accuracy_predicts_retrieval(study(LINE), Choices())
    assert effects(evidence) == pytest.approx({"WIT": 1, "LAION": 1, "CommonPool": 1}, abs=1e-4)
    assert [case.error for case in evidence.cases] == pytest.approx([0, 0, 0], abs=1e-4)
    assert units(evidence) == {name: name for name in ("WIT", "LAION", "CommonPool")}
    assert (evidence.case, evidence.unit) == (LINEAGE, LINEAGE)
    assert [case.networks for case in evidence.cases] == [4, 8, 4]
    # Skill is not in the unit of the cube: no floor.
    assert (evidence.floor, evidence.readings) == (0, 0)


def test_a_lineage_off_the_line_of_the_others_by_hand() -> None:
    values = LINE + 0.05 * IS_WIT
    evidence = accuracy_predicts_retrieval(study(values), Choices())
    assert effects(evidence)["WIT"] == pytest.approx(1 - 0.05 / values.std(ddof=1), abs=1e-4)


def test_what_the_accuracy_does_not_tell_has_no_skill() -> None:
    # Recall is another matter than accuracy: same for all lineages, up and down in turn.
    values = 0.5 + 0.1 * np.array([1, 1, 1, 1, -1, -1, -1, -1] * 2)
    evidence = accuracy_predicts_retrieval(study(values), Choices())
    assert evidence.values == pytest.approx(0, abs=0.25)


def test_a_line_that_misleads_is_worse_than_the_mean() -> None:
    values = np.where(IS_WIT, 0.9 - 0.5 * ACCURACY, LINE)
    assert effects(accuracy_predicts_retrieval(study(values), Choices()))["WIT"] < -1


def test_another_implementation_says_the_same() -> None:
    random = np.random.default_rng(1)
    values = LINE + random.normal(0, 0.03, 16)
    models = described(rows())
    lineage = np.array(
        ["LAION" if "LAION" in name else name.split(":")[1].split("-")[0] for name in models["model"].values]
    )
    evidence = accuracy_predicts_retrieval(study(values), Choices())
    for case, name in zip(evidence.cases, ("WIT", "LAION", "DataComp"), strict=True):
        away = lineage == name
        robust = sm.RLM(values[~away], sm.add_constant(ACCURACY[~away]), M=sm.robust.norms.HuberT(1.345)).fit(
            tol=1e-10, maxiter=500
        )
        missed = values[away] - robust.predict(sm.add_constant(ACCURACY[away]))
        family = models["family"].values[away]
        spread = values.std(ddof=1)
        assert case.value == pytest.approx(skill(missed, spread), abs=1e-3)
        without = [skill(missed[family != one], spread) for one in sorted(set(family))]
        number = len(without)
        assert case.error == pytest.approx(np.sqrt((number - 1) * np.var(without)), abs=1e-3)
        assert case.freedom == number - 1
        assert case.families == tuple(sorted(set(family)))


def test_sets_and_directions_are_averaged() -> None:
    off = LINE + 0.05 * IS_WIT
    values = {
        ("flickr", "image_for_text"): off,
        ("flickr", "text_for_image"): LINE,
        ("coco", "image_for_text"): LINE,
        ("coco", "text_for_image"): LINE,
    }
    alone = effects(accuracy_predicts_retrieval(study(off), Choices()))["WIT"]
    together = effects(accuracy_predicts_retrieval(study(values), Choices()))["WIT"]
    assert together == pytest.approx((alone + 3) / 4, abs=1e-4)


def test_a_direction_that_nobody_was_asked_is_left_out() -> None:
    values = {("flickr", "image_for_text"): LINE + 0.05 * IS_WIT}
    one, both = (
        accuracy_predicts_retrieval(study(given), Choices())
        for given in (values, values | {("flickr", "text_for_image"): LINE + 0.05 * IS_WIT})
    )
    assert effects(one) == pytest.approx(effects(both))


def test_a_clip_without_some_set_is_left_out() -> None:
    gap = LINE.copy()
    gap[0] = np.nan
    values = {("flickr", "image_for_text"): gap, ("flickr", "text_for_image"): LINE}
    evidence = accuracy_predicts_retrieval(study(values), Choices())
    assert {case.name: case.networks for case in evidence.cases} == {"WIT": 3, "LAION": 8, "CommonPool": 4}


def test_a_set_that_only_others_met_takes_no_clip_away() -> None:
    given = study({("flickr", "image_for_text"): LINE})
    models = described(
        [*rows(), {"checkpoint": "tuned", "group": "clip_fine_tuned", "training_source": "WIT"}]
    )
    tuned = recall({("coco", "image_for_text"): np.array([0.5])}, [models["model"].values[-1]])
    cube = xr.concat([given.cubes["retrieval"], tuned], "model", join="outer", combine_attrs="override")
    evidence = accuracy_predicts_retrieval(
        Given(models, retrieval=cube, shifts=given.cubes["shifts"]), Choices()
    )
    assert [case.networks for case in evidence.cases] == [4, 8, 4]


def test_a_lineage_of_one_family_has_an_error_without_end() -> None:
    evidence = accuracy_predicts_retrieval(study(LINE, families=1), Choices())
    errors = {case.name: case.error for case in evidence.cases}
    # LAION has two sources, each with a family.
    assert errors["WIT"] == errors["CommonPool"] == np.inf
    assert np.isfinite(errors["LAION"])
    assert all(case.freedom == 1 for case in evidence.cases)


def test_a_network_counts_once_and_its_accuracy_may_stand_in_another_row() -> None:
    first = rows()
    elsewhere = [row | {"name": f"elsewhere:{row['checkpoint']}"} for row in first]
    again = [first[0] | {"name": "again:first"}]
    models = described([*first, *elsewhere, *again])
    names = models["model"].values
    here = [*range(16), 32]
    given = Given(
        models,
        retrieval=recall(np.append(LINE + 0.05 * IS_WIT, 0.99), names[here].tolist()),
        shifts=accuracies(ACCURACY, names[16:32].tolist()),
    )
    assert accuracy_predicts_retrieval(given, Choices()).cases == tuple(
        accuracy_predicts_retrieval(study(LINE + 0.05 * IS_WIT), Choices()).cases
    )


class TestNotMeasured:
    def test_without_a_cube(self) -> None:
        given = study(LINE)
        said = reason(accuracy_predicts_retrieval, Given(given.models, shifts=given.cubes["shifts"]))
        assert said == "no cube retrieval"
        said = reason(accuracy_predicts_retrieval, Given(given.models, retrieval=given.cubes["retrieval"]))
        assert said == "no accuracy in distribution"

    def test_without_a_clip_of_both(self) -> None:
        given = study(LINE)
        others = given.cubes["shifts"].isel(model=[0])
        models = described([*rows(), {"checkpoint": "net", "group": "standard"}])
        shifts = others.assign_coords(model=[models["model"].values[-1]])
        said = reason(
            accuracy_predicts_retrieval, Given(models, retrieval=given.cubes["retrieval"], shifts=shifts)
        )
        assert said == "no zero-shot CLIP whose retrieval and accuracy are known"

    def test_of_one_lineage(self) -> None:
        given = study(LINE)
        kept = [place for place, row in enumerate(rows()) if "LAION" in str(row["training_source"])]
        cut = Given(given.models, **{name: cube.isel(model=kept) for name, cube in given.cubes.items()})
        said = reason(accuracy_predicts_retrieval, cut)
        assert said == "retrieval by CLIPs of one training lineage only"

    def test_others_of_one_accuracy_draw_no_line(self) -> None:
        given = study(LINE)
        names = given.models["model"].values.tolist()
        same = accuracies(np.full(16, 0.5), names)
        said = reason(
            accuracy_predicts_retrieval, Given(given.models, retrieval=given.cubes["retrieval"], shifts=same)
        )
        assert said == "fewer than 3 CLIPs of other lineages, for a line"

    def test_two_others_draw_no_line(self) -> None:
        given = study(LINE)
        # Two of WIT, four of LAION: LAION cannot be left out, then nobody can.
        for kept, networks in (([0, 4, 1, 2, 5, 6], [2]), ([0, 1], None)):
            cut = Given(given.models, **{name: cube.isel(model=kept) for name, cube in given.cubes.items()})
            if networks:
                evidence = accuracy_predicts_retrieval(cut, Choices())
                assert [case.networks for case in evidence.cases] == networks
            else:
                said = reason(accuracy_predicts_retrieval, cut)
                assert said == "fewer than 3 CLIPs of other lineages, for a line"

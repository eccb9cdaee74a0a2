"""How far two readings of one network differ: by hand for each kind of cube, and on the committed cubes."""

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np
import pytest
import xarray as xr

from clipsafe_utils.claims.floor import evaluation_floor
from clipsafe_utils.claims.reading import Reader
from clipsafe_utils.cubes import find_study, list_studies

NAMES = ["a1", "b1", "a2", "c1", "b2", "a3", "c2", "d1"]


def _models(checkpoints: Mapping[str, str] | None = None) -> xr.Dataset:
    """Networks a to d, of which a was read three times, b and c twice and d once."""
    given = checkpoints or {name: name[0] for name in NAMES}
    return xr.Dataset({"checkpoint": ("model", list(given.values()))}, {"model": list(given)})


def _accuracies(rows: Mapping[str, Sequence[float]]) -> xr.Dataset:
    """A cube `shifts` of 100 images a condition; NaN where none was shown."""
    share = np.array(list(rows.values()))
    images = np.where(np.isfinite(share), 100.0, np.nan)
    return xr.Dataset(
        {"hits": (("model", "condition"), share * images), "images": (("model", "condition"), images)},
        {"model": list(rows), "condition": [f"set {place}" for place in range(share.shape[1])]},
    )


def test_the_median_over_networks_of_medians_over_what_was_measured() -> None:
    # a: its first two rows differ by 0.01, 0.02 and 0.09, median 0.02; the third row, far off, is not used.
    # b: both measured two conditions only, 0.04 and 0.06 apart, median 0.05. c: 0.2. d was read once.
    cube = _accuracies(
        {
            "a1": [0.50, 0.60, 0.70],
            "b1": [0.50, np.nan, 0.30],
            "a2": [0.51, 0.58, 0.79],
            "c1": [0.10, 0.10, 0.10],
            "b2": [0.46, 0.80, 0.36],
            "a3": [0.00, 0.00, 0.00],
            "c2": [0.30, 0.30, 0.30],
            "d1": [0.90, 0.90, 0.90],
        }
    )
    assert evaluation_floor("shifts", cube, _models()) == pytest.approx(0.05)
    turned = cube.transpose("condition", "model")
    assert evaluation_floor("shifts", turned, _models()) == pytest.approx(0.05)


def test_a_cube_with_two_rows_of_one_checkpoint() -> None:
    cube = _accuracies({"a1": [0.5, 0.6], "a2": [0.6, 0.4]})
    assert evaluation_floor("shifts", cube, _models()) == pytest.approx(0.15)
    # The order of the rows says nothing where there are two.
    assert evaluation_floor("shifts", cube.isel(model=[1, 0]), _models()) == pytest.approx(0.15)


@pytest.mark.parametrize(
    ("name", "rows"),
    [
        ("shifts", {"a1": [0.5], "b1": [0.6], "c1": [0.7]}),
        ("shifts", {"a1": [0.5, np.nan], "a2": [np.nan, 0.6]}),
        ("shifts", {"unknown": [0.5], "a1": [0.6]}),
        ("causes", {"a1": [0.5], "a2": [0.6]}),
    ],
)
def test_without_two_readings_of_one_thing_the_floor_is_zero(
    name: str, rows: Mapping[str, Sequence[float]]
) -> None:
    assert evaluation_floor(name, _accuracies(rows), _models()) == 0.0


def _twice(**variables: tuple[tuple[str, ...], object]) -> xr.Dataset:
    return xr.Dataset(variables, {"model": ["a1", "a2"]})


@pytest.mark.parametrize(
    ("name", "cube", "expected"),
    [
        # 30 of 40 and 20 of 40 images in one selection, 8 of 10 both times in the other: 0.25 and 0.
        (
            "factors",
            _twice(
                hits=(("selection", "model", "factor"), [[[30], [20]], [[8], [8]]]),
                images=(("selection", "model", "factor"), [[[40], [40]], [[10], [10]]]),
            ),
            0.125,
        ),
        # By the group of classes no reading differs; the class counts.
        (
            "factors",
            _twice(
                hits=(("label_rule", "model", "factor"), [[[30], [20]], [[40], [40]]]),
                images=(("model", "factor"), [[40], [40]]),
            ).assign_coords(label_rule=["class", "metaclass"]),
            0.25,
        ),
        # The first draw is the estimate: 0.9 and 0.83 by one score, 0.6 and 0.61 by another.
        (
            "ood",
            _twice(auroc=(("draw", "model", "score"), [[[0.9, 0.6], [0.83, 0.61]], [[0, 0], [1, 1]]])),
            0.04,
        ),
        ("calibration", _twice(ece=(("draw", "model"), [[0.05, 0.02], [0.9, 0.1]])), 0.03),
        ("retrieval", _twice(recall_at_1=(("model", "set"), [[0.4, 0.5], [0.44, 0.52]])), 0.03),
    ],
)
def test_every_cube_by_its_own_quantity(name: str, cube: xr.Dataset, expected: float) -> None:
    assert evaluation_floor(name, cube, _models()) == pytest.approx(expected)


def test_shape_bias_is_of_all_decisions_of_a_network() -> None:
    # By class 3 and 1 for shape, 1 and 3 for texture: 4 of 8; in the second reading 4 + 2 of 8.
    count = [[[3, 1, 9], [1, 3, 9]], [[4, 0, 0], [2, 2, 0]]]
    cube = xr.Dataset(
        {"count": (("model", "cue_class", "decision"), count)},
        {"model": ["a1", "a2"], "decision": ["shape", "texture", "other"]},
    )
    assert evaluation_floor("shape_bias", cube, _models()) == pytest.approx(0.25)
    silent = xr.zeros_like(cube)
    assert evaluation_floor("shape_bias", silent, _models()) == 0.0


def test_the_reader_asks_once_and_knows_no_floor_of_a_cube_that_is_not_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[str] = []
    from clipsafe_utils.claims import reading

    def noted(name: str, *_: object) -> float:
        asked.append(name)
        return 0.5

    monkeypatch.setattr(reading, "evaluation_floor", noted)
    reader = Reader(find_study("field"))
    assert (reader.floor("shape_bias"), reader.floor("shape_bias"), reader.floor("ood")) == (0.5, 0.5, 0.0)
    assert asked == ["shape_bias"]


@pytest.mark.parametrize("study", [study.name for study in list_studies()])
def test_the_floors_of_the_committed_cubes_are_numbers(study: str) -> None:
    reader = Reader(find_study(study))
    floors = {name: reader.floor(name) for name in reader.study.cubes}
    assert all(0 <= floor < 0.05 for floor in floors.values()), floors
    if study == "miniature":  # Networks of the laboratory are read once.
        assert not any(floors.values())


@pytest.mark.parametrize("name", ["factors", "shifts"])
def test_the_floor_of_the_record_counted_otherwise(name: str) -> None:
    study = find_study("published")
    cube, models = study.read(name), study.read("models")
    if name == "factors":  # As it was when the formula was frozen.
        cube = cube[["hits", "images"]].sel(label_rule="class", drop=True)
    by_row = (cube["hits"] / cube["images"]).to_series().unstack("model")
    checkpoint = models["checkpoint"].to_series()
    rows: dict[str, list[str]] = {}
    for model in cube["model"].values.tolist():
        rows.setdefault(checkpoint[model], []).append(model)
    medians = [
        (by_row[first] - by_row[second]).abs().median()
        for readings in rows.values()
        for first, second in list(pairwise(readings))[:1]
    ]
    assert len(medians) > 5
    assert Reader(study).floor(name) == pytest.approx(np.nanmedian(medians))

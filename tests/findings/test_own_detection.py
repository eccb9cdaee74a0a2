"""A reader's own model is a star among the record's networks on sets of both, and counted nowhere."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from clipsafe_utils import ood_correlation, parameters_of
from clipsafe_utils.chapters.ood_correlation import figures
from clipsafe_utils.cubes import write_cube
from clipsafe_utils.findings.shift.result import OodCorrelation
from clipsafe_utils.importing.recognising import IN_RECORD
from clipsafe_utils.metrics.ood_scores import SCORES
from clipsafe_utils.show.encoding import is_own
from tests.conftest import labelled
from tests.own_study import FAMILIES, models_cube

DRAWS = 9
ALIKE = "r:alike"
Network = tuple[str, str, float, Mapping[str, float]]
"""Group, family, accuracy in distribution, and AUROC by set."""


def both(ninco: float, textures: float) -> dict[str, float]:
    return {"ninco": ninco, "textures": textures}


RECORD: dict[str, Network] = {
    # Measured most widely, on a set that no own model has.
    **{
        f"r:wide{number}": ("standard", family, 0.6 + number / 100, {"cood": 0.7 + number / 100})
        for number, family in enumerate(FAMILIES)
    },
    # Beside an own model of accuracy 0.70 and a mean AUROC of 0.80: means 0.75, 0.79, 0.81, and one far off.
    ALIKE: ("standard", "i", 0.69, both(0.70, 0.80)),
    "r:also": ("standard", "j", 0.715, both(0.99, 0.59)),
    "r:ahead": ("standard", "k", 0.71, both(0.81, 0.81)),
    "r:far": ("standard", "l", 0.75, both(0.50, 0.50)),
    "r:clip": ("clip_zero_shot", "CLIP", 0.70, both(0.90, 0.90)),
    "r:tuned": ("clip_fine_tuned", "CLIP", 0.705, both(0.60, 0.60)),
    # Of a source that has its own networks and its own set.
    "r:apart": ("standard", "m", 0.70, {"sun": 0.1}),
}
MINE: Network = ("clip_zero_shot", "own", 0.70, {**both(0.75, 0.85), "sun": 0.9})


def write(folder: Path, networks: Mapping[str, Network], same: str = "") -> Path:
    names, draws = list(networks), np.linspace(-0.01, 0.01, DRAWS)
    groups, families, accuracies, areas = zip(*networks.values(), strict=True)
    models = models_cube(names, list(groups), list(families))
    write_cube(models.assign_attrs({IN_RECORD: same} if same else {}), folder / "models.nc")
    hits = np.round(1000 * np.array(accuracies))[:, None]
    shifts = {"hits": hits, "images": np.full(hits.shape, 1e3)}
    cube = xr.Dataset(
        {name: (("model", "condition"), values) for name, values in shifts.items()},
        {"model": names, "condition": ["id"]},
    )
    write_cube(labelled(cube, "shifts"), folder / "shifts.nc")
    sets = list(dict.fromkeys(name for area in areas for name in area))
    estimate = np.array([[area.get(name, np.nan) for name in sets] for area in areas])
    drawn = estimate + np.array([0.0, *draws])[:, None, None]
    values = np.repeat(drawn[:, :, None], len(SCORES), axis=2)
    dims = ("draw", "model", "score", "ood_set")
    measures = {"auroc": values, "aupr": values}
    measures |= {f"fpr95_{kind}_positive": 1 - values for kind in ("id", "ood")}
    cube = labelled(
        xr.Dataset(
            {name: (dims, value.clip(0, 1)) for name, value in measures.items()},
            {"draw": range(DRAWS + 1), "model": names, "score": list(SCORES), "ood_set": sets},
        ),
        "ood",
    )
    for variable in cube.data_vars.values():
        variable.attrs["not_measured"] = "each source has its own sets"
    write_cube(cube, folder / "ood.nc")
    return folder


@pytest.fixture(scope="module", autouse=True)
def _made_up_record(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    root = tmp_path_factory.mktemp("cubes")
    write(root / "published", RECORD)
    write(root / "mine", {"mine:one": MINE})
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CLIPSAFE_CUBES", str(root))
        yield


def found(*studies: object, **values: object) -> OodCorrelation:
    given = {"studies": ["published", *map(str, studies)], **values}
    return ood_correlation(parameters_of("ood-correlation", given))


@pytest.fixture(scope="module")
def alone(_made_up_record: None) -> OodCorrelation:
    return found()


def test_it_stands_beside_networks_of_like_accuracy_on_the_sets_of_both() -> None:
    (one,) = found("mine").own
    # Networks on NINCO and Textures are more than the one on SUN, and those on COOD are no rivals.
    assert (one.who, one.sets) == ("`one` of the study `mine`", "NINCO and Textures")
    assert (one.accuracy, one.auroc.estimate) == pytest.approx((0.70, 0.80))
    assert one.auroc.low < 0.80 < one.auroc.high
    assert one.record.cloud["model"].values.tolist() == list(RECORD)[len(FAMILIES) : -1]
    assert (one.has_rivals, one.worse, one.like) == ("yes", "2 of 3 standard networks and 1 of 2 CLIPs", "2")


def test_a_network_that_the_record_has_is_not_its_own_rival(tmp_path: Path) -> None:
    (one,) = found(write(tmp_path / "again", {"again:one": MINE}, same=ALIKE)).own
    assert one.worse == "1 of 2 standard networks and 1 of 2 CLIPs"
    assert ALIKE in one.record.cloud["model"].values


def test_nobody_of_like_accuracy_is_no_rival(tmp_path: Path) -> None:
    group, family, _, areas = MINE
    (one,) = found(write(tmp_path / "weak", {"weak:one": (group, family, 0.3, areas)})).own
    assert one.has_rivals == "no"


@pytest.mark.parametrize("group", ["clip_zero_shot", "standard"])
def test_it_is_counted_nowhere_whatever_it_is(group: str, alone: OodCorrelation, tmp_path: Path) -> None:
    own = write(tmp_path / "own", {"own:one": (group, *MINE[1:])})
    beside = found(own, training_sources=["all"])
    assert (len(beside.own), beside.left_out) == (1, [])
    assert (list(beside.detected), beside.record_name) == (list(alone.detected), "published")
    xr.testing.assert_identical(beside.record.cloud, alone.record.cloud)
    pd.testing.assert_frame_equal(beside.of_real, alone.of_real)
    assert repr(beside.record.by_member) == repr(alone.record.by_member)
    assert repr(beside.record.by_set_and_member) == repr(alone.record.by_set_and_member)
    assert repr(beside.by_score.ranks) == repr(alone.by_score.ranks)
    assert beside.measured_in == alone.measured_in


def test_it_is_a_star_in_a_panel_of_its_own(alone: OodCorrelation) -> None:
    beside = found("mine")
    frame = figures.detection_frame(beside.first_shown, beside.own)
    before = figures.detection_frame(alone.first_shown, alone.own)
    pd.testing.assert_frame_equal(frame[: len(before)], before)
    more = frame[len(before) :]
    assert set(more["panel"]) == {"detection on NINCO and Textures, study published"}
    assert set(more["study"]) == {"published"}
    star = more[more["look"].map(is_own)]
    assert star[["look", "label", "name"]].values.tolist() == [["yours/0", "one, yours", "one"]]
    np.testing.assert_allclose(star[["x", "value"]].values, [[70.0, 80.0]])
    others = more[~more["look"].map(is_own)].set_index("name")["value"]
    assert others.to_dict() == pytest.approx({"alike": 75, "also": 79, "ahead": 81, "far": 50, "tuned": 60})


def test_each_model_of_a_study_has_the_sets_that_it_was_measured_on(tmp_path: Path) -> None:
    group, family, accuracy, areas = MINE
    two = {"two:one": MINE, "two:other": (group, family, accuracy, {"ninco": areas["ninco"]})}
    one, other = found(write(tmp_path / "two", two)).own
    assert (one.name, one.sets, one.auroc.estimate) == ("one", "NINCO and Textures", pytest.approx(0.80))
    assert (other.name, other.sets, other.auroc.estimate) == ("other", "NINCO", pytest.approx(0.75))
    # On NINCO alone they have 0.70, 0.99 and 0.81, and 0.90 and 0.60.
    assert other.worse == "1 of 3 standard networks and 1 of 2 CLIPs"


@pytest.mark.parametrize("areas", [{"places": 0.8}, {}])
def test_a_study_that_shares_no_set_is_told(areas: dict[str, float], tmp_path: Path) -> None:
    own = write(tmp_path / "own", {"own:one": (*MINE[:3], areas or {"ninco": np.nan})})
    beside = found(own)
    assert (beside.own, beside.left_out) == (
        [],
        [
            "The study `own` shares no OOD set with networks of the study `published` by the score "
            "`maximum_softmax`: it is a star in no panel."
        ],
    )


def test_sets_that_were_not_asked_for_are_not_drawn() -> None:
    (one,) = found("mine", ood_sets=["cood", "sun"]).own
    assert (one.sets, one.worse) == ("SUN", "1 of 1 standard networks")


def test_without_a_record_a_study_keeps_its_panel(tmp_path: Path) -> None:
    own = write(tmp_path / "own", {"own:one": ("standard", *MINE[1:])})
    alone = ood_correlation(parameters_of("ood-correlation", {"studies": [str(own)]}))
    assert (list(alone.detected), alone.own) == (["own"], [])

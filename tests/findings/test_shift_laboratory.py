"""The laboratory on shift and detection, on a study whose every number is known in advance."""

from pathlib import Path

import nbformat
import numpy as np
import pytest
import xarray as xr
from scipy.special import ndtr, ndtri

from clipsafe_utils.chapters.distribution_shift import tables as shift_tables
from clipsafe_utils.chapters.ood_correlation import tables
from clipsafe_utils.cubes import GROUPS
from clipsafe_utils.cubes.selection import of_source
from clipsafe_utils.cubes.studies import REPOSITORY
from clipsafe_utils.findings import clip_pairs as pairs
from clipsafe_utils.findings.model_pairs import (
    FAR,
    GENTLE,
    HALF_WAY,
    NEAR,
    NEAR_FIRST,
    STRONG,
    fine_tuned_pairs,
    procedure_contrasts,
    source_twins,
)
from clipsafe_utils.findings.shift import clouds as read
from clipsafe_utils.findings.shift import laboratory as lab
from clipsafe_utils.findings.shift import sources as chapter
from clipsafe_utils.findings.shift.agreement import compare
from clipsafe_utils.findings.shift.changes import PairChanges
from clipsafe_utils.findings.shift.controlled import LADDER, Change, Controlled
from clipsafe_utils.findings.shift.result import OodCorrelation, distribution_shift, ood_correlation
from clipsafe_utils.findings.shift.study import UnderShift
from clipsafe_utils.parameters import check_parameters
from clipsafe_utils.publishing.chapters import find_chapter
from clipsafe_utils.publishing.render import render_chapter
from clipsafe_utils.say import NOT_MEASURED, Missing, Value
from tests.chapters.synthetic_laboratory import EXPOSURE, KIN, OOD, SHIFTS, STEPS, models, write_laboratory

LEVEL = 0.95
ABILITY = models().set_index("name")["ability"]


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_laboratory(tmp_path_factory.mktemp("studies") / "miniature")


@pytest.fixture(scope="module")
def result(study: Path) -> OodCorrelation:
    given = {"studies": [str(study)], "score": "energy", "confidence": LEVEL}
    return ood_correlation(check_parameters("ood-correlation", given))


@pytest.fixture(scope="module")
def laboratory(study: Path) -> lab.Laboratory:
    found = lab.read_laboratory(["published", str(study)])
    assert found is not None
    return found


@pytest.fixture(scope="module")
def found(laboratory: lab.Laboratory) -> Controlled:
    return Controlled(laboratory, LEVEL)


@pytest.fixture(scope="module")
def clouds(study: Path) -> dict[str, xr.Dataset]:
    return read.read_clouds([str(study)], list(GROUPS))["miniature"]


def test_each_kind_of_shift_is_shown_once_and_both_versions_of_a_chosen_set(
    clouds: dict[str, xr.Dataset],
) -> None:
    left_out = ("redrawn_top", "redrawn_threshold", "sequences_pm0")
    assert list(clouds) == [name for name in SHIFTS if name not in left_out]
    one = clouds["sketches"].sel(model="miniature:clip-resnet_s-wit-16k-s0")
    ability = ABILITY["clip-resnet_s-wit-16k-s0"]
    assert one["x"].item() == pytest.approx(ndtr(ability), abs=1e-4)
    assert one["y"].item() == pytest.approx(ndtr(ability - SHIFTS["sketches"]), abs=1e-4)


def test_images_are_held_fixed_where_they_vary(clouds: dict[str, xr.Dataset]) -> None:
    within = chapter.within_sources({"sketches": clouds["sketches"]}, ["wit"], LEVEL)
    own = clouds["sketches"].isel(model=of_source(clouds["sketches"], "wit"))
    design = np.column_stack([np.ones(own.sizes["model"]), np.log(own["training_images"])])
    left = [
        y - design @ np.linalg.lstsq(design, y)[0] for y in (ndtri(own["x"].values), ndtri(own["y"].values))
    ]
    expected = np.corrcoef(*left)[0, 1]
    assert within["fixed"].sel(set="wit").item() == pytest.approx(expected)


def test_pairs_of_sources_share_encoder_and_quantity(
    laboratory: lab.Laboratory, clouds: dict[str, xr.Dataset]
) -> None:
    twins = source_twins(laboratory.models)[0]
    assert len(twins) == 9
    assert all(before.replace("laion", "wit") == after for before, after in twins)
    assert len(pairs.source_pairs(clouds["sketches"])) == 9


def test_procedures_are_found_by_name(laboratory: lab.Laboratory) -> None:
    sizes = {name: len(found) for name, found in fine_tuned_pairs(laboratory.models).items()}
    assert sizes == {GENTLE: 6, STRONG: 6, HALF_WAY: 6, NEAR: 2, FAR: 2}
    assert len(procedure_contrasts(laboratory.models)[NEAR_FIRST]) == 2


def test_changes_by_hand(found: Controlled) -> None:
    starts = [name for name in ABILITY.index if name.startswith("clip-") and name.endswith("64k-s0")]
    starts = [name for name in starts if f"tuned-{name}" in ABILITY.index]
    step = STEPS["tuned-"]
    gains = [ndtr(ABILITY[name] + step) - ndtr(ABILITY[name]) for name in starts]
    mean, each = found.by_procedure[STRONG].measures["accuracy"]
    assert mean.estimate == pytest.approx(np.mean(gains), abs=1e-5)
    assert sorted(each) == pytest.approx(sorted(gains), abs=1e-5)
    assert mean.low > 0
    # All models are on one line, but for the mean of several sets, which bends it a little.
    assert abs(found.made(STRONG)["shifts_at_equal"].estimate) < 0.01


def test_exposure_moves_the_unseen_glyphs_alone(found: Controlled) -> None:
    names = [name for name in ABILITY.index if "wide_near" in name]
    gains = [
        ndtr(ABILITY[name] - OOD["unseen_glyphs"] + EXPOSURE) - ndtr(ABILITY[name] - OOD["unseen_glyphs"])
        for name in names
    ]
    mean, each = found.exposure.measures["auroc_unseen_glyphs"]
    assert (len(each), mean.estimate) == (4, pytest.approx(np.mean(gains), abs=1e-5))
    assert mean.excludes(0)
    assert not found.exposure["auroc_textures"].excludes(0)
    assert found.exposure["auroc"].estimate == pytest.approx(mean.estimate / 5, abs=1e-5)


def test_a_set_is_hard_on_the_kin_of_its_chooser(found: Controlled) -> None:
    one = found.kin[(found.kin["set"] == "adversarial images") & (found.kin["rung"] == "c")]
    row = one[one["source"] == "wit"].iloc[0]
    abilities = ABILITY[[f"clip_names-resnet_xs-wit-64k-s{seed}" for seed in range(3)]] - 1.2
    expected = (ndtr(abilities - KIN) - ndtr(abilities)).mean()
    assert row["gap"].estimate == pytest.approx(expected, abs=1e-5)
    assert one[one["source"] == "laion"].iloc[0]["gap"].estimate == 0


def test_versions_of_a_set_count_once(result: OodCorrelation) -> None:
    name = "labels-resnet_s-labels-16k-s0"
    of_sets = {key: ndtr(ABILITY[name] - cost) for key, cost in OOD.items()}
    of_sets["fooling_labels"] = ndtr(ABILITY[name] - OOD["fooling_labels"] - KIN)
    fooling = (of_sets.pop("fooling_labels") + of_sets.pop("fooling_wit")) / 2
    expected = (sum(of_sets.values()) + fooling) / 5
    cloud = result.detected["miniature"].cloud
    assert cloud["y"].sel(model=f"miniature:{name}").item() == pytest.approx(expected, abs=1e-4)


def test_what_the_laboratory_says(result: OodCorrelation) -> None:
    found = result.lab
    assert result.detection.correlations.above_zero("rank") == "wit and laion"
    assert [step.accuracy.moved for step in found.loss.values()] != [NOT_MEASURED] * 3
    assert list(found.images) == ["wit", "laion"]
    assert (found.twins.pairs, found.near.pairs, found.exposure.pairs) == ("9", "2", "4")
    assert found.twins["auroc"].side == "up"
    sides = {
        step.side
        for source in ("wit", "laion")
        for step in (found.loss[source].shifts, found.loss[source].auroc)
    }
    assert found.loss_moves == (sides.pop() if len(sides) == 1 else "neither")
    assert found.made(STRONG).costs_at_equal == "no"
    assert found.kin_gap("adversarial images", "wit").side == "down"
    assert found.kin_gap("adversarial images", "nobody").moved == NOT_MEASURED
    nothing = Controlled(None, LEVEL)
    for change in (nothing.twins, nothing.strength, nothing.near, nothing.exposure, nothing.made(STRONG)):
        assert (change["auroc"].moved, change.pairs) == (NOT_MEASURED, NOT_MEASURED)
    assert nothing.kin_gap("fooling images", "wit").moved == NOT_MEASURED
    assert nothing.loss["wit"].auroc.moved == NOT_MEASURED
    assert nothing.ladder == nothing.by_procedure == {}
    assert nothing.kin.empty
    assert isinstance(nothing.loss_moves, Missing)
    assert isinstance(nothing.made(STRONG).costs_at_equal, Missing)
    assert lab.read_laboratory(["published"]) is None


def test_a_step_of_the_ladder_by_hand(found: Controlled) -> None:
    upper, lower = (
        ndtr(ABILITY[[f"{rung}-resnet_xs-labels-64k-s{seed}" for seed in range(3)]]).mean()
        for rung in ("clip", "labels")
    )
    step = found.loss["labels"].accuracy
    assert step.estimate == pytest.approx(upper - lower, abs=1e-4)


def test_agreement_is_listed_by_answer(study: Path) -> None:
    result = distribution_shift(check_parameters("distribution-shift", {"studies": [str(study)]}))
    assert result.agreement.empty
    assert (result.agreeing("yes"), result.they_part) == ("none", NOT_MEASURED)


def test_the_laboratory_is_no_record(clouds: dict[str, xr.Dataset]) -> None:
    assert not read.of_real_models(clouds)
    assert read.of_real_models(read.read_clouds(["published"], ["clip_fine_tuned"])["published"])


@pytest.mark.parametrize(
    ("low", "high", "same"), [(0.01, 0.03, "no"), (-0.03, -0.01, "yes"), (-0.01, 0.03, "undecided")]
)
def test_a_direction_is_one_that_all_intervals_share(
    found: Controlled, low: float, high: float, same: str
) -> None:
    strong = Change({"shifts_at_equal": (Value(0.02, low, high, "difference", units=6), np.zeros(6))})
    moved = Controlled(found.laboratory, LEVEL)
    vars(moved)["by_procedure"] = {STRONG: strong}
    mean = xr.Dataset(
        {
            name: (("shift", "measure"), [[value]])
            for name, value in {"mean": -0.02, "low": -0.03, "high": -0.01, "families": 6}.items()
        },
        coords={"shift": ["r"], "measure": ["at_equal"], "pair": ["a"]},
    )
    record, nobody = (UnderShift("", {}, [], LEVEL) for _ in range(2))
    vars(record)["tuned"] = PairChanges(mean)
    compared = compare(moved, record, nobody)
    assert compared[["what", "same"]].to_numpy().tolist() == [["fine-tuning at equal accuracy", same]]
    assert shift_tables.comparison_table(compared).markup.count("<tr>") == 2


def test_tables_have_a_row_for_each_step(found: Controlled) -> None:
    assert shift_tables.kin_table(found.kin).markup.count('<th scope="row">') == 22
    assert tables.step_table(found).markup.count('<th scope="row">') == 10
    assert list(found.ladder) == list(LADDER.values())


@pytest.mark.slow
@pytest.mark.usefixtures("no_kernel")
@pytest.mark.parametrize(
    ("chapter", "said"),
    [
        ("distribution-shift", ("Both versions of the sets that were chosen", "accuracy under the shift, %")),
        ("ood-correlation", ("What one change does", "mean AUROC over the OOD sets")),
    ],
)
def test_a_chapter_runs_on_the_laboratory_alone(
    chapter: str, said: tuple[str, ...], study: Path, tmp_path: Path
) -> None:
    output = tmp_path / "mine.ipynb"
    render_chapter(find_chapter(REPOSITORY, chapter), output, {"studies": [str(study)]})
    cells = nbformat.read(output, 4).cells
    text = "\n".join(str(one.get("data", "")) for cell in cells for one in cell.get("outputs", []))
    assert [words for words in said if words not in text] == []

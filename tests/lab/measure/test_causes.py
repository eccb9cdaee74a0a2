import numpy as np
import pytest

pytest.importorskip("zarr")

from clipsafe_utils.measuring.rounding import DIGITS
from tests.lab.measure.laboratories import Laboratory

pytestmark = pytest.mark.xdist_group("laboratory")  # made once, in one worker

ROUNDING = 2.0 ** -(DIGITS + 1)


def value(laboratory: Laboratory, name: str) -> np.ndarray:
    return laboratory.cube("causes")["value"].sel(model="net-b", property=name).values


def test_accuracies_are_those_of_the_other_cubes(laboratory: Laboratory) -> None:
    shifts = laboratory.cube("shifts").sel(model="net-b")
    share = shifts["draw_hits"] / shifts["draw_images"]
    for condition, name in (("natural", "accuracy"), ("sketches", "accuracy_sketches")):
        assert value(laboratory, name) == pytest.approx(share.sel(condition=condition).values, rel=ROUNDING)
    kinds = [
        ["redrawn_top", "redrawn_threshold", "redrawn_plain"],
        ["adversarial_labels", "adversarial_wit"],
        *([name] for name in ("renditions", "sketches", "controlled", "sequences_pmk", "stylised")),
    ]
    means = [share.sel(condition=names).mean("condition").values for names in kinds]
    assert value(laboratory, "accuracy_shifts") == pytest.approx(np.mean(means, axis=0), rel=ROUNDING)


def test_factors_alone_are_held_against_the_plain_set(laboratory: Laboratory) -> None:
    factors = laboratory.cube("factors").sel(model="net-b", selection="alone_random")
    share = factors["hits"] / factors["images"]
    pose, plain = share.sel(factor="pose").item(), share.sel(factor="overall").item()
    assert value(laboratory, "accuracy_pose_random")[0] == pytest.approx(pose, rel=1e-6)
    assert value(laboratory, "accuracy_plain_random")[0] == pytest.approx(plain, rel=1e-6)
    assert value(laboratory, "relative_pose_random")[0] == pytest.approx(pose / plain, rel=1e-6)
    assert value(laboratory, "relative_pose_random")[1] != value(laboratory, "relative_pose_random")[0]


def test_cues_calibration_and_detection(laboratory: Laboratory) -> None:
    shape, texture, other = laboratory.cube("shape_bias")["count"].sel(model="net-b").sum("cue_class").values
    assert value(laboratory, "shape_bias")[0] == pytest.approx(shape / (shape + texture), rel=1e-6)
    assert value(laboratory, "cue_decided")[0] == pytest.approx(1 - other / 240, rel=1e-6)
    calibration = laboratory.cube("calibration").sel(model="net-b")
    assert (value(laboratory, "temperature") == calibration["temperature"].values).all()
    own = calibration["ece_debiased"].sel(condition="own_source", scaling="after").values
    assert (value(laboratory, "ece_debiased_after_own_source") == own).all()
    ece = calibration["ece"].sel(scaling="before", draw=0)
    kinds = [
        ece.sel(condition=["redrawn_top", "redrawn_threshold", "redrawn_plain"]).mean(),
        ece.sel(condition=["adversarial_labels", "adversarial_wit"]).mean(),
        *(
            ece.sel(condition=name)
            for name in ("renditions", "sketches", "controlled", "sequences", "stylised")
        ),
    ]
    assert value(laboratory, "ece_before_shifts")[0] == pytest.approx(np.mean(kinds), rel=1e-6)
    auroc = laboratory.cube("ood")["auroc"].sel(model="net-b", score="maximum_softmax", draw=0)
    fooling = auroc.sel(ood_set=["fooling_labels", "fooling_wit"]).mean()
    others = [auroc.sel(ood_set=name) for name in auroc["ood_set"].values if not name.startswith("fooling")]
    assert value(laboratory, "auroc")[0] == pytest.approx(np.mean([fooling, *others]), rel=1e-6)


def test_a_knob_and_its_level_are_kept(laboratory: Laboratory) -> None:
    cube = laboratory.cube("causes").sel(model="ladder-d")
    assert (cube["rung"].item(), cube["knob"].item(), cube["level"].item()) == ("c", "batch", 64)
    assert "no knob" in laboratory.cube("causes")["level"].attrs["not_measured"]

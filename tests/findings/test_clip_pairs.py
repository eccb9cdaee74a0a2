"""Pairs of chapter 3: they differ in one thing, and their differences are counted by family."""

import pandas as pd
import pytest
import xarray as xr

from clipsafe_utils.cubes import GROUPS, find_study
from clipsafe_utils.findings import clip_pairs as pairs
from clipsafe_utils.findings.shift import clouds as read
from tests.claims.statistics.small_studies import described

STUDY = "published"
LEVEL = 0.95


@pytest.fixture(scope="module")
def clouds() -> dict[str, xr.Dataset]:
    return read.read_clouds([STUDY], list(GROUPS))[STUDY]


@pytest.fixture(scope="module")
def compared(clouds: dict[str, xr.Dataset]) -> dict[str, xr.Dataset]:
    return {
        "by_way": pairs.compare_pairs(clouds, pairs.fine_tuning_pairs, LEVEL),
        "like": pairs.compare_pairs(clouds, pairs.source_pairs, LEVEL),
    }


@pytest.fixture(scope="module")
def raw() -> pd.DataFrame:
    """All rows of the record with their accuracies."""
    study = find_study(STUDY)
    shifts = study.read("shifts")
    accuracy = (shifts["hits"] / shifts["images"]).to_pandas()
    return accuracy.join(study.read("models").to_dataframe())


def test_pairs_differ_in_fine_tuning_only(clouds: dict[str, xr.Dataset], raw: pd.DataFrame) -> None:
    found = pairs.fine_tuning_pairs(clouds["r"])
    assert len(found) == 10
    for before, after in found:
        assert raw["checkpoint"][before].split("_ft_")[0] == raw["checkpoint"][after].split("_ft_")[0]
        assert raw["image_size"][before] == raw["image_size"][after]
        assert (raw["fine_tuning"][before], raw["fine_tuning"][after]) == ("in1k", "in12k_in1k")
    assert pairs.fine_tuning_pairs(clouds["objectnet"]) == []


def test_zero_shot_pairs_are_of_one_source_size_and_recipe(
    clouds: dict[str, xr.Dataset], raw: pd.DataFrame
) -> None:
    found = dict(pairs.zero_shot_pairs(clouds["sketch"]))
    assert len(found) == 10
    for before, after in found.items():
        assert raw["training_source"][before] == raw["training_source"][after]
        assert raw["image_size"][before] == raw["image_size"][after]
        assert before.endswith("augreg") == ("augreg" in after)
        assert (raw["group"][before], raw["fine_tuning"][after]) == ("clip_zero_shot", "in1k")
    assert (
        found["open_clip:ViT-B-32.laion2b_s34b_b79k"] == "timm:vit_base_patch32_clip_224.laion2b_ft_in1k@224"
    )


def test_source_pairs_hold_encoder_and_quantity_fixed(
    clouds: dict[str, xr.Dataset], raw: pd.DataFrame
) -> None:
    found = pairs.source_pairs(clouds["a"])
    assert len(found) == 4
    for before, after in found:
        assert (raw["training_source"][before], raw["training_source"][after]) == ("LAION-400M", "WIT")
        for name in ("samples_seen", "training_images"):
            assert raw[name][before] == pytest.approx(raw[name][after], rel=0.05)


def test_of_a_run_kept_after_several_epochs_the_last_counts() -> None:
    source = {"training_source": "LAION-400M", "training_images": 4.1e8}
    cloud = described(
        [
            {"checkpoint": "ViT-B-16.laion400m_e31", "samples_seen": 1.26e10} | source,
            {"checkpoint": "ViT-B-16.laion400m_e32", "samples_seen": 1.30e10} | source,
            {"checkpoint": "ViT-B-16.laion400m_s13b", "samples_seen": 1.30e10} | source,
            {"checkpoint": "ViT-B-16.openai"},
        ]
    )
    firsts = [before for before, _ in pairs.source_pairs(cloud)]
    assert firsts == ["test:ViT-B-16.laion400m_e32", "test:ViT-B-16.laion400m_s13b"]


def test_differences_of_a_pair_by_hand(compared: dict[str, xr.Dataset], raw: pd.DataFrame) -> None:
    stem = "timm:vit_base_patch32_clip_224.laion2b_ft_in"
    expected = raw["a"][f"{stem}12k_in1k@224"] - raw["a"][f"{stem}1k@224"]
    pair = "vit_base_patch32_clip_224.laion2b_ft_in12k_in1k"
    assert compared["by_way"]["difference"].sel(pair=pair, shift="a").item() == pytest.approx(expected)
    each = compared["by_way"]["difference"].sel(shift="a")
    by_family = each.to_series().groupby(each["family"].values).mean()
    found = compared["by_way"].sel(shift="a", measure="difference")
    assert found["mean"].item() == pytest.approx(by_family.mean())
    assert (found["families"], bool(found["decided"])) == (6, True)


def test_a_change_in_distribution_is_no_claim_about_shift(compared: dict[str, xr.Dataset]) -> None:
    assert not compared["by_way"]["supported"].sel(shift="id").any()
    assert compared["by_way"]["at_equal"].sel(shift="id").isnull().all()
    supported = compared["by_way"]["supported"].sel(measure="at_equal")
    assert supported["shift"].values[supported.values].tolist() == ["v2_matched_frequency", "r", "sketch"]


def test_two_families_decide_nothing(compared: dict[str, xr.Dataset]) -> None:
    assert not compared["like"]["decided"].any()
    assert not compared["like"]["supported"].any()


def test_the_line_of_standard_networks_supports_half_of_the_pairs(clouds: dict[str, xr.Dataset]) -> None:
    alone = pairs.compare_pairs(clouds, pairs.fine_tuning_pairs, LEVEL, ["standard"])
    assert alone["pairs"].sel(shift="r", measure="at_equal") == 5
    study = find_study(STUDY)
    same = read.same_class_clouds(study.read("shifts"), study.read("models"), list(GROUPS))
    assert list(same) == ["r", "a", "objectnet"]
    assert float(same["r"]["x"].min()) > float(clouds["r"]["x"].min())


def test_a_study_without_pairs_has_no_differences(clouds: dict[str, xr.Dataset]) -> None:
    without = {"objectnet": clouds["objectnet"]}
    for nothing in (
        pairs.compare_pairs({}, pairs.source_pairs, LEVEL),
        pairs.compare_pairs(without, pairs.fine_tuning_pairs, LEVEL),
        pairs.compare_pairs({"a": clouds["a"].isel(model=[])}, pairs.fine_tuning_pairs, LEVEL),
    ):
        assert nothing.sizes["pair"] == 0


def test_without_a_line_there_is_no_difference_at_equal_accuracy(clouds: dict[str, xr.Dataset]) -> None:
    found = pairs.compare_pairs(clouds, pairs.fine_tuning_pairs, LEVEL, ["human"])
    assert found["at_equal"].isnull().all()
    assert found["difference"].notnull().all()

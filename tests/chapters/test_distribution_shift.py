"""Figures of accuracy under shift: what their frames hold."""

import numpy as np
import pytest

from clipsafe_utils.chapters.distribution_shift import figures
from clipsafe_utils.findings.shift.result import DistributionShift, distribution_shift
from clipsafe_utils.parameters import check_parameters
from clipsafe_utils.registry.set_names import shift_title

SHIFTS = ["ImageNet-V2", "ImageNet-R", "ImageNet-A", "ImageNet-Sketch", "ObjectNet"]
MAIN = ["WIT", "LAION-80M", "LAION-400M", "LAION-2B", "DataComp-1B", "WebLI"]


def found_with(**values: object) -> DistributionShift:
    return distribution_shift(check_parameters("distribution-shift", {"studies": ["published"], **values}))


@pytest.fixture(scope="module")
def found() -> DistributionShift:
    return found_with()


@pytest.fixture(scope="module")
def both() -> DistributionShift:
    return found_with(studies=["published", "miniature"])


def test_clouds_show_sources_first_and_the_chart_everyone(found: DistributionShift) -> None:
    printed = figures.clouds_frame(found.first_shown)
    every = figures.clouds_frame(found.first_shown, everyone=True)
    looks = [*(f"source/{source}" for source in MAIN), "group/clip_fine_tuned", "group/standard"]
    assert list(dict.fromkeys(printed["look"])) == looks
    assert list(dict.fromkeys(printed["panel"])) == list(dict.fromkeys(every["panel"])) == SHIFTS
    assert printed["low"].isna().all()
    assert len(every) == sum(cloud.sizes["model"] for cloud in found.record.clouds.values())
    assert {"group/more_data", "source/another source"} <= set(every["look"])
    assert every["value"].between(every["low"], every["high"]).all()


def test_effective_robustness_stands_with_each_model_near_the_line(found: DistributionShift) -> None:
    every = figures.clouds_frame(found.first_shown, everyone=True)
    shown = every[(every["panel"] == "ImageNet-Sketch") & (every["name"] == "RN50.openai")]
    height = found.record.above_standard("sketch")
    cloud = found.record.clouds["sketch"]
    expected = height[cloud["checkpoint"].values == "RN50.openai"].item()
    assert shown["note"].tolist() == [f"effective robustness +{100 * expected:.1f} points"]
    assert every["note"].eq("").any()


def test_studies_of_a_drawn_world_have_a_figure_of_their_own(both: DistributionShift) -> None:
    assert (list(both.first_shown), list(both.in_drawn_worlds)) == (["published"], ["miniature"])
    assert list(found_with(studies=["miniature"]).first_shown) == ["miniature"]
    assert "made by this project" in figures.clouds(both.in_drawn_worlds).markup
    assert "not measured yet" in figures.clouds({}).markup


def test_lines_are_those_of_standard_networks(found: DistributionShift) -> None:
    lines = figures.lines_of_standard(found.first_shown)
    assert list(dict.fromkeys(lines["panel"])) == SHIFTS
    assert lines["value"].between(0, 100).all()
    assert figures.lines_of_standard(found_with(groups=["clip_zero_shot"]).first_shown).empty


def test_correlations_say_when_too_few_families_decide(found: DistributionShift) -> None:
    frame = figures.within_frame(found)
    rank = frame[frame["side"] == "rank correlation"]
    assert list(dict.fromkeys(rank["row"])) == SHIFTS
    assert rank["look"].iloc[:3].tolist() == [f"source/{source}" for source in MAIN[:3]]
    assert rank[rank["decided"]]["look"].unique().tolist() == [
        "source/LAION-400M",
        "source/LAION-2B",
        "source/DataComp-1B",
        "group/clip_zero_shot",
        "source/LAION grid",
        "group/standard",
    ]
    assert rank[["low", "high"]].notna().all().all()
    assert frame[(frame["side"] != "rank correlation")]["value"].notna().all()
    markup = figures.within(found).markup
    # A correlation is never rounded up, and one of 1 is drawn at the end of Fisher's scale.
    assert "WIT: ImageNet-V2 0.983 (0.180 to 0.999), undecided" in markup
    assert '"scale":"fisher"' in markup


def test_heights_have_the_bar_of_a_new_family_and_every_interval(both: DistributionShift) -> None:
    frame = figures.offsets_frame(both)
    assert list(dict.fromkeys(frame["side"])) == ["above standard", "above other sources"]
    assert (frame["band_low"] == -frame["band_high"]).all()
    assert frame[["low", "high"]].notna().all().all()
    sketch = frame[(frame["row"] == "ImageNet-Sketch") & (frame["side"] == "above other sources")]
    assert sketch["name"].tolist() == MAIN
    assert sketch["value"].iloc[0] == pytest.approx(-6.6, abs=0.05)
    assert sketch["decided"].tolist() == [name in ("LAION-400M", "LAION-2B", "DataComp-1B") for name in MAIN]


def test_pairs_stand_behind_their_mean(found: DistributionShift) -> None:
    frame = figures.pairs_frame(found)
    assert frame["panel"].unique().tolist() == list(found.tuning)
    assert frame["look"].unique().tolist() == ["ink", "ink/equal"]
    for (panel, row, look), part in frame.groupby(["panel", "row", "look"]):
        mean, single = (part[part["mark"] == mark] for mark in ("mean", "single"))
        assert len(mean) == 1, (panel, row, look)
        assert np.isfinite(single["value"]).all()
        assert single["name"].ne("").all()
    changes = found.record.tuned.changes("at_equal")
    shown = frame[(frame["panel"] == list(found.tuning)[1]) & (frame["look"] == "ink/equal")]
    means = shown[shown["mark"] == "mean"].set_index("row")["value"]
    assert means["ImageNet-R"] == pytest.approx(100 * changes["ImageNet-R"].estimate)
    assert shift_title("id") not in means


def test_nothing_is_said_to_be_nothing() -> None:
    alone = found_with(groups=["clip_zero_shot"])
    assert "not measured yet: pairs of fine-tuned CLIPs" in figures.pairs(alone).markup

"""What chapter 1 found, on the record and on networks whose every count is known."""

from dataclasses import replace

import numpy as np
import pytest
import xarray as xr

from clipsafe_utils.cubes import OVERALL
from clipsafe_utils.cubes.panels import Panel
from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.findings.factors.clips import accuracy_of, clips_of, groups_of, verdicts_on
from clipsafe_utils.findings.factors.result import FactorRobustness, factor_robustness
from clipsafe_utils.metrics.intervals import student_quantile
from clipsafe_utils.parameters import check_parameters
from clipsafe_utils.say import NOT_MEASURED, Missing, Text, percent

STUDY = "published"
IMAGES = 1000
ACCURACIES = {"a": (0.6, 0.3, 0.5, 0.50), "b": (0.7, 0.4, 0.5, 0.55), "c": (0.1, 0.9, 0.2, 0.60)}
"""On pose, texture, color and all images; the first two are best on pose and worst on texture."""


def asked(**values: object) -> FactorRobustness:
    return factor_robustness(check_parameters("factor-robustness", {"studies": [STUDY], **values}))


@pytest.fixture(scope="module")
def found() -> FactorRobustness:
    return asked()


def of_panel(found: FactorRobustness, panel: Panel) -> FactorRobustness:
    return FactorRobustness(
        found.chosen, [panel], [], {panel.study: found.results[STUDY]}, {}, found.networks
    )


def models_of(groups: list[str], sources: list[str] | None = None) -> xr.Dataset:
    names = list("abcdefgh"[: len(groups)])
    sources = sources or ["WIT"] * len(names)
    text = {"group": groups, "family": names, "checkpoint": names, "training_source": sources}
    return xr.Dataset({name: ("model", value) for name, value in text.items()}, {"model": names})


def few(groups: list[str], sources: list[str] | None = None) -> tuple[Panel, xr.Dataset, xr.Dataset]:
    """Draw the three networks, with the residual 0.1 on color, less than 0 on pose, more on subcategory.

    New families stay near the line on pose, and where the first network is, on color.
    """
    accuracy = np.array(list(ACCURACIES.values()))
    names = ["pose", "subcategory", "color", OVERALL]
    dims = ("selection", "model", "factor")
    cube = xr.Dataset(
        {"hits": (dims, [accuracy * IMAGES]), "images": (dims, np.full((1, 3, 4), IMAGES))},
        {"selection": ["top"], "model": list("abc"), "factor": names},
        {"evidence": "measured"},
    )
    residual = np.broadcast_to([-0.1, 0.2, 0.1], (3, 3))
    scale, freedom = np.array([[0.01, 1, 0.01], [0.01, 1, 1], [1, 1, 1]]), np.full((3, 3), 8)
    result = xr.Dataset(
        {
            "accuracy": (("model", "factor"), accuracy[:, :3]),
            # The reference leaves the factor out, so it is not the accuracy on all images.
            "reference_accuracy": (("model", "factor"), accuracy[:, :3] / 2),
            "residual": (("model", "factor"), residual),
            "measured": (("model", "factor"), np.ones((3, 3), bool)),
            "scale": (("model", "factor"), scale),
            "freedom": (("model", "factor"), freedom),
            "half_width": (("model", "factor"), scale * student_quantile(0.8, freedom)),
        },
        {"model": list("abc"), "factor": names[:3]},
        {"selection": "top", "baseline_group": "standard", "confidence": 0.8},
    )
    models = models_of(groups, sources)
    return Panel(STUDY, cube, models), result, models.isel(model=np.array(groups) == "clip_zero_shot")


TWO = ["clip_zero_shot", "clip_zero_shot", "standard"]
APART = ["WIT", "LAION", ""]


def test_the_record(found: FactorRobustness) -> None:
    assert (found.networks, found.who, found.study, found.line_of) == (
        "388",
        "the record",
        STUDY,
        "standard models",
    )
    real = found.real
    assert (real.clips.number, real.clips.sources) == ("3 zero-shot CLIPs", "1 training source")
    assert real.clips.few == "one"
    assert (real.verdicts.above, real.verdicts.below, real.verdicts.agree) == ("subcategory", "pose", "yes")
    assert (real.verdicts.apart, real.verdicts.judged, real.verdicts.tests) == ("both", "one source", "10")
    assert (real.verdicts.marks, real.verdicts.chance) == ("30", "1.5")
    assert (real.pooled.above, real.pooled.below) == ("background, color, smaller and subcategory", "pose")
    assert real.wider == "0.6 to 1.7"
    assert (real.support.near, real.support.above) == ("20", "16")
    assert real.support.names.startswith("AlexNet, HRNet, Inception, ")
    assert real.accuracy.subcategory_rank == "7 of 10"
    assert (real.choice.local.pose, real.choice.pose_multi) == ("−2.5 to −2.4", "−0.7 to −0.5")
    assert real.choice.sign_stable.startswith("pose, background")
    assert real.arithmetic.weighted_sum == "0.21"


def test_networks_are_those_of_the_record_whatever_is_shown() -> None:
    shown = asked(groups=["clip_zero_shot", "standard"])
    assert shown.networks == "388"
    assert shown.panels[0].cube.sizes["model"] == 97
    assert shown.real.groups.other_names == NOT_MEASURED
    drawn = asked(studies=["miniature"], groups=["clip_zero_shot", "standard"])
    assert drawn.networks == drawn.who == drawn.real.verdicts.marks == NOT_MEASURED
    assert (drawn.study, drawn.drawn_in) == (None, "miniature")


@pytest.mark.parametrize(
    ("values", "marks", "chance"),
    [({"factors": ["pose"]}, "3", "0.2"), ({"factors": ["all"], "confidence": 0.9}, "48", "4.8")],
)
def test_marks_are_counted(values: dict[str, object], marks: str, chance: str) -> None:
    verdicts = asked(**values).real.verdicts
    assert (verdicts.marks, verdicts.chance) == (marks, chance)
    assert isinstance(verdicts.agree, Missing) == (values["factors"] == ["pose"])


@pytest.mark.parametrize(
    ("values", "multi", "has_share"),
    [
        ({}, "−0.7 to −0.5", True),
        ({"fit": "local"}, "−0.6 to −0.5", True),
        ({"reference_accuracy": "without_factor", "confidence": 0.9}, "−6.1 to −4.3", False),
    ],
)
def test_where_all_factors_count_the_other_choices_are_the_page_s(
    values: dict[str, object], multi: str, has_share: bool
) -> None:
    found = asked(**values)
    assert found.real.choice.pose_multi == multi
    assert (found.real.choice.pose_share != NOT_MEASURED) == has_share
    assert found.has_own_choices == (not set(values) - {"confidence"})
    assert found.real.choice.local.pose == "−2.5 to −2.4"


@pytest.mark.parametrize(
    ("studies", "expected"),
    [([STUDY, "miniature"], "record"), (["miniature"], "nothing"), ([STUDY], NOT_MEASURED)],
)
def test_beside_what_the_laboratory_stands(studies: list[str], expected: str) -> None:
    assert asked(studies=studies).beside == expected


def test_what_was_not_asked_for_is_missing() -> None:
    real = asked(factors=["pose"]).real
    assert real.accuracy.pose_rank == real.accuracy.subcategory == real.choice.local.shape == NOT_MEASURED
    assert real.arithmetic.weighted_sum == NOT_MEASURED
    assert real.choice.local.pose == "−2.5 to −2.4"


def test_whose_line_it_is() -> None:
    assert asked(baseline_group="more_data").line_of == "the group “Trained on more data”"


def test_residuals_add_up_where_the_factors_part_the_images() -> None:
    for values in ({"selection": "multi"}, {"reference_accuracy": "without_factor"}):
        changed = asked(**values)
        assert changed.weighted == {}
        assert changed.real.arithmetic.weighted_sum == NOT_MEASURED
        assert changed.real.arithmetic.common_share.percent(0) == percent(0.65, 0)


def test_all_images_are_all_images_whatever_the_reference() -> None:
    without, plain = asked(reference_accuracy="without_factor"), asked()
    assert without.real.accuracy.overall == plain.real.accuracy.overall
    assert without.real.support.near == plain.real.support.near


def test_a_study_with_one_selection_has_no_choices_and_no_top_factors(found: FactorRobustness) -> None:
    panel = found.panels[0]
    multi = of_panel(found, Panel(STUDY, panel.cube.sel(selection=["multi"]), panel.models))
    multi = replace(
        multi,
        chosen=check_parameters("factor-robustness", {"selection": "multi"}),
        results={STUDY: found.results[STUDY].assign_attrs(selection="multi")},
    )
    assert multi.real.arithmetic.common_share.percent(0) == multi.real.choice.sign_stable == NOT_MEASURED
    assert multi.real.clips.number == "3 zero-shot CLIPs"


def test_stand_ins_never_speak_for_real_models(found: FactorRobustness) -> None:
    panel = found.panels[0]
    drawn = of_panel(found, Panel("drawn", panel.cube.assign_attrs(evidence="proxy"), panel.models))
    assert drawn.real.verdicts.marks == drawn.real.choice.local.pose == NOT_MEASURED
    mine = of_panel(found, Panel("mine", panel.cube, panel.models))
    assert mine.who == "the study of real models"
    assert drawn.drawn_in is None


def test_a_study_without_clip_says_nothing_of_clips() -> None:
    standard = asked(groups=["standard"])
    assert standard.who == "the record"
    real = standard.real
    for said in (real.clips.number, real.verdicts.above, real.support.near, real.accuracy.pose):
        assert said == NOT_MEASURED
    assert standard.choices == {}
    assert standard.judged_by == NOT_MEASURED
    assert standard.lines_rise


def test_a_study_without_the_cubes_is_refused() -> None:
    with pytest.raises(ClipsafeError, match="Nothing to show: the study field"):
        asked(studies=["field"])


def test_accuracy_on_a_factor_is_that_of_the_clips() -> None:
    accuracy = accuracy_of(*few(TWO))
    assert accuracy.pose == f"{percent(0.6)} and {percent(0.7)}"
    assert accuracy.overall == f"{percent(0.5)} and {percent(0.55)}"
    assert (accuracy.pose_rank, accuracy.subcategory_rank) == ("1 of 3", "3 of 3")


def test_many_clips_are_a_range_and_subcategory_is_told_only_where_it_turns_round() -> None:
    accuracy = accuracy_of(*few(["clip_zero_shot"] * 3))
    assert accuracy.pose == f"{percent(0.1)} to {percent(0.7)}"
    assert accuracy.subcategory == accuracy.subcategory_rank == NOT_MEASURED


def test_verdicts_are_judged_at_five_percent_whatever_the_bars() -> None:
    panel, result, _ = few(TWO, APART)
    verdicts = verdicts_on(result, panel.models)
    assert (verdicts.above, verdicts.below, verdicts.mixed) == ("no factor", "pose", "color")
    assert (verdicts.apart, verdicts.judged) == ("below", "sources")
    assert (verdicts.marks, verdicts.chance, verdicts.outside, verdicts.tests) == ("6", "1.2", "3", "6")


def test_clips_of_one_source_are_one_witness() -> None:
    panel, result, _ = few(TWO)
    verdicts = verdicts_on(result, panel.models)
    # On color the mean of the scales, 0.505, hides what the first CLIP alone would show.
    assert (verdicts.above, verdicts.below, verdicts.judged) == ("no factor", "pose", "one source")
    assert (verdicts.marks, verdicts.tests) == ("6", "3")
    assert isinstance(verdicts.mixed, Missing)
    result["measured"].loc[{"model": "b"}] = False
    assert verdicts_on(result, panel.models).above == "color"
    alone = models_of(["clip_zero_shot", "standard", "standard"])
    assert verdicts_on(result, alone).judged == "one CLIP"


def test_fine_tuned_clips_alone_have_no_verdict() -> None:
    panel, result, _ = few(["clip_fine_tuned", "standard", "standard"])
    assert isinstance(verdicts_on(result, panel.models).below, Missing)


def test_what_is_not_measured_parts_no_clips() -> None:
    panel, result, _ = few(TWO, APART)
    result["measured"].loc[{"model": "a"}] = False
    verdicts = verdicts_on(result, panel.models)
    assert (verdicts.below, verdicts.mixed) == ("no factor", "pose")
    nobody = result.assign(measured=result["measured"] & False)
    assert isinstance(verdicts_on(nobody, panel.models).above, Missing)


@pytest.mark.parametrize(
    ("groups", "sources", "number", "few_sources"),
    [
        (["clip_zero_shot", "clip_fine_tuned", "clip_zero_shot"], "aaa", "3 CLIPs", "one"),
        (["clip_fine_tuned"], "a", "1 fine-tuned CLIP", "one"),
        (["clip_zero_shot"] * 2, "ab", "2 zero-shot CLIPs", "few"),
        (["clip_zero_shot"] * 5, "abcde", "5 zero-shot CLIPs", NOT_MEASURED),
    ],
)
def test_clips_are_counted_by_kind_and_source(
    groups: list[str], sources: str, number: str, few_sources: str
) -> None:
    clips = clips_of(models_of(groups, list(sources)))
    assert (clips.number, clips.few) == (number, few_sources)


def test_groups_stray_as_far_as_their_furthest_mean() -> None:
    means = xr.Dataset(
        {"mean": (("group", "factor"), [[0.01, -0.03], [0.08, 0.02]])},
        {"group": ["contrastive", "clip_zero_shot"], "factor": ["pose", "color"]},
    )
    found = groups_of(means)
    assert (found.others.size(), found.clips.size(), found.other_names) == ("3.0", "8.0", "self-supervision")
    assert groups_of(None).clips.size() == NOT_MEASURED


def test_an_empty_result_says_nothing() -> None:
    chosen = check_parameters("factor-robustness", {})
    nothing = FactorRobustness(chosen, [], [], {}, {}, Text(0))
    assert nothing.who == nothing.real.clips.number == nothing.real.choice.local.pose == NOT_MEASURED
    assert nothing.means == nothing.alone == nothing.lines == {}

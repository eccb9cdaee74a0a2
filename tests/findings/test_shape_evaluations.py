"""What differs between two evaluations of CLIPs, on draws that are known and on the record."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from clipsafe_utils.cubes.panels import Panel
from clipsafe_utils.cubes.schema import CLASS_MEANS, SIXTEEN_NAMES
from clipsafe_utils.findings.shape.evaluations import (
    KINDS,
    PATCH,
    PROMPTS,
    READ_OUT,
    RESOLUTION,
    SIZE,
    SOURCE,
    TUNED,
    Evaluations,
    Moves,
    comparisons_of,
    patch_of,
)
from clipsafe_utils.findings.shape.result import shape_bias
from clipsafe_utils.metrics.draws import centred_interval
from clipsafe_utils.parameters import check_parameters
from clipsafe_utils.say import NOT_MEASURED, Missing

ZERO_SHOT, EIGHTY = "clip_zero_shot", "80 templates"
TIMM = "vit_large_patch14_clip_224.openai_ft_in12k_in1k"


@pytest.fixture(scope="module")
def found() -> Evaluations:
    return shape_bias(check_parameters("shape-bias", {"studies": ["published"]})).evaluations


def row(model: str, checkpoint: str, **other: object) -> dict[str, object]:
    usual = {
        "group": ZERO_SHOT,
        "training_source": "WIT",
        "architecture": "ViT",
        "image_size": 224.0,
        "fine_tuning": "none",
        "read_out": CLASS_MEANS,
        "prompt_set": EIGHTY,
    }
    return {"model": model, "checkpoint": checkpoint, **usual, **other}


def rows_of(*rows: dict[str, object]) -> pd.DataFrame:
    return Evaluations(panel_of(*rows)).rows


def panel_of(*rows: dict[str, object], hits: list[list[int]] | None = None) -> Panel:
    """Make a panel of rows that decide 100 images of each of two classes, `hits` of them by shape."""
    frame = pd.DataFrame(list(rows))
    shape = np.array(hits if hits is not None else [[50, 50]] * len(frame))
    count = np.stack([shape, 100 - shape, 0 * shape], axis=-1)
    names = frame["model"].to_list()
    weights = np.array([[1, 1], [2, 1], [1, 2], [3, 1], [1, 3]])
    draws = np.einsum("dc,mck->dmk", weights, count)
    cube = xr.Dataset(
        {
            "count": (("model", "cue_class", "decision"), count),
            "draw_count": (("draw", "model", "decision"), draws),
            "read_out": ("model", frame.pop("read_out").to_numpy(str)),
            "prompt_set": ("model", frame.pop("prompt_set").to_numpy(str)),
        },
        {"model": names, "cue_class": ["cat", "dog"], "decision": ["shape", "texture", "other"]},
    )
    described = {name: ("model", frame[name].to_numpy()) for name in frame if name != "model"}
    return Panel("mine", cube, xr.Dataset(described, {"model": names}))


def kinds_of(*rows: dict[str, object]) -> list[tuple[str, str, str]]:
    return [(one.kind, one.before, one.after) for one in comparisons_of(rows_of(*rows))]


@pytest.mark.parametrize(
    ("second", "expected"),
    [
        (row("b", "ViT-B-16.openai"), PATCH),
        (row("b", "ViT-B-32.laion400m_e32", training_source="LAION-400M"), SOURCE),
        (row("b", "ViT-B-32-256.openai", image_size=256.0), RESOLUTION),
        (row("b", "ViT-L-14.openai"), None),  # size and patch at once, and far apart
        (row("b", "ViT-B-16.openai", read_out=SIXTEEN_NAMES), None),
        (row("b", "ViT-B-16.openai", training_source="LAION-400M"), None),
        (row("b", "ViT-B-16.openai", image_size=240.0), None),
        (row("b", "RN50.openai"), None),
        (row("b", "EVA01-g-14.laion400m_s11b_b41k"), None),
    ],
)
def test_networks_that_differ_in_one_thing_are_compared(
    second: dict[str, object], expected: str | None
) -> None:
    first = row("a", "ViT-B-32.openai")
    assert kinds_of(first, second) == ([(expected, "a", "b")] if expected else [])
    assert kinds_of(second, first) == ([(expected, "a", "b")] if expected else [])


def test_size_is_compared_where_patches_are_near() -> None:
    assert kinds_of(row("a", "ViT-B-16.openai"), row("b", "ViT-L-14.openai")) == [(SIZE, "a", "b")]
    assert kinds_of(row("a", "RN50.openai"), row("b", "RN101.openai")) == [(SIZE, "a", "b")]


def test_one_network_is_compared_with_itself_asked_otherwise() -> None:
    first = row("a", "ViT-L-14.openai")
    again = row("again", "ViT-L-14.openai")
    names = row("b", "ViT-L-14.openai", read_out=SIXTEEN_NAMES)
    bare = row("c", "ViT-L-14.openai", read_out=SIXTEEN_NAMES, prompt_set="bare name")
    assert kinds_of(first, again, names, bare) == [(READ_OUT, "a", "b"), (PROMPTS, "b", "c")]


def test_a_fine_tuned_network_is_paired_with_both_read_outs_and_one_is_alike() -> None:
    tuned = row("t", TIMM, group="clip_fine_tuned", fine_tuning="in12k_in1k", prompt_set="none")
    first = row("a", "ViT-L-14.openai")
    names = row("b", "ViT-L-14.openai", read_out=SIXTEEN_NAMES)
    other = row("c", "ViT-L-14.laion2b_s32b_b82k", training_source="LAION-2B")
    larger = row("d", "ViT-L-14-336.openai", image_size=336.0)
    made = [one for one in comparisons_of(rows_of(first, names, other, larger, tuned)) if one.kind == TUNED]
    assert [(one.before, one.after, one.is_alike) for one in made] == [("a", "t", True), ("b", "t", False)]
    assert made[1].change == "ViT-L-14, in12k+in1k (before: 16 names)"


def test_a_change_and_its_two_intervals_are_those_worked_out_by_hand() -> None:
    # Shape bias 0.5 and 0.7; without either class the change is 0.1 and 0.3.
    panel = panel_of(row("a", "ViT-B-32.openai"), row("b", "ViT-B-16.openai"), hits=[[50, 50], [80, 60]])
    ((one, change),) = Evaluations(panel).comparisons
    assert one.kind == PATCH
    assert change.over_images.estimate == change.over_classes.estimate == pytest.approx(0.2)
    draws = np.array([0.2, 0.7 / 3, 0.5 / 3, 0.25, 0.15])
    low, high = centred_interval(draws)
    assert (change.over_images.low, change.over_images.high) == pytest.approx((float(low), float(high)))
    # The jackknife of two: half the distance of the deleted values, times Student's t with one degree.
    assert change.over_classes.high - 0.2 == pytest.approx(12.706 * 0.1, rel=1e-3)


def test_a_network_that_does_not_change_moves_by_nothing() -> None:
    panel = panel_of(row("a", "ViT-B-32.openai"), row("b", "ViT-B-16.openai"))
    ((_, change),) = Evaluations(panel).comparisons
    assert (change.over_images.estimate, change.over_images.low, change.over_images.high) == (0, 0, 0)


def test_of_fine_tuning_each_network_counts_once_and_alike_before_unlike() -> None:
    tuned = row("t", TIMM, group="clip_fine_tuned", fine_tuning="in12k_in1k", prompt_set="none")
    panel = panel_of(
        row("b", "ViT-L-14.openai", read_out=SIXTEEN_NAMES),
        row("a", "ViT-L-14.openai"),
        tuned,
        hits=[[70, 70], [60, 60], [50, 50]],
    )
    found = Evaluations(panel)
    assert (found.tuned.number, found.tuned.sizes) == ("1", "10.0")
    assert found.moves(TUNED).sizes == "10.0"
    unlike = Evaluations(Panel("mine", panel.cube.isel(model=[0, 2]), panel.models.isel(model=[0, 2])))
    assert (unlike.tuned.sizes, unlike.moves(TUNED).number) == ("20.0", "0")


def test_evaluations_asked_alike_show_how_far_one_network_differs() -> None:
    again = row("x:again", "ViT-B-32.openai")
    other = row("y", "ViT-B-32.openai", prompt_set="bare name")
    panel = panel_of(row("x:a", "ViT-B-32.openai"), again, other, hits=[[50, 50], [53, 51], [90, 90]])
    spread = Evaluations(panel).spread
    assert (spread.gap.size(), spread.name, spread.number) == ("2.0", "ViT-B-32.openai", "2")


def test_without_draws_or_read_outs_nothing_is_compared() -> None:
    panel = panel_of(row("a", "ViT-B-32.openai"), row("b", "ViT-B-16.openai"))
    for left_out in ("draw_count", "read_out"):
        cut = Evaluations(Panel("mine", panel.cube.drop_vars(left_out), panel.models))
        assert cut.comparisons == []
        assert cut.tuned.case == "none"
        for value in (cut.tuned.sizes, cut.tuned.first, cut.tuned.largest, cut.tuned.beyond):
            assert str(value) == NOT_MEASURED
    none = Evaluations(None)
    assert (none.comparisons, none.bias, none.study) == ([], {}, "")
    assert isinstance(none.spread.gap, Missing)


def test_what_the_record_says_of_clips(found: Evaluations) -> None:
    assert found.tuned.number == "3"
    assert (found.tuned.case, found.tuned.beyond_classes) == ("down", "3 of 3")
    assert found.moves(TUNED).number == "2"
    assert found.moves(PROMPTS).number == "14"
    assert {one.kind for one, _ in found.comparisons} == set(KINDS)
    kinds = [KINDS.index(one.kind) for one, _ in found.comparisons]
    assert kinds == sorted(kinds)


def test_every_comparison_is_of_rows_that_saw_the_same_pixels_or_says_so(found: Evaluations) -> None:
    """Classifiers that resize and crop are never paired image by image; all that is paired is a CLIP."""
    groups = dict(zip(found.rows["model"], found.rows["group"], strict=True))
    ends = {end for one, _ in found.comparisons for end in (one.before, one.after)}
    assert {groups[end] for end in ends} == {"clip_zero_shot", "clip_fine_tuned"}


def test_more_confidence_makes_wider_intervals(found: Evaluations) -> None:
    wide = Evaluations(found.panel, 0.99)
    for (_, one), (_, other) in zip(found.comparisons, wide.comparisons, strict=True):
        assert one.over_images.estimate == other.over_images.estimate
        assert other.over_images.low <= one.over_images.low
        assert other.over_classes.high > one.over_classes.high


def test_moves_of_no_pair_are_missing() -> None:
    none = Moves([])
    assert none.number == "0"
    assert isinstance(none.sizes, Missing)


def test_patches_are_read_off_names() -> None:
    assert [patch_of(name) for name in ("ViT-B-32", "EVA01-g-14", "EVA-CLIP-8B-448", "RN101", "")] == [
        *(32, 14, None, None, None)
    ]

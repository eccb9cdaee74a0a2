"""What chapter 2 found, on the record and on observers whose every decision is known."""

import numpy as np
import pytest
import xarray as xr
from scipy import stats

from clipsafe_utils.cubes.panels import Panel
from clipsafe_utils.findings.shape import observers
from clipsafe_utils.findings.shape.result import ShapeBias, shape_bias
from clipsafe_utils.metrics.labelled import shape_bias_table
from clipsafe_utils.parameters import check_parameters
from clipsafe_utils.say import NOT_MEASURED, Missing, percent

STUDY = "published"


def of_panel(panel: Panel, confidence: float = 0.95) -> ShapeBias:
    tables = {panel.study: shape_bias_table(panel.cube, confidence=confidence)}
    return ShapeBias([panel], [], tables, {panel.study: panel.models}, {}, {}, confidence)


@pytest.fixture(scope="module")
def found() -> ShapeBias:
    return shape_bias(check_parameters("shape-bias", {"studies": [STUDY]}))


def test_people_and_networks_of_the_record(found: ShapeBias) -> None:
    assert str(found.people.bias) == percent(0.9587)
    assert str(found.implementations["alexnet-caffe"]) == percent(0.4294)
    assert str(found.implementations["vgg16-caffe"]) == percent(0.1722)
    assert found.images == "1,200"
    assert found.adds_decisions == "no"
    assert (found.clips.number, found.sources) == ("10", "4 training sources of 2 lineages")
    assert found.leaning == "vits"
    assert (found.vits.against(found.standard), found.resnets.against(found.standard)) == ("above", "among")
    assert found.without_captions == "some"
    assert found.more_data.best == "tf_efficientnet_l2.ns_jft_in1k_475"
    assert (found.suspect.number, found.chats.number) == ("1", "5")
    assert found.measured_in == STUDY


@pytest.mark.parametrize("confidence", [0.5, 0.95, 0.999])
def test_stylised_training_is_paired_by_architecture_at_the_level_asked_for(
    found: ShapeBias, confidence: float
) -> None:
    panel = found.panels[0]
    pairs = observers.stylised_pairs(found.tables[STUDY], panel.models)
    stylised, plain = (pairs.isel(model=pairs["stylised"].values == kind) for kind in (True, False))
    assert sorted(stylised["family"].values) == sorted(plain["family"].values)
    assert stylised.sizes["model"] == plain.sizes["model"] == 5
    by_family = [part["shape_bias"].to_series().set_axis(part["family"].values) for part in (stylised, plain)]
    gain = (by_family[0] - by_family[1]).to_numpy()
    half = stats.t.ppf(0.5 + confidence / 2, 4) * gain.std(ddof=1) / np.sqrt(5)
    result = of_panel(panel, confidence).stylised
    assert result.networks == "5"
    assert result.gain.points(0) == f"+{100 * gain.mean():.0f}"
    assert result.gain.interval == f"+{100 * (gain.mean() - half):.1f} to +{100 * (gain.mean() + half):.1f}"


def test_observers_that_a_study_lacks_are_missing(found: ShapeBias) -> None:
    panel = found.panels[0]
    kept = (panel.models["group"] == "human").values
    people = of_panel(Panel(STUDY, panel.cube.isel(model=kept), panel.models.isel(model=kept)))
    assert str(people.people.bias) == percent(0.9587)
    for value in (
        people.standard.lowest,
        people.stylised.gain.points(0),
        people.implementations["gap"].size(0),
    ):
        assert str(value) == NOT_MEASURED
    assert (people.leaning, people.has_clips) == ("none", False)
    assert isinstance(people.without_captions, Missing)
    assert isinstance(people.without_language, Missing)
    assert str(people.vits.span) == NOT_MEASURED
    assert isinstance(people.adds_decisions, Missing)


@pytest.mark.parametrize("name", ["m{}", "m{}#1", "<!--<script>{}", "$\\notacommand{}$"])
def test_names_that_say_neither_source_nor_architecture_make_no_pairs(found: ShapeBias, name: str) -> None:
    panel = found.panels[0]
    names = [name.format(place) for place in range(panel.cube.sizes["model"])]
    renamed = of_panel(
        Panel(STUDY, panel.cube.assign_coords(model=names), panel.models.assign_coords(model=names))
    )
    assert str(renamed.stylised.gain.points(0)) == NOT_MEASURED
    assert str(renamed.people.bias) == percent(0.9587)


def test_a_drawn_world_never_speaks_for_the_record(found: ShapeBias) -> None:
    panel = found.panels[0]
    drawn = Panel("drawn", panel.cube, panel.models.assign_attrs(evidence="proxy"))
    assert str(of_panel(drawn).people.bias) == NOT_MEASURED
    table = found.tables[STUDY]
    models = {"drawn": drawn.models, STUDY: panel.models}
    both = ShapeBias([drawn, panel], [], {"drawn": table * 0 + 0.1, STUDY: table}, models, {}, {}, 0.95)
    assert str(both.people.bias) == percent(0.9587)


def test_named_by_shape_counts_all_images() -> None:
    counts = {"shape_hits": [90, 30, 10], "texture_hits": [0, 10, 70], "images": [100] * 3}
    table = xr.Dataset({name: ("model", count) for name, count in counts.items()}, {"model": list("abc")})
    decided = table["shape_hits"] + table["texture_hits"]
    table = table.assign(shape_bias=table["shape_hits"] / decided, share_decided=decided / table["images"])
    models = models_of(["human", "robust_intervention", "standard"])
    cube = xr.Dataset({}, {"model": list("abc")})
    found = ShapeBias([Panel(STUDY, cube, models)], [], {STUDY: table}, {STUDY: models}, {}, {}, 0.95)
    assert found.people.named.estimate == pytest.approx(0.9)
    assert found.robust.named.estimate == pytest.approx(0.3)
    assert found.robust.bias.estimate == pytest.approx(0.75)
    assert found.people.span == percent(0.9 / 0.9)


def test_the_record_speaks_whatever_study_stands_first() -> None:
    chosen = check_parameters("shape-bias", {"studies": ["field", STUDY]})
    assert str(shape_bias(chosen).people.bias) == percent(0.9587)


def models_of(groups: list[str], architectures: list[str] | None = None) -> xr.Dataset:
    names = list("abcdefghij"[: len(groups)])
    columns = {
        "group": groups,
        "architecture": architectures or ["CNN"] * len(groups),
        "training_source": ["WIT"] * len(groups),
        "checkpoint": names,
        "reference": [""] * len(groups),
    }
    variables = {name: ("model", values) for name, values in columns.items()}
    return xr.Dataset(variables, {"model": names}, {"evidence": "measured"})


def of_counts(models: xr.Dataset, shape_hits: list[int]) -> ShapeBias:
    """Each observer decides 100 images of each of two classes, so many of them by shape."""
    counts = [[[hits, 100 - hits, 0]] * 2 for hits in shape_hits]
    cube = xr.Dataset(
        {"count": (("model", "cue_class", "decision"), counts)},
        {
            "model": models["model"].values,
            "cue_class": ["cat", "dog"],
            "decision": ["shape", "texture", "other"],
        },
    )
    return of_panel(Panel(STUDY, cube, models))


@pytest.mark.parametrize(
    ("vit", "resnet", "expected"),
    [(60, 50, "all"), (60, 30, "vits"), (60, 41, "all"), (40, 60, "otherwise"), (30, 20, "otherwise")],
)
def test_clips_lean_to_shape_by_encoder(vit: int, resnet: int, expected: str) -> None:
    models = models_of(["clip_zero_shot", "clip_zero_shot", "standard"], ["ViT", "ResNet", "ResNet"])
    assert of_counts(models, [vit, resnet, 40]).leaning == expected


def test_without_networks_to_compare_with_clips_stand_alone() -> None:
    assert of_counts(models_of(["clip_zero_shot"], ["ViT"]), [60]).leaning == "alone"
    assert of_counts(models_of(["standard"]), [20]).leaning == "labels"


@pytest.mark.parametrize(
    ("hits", "expected"),
    [
        ([50, 60, 10, 20], "above"),
        ([10, 15, 20, 30], "below"),
        ([20, 25, 10, 30], "among"),
        ([10, 60, 20, 30], "across"),
    ],
)
def test_where_some_observers_stand_against_others(hits: list[int], expected: str) -> None:
    found = of_counts(models_of(["clip_zero_shot"] * 2 + ["standard"] * 2), hits)
    assert found.clips.against(found.standard) == expected
    assert isinstance(found.clips.against(found.people), Missing)


def test_networks_without_captions_are_counted_that_reach_the_lowest_clip() -> None:
    models = models_of(["clip_zero_shot", *["more_data"] * 3], ["ViT"] + ["CNN"] * 3)
    found = of_counts(models, [50, 49, 50, 70])
    assert (found.without_language, found.without_captions, found.more_data.best) == ("2 of 3", "some", "d")
    assert of_counts(models, [50, 49, 48, 20]).without_captions == "below"


def test_a_suspect_run_is_shown_and_counts_in_no_group(found: ShapeBias) -> None:
    panel = found.panels[0]
    suspect = observers.is_suspect(panel.models)
    assert panel.models["model"].values[suspect].tolist() == ["beyond-inet:convnext-clip"]
    assert panel.models["group"].values[suspect].tolist() == ["other"]
    group = panel.models["group"].values == "other"
    fine = observers.class_means([panel], 0.95)[STUDY].sel(group="other")
    assert int(fine["families"]) == len(np.unique(panel.models["family"].values[group & ~suspect]))


def test_record_and_laboratory_disagree_on_the_encoder() -> None:
    both = shape_bias(check_parameters("shape-bias", {"studies": [STUDY, "miniature"]}))
    assert both.encoders == "turned"
    assert both.lab_vits.against(both.lab_others) == "below"
    alone = shape_bias(check_parameters("shape-bias", {"studies": [STUDY]}))
    assert isinstance(alone.encoders, Missing)

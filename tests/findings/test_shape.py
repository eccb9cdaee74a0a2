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
    assert found.crossing == "stylised"
    assert found.adds_decisions == "no"


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
    assert isinstance(people.crossing, Missing)
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
    groups = ["human", "robust_intervention", "standard"]
    models = xr.Dataset({"group": ("model", groups)}, {"model": list("abc")}, {"evidence": "measured"})
    found = ShapeBias([], [], {STUDY: table}, {STUDY: models}, {}, {}, 0.95)
    assert found.people.named.estimate == pytest.approx(0.9)
    assert found.robust.named.estimate == pytest.approx(0.3)
    assert found.robust.bias.estimate == pytest.approx(0.75)
    assert found.crossing == "stylised"
    others = models.assign(group=("model", groups[::-1]))
    assert ShapeBias([], [], {STUDY: table}, {STUDY: others}, {}, {}, 0.95).crossing == "otherwise"


def test_the_record_speaks_whatever_study_stands_first() -> None:
    chosen = check_parameters("shape-bias", {"studies": ["field", STUDY]})
    assert str(shape_bias(chosen).people.bias) == percent(0.9587)


@pytest.mark.parametrize(("cue_class", "expected"), [("knife", "nobody"), ("all", "stylised")])
def test_what_was_typed_once_is_asked_of_the_classes_that_count(cue_class: str, expected: str) -> None:
    chosen = check_parameters("shape-bias", {"studies": [STUDY], "cue_classes": [cue_class]})
    assert shape_bias(chosen).crossing == expected

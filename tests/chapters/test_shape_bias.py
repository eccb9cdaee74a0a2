"""Chapter 2 says what the cube says."""

import numpy as np
import pytest
import xarray as xr
from scipy import stats

from clipsafe_utils.chapters import shape_bias as chapter
from clipsafe_utils.chapters.formats import NOT_MEASURED, group_sizes, percent
from clipsafe_utils.cubes import CUE_CLASSES, GROUPS
from clipsafe_utils.cubes.panels import Panel, read_panels
from clipsafe_utils.figures import shape_bias as figures
from clipsafe_utils.metrics.labelled import shape_bias_table

STUDY = "published"


@pytest.fixture(scope="module")
def panel() -> Panel:
    return read_panels([STUDY], "shape_bias", list(GROUPS))[0]


@pytest.fixture(scope="module")
def result(panel: Panel) -> xr.Dataset:
    return shape_bias_table(panel.cube)


@pytest.fixture(scope="module")
def classes(panel: Panel) -> dict[str, xr.Dataset]:
    return chapter.class_means([panel], CUE_CLASSES, 0.95)


def test_every_number_of_the_prose_is_there(
    panel: Panel, result: xr.Dataset, classes: dict[str, xr.Dataset]
) -> None:
    numbers = chapter.numbers({STUDY: result}, {STUDY: panel.models}, classes)
    assert tuple(numbers) == chapter.KEYS
    assert NOT_MEASURED not in numbers.values()
    assert numbers["shape-bias-people"] == percent(0.9587)
    assert numbers["shape-bias-alexnet-caffe"] == percent(0.4294)
    assert numbers["shape-bias-vgg16-caffe"] == percent(0.1722)
    assert set(chapter.numbers({}, {}, {}).values()) == {NOT_MEASURED}


def test_stylised_training_is_paired_by_architecture(panel: Panel, result: xr.Dataset) -> None:
    pairs = chapter.stylised_pairs(result, panel.models)
    stylised, plain = (pairs.isel(model=pairs["stylised"].values == kind) for kind in (True, False))
    assert sorted(stylised["family"].values) == sorted(plain["family"].values)
    assert stylised.sizes["model"] == plain.sizes["model"] == 5
    by_family = [part["shape_bias"].to_series().set_axis(part["family"].values) for part in (stylised, plain)]
    gain = (by_family[0] - by_family[1]).to_numpy()
    half = stats.t.ppf(0.975, 4) * gain.std(ddof=1) / np.sqrt(5)
    numbers = chapter.numbers(
        {STUDY: result}, {STUDY: panel.models}, chapter.class_means([panel], CUE_CLASSES, 0.95)
    )
    assert numbers["shape-bias-stylised-gain"] == f"+{100 * gain.mean():.0f}"
    low, high = 100 * (gain.mean() - half), 100 * (gain.mean() + half)
    assert numbers["shape-bias-stylised-interval"] == f"+{low:.1f} to +{high:.1f}"


def test_each_person_is_a_family(panel: Panel) -> None:
    assert (
        '<th scope="row">People</th><td class="number">10</td><td class="number">10</td>'
        in group_sizes(panel).markup
    )


def test_observers_are_left_out_in_words(panel: Panel) -> None:
    kept = (panel.models["group"] == "human").values
    people = Panel(STUDY, panel.cube.isel(model=kept), panel.models.isel(model=kept))
    numbers = chapter.numbers(
        {STUDY: shape_bias_table(people.cube)},
        {STUDY: people.models},
        chapter.class_means([people], CUE_CLASSES, 0.95),
    )
    assert numbers["shape-bias-people"] == percent(0.9587)
    assert numbers["shape-bias-standard-lowest"] == NOT_MEASURED
    assert numbers["shape-bias-stylised-gain"] == NOT_MEASURED


def test_figures_and_their_texts(panel: Panel, result: xr.Dataset, classes: dict[str, xr.Dataset]) -> None:
    tables, models = {STUDY: result}, {STUDY: panel.models}
    bias, decided = figures.observers(tables, models).axes
    names = [label.get_text() for label in bias.get_yticklabels()]
    assert names[0] == "vgg16"
    assert "alexnet (Caffe)" in names
    assert len(names) == 26
    assert decided.get_xlabel() == "decided, %"
    people = f"People: 10 observers, shape bias {percent(0.92, 0)} to {percent(0.99, 0)}."
    assert people in chapter.describe_observers(tables, models)
    assert len(figures.by_class(classes).axes) == 1
    assert "for airplane" in chapter.describe_classes(classes)
    figures.observers({}, {})
    figures.by_class({})


def test_table_of_groups_gives_no_interval_over_one_family(panel: Panel, result: xr.Dataset) -> None:
    markup = chapter.groups_table(result, panel.models, STUDY, 0.95).markup
    assert "<td>none</td>" in markup
    assert markup.count('<th scope="row">') == 4

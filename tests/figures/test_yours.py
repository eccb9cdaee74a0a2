"""What a reader trained stands out: of the groups, of the sources, and of both backgrounds."""

import pytest
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from clipsafe_utils.figures.style import GROUP_COLOURS, SOURCE_COLOURS
from clipsafe_utils.figures.yours import YOURS_COLOUR, YOURS_MARKERS, mark_yours


def luminance(colour: str) -> float:
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_its_colour_is_no_others() -> None:
    for colour in {*GROUP_COLOURS.values(), *SOURCE_COLOURS.values()}:
        assert sum((a - b) ** 2 for a, b in zip(to_rgb(colour), to_rgb(YOURS_COLOUR), strict=True)) > 0.05


@pytest.mark.parametrize("background", ["#ffffff", "#121212"])
def test_it_stands_out_on_both_backgrounds(background: str) -> None:
    light, dark = sorted((luminance(YOURS_COLOUR), luminance(background)), reverse=True)
    assert (light + 0.05) / (dark + 0.05) >= 3


def test_each_of_the_first_models_has_a_marker_and_hollow_ones_no_name() -> None:
    axes = Figure().subplots()
    for number in range(len(YOURS_MARKERS) + 2):
        mark_yours(axes, [0.0], [0.0], f"model {number}", number)
    mark_yours(axes, [0.0], [0.0], "hollow", hollow=True)
    shapes = [drawn.get_paths()[0].vertices.tobytes() for drawn in axes.collections[:-1]]
    assert len(set(shapes)) == len(YOURS_MARKERS)
    assert len(set(shapes[len(YOURS_MARKERS) - 1 :])) == 1
    labels = axes.get_legend_handles_labels()[1]
    assert labels == [f"model {number}" for number in range(len(YOURS_MARKERS) + 2)]
    assert axes.collections[-1].get_facecolor().size == 0

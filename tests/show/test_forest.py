"""A forest of effects: no rule goes through a heading, and a long heading is read whole."""

import re

from clipsafe_utils.show import forest_plot
from clipsafe_utils.show.forest_plot import forest
from clipsafe_utils.show.frame import marks

LONG = "F21c  " + "Fewer prompts leave robustness to visual factors exactly as it is. " * 2


def test_a_long_heading_is_broken_not_cut() -> None:
    frame = marks([{"heading": LONG, "row": "published", "value": 2.0, "note": "✓ supported"}])
    markup = forest(frame, {"": "effects"}, "Effects.").markup
    said = " ".join(re.findall(r"<text[^>]*>([^<]*)</text>", markup))
    assert " ".join(LONG.split()) in " ".join(said.split())
    assert "✓ supported" in said
    assert forest_plot._height(LONG) > forest_plot._height("F1  CLIP is better.")


def test_rules_stand_beside_effects_alone() -> None:
    rows = [{"heading": f"F{n}", "row": "published", "value": 2.0, "band_high": 1.0} for n in (1, 2)]
    figure = forest_plot._draw(marks(rows), {"": "effects"})
    (axes,) = figure.axes
    upright = [path for drawn in axes.collections for path in drawn.get_paths() if len(path.vertices) == 2]
    spans = {tuple(path.vertices[:, 1].round(3)) for path in upright if len(set(path.vertices[:, 0])) == 1}
    heading, row = forest_plot._height("F1"), forest_plot._ROW
    assert spans >= {(round(heading, 3), round(heading + row, 3))}
    assert all(last - first <= row + 1e-9 for first, last in spans)
    assert not axes.xaxis.get_gridlines()[0].get_visible()

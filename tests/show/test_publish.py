"""What a figure leaves in its page for the chart: axes as they differ, reference lines, ranks of looks."""

import json
import re
from typing import Any

from clipsafe_utils.show import Panel, Scale, curves, dots, forest, marks
from clipsafe_utils.show.encoding import LOOKS
from clipsafe_utils.show.shown import Shown


def data_of(shown: Shown) -> dict[str, Any]:
    (text,) = re.findall(r'<script type="application/json" class="figure-data">(.*)</script>', shown.markup)
    data: dict[str, Any] = json.loads(text)
    return data


def test_axes_that_differ_by_side_are_named_by_side() -> None:
    frame = marks([{"side": side, "row": "pose", "value": 1.0} for side in ("bias", "decided")])
    axes = {"bias": "bias, %", "decided": "decided, %"}
    data = data_of(dots(frame, axes, "Both.", scale=Scale(reference={"bias": 50.0})))
    assert data["value"] == axes
    assert data["reference"] == {"bias": 50.0}


def test_a_shared_axis_is_one_text_and_looks_have_their_rank() -> None:
    data = data_of(dots(marks([{"row": "pose", "value": 1.0, "look": "group/standard"}]), "points", "One."))
    assert data["value"] == "points"
    assert data["reference"] == 0
    assert data["looks"]["group/standard"]["rank"] == LOOKS["group/standard"].rank


def test_curves_say_whether_they_are_joined_and_panels_name_their_axes() -> None:
    frame = marks([{"panel": "Accuracy", "x": x, "value": x} for x in (1.0, 2.0)])
    panels = {"Accuracy": Panel("right, %"), "ECE": Panel("ECE, %")}
    data = data_of(curves(frame, "images", panels, "Doses.", reference=0.0))
    assert (data["joined"], data["reference"]) == (True, 0)
    assert data["value"] == {"Accuracy": "right, %"}
    rungs = data_of(curves(frame, "rung", panels, "Ladder.", rungs=["a", "b", "c"]))
    assert (rungs["joined"], rungs["reference"]) == (False, None)


def test_a_forest_names_its_axis_by_unit() -> None:
    frame = marks([{"heading": "F1  CLIP is better", "row": "published", "value": 2.0}])
    assert data_of(forest(frame, {"": "effects"}, "Effects."))["value"] == {"": "effects"}

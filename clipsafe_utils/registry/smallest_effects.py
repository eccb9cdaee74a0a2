"""From which size on an effect matters: numbers that `benchmarks/smallest_effects.py` computed once.

They were computed from the cubes of the commit that froze the claims, and stay as they are.
"""

import json
from collections.abc import Mapping
from importlib.resources import files

FILE = files("clipsafe_utils.registry").joinpath("smallest_effects.json")

SMALLEST_EFFECTS: Mapping[str, float] = json.loads(FILE.read_text(encoding="utf-8"))["effects"]
"""By the name of their formula, in the unit of the statistic: 0.01 is a point."""

"""Differences as pages that are not converted yet say them; goes with `chapters.causes.words`."""

import pytest

from clipsafe_utils.chapters.causes.words import cell_of, moved
from clipsafe_utils.say import Value


@pytest.mark.parametrize(
    ("estimate", "said", "cell_says"),
    [
        (Value(0.02, 0.01, 0.03, units=3), "higher by 2.0 points (1.0 to 3.0)", "+2.0 (+1.0 to +3.0)"),
        (Value(-0.02, -0.03, -0.01, units=3), "lower by 2.0 points (1.0 to 3.0)", "−2.0 (−3.0 to −1.0)"),
        (
            Value(0.01, 0.0, 0.02, units=3),
            "no different beyond the interval (0.0 to +2.0 points)",
            "+1.0 (0.0 to +2.0)",
        ),
        (Value(float("nan"), float("nan"), float("nan"), 3), "not measured", "not measured"),
        (None, "not measured", "not measured"),
    ],
)
def test_the_interval_chooses_the_direction(estimate: Value | None, said: str, cell_says: str) -> None:
    assert moved(estimate) == said
    assert cell_of(estimate) == cell_says

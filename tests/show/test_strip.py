"""The strip of a card: where its star and its ticks stand."""

import re

import numpy as np
import pytest

from clipsafe_utils.show.strip import WIDTH, strip


def star_of(drawn: str) -> float:
    found = re.search(r"translate\(([\d.]+) ", drawn)
    assert found is not None
    return float(found[1])


def test_the_star_stands_where_its_value_is() -> None:
    nan = float("nan")
    places = [star_of(strip([0.0, 1.0], value, nan, nan, "x")) for value in (0.0, 0.5, 1.0)]
    assert places == pytest.approx([6, WIDTH / 2, WIDTH - 6])


def test_many_models_draw_few_ticks() -> None:
    drawn = strip(np.random.default_rng(0).random(2000), 0.5, 0.4, 0.6, 'a "name"')
    assert drawn.count("<line") < 100
    assert "a &quot;name&quot;" in drawn

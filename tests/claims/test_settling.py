"""How much more would settle it: checked by asking again with so many."""

from dataclasses import replace

import numpy as np
import pytest

from clipsafe_utils.claims.effects import Effect
from clipsafe_utils.claims.settling import images_to_settle, units_to_settle, what_would_settle
from clipsafe_utils.claims.verdicts import Verdict, judge
from tests.claims.made import claim

UP = claim()


def _with(effect: Effect, units: int) -> Effect:
    error = effect.error_of_units * np.sqrt(effect.units / units)
    return replace(effect, units=units, error_of_units=float(error))


@pytest.mark.parametrize(
    "effect",
    [
        Effect(0.03, 4, "family", 0.02),
        Effect(0.02, 9, "family", 0.03),
        Effect(0.002, 6, "family", 0.01),
        Effect(-0.001, 3, "family", 0.02),
        Effect(0.03, 6, "family", 0.01, error_of_images=0.012),
        Effect(0.8, 6, "family", 0.6, is_correlation=True),
    ],
)
def test_so_many_units_decide_and_one_fewer_does_not(effect: Effect) -> None:
    units = units_to_settle(UP, effect)
    assert units is not None
    assert units >= 5
    assert judge([(UP, _with(effect, units))])[0].verdict is not Verdict.UNDECIDED
    if units > 5:
        assert judge([(UP, _with(effect, units - 1))])[0].verdict is Verdict.UNDECIDED
    assert what_would_settle(UP, effect) == f"about {units:,} families"


def test_so_many_images_decide_and_fewer_do_not() -> None:
    effect = Effect(0.02, 5000, "image", error_of_images=0.02)
    times = images_to_settle(UP, effect)
    assert times is not None
    more, fewer = (replace(effect, error_of_images=0.02 / np.sqrt(times * near)) for near in (1.02, 0.98))
    assert judge([(UP, more)])[0].verdict is Verdict.SUPPORTED
    assert judge([(UP, fewer)])[0].verdict is Verdict.UNDECIDED
    assert what_would_settle(UP, effect) == f"about {times:.1f} times the images"


@pytest.mark.parametrize(
    ("effect", "words"),
    [
        (Effect(0.02, 1, "training source", np.inf), "5 training sources or more; with one, the spread"),
        (Effect(0.01 - 1e-7, 6, "family", 0.02), "no number of families at this estimate"),
        (Effect(0.01 - 1e-9, 100, "image", error_of_images=0.02), "no number of images"),
        (Effect(0.02, 6, "run", 0.02, error_of_images=0.02), "more runs and about 3.9 times the images"),
        (Effect(0.01 - 1e-9, 6, "run", 0.02, 0.02), "no number of runs or images at this estimate"),
    ],
)
def test_in_words(effect: Effect, words: str) -> None:
    assert what_would_settle(UP, effect).startswith(words)


@pytest.mark.parametrize("alpha", [0.05, 0.1, 0.2])
def test_what_settles_depends_on_the_level_of_the_verdicts(alpha: float) -> None:
    effect = Effect(0.002, 6, "family", 0.01)
    units = units_to_settle(UP, effect, alpha)
    assert units is not None
    assert judge([(UP, _with(effect, units))], alpha)[0].verdict is not Verdict.UNDECIDED
    assert judge([(UP, _with(effect, units - 1))], alpha)[0].verdict is Verdict.UNDECIDED
    assert what_would_settle(UP, effect, alpha) == f"about {units:,} families"


def test_with_one_unit_no_number_is_known() -> None:
    assert units_to_settle(UP, Effect(0.02, 1, "family", np.inf)) is None

"""How many more units would settle what is undecided, if all else stayed as it is."""

from dataclasses import replace

from clipsafe_utils.claims.effects import Effect
from clipsafe_utils.claims.registry import Claim
from clipsafe_utils.claims.verdicts import ALPHA, leaning, plural
from clipsafe_utils.metrics.families import MINIMUM_FAMILIES

_MOST, _CLOSE = 10_000, 1.01


def units_to_settle(claim: Claim, effect: Effect, alpha: float = ALPHA) -> int | None:
    """Return the least number of units, five or more, that would decide at a level; None where none would.

    Holm's correction is left out: how many other claims would still be open is not known.
    """
    if effect.units < 2 and effect.error_of_units:
        return None

    def settles(units: int) -> bool:
        error = effect.error_of_units * (effect.units / units) ** 0.5
        return leaning(claim, replace(effect, units=units, error_of_units=error))[1] < alpha

    low, high = MINIMUM_FAMILIES, _MOST
    if not settles(high):
        return None
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if settles(middle) else (middle + 1, high)
    return low


def images_to_settle(claim: Claim, effect: Effect, alpha: float = ALPHA) -> float | None:
    """Return how many times the images would decide at a level and this estimate; None where none would."""

    def settles(times: float) -> bool:
        return leaning(claim, replace(effect, error_of_images=effect.error_of_images / times**0.5))[1] < alpha

    if not settles(_MOST):
        return None
    low, high = 1.0, float(_MOST)
    while high / low > _CLOSE:
        middle = (low * high) ** 0.5
        low, high = (low, middle) if settles(middle) else (middle, high)
    return high


def what_would_settle(claim: Claim, effect: Effect, alpha: float = ALPHA) -> str:
    """Say in words what would settle a claim that is undecided at a level."""
    if effect.unit == "image":
        times = images_to_settle(claim, effect, alpha)
        return "no number of images" if times is None else f"about {times:.1f} times the images"
    names = plural(effect.unit)
    if effect.units < 2:
        return f"{MINIMUM_FAMILIES} {names} or more; with one, the spread is not known"
    units = units_to_settle(claim, effect, alpha)
    if units is not None:
        return f"about {units:,} {names}"
    if not effect.error_of_images:
        return f"no number of {names} at this estimate"
    times = images_to_settle(claim, replace(effect, units=_MOST, error_of_units=0.0), alpha)
    if times is None:
        return f"no number of {names} or images at this estimate"
    return f"more {names} and about {times:.1f} times the images"

"""What the chapter's own experiment with digits says: one temperature, on clean and on shifted images."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import xarray as xr

from clipsafe_utils.findings.calibration.digits import AFTER, BEFORE, OWN, with_intervals
from clipsafe_utils.findings.calibration.digits import change as paired_change
from clipsafe_utils.say import Scale, Value

_CHANGES: Mapping[str, tuple[str, Scale]] = {
    "accuracy": ("accuracy", "difference"),
    "gap": ("overconfidence", "difference"),
    "nll": ("nll", "change"),
    "brier": ("brier", "change"),
    "error": ("ece_debiased", "change"),
}
_LEVELS: Mapping[str, tuple[str, Scale]] = {
    "accuracy": ("accuracy", "share"),
    "ece": ("ece", "share"),
    "floor": ("ece_floor", "share"),
    **{name: (name, "number") for name in ("nll", "brier", "temperature", "spread")},
    "gap": ("overconfidence", "difference"),
}


@dataclass(frozen=True, eq=False)
class Judged:
    """The classifier on one set of test images, with and without the temperature of the clean ones.

    The gap is mean confidence less accuracy, the error is the debiased one, with its interval.
    """

    trials: xr.Dataset  # `run_trials` at one shift and level
    confidence: float

    @cached_property
    def before(self) -> dict[str, Value]:
        """Without a temperature: accuracy, nll, brier, ece, floor, error, spread, temperature and gap."""
        return self._values(BEFORE)

    @cached_property
    def after(self) -> dict[str, Value]:
        """The same with the temperature of the clean images."""
        return self._values(AFTER)

    @property
    def own(self) -> Value:
        """The temperature that these images ask for."""
        return self._values(OWN)["temperature"]

    def change(self, name: str) -> Value:
        """Return what the temperature of the clean images changes, paired over images; errors on squares."""
        score, scale = _CHANGES[name]
        return Value(*paired_change(self.trials, score, self.confidence), scale=scale)

    @cached_property
    def nll(self) -> Value:
        """What it changes in NLL."""
        return self.change("nll")

    def _values(self, scaling: str) -> dict[str, Value]:
        scores = with_intervals(self.trials, self.confidence).sel(scaling=scaling)
        levels = {name: Value(scores[key].item(), scale=scale) for name, (key, scale) in _LEVELS.items()}
        error = (max(scores[f"ece_debiased{end}"].item(), 0.0) for end in ("", "_low", "_high"))
        return levels | {"error": Value(*error)}


@dataclass(frozen=True, eq=False)
class Digits:
    """What the page tried on digits."""

    trials: xr.Dataset  # as of `run_trials`
    images: int
    confidence: float

    @cached_property
    def clean(self) -> Judged:
        """The test images as they are."""
        return Judged(self.trials.isel(shift=0, level=0), self.confidence)

    @cached_property
    def noise(self) -> Judged:
        """Under the strongest noise."""
        return self._strongest("noise")

    @cached_property
    def blur(self) -> Judged:
        """Under the strongest blur."""
        return self._strongest("blur")

    @cached_property
    def with_intervals(self) -> xr.Dataset:
        """Every score with its interval; see `digits.with_intervals`."""
        return with_intervals(self.trials, self.confidence)

    @property
    def answers(self) -> str:
        """Whether the temperature does the same to NLL under both shifts: `one` answer, or `two`."""
        return "one" if self.noise.nll.side == self.blur.nll.side else "two"

    @property
    def opposite(self) -> str:
        """Whether the temperature is too weak for louder logits under noise and too strong for blur."""
        gaps = self.noise.after["gap"].estimate > 0 > self.blur.after["gap"].estimate
        noise, clean, blur = (one.before["spread"].estimate for one in (self.noise, self.clean, self.blur))
        return "yes" if gaps and noise > clean > blur else "no"

    def _strongest(self, shift: str) -> Judged:
        return Judged(self.trials.sel(shift=shift).isel(level=-1), self.confidence)

"""Ten sources drawn from a prior over the knobs: what of them is told by one knob, and claims over them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
import pandas as pd
import xarray as xr

from clipsafe_utils.cubes.schema import HEADLINE_FACTORS
from clipsafe_utils.findings.experiments.cells import Cell, Experiments
from clipsafe_utils.findings.experiments.residuals import LINE, residuals
from clipsafe_utils.metrics.arguments import Array
from clipsafe_utils.metrics.intervals import student_quantile
from clipsafe_utils.metrics.runs import contrast_of_runs, mean_of_runs
from clipsafe_utils.say import Missing, Said, Side, Text, Value, count, listed

SOURCES = tuple(range(10))
ENCODERS: Mapping[str, str] = {"resnet_xs": "ResNet-xs", "vit_s": "ViT-s"}
KNOB = "texture_correlation"
"""The one knob that was named beforehand."""

LARGEST_RATIO = 0.5
"""Of the error of a line to that of the mean of the other sources, where the knob still tells: frozen."""

BIAS = "shape_bias"
_FEWEST = 4  # sources; a line through fewer others than three fits whatever is there
_TEN_POINTS = 0.1
_HALF = len(HEADLINE_FACTORS) / 2

_NOT_ENOUGH = Missing("too few of the drawn sources were trained")


def model(source: int, encoder: str) -> str:
    """Return the CLIP of a source and an encoder."""
    return f"source-{source}-{encoder}"


@dataclass(frozen=True)
class LeftOut:
    """How well a source that was left out is told: by a line in the knob, and by the mean of the others."""

    predicted: Array
    error_of_line: float  # root mean square over sources
    error_of_mean: float

    @property
    def ratio(self) -> float:
        """The first error as a share of the second."""
        return self.error_of_line / self.error_of_mean


def leave_one_out(x: Array, y: Array) -> LeftOut:
    """Tell each y by a straight line in x through the others, and by their mean.

    Examples
    --------
    >>> x = np.array([0.0, 1.0, 2.0, 3.0])
    >>> found = leave_one_out(x, 1 + 2 * x)
    >>> found.predicted.round(6).tolist(), round(found.ratio, 6)
    ([1.0, 3.0, 5.0, 7.0], 0.0)
    """
    others = [np.delete(np.arange(x.size), place) for place in range(x.size)]
    of_line = np.array([np.polyval(np.polyfit(x[rest], y[rest], 1), x[at]) for at, rest in enumerate(others)])
    of_mean = np.array([y[rest].mean() for rest in others])
    errors = (float(np.sqrt(np.mean((y - told) ** 2))) for told in (of_line, of_mean))
    return LeftOut(of_line, *errors)


@dataclass(frozen=True, eq=False)
class ManySources:
    """The CLIPs of the drawn sources; a source counts once, by the mean over its encoders."""

    trained: Experiments

    def __bool__(self) -> bool:
        return len(self.sources) >= _FEWEST

    @cached_property
    def levels(self) -> Mapping[int, float]:
        """Where the named knob stands in each source of which every encoder that counts was trained."""
        known = {
            str(name): _level(str(source))
            for one in self.trained.cubes
            for name, source in zip(one["model"].values, one["source"].values, strict=True)
        }
        cells = {source: self.cell(source) for source in SOURCES}
        found = {source: known[cell[0]] for source, cell in cells.items() if known.keys() >= {*cell}}
        return {source: level for source, level in found.items() if np.isfinite(level)}

    @property
    def sources(self) -> tuple[int, ...]:
        """Those sources, by number."""
        return tuple(self.levels)

    @cached_property
    def encoders(self) -> tuple[str, ...]:
        """The encoders that count: those that learnt from every source, or all planned where none did.

        An encoder of some sources alone would set these apart.
        """
        known = self.trained.trained(
            tuple(model(source, encoder) for source in SOURCES for encoder in ENCODERS)
        )
        complete = [one for one in ENCODERS if all(model(source, one) in known for source in SOURCES)]
        return tuple(complete or ENCODERS)

    @property
    def of_encoders(self) -> Text:
        """Which encoders count, and how many were planned."""
        names = listed(ENCODERS[encoder] for encoder in self.encoders)
        return Text(f"{names}, {count(len(self.encoders), len(ENCODERS))} planned")

    @property
    def kinds(self) -> Mapping[str, str]:
        """Titles of what is read: the mean of the encoders that count, where they are several, and each."""
        each = {encoder: ENCODERS[encoder] for encoder in self.encoders}
        return {"": "mean of the encoders", **each} if len(each) > 1 else each

    def cell(self, source: int) -> Cell:
        """Return the CLIPs of a source that count."""
        return tuple(model(source, encoder) for encoder in self.encoders)

    @property
    def number(self) -> Text:
        """How many of the drawn sources were trained."""
        return count(len(self.sources), len(SOURCES))

    @property
    def knob(self) -> Array:
        """Where the named knob stands in each of them."""
        return np.array([*self.levels.values()], float)

    def biases(self, encoder: str = "") -> Array:
        """Return the shape bias of each source, of one encoder or in the mean, shape (draws, sources)."""
        of_encoders = [
            self.trained.draws(BIAS, tuple(model(source, one) for source in self.sources))
            for one in ([encoder] if encoder else self.encoders)
        ]
        return np.asarray(np.mean(of_encoders, axis=0))

    def told(self, encoder: str = "") -> LeftOut | None:
        """Return how well each source is told by the others, of one encoder or in the mean."""
        return leave_one_out(self.knob, self.biases(encoder)[0]) if self else None

    def ratio(self, encoder: str = "") -> Said:
        """Return the error of the line over that of the mean; over draws of the images, its interval."""
        if not self:
            return _NOT_ENOUGH
        ratios = [leave_one_out(self.knob, draw).ratio for draw in self.biases(encoder)]
        tail = (1 - self.trained.confidence) / 2
        low, high = np.quantile(ratios[1:], [tail, 1 - tail])
        return Value(ratios[0], float(low), float(high), "number")

    def error(self, of: Literal["line", "mean"], encoder: str = "") -> Said:
        """Return the root mean square error over sources, of one encoder or in the mean."""
        found = self.told(encoder)
        if found is None:
            return _NOT_ENOUGH
        return Value(found.error_of_line if of == "line" else found.error_of_mean, scale="difference")

    @property
    def slope(self) -> Said:
        """How shape bias changes with ten points more of typical textures; its interval over sources."""
        if not self:
            return _NOT_ENOUGH
        x, y = self.knob / _TEN_POINTS, self.biases()[0]
        slope, start = np.polyfit(x, y, 1)
        freedom = x.size - 2
        spread = np.sqrt(((y - start - slope * x) ** 2).sum() / freedom / ((x - x.mean()) ** 2).sum())
        half = float(student_quantile(self.trained.confidence, freedom) * spread)
        return Value(float(slope), float(slope) - half, float(slope) + half, "difference", x.size, "source")

    @property
    def verdict(self) -> Literal["tells", "does not"] | Missing:
        """Whether the knob tells the shape bias of a source that was left out, by the frozen rule."""
        found = self.told()
        if found is None:
            return _NOT_ENOUGH
        return "tells" if found.ratio <= LARGEST_RATIO else "does not"

    @property
    def over_standard(self) -> Said:
        """Shape bias of CLIPs less that of standard networks (F5); over sources, networks and images."""
        names = _standard(self.trained.models)
        draws = self.trained.draws(BIAS, names)
        if not self or draws.shape[1] < _FEWEST:
            return _NOT_ENOUGH
        return contrast_of_runs([self.biases(), draws], [1.0, -1.0], self.trained.confidence)

    @cached_property
    def residuals(self) -> pd.DataFrame:
        """Residuals at equal accuracy: a row a source, a column a factor, the mean over its encoders.

        A source of which an encoder lies where the line has no support is left out.
        """
        found = residuals(self.trained)
        if found is None or not self:
            return pd.DataFrame(columns=HEADLINE_FACTORS)
        known = {
            source: found.sel(model=list(self.cell(source))).mean("model", skipna=False)
            for source in self.sources
            if set(self.cell(source)) <= set(found["model"].values.tolist())
        }
        rows = {source: one.sel(factor=list(HEADLINE_FACTORS)).values for source, one in known.items()}
        return pd.DataFrame.from_dict(rows, orient="index", columns=HEADLINE_FACTORS).dropna()

    @property
    def supported(self) -> Text:
        """How many of the sources that were trained lie where the line is supported."""
        return count(len(self.residuals), len(self.sources))

    def on_factor(self, factor: str) -> Said:
        """Return the residual on a factor, its interval over sources."""
        return self._over_sources(self.residuals[factor].to_numpy(float), "difference")

    @property
    def factors_above(self) -> Said:
        """Of ten factors, on how many sources stand above the line (F1); its interval over sources."""
        counts = (self.residuals.to_numpy(float) > 0).sum(axis=1).astype(float)
        return self._over_sources(counts, "number")

    @property
    def more_than_half(self) -> Side | Missing:
        """On which side of five factors that interval lies."""
        found = self.factors_above
        if isinstance(found, Missing):
            return found
        return "up" if found.low > _HALF else "down" if found.high < _HALF else "neither"

    def _over_sources(self, values: Array, scale: Literal["difference", "number"]) -> Said:
        if values.size < _FEWEST:
            return _NOT_ENOUGH
        # Counts have no draws: each repeats the estimate.
        return mean_of_runs(np.tile(values, (3, 1)), self.trained.confidence, scale, unit="source")


def _standard(models: xr.Dataset | None) -> Cell:
    if models is None:
        return ()
    return tuple(models["model"].values[models["group"].values == LINE].tolist())


def _level(source: str) -> float:
    """Read the named knob off the words that a cube has for a source."""
    found = re.search(rf"\b{KNOB} ([0-9.]+)", source)
    return float(found.group(1)) if found else float("nan")

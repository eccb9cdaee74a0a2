"""One CLIP fine-tuned by many recipes: what the recipe does to accuracy and to effective robustness."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

import numpy as np
import pandas as pd
import xarray as xr
from scipy.special import ndtr

from clipsafe_utils.cubes import Study
from clipsafe_utils.cubes.source_lines import source_lines
from clipsafe_utils.findings.shift.clouds import ID
from clipsafe_utils.findings.shift.study import UnderShift
from clipsafe_utils.metrics.accuracies import to_axis
from clipsafe_utils.metrics.arguments import Array
from clipsafe_utils.metrics.correlation import rank_correlation_interval
from clipsafe_utils.metrics.families import difference_of_groups
from clipsafe_utils.metrics.intervals import ALPHA, holm
from clipsafe_utils.registry.model_names import short_names
from clipsafe_utils.say import Missing, Said, Text, Value, count, listed, percent, points, span

SETTINGS: Mapping[str, str] = {
    "learning_rate": "learning rate",
    "epochs": "epochs",
    "weight_decay": "weight decay",
    "mixup": "mixup",
    "label_smoothing": "label smoothing",
    "augmentation_magnitude": "strength of augmentation",
    "augmentation_operations": "operations of augmentation",
}
"""What recipes differ in, and what tables call it."""

MEAN, HEIGHT = "mean", "height"
"""Mean accuracy over the shifts, and mean height above the lines of the standard networks."""

THIRDS = ("low", "middle", "high")
"""Of the runs, by learning rate."""

START = "ViT-B-32.openai"
"""What was fine-tuned."""

_GROUP = "clip_fine_tuned"
_FEWEST = 6
_NONE = Missing("no study has one CLIP fine-tuned by many recipes")


@dataclass(frozen=True, eq=False)
class Recipes:
    """Runs of one CLIP, their accuracies and recipes."""

    study: str
    table: pd.DataFrame  # a row a run: `ID`, the shifts, `MEAN`, `HEIGHT`, and `SETTINGS`
    shifts: Sequence[str]
    confidence: float
    probe: Mapping[str, float] = field(default_factory=dict)  # the linear probe that all runs began with
    start: Mapping[str, float] = field(default_factory=dict)  # the CLIP itself, zero-shot
    line: pd.DataFrame = field(default_factory=pd.DataFrame)  # of standard networks: x, and by shift and mean
    source_lines: Sequence[str] = ()
    names: Mapping[str, str] = field(
        default_factory=dict
    )  # by run the short name, which the table of models has

    def __bool__(self) -> bool:
        return bool(len(self.table))

    @property
    def runs(self) -> Text:
        """How many recipes there are."""
        return Text(len(self.table)) if self else _NONE

    @property
    def number_of_shifts(self) -> Text:
        """How many shifts the mean is over."""
        return Text(len(self.shifts)) if self else _NONE

    def span(self, what: str) -> Text:
        """Return from where to where the runs go, in percent; heights in points."""
        write = points if what == HEIGHT else percent
        return span(self._known(what), write) if len(self._known(what)) else _NONE

    def reach(self, what: str) -> Said:
        """Return how far the most accurate run is above the least accurate one."""
        known = self._known(what)
        return Value(float(known.max() - known.min()), scale="difference") if len(known) else _NONE

    @property
    def differ_more_under_shift(self) -> Literal["yes", "no"] | Missing:
        """Whether the recipes lie further apart in the mean over shifts than in distribution."""
        under, across = self.reach(MEAN), self.reach(ID)
        if isinstance(under, Missing) or isinstance(across, Missing):
            return _NONE
        return "yes" if under.estimate > across.estimate else "no"

    def correlation(self, what: str, setting: str = "learning_rate") -> Said:
        """Return the rank correlation of a setting with an outcome, over the runs."""
        return self.correlations.get((setting, what), _NONE)

    @cached_property
    def correlations(self) -> dict[tuple[str, str], Value]:
        """The rank correlation of every setting that varies with `ID`, `MEAN` and `HEIGHT`."""
        return {key: value for key, (value, _) in self._tested.items()}

    def supported(self, what: str) -> Text:
        """Return the settings that go with an outcome, after Holm's correction over the settings."""
        tested = {setting: p for (setting, outcome), (_, p) in self._tested.items() if outcome == what}
        if not tested:
            return _NONE
        corrected = holm(np.array(list(tested.values())))
        return listed(SETTINGS[name] for name, p in zip(tested, corrected, strict=True) if p < ALPHA)

    @cached_property
    def third(self) -> pd.Series:
        """The third of each run by learning rate, of `THIRDS`; ties fall into the lower one."""
        order = self.table["learning_rate"].rank(method="min")
        return pd.cut(order / len(self.table), [0, 1 / 3, 2 / 3, 1], labels=list(THIRDS)).astype(str)

    def rates(self, third: str) -> Text:
        """Return the learning rates of a third, in millionths."""
        return (
            span(1e6 * self.table["learning_rate"][self.third == third], "{:.3g}".format) if self else _NONE
        )

    def of_third(self, third: str, what: str) -> Said:
        """Return the mean of an outcome over the runs of a third."""
        if not self:
            return _NONE
        scale: Literal["difference", "share"] = "difference" if what == HEIGHT else "share"
        return Value(float(self.table[what][self.third == third].mean()), scale=scale)

    def high_less_low(self, what: str) -> Said:
        """Return the mean of the third with the highest rates less that of the third with the lowest."""
        if not self:
            return _NONE
        ends = self.table[self.third != THIRDS[1]]
        if ends[what].isna().any():
            return Missing("there is no line of standard networks")
        is_high = (self.third[ends.index] == THIRDS[2]).to_numpy()
        gap = difference_of_groups(ends[what], ends.index.to_numpy(str), is_high, self.confidence)
        low, high = float(gap.low), float(gap.high)
        return Value(float(gap.estimate), low, high, "difference", gap.families, "run")

    def above_start(self, what: str) -> Text:
        """Return how many runs are more accurate than the CLIP was before."""
        if not self or what not in self.start:
            return _NONE
        return count(int((self.table[what] > self.start[what]).sum()), len(self.table))

    def began(self, what: str, *, probe: bool = False) -> Said:
        """Return the accuracy of the CLIP before, or of its linear probe."""
        values = self.probe if probe else self.start
        if what not in values or not np.isfinite(values[what]):
            return _NONE
        return Value(values[what], scale="difference" if what == HEIGHT else "share")

    def _known(self, what: str) -> pd.Series:
        return self.table[what].dropna() if self else pd.Series(dtype=float)

    @cached_property
    def _tested(self) -> dict[tuple[str, str], tuple[Value, float]]:
        found = {}
        for setting in SETTINGS if self else ():
            for what in (ID, MEAN, HEIGHT):
                both = self.table[[setting, what]].dropna()
                if len(both) < _FEWEST or both.nunique().min() < 2:
                    continue
                runs = both.index.to_numpy(str)
                one = rank_correlation_interval(both[setting], both[what], runs, self.confidence)
                ends = (float(one.low), float(one.high))
                value = Value(float(one.estimate), *ends, "correlation", one.families, "run")
                found[setting, what] = value, float(one.p_value)
        return found


NO_RECIPES = Recipes("", pd.DataFrame(), (), confidence=0.95)
"""What there is where no study has such runs."""


def read_recipes(shown: Mapping[str, UnderShift], confidence: float) -> Recipes:
    """Read the first study of real models shown that has the cube `recipes`."""
    for one in shown.values():
        if one.cubes is not None and one.is_real and one.cubes.has("recipes") and _GROUP in one.groups:
            return _read(one, one.cubes, confidence)
    return NO_RECIPES


def _read(one: UnderShift, study: Study, confidence: float) -> Recipes:
    cube = study.read("recipes")
    accuracy: pd.DataFrame = (cube["hits"] / cube["images"]).to_dataframe("accuracy")["accuracy"].unstack()
    shifts = [name for name in one.clouds if name in accuracy]
    settings = cube[list(SETTINGS)].to_dataframe()
    rows = accuracy[[ID, *shifts]].copy()
    start = _start(one, shifts)
    rows.loc["start"] = pd.Series(start, dtype=float).reindex(rows.columns)
    rows[MEAN] = rows[shifts].mean(axis=1, skipna=False)
    above = [_height(one, name, rows[ID].to_numpy(), rows[name].to_numpy()) for name in shifts]
    rows[HEIGHT] = np.mean(above, axis=0)
    is_run = settings["learning_rate"].notna()
    before = rows.loc[settings.index[~is_run]]
    return Recipes(
        one.study,
        rows.loc[settings.index[is_run]].join(settings[is_run]),
        shifts,
        confidence,
        next((_numbers(row) for _, row in before.iterrows()), {}),
        _numbers(rows.iloc[-1]) if start else {},
        _line(one, shifts),
        source_lines([cube]),
        _names(study.read("models"), settings.index.tolist()),
    )


def _names(models: xr.Dataset, runs: list[str]) -> dict[str, str]:
    checkpoints = models["checkpoint"].to_series().reindex(runs).tolist()
    return dict(zip(runs, short_names(runs, checkpoints), strict=True))


def _numbers(row: pd.Series) -> dict[str, float]:
    return {str(name): float(value) for name, value in row.items()}


def _start(one: UnderShift, shifts: Sequence[str]) -> dict[str, float]:
    """Return the accuracies of the CLIP that was tuned, where it is shown."""
    found = {}
    for name in shifts:
        cloud = one.clouds[name]
        here = cloud["checkpoint"].values == START
        if here.sum() != 1:
            return {}
        found[ID] = float(cloud["x"].values[here][0])
        found[name] = float(cloud["y"].values[here][0])
    return found


def _on_line(one: UnderShift, shift: str, x: Array) -> Array:
    """Return the line of the standard networks at some accuracies; NaN beyond its ends."""
    line = one.lines[shift]
    if not line.size:
        return np.full(x.shape, np.nan)
    across, up = to_axis(line["x"].values, "probit"), to_axis(line.values, "probit")
    return np.asarray(ndtr(np.interp(to_axis(x, "probit"), across, up, left=np.nan, right=np.nan)))


def _height(one: UnderShift, shift: str, x: Array, y: Array) -> Array:
    height = np.full(x.shape, np.nan)
    known = np.isfinite(x)
    height[known] = y[known] - _on_line(one, shift, x[known])
    return height


def _line(one: UnderShift, shifts: Sequence[str]) -> pd.DataFrame:
    x = np.linspace(0.6, 0.82, 23)
    table = pd.DataFrame({name: _on_line(one, name, x) for name in shifts}).assign(x=x)
    table[MEAN] = table[list(shifts)].mean(axis=1, skipna=False)
    return table.dropna()

"""Real CLIPs beside standard networks of like accuracy, before and after temperature scaling."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np
import pandas as pd
import xarray as xr

from clipsafe_utils.cubes.selection import CLIP_GROUPS, is_real, select_models
from clipsafe_utils.cubes.studies import find_study
from clipsafe_utils.findings.calibration.scaling_change import home
from clipsafe_utils.registry.model_names import short_names
from clipsafe_utils.say import Missing, Text, count, listed, nothing, percent, points, span

LIKE = 0.02
"""Networks are of like accuracy if their accuracies differ by less."""

FEWEST_ALIKE = 2
"""With one standard network of like accuracy there is nothing that is usual among them."""

MATTERS = 0.014
"""A difference of ECE that matters: the ECE of a perfect network on 5,000 images, as in claims F9 and F11."""

BEFORE, AFTER = SCALINGS = ("before", "after")
CLIP, TUNED, STANDARD = *CLIP_GROUPS, "standard"
_GROUPS = (STANDARD, TUNED, CLIP)
_COLUMNS = ["scaling", "name", "group", "accuracy", "ece", "gap"]


@dataclass(frozen=True)
class Errors:
    """The networks of a group at one scaling: ECE, and mean confidence less accuracy (the gap)."""

    ece: Text
    median: Text
    gaps: Text
    surest: Text  # the largest gap, with its sign, and whose
    unsure: Text  # how many of how many have a gap below 0
    unsure_names: Text
    sides: str | Missing  # `all unsure`, `all sure` or `both`


@dataclass(frozen=True)
class Beside:
    """ECE of some CLIPs less the median ECE of the standard networks that each has beside it."""

    enough: Text  # how many CLIPs they are
    less: Text  # how many of how many err less by as much as counts
    more: Text  # how many more
    differences: Text  # from the lowest to the highest
    sides: str | Missing  # who differs by as much as counts: some err `less`, some `more`, `both`, or `none`


@dataclass(frozen=True)
class Worst:
    """The zero-shot CLIP with the largest ECE before scaling, which decides F9."""

    name: Text
    off_all: Text  # its ECE less the median of all standard networks, in points
    off_alike: Text  # the same of those of like accuracy
    alike: Text  # how many these are


@dataclass(frozen=True)
class Alike:
    """Networks of a study whose accuracy, ECE and mean confidence a table states on its own test set."""

    study: str | None
    rows: pd.DataFrame  # one a network and scaling, complete at both
    incomplete: int = 0  # how many networks have numbers before scaling alone: they are left out
    source: xr.Dataset | None = None  # the cube

    @property
    def has_clips(self) -> bool:
        """Whether there are zero-shot CLIPs and standard networks to hold them against."""
        return bool(self.rows["group"].eq(CLIP).any() and self.rows["group"].eq(STANDARD).any())

    @property
    def has_tuned(self) -> bool:
        """Whether there are fine-tuned CLIPs."""
        return bool(self.rows["group"].eq(TUNED).any())

    @property
    def matters(self) -> Text:
        """The difference that matters, in points."""
        return Text(f"{100 * MATTERS:.1f}")

    @property
    def are_incomplete(self) -> str | Missing:
        """How many are left out: `none`, `one` or `several`."""
        if self.study is None:
            return Missing("no table of errors is read")
        return {0: "none", 1: "one"}.get(self.incomplete, "several")

    def number(self, group: str) -> Text:
        """Return how many networks a group has."""
        return Text(self.rows.loc[self.rows["group"] == group, "name"].nunique())

    def errors(self, group: str, scaling: str) -> Errors:
        """Say how large the errors of a group are at one scaling."""
        return _errors_of(self._of(group, scaling), group)

    @cached_property
    def beside(self) -> pd.DataFrame:
        """A row a zero-shot CLIP, the least accurate first.

        name, accuracy (before scaling), alike (number of standard networks of like accuracy), and for each
        scaling ece_, worse_ (how many of these err more) and median_ (their median error). Who is alike is
        decided before scaling, so that both columns speak of the same networks.
        """
        before, after = (self._of(STANDARD, scaling).set_index("name") for scaling in SCALINGS)
        later = self._of(CLIP, AFTER).set_index("name")["ece"]
        found = []
        for clip in self._of(CLIP, BEFORE).sort_values("accuracy", kind="stable").to_dict("records"):
            alike = before.index[(before["accuracy"] - clip["accuracy"]).abs() < LIKE]
            row = {"name": clip["name"], "accuracy": clip["accuracy"], "alike": len(alike)}
            for scaling, table, own in (
                (BEFORE, before, clip["ece"]),
                (AFTER, after, later[clip["name"]]),
            ):
                others = table.loc[alike, "ece"]
                row |= {
                    f"ece_{scaling}": own,
                    f"worse_{scaling}": int((others > own).sum()),
                    f"median_{scaling}": float(others.median()) if len(others) else np.nan,
                }
            found.append(row)
        return pd.DataFrame(found)

    def differences(self, scaling: str, least: float = MATTERS) -> Beside:
        """Say how CLIPs differ from several standard networks of like accuracy, counted from `least` on."""
        return _beside_of(self._enough, scaling, least)

    @property
    def beside_one(self) -> Beside:
        """Say the same, after scaling and of any difference, of CLIPs with one such network."""
        one = self.beside[self.beside["alike"] == 1] if len(self.beside) else self.beside
        return _beside_of(one, AFTER, 0.0)

    @property
    def others_err(self) -> str:
        """How CLIPs with one such network err beside it after scaling: `more`, `less`, `both` or `nobody`."""
        sides = self.beside_one.sides
        return "nobody" if isinstance(sides, Missing) else sides

    @property
    def others(self) -> Text:
        """How many CLIPs do not have several such networks."""
        return Text(len(self.beside) - len(self._enough))

    @property
    def fewest(self) -> Text:
        """How many such networks are several."""
        return Text(FEWEST_ALIKE)

    @property
    def worst(self) -> Worst:
        """The CLIP with the largest ECE before scaling, beside all standard networks and those like it."""
        if not len(self.beside):
            return nothing(Worst, "no zero-shot CLIP")
        row = self.beside.iloc[int(self.beside["ece_before"].argmax())]
        off_all = row["ece_before"] - self._of(STANDARD, BEFORE)["ece"].median()
        off_alike = row["ece_before"] - row["median_before"]
        return Worst(
            Text(row["name"]),
            points(float(off_all), 2),
            points(float(off_alike), 2) if row["alike"] else Missing("no standard network is like it"),
            Text(row["alike"]),
        )

    @property
    def alone(self) -> Text:
        """CLIPs that have one standard network of like accuracy, or none."""
        few = self.beside[self.beside["alike"] < FEWEST_ALIKE] if len(self.beside) else self.beside
        return listed(few["name"]) if len(few) else Missing("each has several")

    @property
    def are_alone(self) -> str:
        """Whether `some` CLIPs have one such network or none, or `no` CLIP."""
        return "no" if isinstance(self.alone, Missing) else "some"

    @property
    def story(self) -> str:
        """How CLIPs stand beside networks of like accuracy before and after scaling.

        `evened` (some differ by as much as matters before, none after), `alike` (none ever), `apart` (some
        after), `unknown` (nobody has several beside it), or `none` (there are none).
        """
        if not self.has_clips:
            return "none"
        if self._enough.empty:
            return "unknown"
        before, after = (self.differences(scaling).sides for scaling in SCALINGS)
        return "apart" if after != "none" else "evened" if before != "none" else "alike"

    @property
    def _enough(self) -> pd.DataFrame:
        return self.beside[self.beside["alike"] >= FEWEST_ALIKE] if len(self.beside) else self.beside

    def _of(self, group: str, scaling: str) -> pd.DataFrame:
        here = (self.rows["group"] == group) & (self.rows["scaling"] == scaling)
        return self.rows[here]


def read_alike(studies: Sequence[str], groups: Sequence[str]) -> Alike:
    """Read the networks of the first study of real models of which a table states errors at both scalings.

    Only networks with an error, an accuracy and a mean confidence before and after scaling count: others
    would stand on one side alone. Each counts once, by the first of its rows that is complete.
    """
    asked = [group for group in _GROUPS if group in groups]
    for study in map(find_study, studies):
        if study.has("calibration") and is_real(models := study.read("models")):
            cube = study.read("calibration")
            if "mean_confidence" in cube and {*SCALINGS} <= {*cube["scaling"].values.tolist()}:
                found = alike_of(cube, models, asked)
                if len(found.rows):
                    return found
    return nobody()


def nobody() -> Alike:
    """Return what is said where no study has such networks."""
    return Alike(None, pd.DataFrame(columns=_COLUMNS))


def alike_of(cube: xr.Dataset, models: xr.Dataset, groups: Sequence[str]) -> Alike:
    """Return the complete networks of some groups, from a cube `calibration` with both scalings."""
    one = cube[["accuracy", "ece", "mean_confidence"]].isel(draw=0)
    one = one.sel(condition=home(cube["condition"].values.tolist()), scaling=[*SCALINGS])
    known = one.notnull().to_array().all("variable").transpose("model", "scaling").values
    stated, _ = select_models(one.isel(model=known[:, 0]), models, groups)
    complete, described = select_models(one.isel(model=known.all(axis=1)), models, groups)
    names = short_names(described["model"].values.tolist(), described["checkpoint"].values.tolist())
    parts = []
    for scaling in SCALINGS:
        numbers = complete.sel(scaling=scaling)
        accuracy = numbers["accuracy"].values
        parts.append(
            pd.DataFrame(
                {
                    "scaling": scaling,
                    "name": np.array(names, dtype=object),
                    "group": described["group"].values,
                    "accuracy": accuracy,
                    "ece": numbers["ece"].values,
                    "gap": numbers["mean_confidence"].values - accuracy,
                }
            )
        )
    incomplete = stated.sizes["model"] - complete.sizes["model"]
    return Alike(cube.attrs.get("study"), pd.concat(parts, ignore_index=True), incomplete, cube)


def _beside_of(clips: pd.DataFrame, scaling: str, least: float) -> Beside:
    if clips.empty:
        return nothing(Beside, "no CLIP has as many standard networks of like accuracy")
    difference = clips[f"ece_{scaling}"] - clips[f"median_{scaling}"]
    less, more = int((difference <= -least).sum()), int((difference >= least).sum())
    return Beside(
        Text(len(clips)),
        count(less, len(clips)),
        count(more, len(clips)),
        span(difference.tolist(), partial(points, digits=2)),
        "both" if less and more else "less" if less else "more" if more else "none",
    )


def _errors_of(rows: pd.DataFrame, group: str) -> Errors:
    if rows.empty:
        missing = Missing(f"no network of the group {group}")
        return Errors(*[missing] * 7)
    gap, unsure = rows["gap"], rows["gap"] < 0
    surest = rows.iloc[int(gap.argmax())]
    sides = "all unsure" if unsure.all() else "both" if unsure.any() else "all sure"
    return Errors(
        span(rows["ece"].tolist(), percent),
        percent(float(rows["ece"].median())),
        span(gap.tolist(), points),
        Text(f"{points(float(surest['gap']))} points for {surest['name']}"),
        count(int(unsure.sum()), len(rows)),
        listed(rows.loc[unsure].sort_values("accuracy", kind="stable")["name"]),
        sides,
    )

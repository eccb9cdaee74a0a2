"""Detection by score, and by networks that differ in one thing: what was learnt first, or what was changed.

Pairs are held side by side on each set of unknown images alone, so that sets never have to be averaged.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from scipy.special import ndtri

from clipsafe_utils.cubes import Study, select_models
from clipsafe_utils.cubes.selection import of_any_source, of_source
from clipsafe_utils.findings.model_pairs import BY_WAY, procedure_contrasts
from clipsafe_utils.findings.shift.clouds import FEWEST_CLIPS, choose_sources, in_distribution, make_cloud
from clipsafe_utils.findings.shift.detection import Detection, detection_by, mean_over_kinds, sets_chosen
from clipsafe_utils.findings.shift.sources import EVERYONE, STANDARD, of_set
from clipsafe_utils.metrics.arguments import Array
from clipsafe_utils.metrics.correlation import rank_correlation_interval
from clipsafe_utils.metrics.families import FEWEST_UNITS
from clipsafe_utils.metrics.ood import auroc_error
from clipsafe_utils.parameters import CheckedParameters
from clipsafe_utils.registry.model_names import short_names
from clipsafe_utils.say import Missing, Text, Value, correlation, count, listed, points, span

PLAIN = "zero-shot"
_OF_PAIRS = ["source", "ood_set", "gain", "error"]
_OF_RUNS = ["encoder", "method", "ood_set", "auroc", "low", "high"]
_NO_PAIR = Missing("no two fine-tuned CLIPs differ in what they learnt first alone")
_NO_RUN = Missing("no CLIP was measured before and after a change")


@dataclass(frozen=True, eq=False)
class ByScore:
    """The correlation of AUROC with accuracy, by each score that a study has for enough CLIPs."""

    scores: Mapping[str, Detection] = field(default_factory=dict)
    sources: Sequence[str] = ()

    @cached_property
    def ranks(self) -> dict[tuple[str, str], Value]:
        """The rank correlation by score and set of models: the sources, and those beside them."""
        return {
            (score, member): rank
            for score, one in self.scores.items()
            for values in (one.correlations.of_sources("rank"), one.correlations.beside_sources("rank"))
            for member, rank in values.items()
        }

    @property
    def closer(self) -> str:
        """Whether accuracy goes with AUROC more closely within each source than across all networks.

        By `every` score, `some` or `none`; `nobody` where no source has a correlation.
        """
        gaps = [
            self.ranks[score, source].estimate - self.ranks[score, EVERYONE].estimate
            for score in self.scores
            for source in self.sources
            if (score, source) in self.ranks and (score, EVERYONE) in self.ranks
        ]
        if not gaps:
            return "nobody"
        return "every" if min(gaps) > 0 else "some" if max(gaps) > 0 else "none"

    @property
    def number(self) -> Text:
        """How many scores there are."""
        return Text(len(self.scores)) if self.scores else Missing("no score was measured for enough CLIPs")

    @property
    def clips(self) -> Text:
        """How many zero-shot CLIPs of which source."""
        most = {
            source: max(int(of_source(one.cloud, source).sum()) for one in self.scores.values())
            for source in (self.sources if self.scores else ())
        }
        return listed(f"{number} zero-shot CLIPs of {source}" for source, number in most.items())

    @property
    def few_families(self) -> str:
        """Whether the sources have too few families to decide: `yes` or `no`; `nobody` without one."""
        units = [rank.units for (_, member), rank in self.ranks.items() if member in self.sources]
        if not units:
            return "nobody"
        return "yes" if max(units) < FEWEST_UNITS else "no"

    @property
    def within(self) -> Text:
        """The range over scores and training sources."""
        return self.span_of(*self.sources)

    def span_of(self, *members: str) -> Text:
        """Return the range over scores in some sets of models."""
        return span((rank.estimate for (_, one), rank in self.ranks.items() if one in members), correlation)

    @property
    def across(self) -> Text:
        """The correlation across all networks by each score, in words."""
        return self._by_each(EVERYONE)

    @property
    def of_standard(self) -> Text:
        """That among standard networks."""
        return self._by_each(STANDARD)

    @property
    def counted(self) -> Text:
        """How many networks, and standard ones, the correlation by each score counts."""
        return listed(
            f"{of_set(one.cloud, EVERYONE).sum()} by {in_words(score)}"
            f" ({of_set(one.cloud, STANDARD).sum()} of them standard)"
            for score, one in self.scores.items()
        )

    def _by_each(self, member: str) -> Text:
        return listed(
            f"{rank} by {in_words(score)}" for (score, one), rank in self.ranks.items() if one == member
        )

    @cached_property
    def in_range(self) -> dict[str, Value]:
        """The correlation of those standard networks that are as accurate as the CLIPs, by score.

        From the least to the most accurate CLIP of the sources shown. Where networks are crowded near the top
        of accuracy, their order says little of anything.
        """
        found = {}
        for score, one in self.scores.items():
            x, clips = one.cloud["x"].values, of_any_source(one.cloud, self.sources)
            inside = (x >= x[clips].min()) & (x <= x[clips].max()) & of_set(one.cloud, STANDARD)
            if inside.sum() >= FEWEST_CLIPS:
                own = one.cloud.isel(model=inside)
                rank = rank_correlation_interval(
                    own["x"].values, own["y"].values, own["family"].values, one.confidence
                )
                ends = float(rank.estimate), float(rank.low), float(rank.high)
                found[score] = Value(*ends, "correlation", rank.families, "family")
        return found

    @property
    def like(self) -> Text:
        """The same, in words."""
        return listed(f"{rank} by {in_words(score)}" for score, rank in self.in_range.items())

    @property
    def like_span(self) -> Text:
        """Its range over the scores."""
        return span((rank.estimate for rank in self.in_range.values()), correlation)

    @property
    def range_explains(self) -> str:
        """Whether more than half of the gap between CLIPs and standard networks is one of range.

        By every score: `yes` or `no`; `unknown` without standard networks as accurate.
        """
        shares = []
        for score, source in ((score, source) for score in self.in_range for source in self.sources):
            if (score, source) in self.ranks and (score, STANDARD) in self.ranks:
                whole, within = (self.ranks[score, member].estimate for member in (STANDARD, source))
                shares.append((self.in_range[score].estimate - whole) > (within - whole) / 2 > 0)
        return "unknown" if not shares else "yes" if all(shares) else "no"

    @property
    def falls(self) -> Text:
        """The correlations, by score, of standard networks that detect worse the more accurate they are."""
        return listed(
            f"{rank.with_interval} by {in_words(score)}"
            for (score, member), rank in self.ranks.items()
            if member == STANDARD and rank.has_interval and rank.side == "down"
        )

    @property
    def some_fall(self) -> str:
        """Whether there is such a score: `yes` or `no`."""
        return "no" if isinstance(self.falls, Missing) else "yes"


@dataclass(frozen=True, eq=False)
class FirstSeen:
    """What ImageNet-12k before ImageNet-1k changes in AUROC, pair by pair and set by set."""

    # A row a pair and set: source, ood_set, `gain`, and its standard `error` over images.
    table: pd.DataFrame = field(default_factory=partial(pd.DataFrame, columns=_OF_PAIRS))
    means: Mapping[str, float] = field(default_factory=dict)  # of each source, over kinds of set
    accuracies: Mapping[str, float] = field(default_factory=dict)  # of each: the gain in distribution

    @property
    def pairs(self) -> Text:
        """How many pairs there are."""
        return Text(len(self.means)) if self.means else _NO_PAIR

    @property
    def gains(self) -> Text:
        """The mean gain of each pair, in points."""
        return listed(f"{points(gain)} points (CLIP of {source})" for source, gain in self.means.items())

    @property
    def accuracy(self) -> Text:
        """What each pair gains in accuracy in distribution, in points."""
        return listed(points(gain) for gain in self.accuracies.values())

    @property
    def side(self) -> str | Missing:
        """Whether every pair gains on the mean: `up`, loses: `down`, or `neither`."""
        if not self.means:
            return _NO_PAIR
        gains = list(self.means.values())
        return "up" if min(gains) > 0 else "down" if max(gains) < 0 else "neither"

    @property
    def most(self) -> Text:
        """The set on which the mean over pairs is largest, with the range over pairs."""
        return self._extreme(most=True)

    @property
    def least(self) -> Text:
        """The set on which it is smallest."""
        return self._extreme(most=False)

    def _extreme(self, *, most: bool) -> Text:
        if self.table.empty:
            return _NO_PAIR
        means = self.table.groupby("ood_set", sort=False)["gain"].mean()
        name = str(means.index[int(means.to_numpy().argmax() if most else means.to_numpy().argmin())])
        ends = span(self.table.loc[self.table["ood_set"] == name, "gain"].tolist(), points)
        return Text(f"{in_words(name)} ({ends})")


@dataclass(frozen=True, eq=False)
class Changed:
    """AUROC of zero-shot CLIPs and of what was made of them, run by run and set by set."""

    # A row an encoder, method and set: also `auroc`, and `low` and `high` where images were drawn.
    table: pd.DataFrame = field(default_factory=partial(pd.DataFrame, columns=_OF_RUNS))
    score: str = ""

    @property
    def methods(self) -> list[str]:
        """What was made of zero-shot CLIPs."""
        return [name for name in dict.fromkeys(self.table["method"]) if name != PLAIN]

    @cached_property
    def gains(self) -> pd.DataFrame:
        """A row of what was made: also its `gain` over the zero-shot CLIP, and whether it is `inside`.

        Inside its interval over images, that is, or `below` it.
        """
        keys = ["encoder", "ood_set"]
        made = self.table[self.table["method"] != PLAIN]
        plain = self.table[self.table["method"] == PLAIN].set_index(keys)[["auroc", "low", "high"]]
        before = plain.reindex(pd.MultiIndex.from_frame(made[keys]))
        area = made["auroc"].to_numpy(float)
        return made.assign(
            gain=area - before["auroc"].to_numpy(float),
            below=area < before["low"].to_numpy(float),
            inside=(before["low"].to_numpy(float) <= area) & (area <= before["high"].to_numpy(float)),
        )

    @property
    def ranges(self) -> Text:
        """The range of the gain of each method over encoders and sets."""
        return listed(f"{self.range_of(name)} points by {name}" for name in self.methods)

    @property
    def some_help(self) -> str | Missing:
        """Whether `none`, `some` or `all` methods gain on every set with every encoder."""
        if not self.methods:
            return _NO_RUN
        gains = [min(self._of(name, "gain")) > 0 for name in self.methods]
        return "all" if all(gains) else "some" if any(gains) else "none"

    @property
    def most(self) -> Text:
        """The largest gain, in words."""
        return self._extreme(most=True)

    @property
    def least(self) -> Text:
        """The largest loss, or the smallest gain."""
        return self._extreme(most=False)

    @property
    def inside(self) -> Text:
        """How many AUROC of each method lie in the zero-shot CLIP's interval over images."""
        return self._number("inside")

    @property
    def below(self) -> Text:
        """How many lie below that interval."""
        return self._number("below")

    def range_of(self, method: str) -> Text:
        """Return the range of a method's gain over encoders and sets, in points."""
        return span(self._of(method, "gain"), partial(points, digits=2))

    def _number(self, column: str) -> Text:
        of_methods = {name: self._of(name, column) for name in self.methods}
        return listed(
            f"{count(round(sum(known)), len(known))} by {name}" for name, known in of_methods.items()
        )

    def _of(self, method: str, column: str) -> list[float]:
        rows: list[float] = self.gains.loc[self.gains["method"] == method, column].tolist()
        return rows

    def _extreme(self, *, most: bool) -> Text:
        if not self.methods:
            return _NO_RUN
        gain = self.gains["gain"].to_numpy()
        row = self.gains.to_dict("records")[int(gain.argmax() if most else gain.argmin())]
        where = f"{row['method']} of {row['encoder']} on {in_words(row['ood_set'])}"
        return Text(f"{points(row['gain'])} points by {where}")


def in_words(name: str) -> str:
    """Write the name of a score or a set without underscores."""
    return name.replace("_", " ")


def ranks_by_score(study: Study, chosen: CheckedParameters) -> ByScore:
    """Correlate AUROC with accuracy by every score of a study, within training sources and beside them."""
    cube = study.read("ood")
    names = sets_chosen(cube, chosen.ood_sets)
    found = {score: detection_by(study, score, names, chosen) for score in cube["score"].values.tolist()}
    clouds = {study.name: {score: one.cloud for score, one in found.items()}}
    known = choose_sources(clouds, ["all"])[study.name]
    # The reader may have asked for sources of another study alone.
    asked = [name for name in chosen.training_sources if name in ("all", "main", *known)]
    sources = choose_sources(clouds, asked or ["main"])[study.name]
    scores = {score: replace(one, sources=sources) for score, one in found.items()}
    return ByScore(
        {score: one for score, one in scores.items() if one.correlations.of_sources("rank")}, sources
    )


def first_seen(study: Study, chosen: CheckedParameters) -> FirstSeen:
    """Compare CLIPs that saw ImageNet-12k before ImageNet-1k with those that did not.

    The error is that of two networks on images of their own. They saw the same, so it is the most it can be.
    """
    measured, everyone = _measured_by(study, chosen.score, chosen)
    areas, models = select_models(measured, everyone, chosen.groups)
    source, checkpoint = (_column(models, name) for name in ("training_source", "checkpoint"))
    known = _accuracies(study, chosen.groups)
    rows: list[dict[str, Any]] = []
    means, accuracies = {}, {}
    for before, after in procedure_contrasts(models).get(BY_WAY, []):
        both = areas.sel(model=[before, after])
        both = both.isel(ood_set=both["auroc"].notnull().all("model").values)
        if not both.sizes["ood_set"]:
            continue
        first, second = (both.isel(model=place) for place in (0, 1))
        gain = (second["auroc"] - first["auroc"]).values
        error = np.hypot(_error(first), _error(second))
        for at, ood_set in enumerate(both["ood_set"].values.tolist()):
            rows.append({"source": source[before], "ood_set": ood_set, "gain": gain[at], "error": error[at]})
        mean = mean_over_kinds(both[["auroc"]])["auroc"].values
        means[source[before]] = float(mean[1] - mean[0])
        if checkpoint[before] in known and checkpoint[after] in known:
            accuracies[source[before]] = known[checkpoint[after]] - known[checkpoint[before]]
    return FirstSeen(pd.DataFrame(rows, columns=_OF_PAIRS), means, accuracies)


def changed(study: Study, chosen: CheckedParameters) -> Changed:
    """Hold zero-shot CLIPs beside what was made of them by a source, whose rows are called run/method.

    By the first score that was measured of them. Intervals are those of the zero-shot CLIP, whose images
    were drawn anew; of the others the printed mean alone is known.
    """
    for score in study.read("ood")["score"].values.tolist():
        rows = list(_rows_of_runs(*_measured_by(study, score, chosen), chosen.confidence))
        if rows:
            return Changed(pd.DataFrame(rows), score)
    return Changed()


def _rows_of_runs(areas: xr.Dataset, models: xr.Dataset, confidence: float) -> Iterator[dict[str, Any]]:
    names = models["model"].values.tolist()
    checkpoint, group = _column(models, "checkpoint"), _column(models, "group")
    reach = float(ndtri((1 + confidence) / 2))
    starts = [name for name in names if group[name] == "clip_zero_shot" and "/" in name]
    called = dict(zip(starts, short_names(starts, [checkpoint[name] for name in starts]), strict=True))
    for start in starts:
        run = start.rpartition("/")[0]
        made = [name for name in names if name != start and name.rpartition("/")[0] == run]
        for name in [start, *made] if made else []:
            one = areas.sel(model=name)
            area = one["auroc"].values
            error = one["auroc_error"].values if "auroc_error" in one else np.full(area.shape, np.nan)
            for at, ood_set in enumerate(one["ood_set"].values.tolist()):
                if np.isfinite(area[at]):
                    yield {
                        "encoder": called[start],
                        "method": PLAIN if name == start else name.rpartition("/")[2],
                        "ood_set": ood_set,
                        "auroc": float(area[at]),
                        "low": float(area[at] - reach * error[at]),
                        "high": float(area[at] + reach * error[at]),
                    }


def _measured_by(study: Study, score: str, chosen: CheckedParameters) -> tuple[xr.Dataset, xr.Dataset]:
    """Return what was measured by one score, without draws, and whose it is: rows of the groups shown."""
    cube, models = study.read("ood"), study.read("models")
    names = sets_chosen(cube, chosen.ood_sets)
    of_score = cube.isel(draw=0).sel(score=score, ood_set=names)
    measured = of_score.isel(model=of_score["auroc"].notnull().any("ood_set").values)
    whose = models.sel(model=measured["model"].values)
    is_shown = np.isin(whose["group"].values, list(chosen.groups))
    return measured.isel(model=is_shown), whose.isel(model=is_shown)


def _accuracies(study: Study, groups: Sequence[str]) -> dict[str, float]:
    """Return accuracy in distribution by checkpoint."""
    shifts = study.read("shifts")
    cloud = make_cloud(shifts, study.read("models"), groups, in_distribution(shifts))
    return dict(zip(cloud["checkpoint"].values.tolist(), cloud["x"].values.tolist(), strict=True))


def _column(models: xr.Dataset, name: str) -> dict[str, str]:
    return dict(zip(models["model"].values.tolist(), models[name].values.tolist(), strict=True))


def _error(one: xr.Dataset) -> Array:
    if "id_images" not in one:
        return np.full(one.sizes["ood_set"], np.nan)
    return auroc_error(one["auroc"], one["id_images"], one["ood_images"])

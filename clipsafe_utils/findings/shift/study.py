"""Accuracy under shift in one study: its tables, each made once, and what sentences say of them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import xarray as xr
from scipy.special import ndtr

from clipsafe_utils.cubes.agreement import compare_evaluations
from clipsafe_utils.cubes.panels import Panel
from clipsafe_utils.cubes.selection import of_source
from clipsafe_utils.cubes.studies import Study
from clipsafe_utils.findings.clip_pairs import compare_pairs, fine_tuning_pairs, source_pairs, zero_shot_pairs
from clipsafe_utils.findings.own_models import Standing
from clipsafe_utils.findings.shift.changes import (
    Evaluations,
    PairChanges,
    Twins,
    evaluations_of,
    nearest_twins,
)
from clipsafe_utils.findings.shift.clouds import FEWEST_CLIPS, Clouds, of_real_models, same_class_clouds
from clipsafe_utils.findings.shift.correlations import Correlations
from clipsafe_utils.findings.shift.heights import Heights
from clipsafe_utils.findings.shift.own import standings
from clipsafe_utils.findings.shift.sources import line_of_standard, offsets, within_sources
from clipsafe_utils.metrics.accuracies import to_axis
from clipsafe_utils.metrics.arguments import Array
from clipsafe_utils.metrics.intervals import wilson_interval
from clipsafe_utils.registry.set_names import shift_title
from clipsafe_utils.say import Missing, Said, Text, Value, count, listed

RECORD = "published"
_TWINS_SHIFTS = ("a", "sketch")
_NOBODY = Missing("no study has accuracies of real CLIPs under shift")


@dataclass(frozen=True, eq=False)
class UnderShift:
    """One study; without a cloud where there is none, and everything is missing."""

    study: str
    clouds: Clouds
    sources: Sequence[str]  # training sources shown
    confidence: float
    groups: Sequence[str] = ()  # of models shown
    cubes: Study | None = None
    own: Mapping[str, Clouds] = field(default_factory=dict)  # by study, models judged by these lines

    @property
    def who(self) -> Text:
        """What the prose calls the study."""
        if not self.clouds:
            return _NOBODY
        return Text("the record" if self.study == RECORD else f"the study {self.study}")

    @property
    def is_real(self) -> bool:
        """Whether it speaks of real models."""
        return bool(self.clouds) and of_real_models(self.clouds)

    @property
    def shifts(self) -> Text:
        """How many shifts there are."""
        return Text(len(self.clouds)) if self.clouds else _NOBODY

    @cached_property
    def largest(self) -> xr.Dataset:
        """The cloud with most models."""
        return max(self.clouds.values(), key=lambda cloud: cloud.sizes["model"])

    @property
    def panel(self) -> Panel:
        """Who the models of the largest cloud are."""
        return Panel(self.study, self.largest, self.largest)

    @property
    def clips_of_sources(self) -> dict[str, xr.Dataset]:
        """The zero-shot CLIPs of the largest cloud, by training source."""
        sources = self.sources if self.clouds else ()
        return {source: self.largest.isel(model=of_source(self.largest, source)) for source in sources}

    def standard(self, shift: str) -> xr.Dataset:
        """Return the standard networks under a shift."""
        cloud = self.clouds[shift]
        return cloud.isel(model=(cloud["group"] == "standard").values)

    @cached_property
    def lines(self) -> dict[str, xr.DataArray]:
        """The line of the standard networks, by shift."""
        return {shift: line_of_standard(cloud) for shift, cloud in self.clouds.items()}

    @property
    def has_lines(self) -> str | Missing:
        """Whether some shift has standard networks enough for a line: `yes`, or nothing to say."""
        has = any(line.size for line in self.lines.values())
        return "yes" if has else Missing("no shift has standard networks enough")

    @cached_property
    def correlations(self) -> Correlations:
        """Within each training source."""
        return Correlations(within_sources(self.clouds, self.sources, self.confidence), self.sources)

    @cached_property
    def heights(self) -> Heights:
        """Of each training source above two lines."""
        return Heights(offsets(self.clouds, self.sources, self.confidence))

    @cached_property
    def by_way(self) -> PairChanges:
        """CLIPs fine-tuned by way of ImageNet-12k, against ImageNet-1k alone."""
        return PairChanges(compare_pairs(self.clouds, fine_tuning_pairs, self.confidence))

    @cached_property
    def tuned(self) -> PairChanges:
        """Fine-tuned CLIPs against the zero-shot CLIPs that they were."""
        return PairChanges(compare_pairs(self.clouds, zero_shot_pairs, self.confidence))

    @cached_property
    def like(self) -> PairChanges:
        """CLIPs of one encoder and two training sources of like size."""
        return PairChanges(compare_pairs(self.clouds, source_pairs, self.confidence))

    @cached_property
    def twins(self) -> Twins:
        """The pair of two sources that is most alike in distribution."""
        return nearest_twins(self.like, self.clouds, _TWINS_SHIFTS)

    @cached_property
    def other_lines(self) -> dict[str, PairChanges]:
        """The change by way of ImageNet-12k under other lines and references."""
        clouds = same_class_clouds(*self._read(), self.groups) if self.cubes else {}
        same = compare_pairs(clouds, fine_tuning_pairs, self.confidence)
        alone = compare_pairs(self.clouds, fine_tuning_pairs, self.confidence, ["standard"])
        return {
            "standard and more data, 1,000 classes": self.by_way,
            "standard and more data, same classes": PairChanges(same),
            "standard alone, 1,000 classes": PairChanges(alone),
        }

    @cached_property
    def evaluations(self) -> xr.Dataset:
        """Two evaluations of one network, by set of images."""
        if not self.cubes:
            return xr.Dataset(coords={"condition": []})
        shifts, models = self._read()
        return compare_evaluations(shifts, models.sel(model=models["group"].isin(list(self.groups))))

    @cached_property
    def evaluated_twice(self) -> Evaluations:
        """How far two evaluations of one network differ."""
        return evaluations_of(self.evaluations)

    @property
    def image_interval(self) -> Said:
        """How far other images of the same kind would move a mark at most."""
        ends = map(self.intervals, self.clouds)
        widths = [float((high - low).max()) / 2 for low, high in ends]
        return Value(max(widths), scale="difference") if widths else _NOBODY

    @property
    def standings(self) -> list[tuple[Standing, str]]:
        """Where each own model stands by the lines of standard networks, and its heights in words."""
        return list(standings(self.own))

    def intervals(self, shift: str) -> tuple[Array, Array]:
        """Return the ends of the interval of each accuracy under a shift, for other images of its kind."""
        images = self.clouds[shift]["images"].values
        hits = np.round(self.clouds[shift]["y"].values * images)
        return wilson_interval(hits, images, self.confidence)

    def above_standard(self, shift: str) -> Array:
        """Return the height of each model above the line of the standard networks; NaN beyond its ends."""
        cloud, line = self.clouds[shift], self.lines[shift]
        if not line.size:
            return np.full(cloud.sizes["model"], np.nan)
        x, across, up = (to_axis(values, "probit") for values in (cloud["x"], line["x"], line))
        return np.asarray(cloud["y"] - ndtr(np.interp(x, across, up, left=np.nan, right=np.nan)))

    @property
    def tuned_against_standard(self) -> str | Missing:
        """Whether the record shows fine-tuned CLIPs beside the line of standard networks: `yes`."""
        shown = self.study == RECORD and {"clip_fine_tuned", "standard"} <= self._groups
        return "yes" if shown else Missing("the record, or one of the two groups, is not shown")

    @property
    def beyond_standard(self) -> Text:
        """How many pairs the line of standard networks alone cannot speak of, where others draw it, too."""
        if not self.by_way or not {"standard", "more_data"} <= self._groups:
            return Missing("the line is that of one group alone")
        known = self.other_lines["standard alone, 1,000 classes"].table["at_equal"].notnull()
        pairs = known.sizes["pair"]
        beyond = pairs - int(known.any("shift").sum())
        return count(beyond, pairs) if beyond else Missing("the line of standard networks is long enough")

    @property
    def heights_are_larger(self) -> str | Missing:
        """Whether each source stands higher above standard networks than two evaluations differ."""
        smallest, largest = self.heights.smallest_above_standard, self.evaluated_twice.largest
        if isinstance(smallest, Missing) or isinstance(largest, Missing):
            return Missing("there is no line, or nothing was evaluated twice")
        return "yes" if smallest.estimate > largest.estimate else "no"

    @property
    def source_of_height(self) -> str | Missing:
        """Whether `one` source is highest on ImageNet-A and lowest on ImageNet-Sketch, or `two` are."""
        top, bottom = self.heights.highest("a"), self.heights.lowest("sketch")
        if isinstance(top, Missing) or isinstance(bottom, Missing):
            return Missing("no two sources can be compared")
        return "one" if top == bottom else "two"

    @property
    def equal_samples(self) -> Text:
        """The sources with CLIPs enough to correlate of which each saw the same number of samples."""
        seen = {source: own["samples_seen"].values for source, own in self.clips_of_sources.items()}
        return listed(
            source
            for source, samples in seen.items()
            if samples.size >= FEWEST_CLIPS and np.ptp(samples) == 0
        )

    def has_source(self, source: str) -> Text:
        """Return the name of a training source where it is shown."""
        return Text(source) if source in self.sources else Missing("the source is not shown")

    def with_encoder(self, line: str) -> Text:
        """Return the sources shown that have a line of encoders."""
        families = {source: own["family"].values for source, own in self.clips_of_sources.items()}
        return listed(
            source for source, own in families.items() if any(name.endswith(f" {line}") for name in own)
        )

    def by_source(self) -> Iterator[tuple[str, str, xr.Dataset]]:
        """Give the zero-shot CLIPs of each shift and source, with the title of the shift."""
        for shift, cloud in self.clouds.items():
            for source in self.sources:
                yield shift_title(shift), source, cloud.isel(model=of_source(cloud, source))

    def _read(self) -> tuple[xr.Dataset, xr.Dataset]:
        assert self.cubes is not None
        return self.cubes.read("shifts"), self.cubes.read("models")

    @property
    def _groups(self) -> set[str]:
        return set(self.largest["group"].values.tolist()) if self.clouds else set()

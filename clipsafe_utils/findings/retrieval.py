"""Accuracy against retrieval: whether the more accurate zero-shot CLIP finds more images for a text."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal

import numpy as np
import pandas as pd

from clipsafe_utils.cubes.selection import is_real, select_models, select_with_conditions
from clipsafe_utils.cubes.source_lines import source_lines
from clipsafe_utils.cubes.studies import Study, find_study
from clipsafe_utils.findings.own_retrieval import OwnRecall, own_recalls
from clipsafe_utils.findings.shift.clouds import FEWEST_CLIPS, in_distribution
from clipsafe_utils.metrics.arguments import Array
from clipsafe_utils.metrics.correlation import rank_correlation_interval
from clipsafe_utils.metrics.families import FEWEST_UNITS, jackknife_over_families, mean_over_families
from clipsafe_utils.metrics.fits import fit_line
from clipsafe_utils.registry.training_sources import LINEAGES, SOURCES, lineage_of
from clipsafe_utils.say import Missing, Said, Text, Value, listed, span

TASKS: Mapping[tuple[str, str], str] = {
    ("flickr30k", "image_for_text"): "Flickr30k, image for text",
    ("flickr30k", "text_for_image"): "Flickr30k, text for image",
    ("mscoco", "image_for_text"): "MSCOCO, image for text",
    ("mscoco", "text_for_image"): "MSCOCO, text for image",
}
"""Sets and directions, as panels call them."""

EVERY = "all sources"
_CLIPS = ("clip_zero_shot",)
_FEWEST_ON_A_LINE = 3
_HALF = 0.5
_COLUMNS = ["model", "checkpoint", "source", "lineage", "family", "accuracy", "task", "recall"]
_NOBODY = Missing("no study has retrieval of zero-shot CLIPs whose accuracy is known")


@dataclass(frozen=True, eq=False)
class Retrieval:
    """Recall at 1 of zero-shot CLIPs beside their accuracy in distribution."""

    study: str
    table: pd.DataFrame  # a row a CLIP and task
    confidence: float
    source_lines: Sequence[str] = ()
    own: Mapping[str, pd.DataFrame] = field(default_factory=dict)  # by study, a reader's CLIPs as in `table`

    def __bool__(self) -> bool:
        return bool(len(self.table))

    @property
    def clips(self) -> Text:
        """How many CLIPs."""
        return Text(self.table["checkpoint"].nunique()) if self else _NOBODY

    @property
    def lineages(self) -> Text:
        """Of how many training lineages."""
        return Text(self.table["lineage"].nunique()) if self else _NOBODY

    @cached_property
    def sources(self) -> list[str]:
        """The sources with CLIPs enough to correlate, in the order of the colours."""
        sizes = self.table.drop_duplicates("checkpoint").groupby("source").size()
        names = [str(name) for name in sizes.index[sizes >= FEWEST_CLIPS]]
        order = [*SOURCES, *LINEAGES]
        return sorted(names, key=lambda name: (order.index(name) if name in order else len(order), name))

    def correlation(self, task: str, source: str = EVERY) -> Said:
        """Return the rank correlation of accuracy and recall; over all sources a lineage is a family."""
        return self._correlations.get((task, source), _NOBODY)

    @property
    def across(self) -> Text:
        """The range over tasks of the rank correlation over all sources."""
        return self._span(EVERY)

    @property
    def decided(self) -> Literal["up", "otherwise"] | Missing:
        """Whether it is above zero in every task, by its interval over lineages."""
        found = [self.correlation(task) for task in TASKS.values()]
        known = [one for one in found if isinstance(one, Value)]
        if not known:
            return _NOBODY
        return "up" if all(one.low > 0 for one in known) else "otherwise"

    @property
    def least_bound(self) -> Text:
        """The lowest end of these intervals."""
        found = [self.correlation(task) for task in TASKS.values()]
        known = [one.low for one in found if isinstance(one, Value)]
        return Value(min(known), scale="correlation").number(2) if known else _NOBODY

    @property
    def within(self) -> Text:
        """By source, the range over tasks of the rank correlation within it."""
        spans = {source: self._span(source) for source in self.sources}
        return listed(f"{source} {text}" for source, text in spans.items() if not isinstance(text, Missing))

    @cached_property
    def offsets(self) -> dict[str, Value]:
        """By source, the mean height of its CLIPs above a line of recall on accuracy of all other CLIPs.

        A Huber fit a task, a mean over tasks, then over families, with an interval over families.
        """
        found = {}
        wide = self.table.pivot(index="checkpoint", columns="task", values="recall") if self else None
        for source in self.sources:
            assert wide is not None
            who = self.table.drop_duplicates("checkpoint").set_index("checkpoint").loc[wide.index]
            own = (who["source"] == source).to_numpy()
            x = who["accuracy"].to_numpy(float)
            if np.unique(x[~own]).size < _FEWEST_ON_A_LINE:
                continue
            missed = np.mean(
                [y[own] - fit_line(x[~own], y[~own], "huber").predict(x[own]) for y in wide.to_numpy().T],
                axis=0,
            )
            family = who["family"].to_numpy(str)[own]
            found[source] = _mean(missed, family, self.confidence)
        return found

    @property
    def off_line(self) -> Text:
        """The sources off that line by an interval over families enough, with their heights."""
        return listed(f"{name} by {one.with_interval}" for name, one in self._decided.items())

    @property
    def undecided(self) -> Text:
        """The sources with too few families to decide, with their heights."""
        few = {name: one for name, one in self.offsets.items() if one.units < FEWEST_UNITS}
        return listed(f"{name} ({one})" for name, one in few.items())

    @cached_property
    def upper(self) -> "Retrieval":
        """The CLIPs that name more than half of the images in distribution."""
        return replace(self, table=self.table[self.table["accuracy"] > _HALF])

    @property
    def _decided(self) -> dict[str, Value]:
        known = {name: one for name, one in self.offsets.items() if one.units >= FEWEST_UNITS}
        return {name: one for name, one in known.items() if one.side != "neither"}

    @property
    def source_shows(self) -> Literal["yes", "no"] | Missing:
        """Whether some source is off the line of the others, by its interval over families enough."""
        if not self.offsets:
            return _NOBODY
        return "yes" if self._decided else "no"

    @property
    def own_recalls(self) -> list[OwnRecall]:
        """What each own CLIP recalls, beside CLIPs of like accuracy."""
        return list(own_recalls(self.own, self.table))

    def _span(self, source: str) -> Text:
        found = [self.correlation(task, source) for task in TASKS.values()]
        known = [one.estimate for one in found if isinstance(one, Value)]
        if not known:
            return _NOBODY
        return span(known, lambda value: str(Value(value, scale="correlation")))

    @cached_property
    def _correlations(self) -> dict[tuple[str, str], Value]:
        found = {}
        for task, rows in self.table.groupby("task", sort=False):
            for source in [EVERY, *self.sources]:
                own = rows if source == EVERY else rows[rows["source"] == source]
                if len(own) < FEWEST_CLIPS or own[["accuracy", "recall"]].nunique().min() < 2:
                    continue
                units = own["lineage" if source == EVERY else "family"].to_numpy(str)
                one = rank_correlation_interval(own["accuracy"], own["recall"], units, self.confidence)
                ends = (float(one.low), float(one.high))
                unit = "lineage" if source == EVERY else "family"
                found[str(task), source] = Value(
                    float(one.estimate), *ends, "correlation", one.families, unit
                )
        return found


NO_RETRIEVAL = Retrieval("", pd.DataFrame(columns=_COLUMNS), confidence=0.95)
"""What there is where no study has retrieval."""


def _mean(values: Array, family: np.ndarray, confidence: float) -> Value:
    mean = jackknife_over_families(
        lambda keep: mean_over_families(values[keep], family[keep]), family, confidence=confidence
    )
    ends = (float(mean.low), float(mean.high))
    return Value(float(mean.estimate), *ends, "difference", mean.families, "family")


def read_retrieval(studies: Sequence[str], groups: Sequence[str], confidence: float) -> Retrieval:
    """Read recall at 1 of the first study of real models that has it; `own` are those of later ones.

    A later study of five CLIPs or more is no study of own models, and is left out.
    """
    wanted = [name for name in groups if name in _CLIPS]
    found: Retrieval | None = None
    own = {}
    for study in map(find_study, studies if wanted else ()):
        rows = pd.DataFrame(_rows(study, wanted), columns=_COLUMNS)
        if rows.empty:
            continue
        if found is None:
            lines = source_lines([study.read("retrieval"), study.read("shifts")])
            found = Retrieval(study.name, rows, confidence, lines)
        elif study.name != found.study and rows["checkpoint"].nunique() < FEWEST_CLIPS:
            own[study.name] = rows
    return replace(found, own=own) if found else NO_RETRIEVAL


def _rows(study: Study, groups: Sequence[str]) -> Iterator[dict[str, object]]:
    """Give the recalls of each real CLIP of a study, each network once.

    A row without recall at 1 is dropped first: recall at 5 of one network is never held against it.
    """
    if not (study.has("retrieval") and study.has("shifts") and is_real(study.read("retrieval"))):
        return
    cube, models, shifts = (study.read(name) for name in ("retrieval", "models", "shifts"))
    recall = cube["recall_at_1"].stack(task=("set", "direction"))
    recall = recall.isel(task=[task in TASKS for task in recall["task"].values.tolist()]).dropna("model")
    _, described = select_models(recall.to_dataset(), models, groups)
    across = in_distribution(shifts)
    counts, known = select_with_conditions(shifts, models, groups, [across])
    share = (counts["hits"] / counts["images"]).sel(condition=across).values
    accuracy = dict(zip(known["checkpoint"].values.tolist(), share.tolist(), strict=True))
    columns = ("model", "checkpoint", "training_source", "family")
    for model, checkpoint, source, family in zip(
        *(described[name].values.tolist() for name in columns), strict=True
    ):
        for task in recall["task"].values.tolist() if checkpoint in accuracy else ():
            yield {
                "model": model,
                "checkpoint": checkpoint,
                "source": source,
                "lineage": lineage_of(source),
                "family": family,
                "accuracy": accuracy[checkpoint],
                "task": TASKS[task],
                "recall": float(recall.sel(model=model, task=task).item()),
            }

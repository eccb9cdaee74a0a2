"""Accuracy under shift, and detection: everything that the two chapters say, found once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import pandas as pd
import xarray as xr

from clipsafe_utils.cubes.panels import left_out, nothing_to_show
from clipsafe_utils.cubes.studies import find_study
from clipsafe_utils.findings.prompts.real import real_prompts
from clipsafe_utils.findings.shift.agreement import compare
from clipsafe_utils.findings.shift.changes import PairChanges
from clipsafe_utils.findings.shift.clouds import choose_sources, read_clouds, without_clips
from clipsafe_utils.findings.shift.controlled import Controlled
from clipsafe_utils.findings.shift.counted import Counted, count_scores_of
from clipsafe_utils.findings.shift.detection import Detection, read_detection, score_means
from clipsafe_utils.findings.shift.detection_record import (
    ByScore,
    Changed,
    FirstSeen,
    changed,
    first_seen,
    ranks_by_score,
)
from clipsafe_utils.findings.shift.laboratory import read_laboratory
from clipsafe_utils.findings.shift.own import own_clouds
from clipsafe_utils.findings.shift.own_detection import (
    OwnDetection,
    own_detection,
    own_studies,
    stands_alone,
)
from clipsafe_utils.findings.shift.recipes import Recipes, read_recipes
from clipsafe_utils.findings.shift.small_sources import SmallSources, small_sources
from clipsafe_utils.findings.shift.source_shares import SourceShares, source_shares
from clipsafe_utils.findings.shift.study import RECORD, UnderShift
from clipsafe_utils.parameters import CheckedParameters
from clipsafe_utils.registry.set_names import DETECTION
from clipsafe_utils.say import Missing, Said, Text, Value, listed

_TUNING = ("ImageNet-12k, then 1k, against 1k alone", "fine-tuned on 1k, against zero-shot")


@dataclass(frozen=True, eq=False)
class DistributionShift:
    """What was found of accuracy under shift, for its page's sentences, tables and figures."""

    shifts: Mapping[str, UnderShift]  # by study
    left_out: Sequence[str]  # in words, which studies have no panel
    lab: Controlled
    shares: SourceShares  # of real CLIPs that one team asked with one set of prompts
    confidence: float

    @cached_property
    def record(self) -> UnderShift:
        """The study that speaks of real models: the public record, or else the first of them."""
        return _of_real(self.shifts) or self._nobody

    @property
    def first_shown(self) -> dict[str, UnderShift]:
        """The studies of real models; without one, those of a drawn world."""
        return {study: one for study, one in self.shifts.items() if one.is_real} or dict(self.shifts)

    @property
    def in_drawn_worlds(self) -> dict[str, UnderShift]:
        """The studies of a drawn world."""
        return {study: one for study, one in self.shifts.items() if not one.is_real}

    @cached_property
    def drawn(self) -> UnderShift:
        """The first study of a drawn world."""
        return next((one for one in self.shifts.values() if not one.is_real), self._nobody)

    @property
    def most_inside(self) -> str | Missing:
        """Whether most sources of the record lie where a new family of the others would: `yes` or `no`."""
        inside, known = self.record.heights.marks_inside
        if not known:
            return Missing("no source can be held against others")
        return "yes" if 2 * inside > known else "no"

    @property
    def like_pairs(self) -> Text:
        """How many pairs of one encoder and two sources of like size each study has."""
        studies = [one for one in self.shifts.values() if one.like]
        return listed(
            f"{one.like.pairs} of {one.who if one.is_real else 'the drawn world'}" for one in studies
        )

    @cached_property
    def tuning(self) -> dict[str, PairChanges]:
        """What fine-tuning does, a panel a change; it names the study where two have the change."""
        panels: dict[str, PairChanges] = {}
        for study, one in self.shifts.items():
            for name, pairs in zip(_TUNING, (one.by_way, one.tuned), strict=True):
                if pairs:
                    panels[f"{study}: {name}" if name in panels else name] = pairs
        return panels

    @cached_property
    def recipes(self) -> Recipes:
        """One CLIP fine-tuned by many recipes."""
        return read_recipes(self.shifts, self.confidence)

    @cached_property
    def small(self) -> SmallSources:
        """CLIPs of two small sources that are alike in distribution."""
        return small_sources(self.record.clouds)

    @cached_property
    def agreement(self) -> pd.DataFrame:
        """Findings of the record beside those of the laboratory."""
        return compare(self.lab, self.record, self.drawn)

    def agreeing(self, answer: str) -> Text:
        """Return the findings on which record and laboratory agree: `yes`, `no`, or `undecided`."""
        rows = self.agreement[self.agreement["same"] == answer]
        return listed(rows["what"]) if len(rows) else Text("none")

    @property
    def they_part(self) -> str | Missing:
        """Whether record and laboratory point opposite ways on some finding: `yes`, or nothing to say."""
        parted = (self.agreement["same"] == "no").any()
        return "yes" if parted else Missing("they point opposite ways on nothing")

    @property
    def _nobody(self) -> UnderShift:
        return UnderShift("", {}, [], self.confidence)


_OWN_IMAGES = "cood"
"""The set whose classes are chosen for each network and score."""


def _of_real(shifts: Mapping[str, UnderShift]) -> UnderShift | None:
    """Return the study that speaks of real models: the public record, or else the first of them."""
    real = {study: one for study, one in shifts.items() if one.is_real}
    return real.get(RECORD) or next(iter(real.values()), None)


@dataclass(frozen=True, eq=False)
class OodCorrelation:
    """What was found of detection, for its page's sentences, tables and figures."""

    detected: Mapping[str, Detection]  # by study
    left_out: Sequence[str]  # in words, which studies have no panel
    scores: pd.DataFrame  # of `score_means`
    by_score: ByScore  # of the record, as what follows
    first_seen: FirstSeen
    changed: Changed
    lab: Controlled
    confidence: float
    measured_in: str | None = None  # the folder of the record, for the ledger
    counted: Counted = field(default_factory=Counted)  # of the record, too
    own: Sequence[OwnDetection] = ()  # own models beside networks of the record, counted nowhere

    @cached_property
    def detection(self) -> Detection:
        """Detection in the first study of a drawn world."""
        nothing = Detection(xr.Dataset(), {}, self.confidence)
        return next((one for one in self.detected.values() if not one.is_real), nothing)

    @cached_property
    def record(self) -> Detection:
        """Detection in the study that speaks of real models: the public record, or else the first of them."""
        return self.detected.get(self.record_name) or Detection(xr.Dataset(), {}, self.confidence)

    @property
    def record_name(self) -> str:
        """The name of this study; empty without one."""
        return _record_of(self.detected)

    @property
    def first_shown(self) -> dict[str, Detection]:
        """The studies of real models; without one, those of a drawn world."""
        return {study: one for study, one in self.detected.items() if one.is_real} or dict(self.detected)

    @property
    def in_drawn_worlds(self) -> dict[str, Detection]:
        """The studies of a drawn world."""
        return {study: one for study, one in self.detected.items() if not one.is_real}

    @property
    def on_own_images(self) -> str | Missing:
        """Whether the record compares networks on images chosen for each, as COOD's are: `yes` or `no`."""
        if not self.record.by_set:
            return Missing("no study of real models has detection scores")
        cood = self.record.by_set.get(_OWN_IMAGES)
        models = set(self.record.cloud["model"].values.tolist())
        return "yes" if cood is not None and models & set(cood["model"].values.tolist()) else "no"

    @property
    def of_real(self) -> pd.DataFrame:
        """The means by score of the record alone."""
        return self.scores[self.scores["study"] == self.record_name]

    def best_score(self, group: str) -> Text:
        """Return the score with the highest mean AUROC in a group of the record."""
        rows = self.of_real[self.of_real["group"] == group]
        if rows.empty:
            return Missing("no such networks have detection scores")
        return Text(rows["score"].tolist()[int(rows["auroc"].to_numpy().argmax())].replace("_", " "))

    @property
    def order_changes(self) -> str:
        """Whether the score decides who of the record is ahead, CLIPs or standard networks: `yes` or `no`.

        `unknown` where not both were measured by the maximum softmax and the maximum logit.
        """
        ahead = set()
        for score in ("maximum_softmax", "maximum_logit"):
            clips, others = (self.mean_by(group, score) for group in ("clip_zero_shot", "standard"))
            if isinstance(clips, Missing) or isinstance(others, Missing):
                return "unknown"
            ahead.add(clips.estimate > others.estimate)
        return "yes" if len(ahead) > 1 else "no"

    def mean_by(self, group: str, score: str) -> Said:
        """Return the mean AUROC of a group of the record by a score."""
        rows = self.of_real[(self.of_real["group"] == group) & (self.of_real["score"] == score)]
        return Value(rows["auroc"].item()) if len(rows) else Missing("no such networks have detection scores")


def _record_of(detected: Mapping[str, Detection]) -> str:
    real = [study for study, one in detected.items() if one.is_real]
    return RECORD if RECORD in real else next(iter(real), "")


def distribution_shift(chosen: CheckedParameters) -> DistributionShift:
    """Find what accuracy in distribution says of accuracy under shift.

    Parameters
    ----------
    chosen : CheckedParameters
        Parameters of the chapter, of `parameters_of`.

    Raises
    ------
    ClipsafeError
        If a study or one of its cubes is at fault, no study has one of the training sources, or none has
        anything to show.

    Examples
    --------
    >>> from clipsafe_utils import parameters_of
    >>> found = distribution_shift(parameters_of("distribution-shift", {"studies": ["published"]}))
    >>> found.record.correlations.sure, found.record.correlations.least("rank")
    (LAION-400M and LAION-2B, 0.915)
    """
    clouds = read_clouds(chosen.studies, chosen.groups)
    laboratory = read_laboratory(chosen.studies)
    if not (clouds or laboratory):
        raise nothing_to_show(chosen.studies, "shifts", "causes")
    sources = choose_sources(clouds, chosen.training_sources)
    cubes = {study.name: study for study in map(find_study, chosen.studies)}
    shifts = {
        study: UnderShift(study, one, sources[study], chosen.confidence, chosen.groups, cubes[study])
        for study, one in clouds.items()
    }
    host = _of_real(shifts)
    own = (
        own_clouds([cubes[name] for name in cubes if name not in shifts], host.clouds, chosen.groups)
        if host
        else {}
    )
    if host:
        shifts[host.study] = replace(host, own=own)
    absent = left_out(chosen.studies, "shifts", chosen.groups)
    return DistributionShift(
        shifts,
        [*absent, *without_clips(chosen.studies, clouds, own)],
        Controlled(laboratory, chosen.confidence),
        source_shares(real_prompts(chosen.studies, chosen.groups, chosen.confidence), chosen.seed),
        chosen.confidence,
    )


def ood_correlation(chosen: CheckedParameters) -> OodCorrelation:
    """Find what accuracy in distribution says of detection.

    Parameters
    ----------
    chosen : CheckedParameters
        Parameters of the chapter, of `parameters_of`.

    Raises
    ------
    ClipsafeError
        If a study or one of its cubes is at fault, no study has one of the sets or training sources, or none
        has anything to show.

    Examples
    --------
    >>> from clipsafe_utils import parameters_of
    >>> found = ood_correlation(parameters_of("ood-correlation", {"studies": ["miniature"]}))
    >>> found.detection.correlations.above_zero("rank")
    wit and laion
    """
    detected, reasons = read_detection(chosen)
    laboratory = read_laboratory(chosen.studies)
    if not (detected or laboratory):
        raise nothing_to_show(chosen.studies, "ood", "causes", why=reasons)
    clouds = {study: {DETECTION: one.cloud} for study, one in detected.items()}
    sources = choose_sources(clouds, chosen.training_sources)
    shown = {study: replace(one, sources=sources[study]) for study, one in detected.items()}
    # A source of which few networks were measured is none of the main ones, and may stand alone.
    few = [study for study, one in shown.items() if one.is_too_small]
    large = {study: one for study, one in shown.items() if study not in few}
    host = _record_of({study: one for study, one in large.items() if study == RECORD or stands_alone(one)})
    brought = own_studies(shown, host)
    detected = {study: one for study, one in large.items() if study not in brought}
    cubes = {study.name: study for study in map(find_study, chosen.studies)}
    own = [
        one for study in brought for one in own_detection(cubes[study], cubes[host], sources[host], chosen)
    ]
    reasons += [
        f"The study `{study}` has too few networks with detection by the score `{chosen.score}`: its "
        "detection panel is left out."
        for study in few
        if study not in brought
    ]
    reasons += [
        f"The study `{study}` shares no OOD set with networks of the study `{host}` by the score "
        f"`{chosen.score}`: it is a star in no panel."
        for study in brought
        if study not in {one.study for one in own}
    ]
    record = [study for study in cubes.values() if study.name == _record_of(detected)]
    return OodCorrelation(
        detected,
        [*left_out(chosen.studies, "ood", chosen.groups), *reasons],
        score_means(chosen),
        ranks_by_score(record[0], chosen) if record else ByScore(),
        first_seen(record[0], chosen) if record else FirstSeen(),
        changed(record[0], chosen) if record else Changed(),
        Controlled(laboratory, chosen.confidence),
        chosen.confidence,
        str(record[0].folder) if record else None,
        count_scores_of(record[0], chosen) if record else Counted(),
        own,
    )

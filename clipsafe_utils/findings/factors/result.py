"""At equal accuracy, on which visual factors CLIP is better or worse: everything that chapter 1 says."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial

import pandas as pd
import xarray as xr

from clipsafe_utils.cubes import GROUPS, HEADLINE_FACTORS, clip_models
from clipsafe_utils.cubes.panels import Panel, left_out, nothing_to_show, read_panels
from clipsafe_utils.cubes.schema import LABEL_RULE
from clipsafe_utils.cubes.selection import is_real
from clipsafe_utils.cubes.studies import find_study
from clipsafe_utils.findings.experiments.cells import NONE, Experiments, read_experiments
from clipsafe_utils.findings.experiments.many_sources import ManySources
from clipsafe_utils.findings.factors import residuals
from clipsafe_utils.findings.factors.clips import Real, real_of
from clipsafe_utils.findings.factors.controls import Controls, controls_of
from clipsafe_utils.findings.factors.label_rules import Judged, Labels, by_group, labels_of, readings_of
from clipsafe_utils.findings.factors.laboratory import (
    DOSES,
    LADDER,
    Laboratory,
    Population,
    laboratory_of,
    panels_of_knob,
    population_of,
    relative_residuals,
)
from clipsafe_utils.findings.factors.own import counted_alike, judge_own, standings
from clipsafe_utils.findings.ladder import read_causes
from clipsafe_utils.findings.own_models import Standing
from clipsafe_utils.findings.properties import Property
from clipsafe_utils.findings.trainings import Trainings, tables_of_studies
from clipsafe_utils.parameters import CheckedParameters
from clipsafe_utils.say import Missing, Text, nothing

_RECORD, _LABORATORY = "published", "miniature"
_PARAMETERS = {"reference": "reference_accuracy"}


@dataclass(frozen=True, eq=False)
class FactorRobustness:
    """What chapter 1 found, for its sentences, tables and figures."""

    chosen: CheckedParameters
    panels: Sequence[Panel]  # one a study that has a line, with the factors that were asked for
    left_out: Sequence[str]  # in words, what is not shown
    results: Mapping[str, xr.Dataset]  # by study, of `effective_robustness`
    trainings: Mapping[str, Trainings]  # by study
    networks: Text  # how many the public record has, whatever groups are shown
    whole: Sequence[Panel] = ()  # the panels before they are cut to a label rule and to factors
    experiments: Experiments = NONE  # beside the laboratory
    own: Mapping[str, Judged] = field(default_factory=dict)  # by study, models judged by the line of `host`

    @cached_property
    def many(self) -> ManySources:
        """CLIPs of sources drawn at random."""
        return ManySources(self.experiments)

    @property
    def models(self) -> dict[str, xr.Dataset]:
        """The cube `models` of each study, in the order of its results."""
        return {panel.study: panel.models for panel in self.panels}

    @property
    def judged(self) -> dict[str, tuple[xr.Dataset, xr.Dataset]]:
        """Residuals and who the models are, by study."""
        return {study: (result, self.models[study]) for study, result in self.results.items()}

    @property
    def of_real(self) -> dict[str, tuple[xr.Dataset, xr.Dataset]]:
        """The same of the study that speaks of real models, if there is one."""
        return {panel.study: self.judged[panel.study] for panel in [self._real] if panel}

    @property
    def line_of(self) -> Text:
        """Whose line it is."""
        return residuals.line_of(self.chosen.baseline_group)

    @property
    def judged_by(self) -> Text:
        """The same, where a CLIP is judged by it."""
        return self.line_of if self._with_clips else Missing("no CLIP is shown")

    @property
    def lines_rise(self) -> bool | Missing:
        """Whether accuracy on every factor rises with the reference accuracy."""
        lines = [line["predicted"] for line in self.lines.values()]
        rises = [bool((line.isel(at=-1) > line.isel(at=0)).all()) for line in lines]
        return all(rises) if rises else Missing("no study has a line")

    @property
    def beside(self) -> str | Missing:
        """Beside what the book's laboratory is shown: the record, or nothing that the book knows."""
        if _LABORATORY not in self._names:
            return Missing("the book's laboratory is not shown")
        return "record" if _RECORD in self._names else "nothing"

    @property
    def has_own_choices(self) -> bool:
        """Whether the page makes the choices of the book, by which the ledger judges."""
        made = {name: getattr(self.chosen, _PARAMETERS.get(name, name)) for name in residuals.HEADLINE}
        return made == residuals.HEADLINE and self.chosen.baseline_group == "standard"

    @property
    def who(self) -> Text:
        """The study that speaks of real models, as a sentence calls it: its name may be anything."""
        if self._real is None:
            return Missing("no study of real models is shown")
        return Text("the record" if self._real.study == _RECORD else "the study of real models")

    @property
    def study(self) -> str | None:
        """That study, as it was asked for."""
        return self._asked(self._real)

    @property
    def drawn_in(self) -> str | None:
        """The first drawn world, as it was asked for."""
        return self._asked(self._drawn)

    @cached_property
    def lines(self) -> dict[str, xr.Dataset]:
        """The line of every factor with its band, by study."""
        baseline = self.chosen.baseline_group
        return {
            study: residuals.baseline_lines(result, self.models[study], baseline)
            for study, result in self.results.items()
        }

    @cached_property
    def means(self) -> dict[str, xr.Dataset]:
        """Mean residual of each group, by study."""
        return residuals.group_residuals(self.results, self.models, self.chosen.confidence)

    @cached_property
    def choices(self) -> dict[str, xr.Dataset]:
        """Every CLIP under every choice, by study."""
        return {
            panel.study: residuals.every_choice(panel, self.chosen.baseline_group)
            for panel in self.panels
            if residuals.has_choices(panel)
        }

    @cached_property
    def weighted(self) -> dict[str, xr.DataArray]:
        """Residuals of CLIPs, weighted by images, of studies whose ten top factors part the images."""
        parts = self.chosen.selection == "top" and self.chosen.reference_accuracy == "overall"
        return {
            panel.study: residuals.contributions(panel, self.results[panel.study])
            for panel in self._with_clips
            if parts and set(HEADLINE_FACTORS) <= set(residuals.factors_of(panel))
        }

    @cached_property
    def real(self) -> Real:
        """What real models say of CLIP."""
        panel = self._real
        if panel is None or not clip_models(panel.models).sizes["model"]:
            return nothing(Real, "no CLIP among the real models that are shown")
        study = panel.study
        parts = (self.means.get(study), self.choices.get(study), self.weighted.get(study))
        pooled = residuals.judged_by_choices(panel, self.chosen, "pooled")
        return real_of(panel, self.results[study], pooled, *parts)

    @cached_property
    def readings(self) -> dict[str, dict[str, Judged]]:
        """Residuals by every rule of what is right, of studies with a CLIP that counted more than one."""
        shown = {panel.study for panel in self._with_clips}
        whole = [panel for panel in self.whole if panel.study in shown and "label_rule" in panel.cube.dims]
        return {panel.study: readings_of(panel, self.chosen) for panel in whole}

    @cached_property
    def labels(self) -> Labels:
        """What other rules of what is right say of the CLIPs of the study of real models."""
        study = self._real.study if self._real else None
        if study not in self.readings:
            return nothing(Labels, "no study of real models with a CLIP and several label rules")
        return labels_of(self._uncut(study), self.readings[study], self.chosen)

    @cached_property
    def groups_of_classes(self) -> dict[str, tuple[Judged, Judged]]:
        """Residuals by group of classes on all images and inside on pose, by study."""
        judged = {
            study: (by_group(panel, self.chosen), by_group(panel, self.chosen, "pose"))
            for study, panel in self._by_class()
        }
        return {study: (one, other) for study, (one, other) in judged.items() if one and other}

    @cached_property
    def controls(self) -> Controls:
        """How networks that share one thing with CLIPs stand, in the study of real models."""
        real = self._real
        if real is None:
            return nothing(Controls, "no study of real models is shown")
        return controls_of(self.results[real.study], real.models)

    @cached_property
    def ladder(self) -> dict[Property, pd.DataFrame]:
        """Relative accuracy on every rung of the ladder."""
        return tables_of_studies(self.trainings, LADDER, Trainings.ladder)

    @cached_property
    def doses(self) -> dict[str, dict[Property, pd.DataFrame]]:
        """Relative accuracy against each knob."""
        return {
            knob: tables_of_studies(self.trainings, panels_of_knob(knob), partial(Trainings.doses, knob=knob))
            for knob in DOSES
        }

    @cached_property
    def alone(self) -> dict[str, dict[str, xr.Dataset]]:
        """Residuals of relative accuracy on the one-factor sets, by study with a CLIP and kind of texture."""
        chosen = self.chosen
        by_study = {
            panel.study: relative_residuals(
                panel, chosen.selection, chosen.baseline_group, chosen.fit, chosen.confidence
            )
            for panel in self._with_clips
        }
        return {study: by_kind for study, by_kind in by_study.items() if by_kind}

    @cached_property
    def lab(self) -> Laboratory:
        """The first study with trainings that differ in one thing."""
        return laboratory_of(next(iter(self.trainings.values()), Trainings(None, self.chosen.confidence)))

    @cached_property
    def population(self) -> Population:
        """The first drawn world's CLIPs at equal accuracy."""
        drawn = self._drawn
        if drawn is None:
            return nothing(Population, "no drawn world is shown")
        alone = self.alone.get(drawn.study, {})
        return population_of(
            drawn,
            alone,
            self.means.get(drawn.study),
            self.means.get(self._real.study) if self._real else None,
            residuals.group_residuals(alone, dict.fromkeys(alone, drawn.models), self.chosen.confidence),
        )

    def _uncut(self, study: str) -> Panel:
        return next(panel for panel in self.whole if panel.study == study)

    def _by_class(self) -> Iterator[tuple[str, Panel]]:
        for study in self.readings:
            panel = residuals.with_label_rule(self._uncut(study), LABEL_RULE, self.chosen.selection)
            if panel is not None:
                yield study, panel

    @cached_property
    def standings(self) -> Sequence[Standing]:
        """Where each own model stands by the line of the study that speaks of real models."""
        return [one for study, judged in self.own.items() for one in standings(study, judged)]

    @property
    def host(self) -> str:
        """The name of that study; empty without one."""
        return self._real.study if self._real else ""

    @property
    def _real(self) -> Panel | None:
        return _real_of(self.panels)

    @property
    def _drawn(self) -> Panel | None:
        return next((panel for panel in self.panels if not is_real(panel.cube)), None)

    @property
    def _names(self) -> set[str]:
        return {panel.study for panel in self.panels} | set(self.trainings)

    def _asked(self, panel: Panel | None) -> str | None:
        names = self.chosen.studies
        return next((name for name in names if panel and find_study(name).name == panel.study), None)

    @property
    def _with_clips(self) -> list[Panel]:
        return [panel for panel in self.panels if clip_models(panel.models).sizes["model"]]


def factor_robustness(chosen: CheckedParameters) -> FactorRobustness:
    """Find on which visual factors CLIPs stand above or below other networks of equal accuracy, and why.

    Parameters
    ----------
    chosen : CheckedParameters
        Parameters of chapter 1, of `parameters_of`.

    Raises
    ------
    ClipsafeError
        If a study or one of its cubes is at fault, or none has a cube.

    Examples
    --------
    >>> from clipsafe_utils import parameters_of
    >>> found = factor_robustness(parameters_of("factor-robustness", {"studies": ["published"]}))
    >>> found.real.clips.number, found.real.verdicts.below
    (3 zero-shot CLIPs, pose)
    """
    read = read_panels(chosen.studies, "factors", chosen.groups)
    causes = read_causes(chosen.studies)
    if not read and not causes:
        raise nothing_to_show(chosen.studies, "factors", "causes")
    line = partial(
        residuals.with_a_line,
        factor_names=chosen.factors,
        selection=chosen.selection,
        baseline_group=chosen.baseline_group,
        axes=chosen.axes,
    )
    own = _own_among(read, line(read)[0], chosen)
    panels, others = line([panel for panel in read if panel.study not in own])
    return FactorRobustness(
        chosen,
        panels,
        [*left_out(chosen.studies, "factors", chosen.groups), *others],
        {panel.study: residuals.judged_by_choices(panel, chosen) for panel in panels},
        {study: Trainings(cube, chosen.confidence) for study, cube in causes.items()},
        _networks(chosen.studies),
        read,
        read_experiments(chosen.studies, chosen.confidence),
        own,
    )


def _own_among(
    read: Sequence[Panel], with_a_line: Sequence[Panel], chosen: CheckedParameters
) -> dict[str, Judged]:
    """Judge the real models of studies without a line by that of a study of real models, if there is one."""
    host = _real_of(with_a_line)
    if host is None:
        return {}
    shown = {panel.study for panel in with_a_line}
    alike = (counted_alike(panel, host, chosen) for panel in read if panel.study not in shown)
    return {own.study: judge_own(own, host, chosen) for own in alike if own}


def _real_of(panels: Sequence[Panel]) -> Panel | None:
    """Return the study that speaks of real models: the public record, or else the first of them."""
    real = [panel for panel in panels if is_real(panel.cube)]
    return next((panel for panel in real if panel.study == _RECORD), real[0] if real else None)


def _networks(studies: Sequence[str]) -> Text:
    """Count the networks of the public record, each once, whatever groups are asked for."""
    record = [name for name in studies if find_study(name).name == _RECORD]
    panels = read_panels(record, "factors", list(GROUPS))
    return Text(panels[0].cube.sizes["model"]) if panels else Missing("the public record is not shown")

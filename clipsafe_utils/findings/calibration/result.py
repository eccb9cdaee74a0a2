"""Can a model's confidence be believed: everything that chapter 5 says, found once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import pandas as pd
import xarray as xr

from clipsafe_utils.cubes.panels import Panel, left_out, nothing_to_show, read_panels
from clipsafe_utils.cubes.selection import is_real
from clipsafe_utils.cubes.studies import find_study
from clipsafe_utils.findings.calibration import errors
from clipsafe_utils.findings.calibration.alike import Alike, Beside, nobody, read_alike
from clipsafe_utils.findings.calibration.laboratory import PROPERTIES, Laboratory
from clipsafe_utils.findings.calibration.own import OwnErrors, own_errors, own_rows
from clipsafe_utils.findings.calibration.real import Real, Sizes, real_of, sizes_of
from clipsafe_utils.findings.calibration.real_clips import RuleOnReal, real_shape_bias, rule_on_real
from clipsafe_utils.findings.calibration.scaling_change import change_of_groups, scaling_change
from clipsafe_utils.findings.calibration.temperatures import Temperatures, read_temperatures
from clipsafe_utils.findings.calibration.variants import every_model, variants_of
from clipsafe_utils.findings.calibration.views import View, leading, left_out_parts, views, with_bins
from clipsafe_utils.findings.experiments.cells import NONE, Experiments, read_experiments
from clipsafe_utils.findings.experiments.length import SHAPE, Length
from clipsafe_utils.findings.experiments.regime import Regime
from clipsafe_utils.findings.ladder import read_causes
from clipsafe_utils.findings.own_models import without_a_line
from clipsafe_utils.findings.properties import Property
from clipsafe_utils.findings.shape.observers import Observers
from clipsafe_utils.findings.trainings import Trainings, tables_of_studies
from clipsafe_utils.parameters import CheckedParameters
from clipsafe_utils.registry.set_names import condition_name
from clipsafe_utils.say import Missing, Said, Text, Value, listed, nothing

_RECORD = "published"


@dataclass(frozen=True, eq=False)
class Calibration:
    """What chapter 5 found, for its sentences, tables and figures."""

    chosen: CheckedParameters
    panels: Sequence[Panel]  # the cube `calibration` of each study, as of `with_bins`
    left_out: Sequence[str]  # in words, what is not shown
    views: Sequence[View]  # what is shown of each study, one a scaling
    trainings: Mapping[str, Trainings]  # by study, those that differ in one thing
    alike: Alike = field(default_factory=nobody)  # real networks before and after scaling
    temperatures: Temperatures = field(default_factory=lambda: read_temperatures([], []))
    experiments: Experiments = NONE  # CLIPs of another length and logit scale
    brought: Sequence[str] = ()  # studies of own models: they have panels of bins, and are counted nowhere

    @cached_property
    def length(self) -> Length:
        """Whether a CLIP of the drawn world is as sure of itself as a trained one."""
        return Length(self.experiments)

    @cached_property
    def regime(self) -> Regime:
        """The claims, asked of such CLIPs."""
        return Regime(self.experiments, self.length)

    @cached_property
    def rule_on_real(self) -> RuleOnReal:
        """How many real CLIPs are within the rule that those CLIPs are held against."""
        return rule_on_real(self.alike, self.temperatures)

    @cached_property
    def real_shape(self) -> Observers:
        """The shape bias of real CLIPs with a Vision Transformer."""
        return real_shape_bias(
            [name for name in self.chosen.studies if find_study(name).name not in self.brought]
        )

    @property
    def shape_stands(self) -> str | Missing:
        """Whether the shape bias of every CLIP that is like a trained one is `above` those, or `not`."""
        means = [self.length.mean(SHAPE, cell) for cell in self.length.alike]
        known = [mean.estimate for mean in means if isinstance(mean, Value)]
        if not known or isinstance(self.real_shape.highest, Missing):
            return Missing("the shape bias of one of the two is not known")
        return "above" if min(known) > self.real_shape.highest.estimate else "not"

    @cached_property
    def floor(self) -> Said:
        """The least ECE that a perfectly calibrated real network would show on its whole set."""
        if self._real is None:
            return Missing("no confidences of real networks are shown")
        floors = self.variants[self._real.study]["ece_floor"].dropna()
        return Value(float(floors.min())) if len(floors) else Missing("no floor on the whole set")

    def beyond_floor(self, scaling: str) -> Beside:
        """Say how CLIPs differ from standard networks of like accuracy, counted from that floor on."""
        floor = self.floor
        if isinstance(floor, Missing):
            return nothing(Beside, "no floor on the whole set")
        return self.alike.differences(scaling, floor.estimate)

    @cached_property
    def shown(self) -> list[View]:
        """One view a study, as the figures show it."""
        return leading(self.views)

    @cached_property
    def judged(self) -> dict[str, xr.Dataset]:
        """By title of the view: errors with intervals and floors."""
        return {view.title: self.judge(view, self.chosen.n_bins) for view in self.shown}

    def judge(self, view: View, n_bins: int) -> xr.Dataset:
        """Judge a view with a number of bins; see `judge_view`."""
        chosen = self.chosen
        return errors.judge_view(view, n_bins, chosen.binning, chosen.seed, chosen.confidence)

    @cached_property
    def reliability(self) -> xr.Dataset:
        """The bins of every model on the whole set."""
        return errors.reliability_panels(self.shown, self.chosen.n_bins, self.chosen.binning)

    @cached_property
    def variants(self) -> dict[str, pd.DataFrame]:
        """By study: every variant of the error on the whole set, at every scaling."""
        tables = [(view.study, variants_of(view, self.chosen.confidence)) for view in self.views]
        return {
            view.study: pd.concat([table for study, table in tables if study == view.study])
            for view in self.shown
        }

    @cached_property
    def every_model(self) -> pd.DataFrame:
        """Accuracy and debiased error of every model on every set, also of those that figures leave out."""
        return every_model(self.panels, self.chosen.confidence)

    @cached_property
    def parts(self) -> dict[str, xr.Dataset]:
        """By study: errors on the parts of the images."""
        return {view.study: self.judged[view.title].sel(condition=view.parts) for view in self.shown}

    @cached_property
    def ranks(self) -> dict[str, xr.Dataset]:
        """By study: rank correlations of error and accuracy over the parts."""
        return {view.study: errors.rank_correlations(view, self.chosen.confidence) for view in self.shown}

    @cached_property
    def real(self) -> Real:
        """What is said of real networks: those of the public record, or else of the first measured study."""
        view = self._real
        if view is None:
            return nothing(Real, "no confidences of real networks are shown")
        return real_of(view, self.judged[view.title], self.ranks[view.study], self.chosen.confidence)

    @cached_property
    def own(self) -> pd.DataFrame:
        """Errors of the reader's own models before and after scaling."""
        shown = self.brought if self.alike.study else ()
        return own_rows([panel for panel in self.panels if panel.study in shown])

    @cached_property
    def own_errors(self) -> list[OwnErrors]:
        """The same in words, beside networks of like accuracy."""
        return list(own_errors(self.own, self.alike))

    @cached_property
    def simulated(self) -> dict[str, xr.Dataset]:
        """Evaluations of other sizes, for two networks of the real study, or else of the first."""
        if self.simulated_view is None:
            return {}
        chosen = self.chosen
        return errors.sample_sizes(
            self.simulated_view, chosen.n_bins, chosen.binning, chosen.seed, chosen.confidence
        )

    @cached_property
    def sizes(self) -> Sizes:
        """What those evaluations say."""
        return sizes_of(self.simulated_view.study if self.simulated_view else "", self.simulated)

    @property
    def simulated_view(self) -> View | None:
        """The view of which evaluations of other sizes are simulated."""
        return self._real or next(iter(self.shown), None)

    @cached_property
    def changes(self) -> dict[str, xr.Dataset]:
        """By study: what a temperature changes in every model."""
        return scaling_change(self.panels, self.chosen.confidence)

    @cached_property
    def changes_of_groups(self) -> dict[str, xr.Dataset]:
        """By study: what a temperature changes in the models of a group."""
        return change_of_groups(self.changes)

    @cached_property
    def ladder(self) -> dict[Property, pd.DataFrame]:
        """Temperature and errors on every rung of the ladder."""
        return tables_of_studies(self.trainings, PROPERTIES, Trainings.ladder)

    @cached_property
    def lab(self) -> Laboratory:
        """What the first trainings say, and the first drawn study with both scalings."""
        trainings = next(iter(self.trainings.values()), Trainings(None, self.chosen.confidence))
        drawn = (panel for panel in self.panels if not is_real(panel.models))
        panel = next((panel for panel in drawn if panel.study in self.changes), None)
        return Laboratory(trainings, panel, self.changes[panel.study] if panel else None)

    @property
    def measured_in(self) -> str | None:
        """The study of real CLIPs that the ledger is asked about, as the parameters name it."""
        rows = self.temperatures.rows
        named = self.alike.study if self.alike.has_clips else None if rows.empty else rows["study"].iloc[0]
        return next((name for name in self.chosen.studies if find_study(name).name == named), None)

    @property
    def whole_sets(self) -> Text:
        """The set of images of each study that stands for all."""
        return self._listed([f"{condition_name(view.whole)} (`{view.study}`)" for view in self.shown])

    @property
    def scalings(self) -> Text:
        """Which confidences the figures show: those before scaling, or after."""
        return self._listed(list(dict.fromkeys(view.scaling for view in self.shown)))

    def _listed(self, names: Sequence[str]) -> Text:
        return listed(names) if self.shown else Missing("no confidences are shown")

    @property
    def correlated(self) -> str | Missing:
        """`yes` where some study has parts enough for a rank correlation."""
        known = any(ranks["rho"].notnull().any() for ranks in self.ranks.values())
        return "yes" if known else Missing("too few parts of the images")

    @property
    def _real(self) -> View | None:
        measured = {view.study: view for view in self.shown if is_real(view.models)}
        return measured.get(_RECORD) or next(iter(measured.values()), None)


def calibration(chosen: CheckedParameters) -> Calibration:
    """Find how far confidence can be believed, and what of a training sets it.

    Parameters
    ----------
    chosen : CheckedParameters
        Parameters of chapter 5.

    Returns
    -------
    Calibration
        What its tables, figures and sentences hold, computed when it is asked for.

    Raises
    ------
    ClipsafeError
        If a study or one of its cubes is at fault, no study has one of the conditions, or none has a cube.

    Examples
    --------
    >>> from clipsafe_utils import parameters_of
    >>> found = calibration(parameters_of("calibration", {"studies": ["published"]}))
    >>> found.real.best.name, found.real.worst.name, found.real.beyond
    (ViT, SimCLR, 4)
    """
    read = read_panels(chosen.studies, "calibration", chosen.groups)
    panels = [kept for kept in map(with_bins, read) if kept.models.sizes["model"]]
    causes = read_causes(chosen.studies)
    if not read and not causes:
        raise nothing_to_show(chosen.studies, "calibration", "causes")
    absent = left_out(chosen.studies, "calibration", chosen.groups)
    absent += [
        f"The study `{panel.study}` has {len(quoted)} networks of which a table states numbers without "
        "bins: figures of bins leave them out."
        for panel in read
        if (quoted := {*panel.models["model"].values} - {*with_bins(panel).models["model"].values})
    ]
    brought = without_a_line(read)
    record = [name for name in chosen.studies if find_study(name).name not in brought]
    return Calibration(
        chosen,
        panels,
        [*absent, *left_out_parts(panels, chosen.conditions, chosen.scaling)],
        views(panels, chosen.conditions, chosen.scaling),
        {study: Trainings(cube, chosen.confidence) for study, cube in causes.items()},
        read_alike(record, chosen.groups),
        read_temperatures(record, chosen.groups),
        read_experiments(chosen.studies, chosen.confidence),
        brought,
    )

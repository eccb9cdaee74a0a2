"""Shape or texture: everything that chapter 2 says, found once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd
import xarray as xr

from clipsafe_utils.cubes.panels import Panel, left_out, nothing_to_show, read_panels
from clipsafe_utils.cubes.selection import is_real
from clipsafe_utils.cubes.studies import find_study
from clipsafe_utils.findings.ladder import read_causes
from clipsafe_utils.findings.properties import Property
from clipsafe_utils.findings.shape.laboratory import (
    PROPERTIES,
    TEXTURE,
    Laboratory,
    laboratory_of,
    population,
    with_families,
)
from clipsafe_utils.findings.shape.observers import chosen_panels, class_means, stylised_pairs
from clipsafe_utils.findings.trainings import Trainings, tables_of_studies
from clipsafe_utils.metrics.families import difference_of_groups
from clipsafe_utils.metrics.labelled import shape_bias_table
from clipsafe_utils.parameters import CheckedParameters
from clipsafe_utils.say import Missing, Said, Text, Value, listed, nothing

_MIDDLE = 0.5
_RECORD = "published"
_NO_STYLISED = "no network was trained with and without stylised images"
_IMPLEMENTATIONS = ("alexnet-caffe", "alexnet", "vgg16-caffe", "vgg16")


@dataclass(frozen=True)
class Observers:
    """A group of observers of real models or people: their shape bias, and what it leaves out."""

    bias: Said  # of all decisions of the group together
    lowest: Said
    highest: Said
    decided: Said  # median share of images decided by either cue
    named: Said  # share of all images that are named by shape
    lowest_class: Said
    highest_class: Said  # the group's mean in the class in which it is lowest, and highest


@dataclass(frozen=True)
class Stylised:
    """What training on stylised images does, in the networks that were trained both ways."""

    gain: Said
    decided: Said
    networks: Text  # how many were trained both ways


@dataclass(frozen=True, eq=False)
class ShapeBias:
    """What chapter 2 found, for its sentences, tables and figures."""

    panels: Sequence[Panel]
    left_out: Sequence[str]  # in words
    tables: Mapping[str, xr.Dataset]  # by study, `shape_bias_table`
    models: Mapping[str, xr.Dataset]  # and the cube `models` in the same order
    causes: Mapping[str, xr.Dataset]  # by study of trainings, the cube `causes`
    described: Mapping[str, xr.Dataset]  # and the whole cube `models`
    confidence: float
    trained_in: str | None = None  # the first study of trainings, as it was asked for
    whole: Mapping[str, Panel] = field(default_factory=dict)  # by study, with all classes

    @cached_property
    def classes(self) -> dict[str, xr.Dataset]:
        """Mean shape bias by class and group, of each study."""
        return class_means(self.panels, self.confidence)

    @cached_property
    def ladder(self) -> dict[Property, pd.DataFrame]:
        """Shape bias and the share decided on every rung of the ladder."""
        shown = {name: PROPERTIES[name] for name in ("shape_bias", "cue_decided")}
        return tables_of_studies(self._trainings, shown, Trainings.ladder)

    @cached_property
    def doses(self) -> dict[Property, pd.DataFrame]:
        """Each property against the share of typical textures."""
        return tables_of_studies(
            self._trainings, PROPERTIES, lambda trained, name: trained.doses(name, TEXTURE)
        )

    @cached_property
    def people(self) -> Observers:
        """People."""
        return self._observers("human")

    @cached_property
    def standard(self) -> Observers:
        """Networks with ImageNet labels."""
        return self._observers("standard")

    @cached_property
    def robust(self) -> Observers:
        """Networks trained on stylised images."""
        return self._observers("robust_intervention")

    @cached_property
    def stylised(self) -> Stylised:
        """The networks that were trained both ways."""
        study = self._real
        pairs = None if study is None else stylised_pairs(self.tables[study], self.models[study])
        if pairs is None or not pairs.sizes["model"]:
            return nothing(Stylised, _NO_STYLISED)
        bias, families = pairs["shape_bias"].values, pairs["family"].values
        gain = difference_of_groups(bias, families, pairs["stylised"].values, self.confidence)
        decided = pairs["share_decided"].values[pairs["stylised"].values]
        return Stylised(
            with_families(gain, "architecture"), Value(float(np.median(decided))), Text(decided.size)
        )

    @property
    def adds_decisions(self) -> str | Missing:
        """Whether stylised training adds decisions to those of ordinary networks: `no` or `yes`."""
        if isinstance(self.stylised.decided, Missing) or isinstance(self.standard.decided, Missing):
            return Missing(_NO_STYLISED)
        return "yes" if self.stylised.decided.estimate > self.standard.decided.estimate else "no"

    @cached_property
    def implementations(self) -> Mapping[str, Said]:
        """Shape bias of two architectures in two implementations, and the largest difference between them."""
        bias: dict[str, float] = {}
        if self._real is not None:
            names = self.models[self._real]["checkpoint"].values.tolist()
            bias = dict(zip(names, self.tables[self._real]["shape_bias"].values.tolist(), strict=True))
        if not set(_IMPLEMENTATIONS) <= set(bias):
            none = Missing("the record lacks one of the two implementations")
            return dict.fromkeys((*_IMPLEMENTATIONS, "gap"), none)
        gap = max(bias[f"{name}-caffe"] - bias[name] for name in ("alexnet", "vgg16"))
        of_each = {name: Value(bias[name]) for name in _IMPLEMENTATIONS}
        return of_each | {"gap": Value(gap, scale="difference")}

    @cached_property
    def lab(self) -> Laboratory:
        """The first study with trainings that differ in one thing."""
        study = next(iter(self.causes), "")
        difference: Said = Missing("no zero-shot CLIP or no standard network")
        if study in self.whole:
            table = shape_bias_table(self.whole[study].cube, confidence=self.confidence)
            estimate = population(table, self.whole[study].models, self.confidence)
            difference = with_families(estimate, "source") if estimate else difference
        return laboratory_of(self.causes.get(study), self.described.get(study), difference, self.confidence)

    @property
    def images(self) -> Text:
        """How many images each observer was asked about, one number a study where they differ."""
        numbers = {study: f"{int(table['images'].max()):,}" for study, table in self.tables.items()}
        if not numbers:
            return Missing("no decisions")
        if len(set(numbers.values())) == 1:
            return Text(next(iter(numbers.values())))
        return listed([f"{number} (study {study})" for study, number in numbers.items()])

    @property
    def crossing(self) -> str | Missing:
        """Which networks of the record go by shape: `stylised` ones alone, `nobody`, or `otherwise`."""
        lowest, highest = self.robust.lowest, self.robust.highest
        if (
            isinstance(lowest, Missing)
            or isinstance(highest, Missing)
            or isinstance(self.standard.highest, Missing)
        ):
            return Missing("no network with stylised training, or none without")
        study = str(self._real)
        network = ~np.isin(self.models[study]["group"].values, ["human", "robust_intervention"])
        others_cross = bool((self.tables[study]["shape_bias"].values[network] > _MIDDLE).any())
        if others_cross or lowest.estimate <= _MIDDLE < highest.estimate:
            return "otherwise"
        return "stylised" if lowest.estimate > _MIDDLE else "nobody"

    @property
    def sides(self) -> str:
        """Whether people and standard networks stand on two sides of the middle, if both are there."""
        lowest, highest = self.people.lowest, self.standard.highest
        if isinstance(lowest, Missing) or isinstance(highest, Missing):
            return "alone"
        return "apart" if lowest.estimate > _MIDDLE > highest.estimate else "otherwise"

    @property
    def people_lead(self) -> str:
        """Whether people go by shape more than standard networks in each class of the record."""
        means = self.classes[self._real]["mean"] if self._real in self.classes else None
        if means is None or not {"human", "standard"} <= set(means["group"].values.tolist()):
            return "unknown"
        lead = means.sel(group="human").values > means.sel(group="standard").values
        return "everywhere" if lead.all() else "otherwise"

    @property
    def drawn(self) -> Text:
        """The studies of a drawn world in the headline figure."""
        names = [study for study, models in self.models.items() if not is_real(models)]
        return listed(names) if names else Missing("no study of a drawn world")

    @property
    def trained(self) -> Text:
        """The studies with trainings that differ in one thing."""
        return listed(self.causes) if self.causes else Missing("no study of trainings")

    @property
    def _trainings(self) -> dict[str, Trainings]:
        return {study: Trainings(cube, self.confidence) for study, cube in self.causes.items()}

    @property
    def _real(self) -> str | None:
        """The study that speaks of real models: the public record, or else the first measured one."""
        measured = [study for study in self.tables if is_real(self.models[study])]
        return _RECORD if _RECORD in measured else measured[0] if measured else None

    def _observers(self, group: str) -> Observers:
        study = str(self._real)
        if self._real is None or not (chosen := self.models[study]["group"].values == group).any():
            return nothing(Observers, f"no observer of the group {group}")
        rows = self.tables[study].isel(model=chosen)
        shape, texture = rows["shape_hits"].sum().item(), rows["texture_hits"].sum().item()
        bias, classes = rows["shape_bias"], self.classes.get(study)
        of_classes: list[Said] = [Missing("some class has no decision")] * 2
        if classes is not None and group in classes["group"].values:
            means = classes["mean"].sel(group=group)
            of_classes = [Value(means.min().item()), Value(means.max().item())]
        return Observers(
            Value(shape / (shape + texture)),
            Value(bias.min().item()),
            Value(bias.max().item()),
            Value(rows["share_decided"].median().item()),
            Value(shape / rows["images"].sum().item()),
            *of_classes,
        )


def shape_bias(chosen: CheckedParameters) -> ShapeBias:
    """Find what observers decide by, and what of a training sets it.

    Parameters
    ----------
    chosen : CheckedParameters
        Parameters of chapter 2.

    Raises
    ------
    ClipsafeError
        If a study or one of its cubes is at fault, no study has one of the classes, or none has a cube.

    Examples
    --------
    >>> from clipsafe_utils import parameters_of
    >>> found = shape_bias(parameters_of("shape-bias", {"studies": ["published"]}))
    >>> found.people.lowest.percent(0).replace("\N{NO-BREAK SPACE}", " ")
    '92 %'
    """
    read = read_panels(chosen.studies, "shape_bias", chosen.groups)
    sentences = left_out(chosen.studies, "shape_bias", chosen.groups)
    panels, others = chosen_panels(read, chosen.cue_classes, chosen.decision_rule)
    causes = read_causes(chosen.studies)
    studies = [study for study in map(find_study, chosen.studies) if study.name in causes]
    if not panels and not causes:
        raise nothing_to_show(chosen.studies, "shape_bias", "causes", why=others)
    return ShapeBias(
        panels,
        [*sentences, *others],
        {panel.study: shape_bias_table(panel.cube, confidence=chosen.confidence) for panel in panels},
        {panel.study: panel.models for panel in panels},
        causes,
        {study.name: study.read("models") for study in studies},
        chosen.confidence,
        next((name for name in chosen.studies if find_study(name).has("causes")), None),
        {panel.study: panel for panel in read},
    )

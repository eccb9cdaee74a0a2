"""Shape or texture: everything that chapter 2 says, found once."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from clipsafe_utils.cubes.panels import Panel, left_out, nothing_to_show, read_panels
from clipsafe_utils.cubes.schema import MULTIPLE_CHOICE
from clipsafe_utils.cubes.selection import is_real, of_source
from clipsafe_utils.cubes.studies import find_study
from clipsafe_utils.findings.experiments.cells import NONE, Experiments, read_experiments
from clipsafe_utils.findings.experiments.encoder import Encoder
from clipsafe_utils.findings.experiments.language import Language
from clipsafe_utils.findings.experiments.many_sources import ManySources
from clipsafe_utils.findings.ladder import read_causes
from clipsafe_utils.findings.own_models import without_a_line
from clipsafe_utils.findings.properties import Property
from clipsafe_utils.findings.shape.evaluations import Evaluations
from clipsafe_utils.findings.shape.laboratory import (
    PROPERTIES,
    TEXTURE,
    Laboratory,
    laboratory_of,
    population,
    with_families,
)
from clipsafe_utils.findings.shape.observers import (
    Observers,
    chosen_panels,
    class_means,
    every_evaluation,
    is_suspect,
    observers_of,
    stylised_pairs,
)
from clipsafe_utils.findings.shape.own import OwnObserver, own_observers
from clipsafe_utils.findings.shape.skill import Skill
from clipsafe_utils.findings.trainings import Trainings, tables_of_studies
from clipsafe_utils.metrics.families import difference_of_groups
from clipsafe_utils.metrics.labelled import shape_bias_table
from clipsafe_utils.parameters import CheckedParameters
from clipsafe_utils.registry.model_names import short_names
from clipsafe_utils.registry.training_sources import lineage_of
from clipsafe_utils.say import Missing, Said, Text, Value, count, listed, nothing

_MIDDLE = 0.5
_RECORD = "published"
_WEB = "wit"  # the laboratory's source that has most CLIPs
_NO_STYLISED = "no network was trained with and without stylised images"
_IMPLEMENTATIONS = ("alexnet-caffe", "alexnet", "vgg16-caffe", "vgg16")


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
    every: Mapping[str, Panel] = field(default_factory=dict)  # and with every evaluation of a network
    skills: Mapping[str, Panel] = field(default_factory=dict)  # by study, the cube `sixteen_way`
    asked: Mapping[str, str] = field(default_factory=dict)  # by study, as it was asked for
    experiments: Experiments = NONE  # beside the zoo
    brought: Sequence[Panel] = ()  # studies of own models, beside that of real models

    @cached_property
    def encoder(self) -> Encoder:
        """Vision Transformers less ResNets at equal accuracy, in the laboratory."""
        return Encoder(self.experiments)

    @cached_property
    def language(self) -> Language:
        """What is left of language when its artefacts are gone."""
        return Language(self.experiments)

    @cached_property
    def many(self) -> ManySources:
        """CLIPs of sources drawn at random."""
        return ManySources(self.experiments)

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
        return self._of_group("human")

    @cached_property
    def standard(self) -> Observers:
        """Networks with ImageNet labels."""
        return self._of_group("standard")

    @cached_property
    def robust(self) -> Observers:
        """Networks trained on stylised images."""
        return self._of_group("robust_intervention")

    @cached_property
    def more_data(self) -> Observers:
        """Networks that learnt from more labels or hashtags, not from captions."""
        return self._of_group("more_data")

    @cached_property
    def clips(self) -> Observers:
        """Zero-shot CLIPs of every encoder."""
        return self._of_group("clip_zero_shot")

    @cached_property
    def vits(self) -> Observers:
        """Zero-shot CLIPs whose image encoder is a Vision Transformer."""
        return self._of_group("clip_zero_shot", architecture="vit")

    @cached_property
    def resnets(self) -> Observers:
        """Zero-shot CLIPs whose image encoder is a ResNet."""
        return self._of_group("clip_zero_shot", architecture="resnet")

    @cached_property
    def other_vits(self) -> Observers:
        """Vision Transformers that never learnt from captions."""
        groups = ("standard", "more_data", "contrastive")
        return self._of_group(*groups, architecture="vit")

    @cached_property
    def standard_vits(self) -> Observers:
        """The Vision Transformers among the networks with ImageNet labels."""
        return self._of_group("standard", architecture="vit")

    @cached_property
    def chats(self) -> Observers:
        """Chat models that see by a CLIP and were asked for a letter."""
        return self._where(lambda panel: _is(panel.cube, "read_out", MULTIPLE_CHOICE), "no chat model")

    @cached_property
    def suspect(self) -> Observers:
        """Runs of which something is known to have gone wrong; they count nowhere."""
        return self._where(lambda panel: is_suspect(panel.models), "no suspect run")

    @property
    def sources(self) -> Text:
        """How many training sources the zero-shot CLIPs have, and of how many lineages."""
        if self._real is None:
            return Missing("no study of real models")
        models = self.models[self._real]
        names = set(models["training_source"].values[models["group"].values == "clip_zero_shot"].tolist())
        if not names:
            return Missing("no zero-shot CLIP")
        lineages = len({lineage_of(name) for name in names})
        return Text(f"{_counted(len(names), 'training source')} of {_counted(lineages, 'lineage')}")

    @property
    def has_clips(self) -> bool:
        """Whether a study of real models shows a zero-shot CLIP."""
        return not isinstance(self.clips.lowest, Missing)

    @property
    def without_language(self) -> Text:
        """How many networks trained on more data reach the lowest of CLIP's Vision Transformers."""
        if isinstance(self.vits.lowest, Missing) or self._real is None:
            return Missing("no Vision Transformer of CLIP")
        if isinstance(self.more_data.lowest, Missing):
            return Missing("no network trained on more data")
        more = self.models[self._real]["group"].values == "more_data"
        bias = self.tables[self._real]["shape_bias"].values[more]
        return count(int((bias >= self.vits.lowest.estimate).sum()), bias.size)

    @cached_property
    def lab_vits(self) -> Observers:
        """The laboratory's zero-shot CLIPs of its main web source with a Vision Transformer."""
        return self._of_laboratory(vision_transformer=True)

    @cached_property
    def lab_others(self) -> Observers:
        """The same with another encoder."""
        return self._of_laboratory(vision_transformer=False)

    @cached_property
    def evaluations(self) -> Evaluations:
        """Every evaluation of real networks, over all classes, and what differs between two of them."""
        return Evaluations(self.every.get(str(self._real)), self.confidence)

    @cached_property
    def skill(self) -> Skill:
        """Shape as a skill, of the same study."""
        people = self.people.bias
        bias = float("nan") if isinstance(people, Missing) else people.estimate
        return Skill(self.skills.get(str(self._real)), self.evaluations.bias, bias)

    @cached_property
    def own(self) -> list[OwnObserver]:
        """The reader's own models."""
        host = self.real
        if host is None:
            return []
        return [one for panel in self.brought for one in own_observers(panel, host, self.confidence)]

    @property
    def real(self) -> Panel | None:
        """What counts of the study that speaks of real models."""
        return next((panel for panel in self.panels if panel.study == self._real), None)

    @property
    def measured_in(self) -> str | None:
        """The study that speaks of real models, as it was asked for."""
        return self.asked.get(str(self._real))

    @property
    def standard_classes(self) -> tuple[Said, Said]:
        """The class in which networks with ImageNet labels go by shape least, and most."""
        return self._ends_of_classes("standard")

    @property
    def people_classes(self) -> tuple[Said, Said]:
        """The same of people."""
        return self._ends_of_classes("human")

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
    def leaning(self) -> str:
        """Which zero-shot CLIPs decide by shape more than every network with ImageNet labels.

        `all`; `vits` alone, not the ResNets; or `otherwise`. Without such networks `alone`, without CLIPs
        `labels`, without either `none`.
        """
        if isinstance(self.standard.highest, Missing):
            return "alone" if self.has_clips else "none"
        if not self.has_clips:
            return "labels"
        if self.clips.against(self.standard) == "above":
            return "all"
        are_split = not isinstance(self.resnets.lowest, Missing)
        return "vits" if are_split and self.vits.against(self.standard) == "above" else "otherwise"

    @property
    def without_captions(self) -> str | Missing:
        """Whether networks that never learnt from captions lie below CLIP's Vision Transformers.

        `below` where all do, `some` where some reach the lowest of them.
        """
        side = self.more_data.against(self.vits)
        return side if isinstance(side, Missing) else "below" if side == "below" else "some"

    @property
    def encoders(self) -> str | Missing:
        """Whether Vision Transformers are on one side of the others in the record and in the laboratory.

        `turned` where the sides are opposite, `alike` where they are the same, otherwise `open`.
        """
        sides = (self.vits.against(self.resnets), self.lab_vits.against(self.lab_others))
        for side in sides:
            if isinstance(side, Missing):
                return side
        if set(sides) == {"above", "below"}:
            return "turned"
        return "alike" if sides in (("above", "above"), ("below", "below")) else "open"

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

    def _of_group(self, *groups: str, architecture: str = "") -> Observers:
        def chosen(panel: Panel) -> NDArray[np.bool_]:
            return np.isin(panel.models["group"].values, groups) & _of_kind(panel.models, architecture)

        return self._where(chosen, f"no observer of the group {groups[0]}")

    def _of_laboratory(self, *, vision_transformer: bool) -> Observers:
        study = next((name for name in self.causes if name in self.whole), None)
        if study is None:
            return nothing(Observers, "no laboratory")
        panel = self.whole[study]
        chosen = of_source(panel.models, _WEB)
        chosen &= _of_kind(panel.models, "vit") == vision_transformer
        return _observed(panel, shape_bias_table(panel.cube), chosen, "no such CLIP in the laboratory")

    def _where(self, chosen: Callable[[Panel], NDArray[np.bool_]], reason: str) -> Observers:
        panel = self.real
        if panel is None:
            return nothing(Observers, "no study of real models")
        return _observed(panel, self.tables[panel.study], chosen(panel), reason)

    def _ends_of_classes(self, group: str) -> tuple[Said, Said]:
        classes = self.classes.get(str(self._real))
        if classes is None or group not in classes["group"].values:
            none = Missing(f"no observer of the group {group} decided an image of every class")
            return none, none
        means = classes["mean"].sel(group=group)
        return Value(means.min().item()), Value(means.max().item())


def _observed(panel: Panel, table: xr.Dataset, chosen: NDArray[np.bool_], reason: str) -> Observers:
    models = panel.models
    names = short_names(models["model"].values.tolist(), models["checkpoint"].values.tolist())
    of_them = [name for name, is_one in zip(names, chosen.tolist(), strict=True) if is_one]
    return observers_of(table.isel(model=chosen), of_them, reason)


def _of_kind(models: xr.Dataset, architecture: str) -> NDArray[np.bool_]:
    names = models["architecture"].values.tolist()
    return np.array([name.lower().startswith(architecture) for name in names], bool)


def _is(cube: xr.Dataset, name: str, value: str) -> NDArray[np.bool_]:
    return (cube[name] == value).values if name in cube else np.zeros(cube.sizes["model"], bool)


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{'s' if number > 1 else ''}"


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
    brought = without_a_line(panels)
    own = [panel for panel in panels if panel.study in brought]
    panels = [panel for panel in panels if panel.study not in brought]
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
        every_evaluation(chosen.studies, chosen.groups, chosen.decision_rule),
        {panel.study: panel for panel in read_panels(chosen.studies, "sixteen_way", chosen.groups)},
        {find_study(name).name: name for name in chosen.studies},
        read_experiments(chosen.studies, chosen.confidence),
        own,
    )

"""What shapes a CLIP: everything that chapter 7 says, found once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from clipsafe_utils.cubes.panels import left_out, nothing_to_show
from clipsafe_utils.findings.causes.effects import read_laboratories
from clipsafe_utils.findings.causes.in_laboratory import InLaboratory
from clipsafe_utils.findings.causes.in_record import InRecord
from clipsafe_utils.findings.causes.needs import Largest, laboratory_needs, record_needs
from clipsafe_utils.findings.causes.record import read_record, record_effects
from clipsafe_utils.findings.experiments.cells import NONE, Experiments, read_experiments
from clipsafe_utils.findings.experiments.language import Language
from clipsafe_utils.findings.experiments.texture import Texture
from clipsafe_utils.findings.retrieval import NO_RETRIEVAL, Retrieval, read_retrieval
from clipsafe_utils.findings.shift.clouds import Clouds
from clipsafe_utils.findings.shift.laboratory import Laboratory
from clipsafe_utils.parameters import CheckedParameters
from clipsafe_utils.registry.groups import GROUPS
from clipsafe_utils.say import Missing


@dataclass(frozen=True, eq=False)
class Causes:
    """What chapter 7 found, for its sentences, tables and figures."""

    lab: InLaboratory  # the first study of trainings
    record: InRecord  # the first study of real models
    laboratories: Mapping[str, Laboratory]  # all of them, by study
    records: Mapping[str, Clouds]
    left_out: Sequence[str]  # in words, which studies have neither
    retrieval: Retrieval = NO_RETRIEVAL  # beside accuracy, of the first study of real models that has it
    experiments: Experiments = NONE  # beside the zoo

    @cached_property
    def language(self) -> Language:
        """What is left of language when its artefacts are gone."""
        return Language(self.experiments)

    @cached_property
    def texture(self) -> Texture:
        """What of images is texture."""
        return Texture(self.experiments)

    @cached_property
    def needs(self) -> dict[str, dict[str, Largest]]:
        """For each property, the cause that moves it most, by study."""
        level = self.record.confidence
        of_records = {
            study: record_needs(
                self.record.effects if study == self.record.study else record_effects(clouds, level)
            )
            for study, clouds in self.records.items()
        }
        return of_records | {name: laboratory_needs(each, level) for name, each in self.laboratories.items()}

    @property
    def larger_step(self) -> Literal["first", "last", "differ"] | Missing:
        """Which step to more images does more for accuracy, in the laboratory and in the record."""
        of_laboratory = [change.estimate for change in self.lab.image_steps.values()]
        return larger_step(of_laboratory, self.record.image_steps)


def larger_step(
    laboratory: Sequence[float], record: Sequence[float]
) -> Literal["first", "last", "differ"] | Missing:
    """Say which step from fewer to more images does more: the first or the last, or the studies differ."""
    if min(len(laboratory), len(record)) < 2:
        return Missing("one of the studies has not two steps")
    is_first = {steps[0] > steps[-1] for steps in (laboratory, record)}
    return "differ" if len(is_first) > 1 else "first" if is_first.pop() else "last"


def causes(chosen: CheckedParameters) -> Causes:
    """Find what each choice in the training of a CLIP does, in the laboratory and in the record.

    Parameters
    ----------
    chosen : CheckedParameters
        Parameters of chapter 7.

    Raises
    ------
    ClipsafeError
        If a study or one of its cubes is at fault, or none has trainings or real CLIPs under shift.

    Examples
    --------
    >>> from clipsafe_utils import parameters_of
    >>> found = causes(parameters_of("causes", {"studies": ["published"]}))
    >>> found.record.decided, found.record.changes["LAION-80M to 400M"].id
    (samples seen and fine-tuning, +7.7 points (undecided, 2 families; same sign in 9 of 9 pairs))
    """
    laboratories = read_laboratories(chosen.studies)
    records = read_record(chosen.studies, chosen.groups)
    if not laboratories and not records:
        raise nothing_to_show(chosen.studies, "causes", "shifts")
    # The laboratory keeps all of its trainings, whatever groups are asked for.
    sentences = left_out(chosen.studies, "causes", list(GROUPS))
    sentences += left_out(chosen.studies, "shifts", chosen.groups)
    study, laboratory = next(iter(laboratories.items()), ("", None))
    record, clouds = next(iter(records.items()), ("", {}))
    return Causes(
        InLaboratory(study, laboratory, chosen.property, chosen.knob, chosen.confidence),
        InRecord(record, clouds, chosen.confidence),
        laboratories,
        records,
        sentences,
        read_retrieval(chosen.studies, chosen.groups, chosen.confidence),
        read_experiments(chosen.studies, chosen.confidence),
    )

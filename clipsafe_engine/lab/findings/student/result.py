"""The student's laboratory: what a knob does, and where one's own models stand beside the zoo."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
import xarray as xr

from clipsafe_engine.lab.findings.student.comparison import UNCHANGED_RUNG, Comparison, compare
from clipsafe_engine.lab.findings.student.in_small import Charted, reliability, residuals, shape_biases
from clipsafe_engine.lab.findings.world.put_in import PutIn, put_into, stands_at
from clipsafe_engine.lab.student.knobs import OF_TRAINING, written
from clipsafe_engine.lab.training.ledger import read_ledger
from clipsafe_engine.lab.world.world import World, load_world
from clipsafe_utils.cubes.panels import Panel, left_out, read_panels
from clipsafe_utils.cubes.selection import CLIP_GROUPS
from clipsafe_utils.cubes.source_lines import source_lines
from clipsafe_utils.cubes.studies import REPOSITORY, find_study
from clipsafe_utils.cubes.yours import PREFIX, is_yours, label_of
from clipsafe_utils.findings.ladder import LOSS_OF_RUNG, axis_of, draws_of, read_causes
from clipsafe_utils.findings.properties import Property
from clipsafe_utils.findings.trainings import DoseResponse, Trainings
from clipsafe_utils.parameters import CheckedParameters
from clipsafe_utils.say import NO_BREAK, Missing, Said, Text, Value, count, nothing, percent

DRAWN: Mapping[str, Property] = {
    "shape_bias": Property("Shape bias", "shape bias, %", is_share=True),
    "accuracy": Property("Accuracy, natural images", "accuracy, %", is_share=True),
    "accuracy_shifts": Property("Accuracy under shift", "accuracy, %", is_share=True),
    "ece_debiased_before_natural": Property("Debiased error", "error unscaled, %"),
}
"""Properties that the figure of dose and response shows."""

SOURCES = ("labels", "wit", "laion")  # training sources of which the page says where knobs stand

UNCHANGED = "clip-resnet_xs-wit-64k-s0"  # the shipped model whose training took as long as a student's

_CUBES = ("causes", "factors", "shape_bias", "calibration")


@dataclass(frozen=True)
class Middle:
    """Of each group, the median shape bias."""

    clip: Said
    standard: Said


@dataclass(frozen=True, eq=False)
class StudentLaboratory:
    """What the page of the student's laboratory says, for its sentences, tables and figures."""

    chosen: CheckedParameters  # its studies are those to show
    world: World
    trainings: Mapping[str, Trainings]  # by study that has some
    own: Sequence[tuple[xr.Dataset, str]]  # the reader's models, each after the cube `causes` with it
    left_out: Sequence[str]  # in words, which studies lack a cube

    @cached_property
    def put_in(self) -> PutIn:
        """What was put into the world."""
        return put_into(self.world)

    @property
    def stands(self) -> Text:
        """Where the knob stands in the sources."""
        places = [f"{stands_at(self.world, source, self.chosen.knob)} in {source}" for source in SOURCES]
        return Text(", ".join(places))

    @cached_property
    def seconds(self) -> Said:
        """What the training of a shipped CLIP like a student's took."""
        row = read_ledger(REPOSITORY / "weights").get(UNCHANGED)
        return Value(row.seconds, scale="number") if row else Missing("the list of the zoo lacks the model")

    @cached_property
    def shape_bias_of_knob(self) -> DoseResponse:
        """What the knob does to the shape bias of CLIPs."""
        return self.turned.dose_response("shape_bias", self.chosen.knob, LOSS_OF_RUNG[UNCHANGED_RUNG])

    @property
    def lowest(self) -> Text:
        """The lowest level of the knob that CLIPs were trained with."""
        return self._level(self.shape_bias_of_knob.low)

    @property
    def highest(self) -> Text:
        """The highest one."""
        return self._level(self.shape_bias_of_knob.high)

    @cached_property
    def doses(self) -> dict[Property, pd.DataFrame]:
        """Properties by the level of the knob, from the first study that turns it; none without one."""
        turned, knob = self.turned, self.chosen.knob
        return {panel: turned.doses(name, knob) for name, panel in DRAWN.items() if name in turned.properties}

    @property
    def turned(self) -> Trainings:
        """The trainings of the first study that turns the knob."""
        turned = (each for each in self.trainings.values() if self.chosen.knob in each.knobs)
        return next(turned, Trainings(None, self.chosen.confidence))

    @property
    def axis(self) -> tuple[str, float]:
        """Name of the knob's axis, and what its levels are multiplied by there."""
        return axis_of(self.chosen.knob)

    @property
    def is_count(self) -> bool:
        """Whether the knob is a number of things, of which equal ratios are equal steps."""
        return self.chosen.knob in OF_TRAINING

    @cached_property
    def marks(self) -> dict[str, list[tuple[str, float]]]:
        """The reader's models whose knob stands at the level of the page, by title of a panel of `DRAWN`.

        Label, and value in the unit of the panel.
        """
        turned = f"{self.chosen.knob}_{written(self.chosen.level)}"
        return {
            panel.title: [
                (label_of(model), panel.scale * float(draws_of(cube, name, [model])[0, 0]))
                for cube, model in self.own
                if turned in model.removeprefix(PREFIX).split("-") and name in cube["property"].values
            ]
            for name, panel in DRAWN.items()
        }

    @cached_property
    def yours(self) -> list[Comparison]:
        """The reader's models, each beside the unchanged recipe."""
        return [compare(cube, model, self.chosen.confidence) for cube, model in self.own]

    @cached_property
    def factors(self) -> Charted:
        """Chapter 1 in small."""
        return residuals(self._panels("factors"), self.chosen.confidence)

    @cached_property
    def shape_bias(self) -> Charted:
        """Chapter 2 in small."""
        return shape_biases(self._panels("shape_bias"), self.chosen.confidence)

    @cached_property
    def reliability(self) -> xr.Dataset:
        """Chapter 5 in small."""
        return reliability(self._panels("calibration"), self.chosen.captions)

    @property
    def beyond(self) -> Text:
        """How many measured residuals of CLIPs a network of a new standard family would not show."""
        table, models = self.factors.table, self.factors.models
        if table is None:
            return Missing("no line of standard models")
        is_clip = np.isin(models["group"].values, CLIP_GROUPS) & ~is_yours(models)
        clips = table.isel(model=is_clip)
        beyond = clips["measured"] & (abs(clips["residual"]) > clips["half_width"])
        number = int(clips["measured"].sum())
        return count(int(beyond.sum()), number) if number else Missing("no residual of a CLIP is measured")

    @property
    def middle(self) -> Middle:
        """The median shape bias of zero-shot CLIPs, and of standard networks."""
        table, models = self.shape_bias.table, self.shape_bias.models
        if table is None:
            return nothing(Middle, "no study has decisions")
        groups = (
            table["shape_bias"].values[(models["group"].values == name) & ~is_yours(models)]
            for name in ("clip_zero_shot", "standard")
        )
        none = Missing("no model of this group")
        return Middle(*(Value(float(np.median(shown))) if shown.size else none for shown in groups))

    @property
    def right_and_sure(self) -> Text:
        """How often each model of the panels of reliability is right, and how sure it is in the mean."""
        panels = self.reliability
        if not panels.sizes["panel"]:
            return Missing("no confidences of such a model")
        images = panels["bin_count"].sum("bin")
        right = panels["bin_hits"].sum("bin") / images
        sure = (panels["bin_count"] * panels["bin_confidence"]).sum("bin") / images
        return Text(
            "; ".join(
                f"{title}: right in {percent(often)}, in the mean {percent(confident)} sure"
                for title, often, confident in zip(
                    panels["title"].values, right.values, sure.values, strict=True
                )
            )
        )

    def sources(self, cube: str) -> list[str]:
        """Where the numbers that a figure takes from a cube come from, and under which licence."""
        cubes = [self.turned.cube] if cube == "causes" else [panel.cube for panel in self._panels(cube)[:1]]
        return source_lines(one for one in cubes if one is not None)

    def _panels(self, cube: str) -> list[Panel]:
        return read_panels(self.chosen.studies, cube, self.chosen.groups)

    def _level(self, level: Said) -> Text:
        if isinstance(level, Missing):
            return level
        unit = 1.0 if self.is_count else self.axis[1]
        return Text(f"{unit * level.estimate:,g}" + (f"{NO_BREAK}%" if unit > 1 else ""))


def student_laboratory(chosen: CheckedParameters) -> StudentLaboratory:
    """Find what a knob does, and where the reader's models stand.

    Parameters
    ----------
    chosen : CheckedParameters
        Parameters of the page.

    Raises
    ------
    ClipsafeError
        If a study does not exist, or one of its cubes is at fault.

    Examples
    --------
    >>> from clipsafe_utils import parameters_of
    >>> found = student_laboratory(parameters_of("student-laboratory", {"knob": "batch", "level": 64}))
    >>> found.lowest, found.highest, found.yours
    (64, 1,024, [])
    """
    causes = read_causes(chosen.studies)
    described = {study.name: study.read("models") for study in map(find_study, chosen.studies)}
    return StudentLaboratory(
        chosen,
        load_world(),
        {study: Trainings(cube, chosen.confidence) for study, cube in causes.items()},
        [(cube, model) for study, cube in causes.items() for model in yours_in(cube, described[study])],
        [text for cube in _CUBES for text in left_out(chosen.studies, cube, chosen.groups)],
    )


def yours_in(cube: xr.Dataset, models: xr.Dataset) -> list[str]:
    """Return the reader's models in a cube, in its order."""
    names = models["model"].values[is_yours(models)]
    return [str(name) for name in cube["model"].values if name in names]

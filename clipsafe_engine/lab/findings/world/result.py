"""The miniature world: everything that its page says of it, found once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
import pandas as pd

from clipsafe_engine.lab.findings.world.put_in import PutIn, put_into
from clipsafe_engine.lab.world.world import World, load_world
from clipsafe_utils.cubes.panels import Panel, left_out, read_panels
from clipsafe_utils.cubes.studies import find_study
from clipsafe_utils.findings.ladder import LOSS_OF_RUNG, SOURCES
from clipsafe_utils.findings.properties import Property
from clipsafe_utils.findings.trainings import DoseResponse, Trainings, tables_of_studies
from clipsafe_utils.parameters import CheckedParameters
from clipsafe_utils.say import Missing, Said, Text, Value, count

PROPERTIES = {
    "accuracy": "Accuracy",
    "accuracy_shifts": "Accuracy under shift",
    "shape_bias": "Shape bias",
    "auroc": "AUROC",
    "ece_debiased_before_natural": "Debiased error",
}
"""Properties of the cube `causes` that the page tabulates, and what it calls them."""

DRAWN = {
    "accuracy": Property("Accuracy, natural images", "accuracy, %", is_share=True),
    "shape_bias": Property("Shape bias", "shape bias, %", is_share=True),
    "auroc": Property("Detection of unknown images", "AUROC, %", is_share=True),
}
"""Properties that the figure of the ladder shows."""

CURATED = "labels"  # the source that the images of others are compared with

IMAGES = "images"
STEPS = {
    IMAGES: (f"other images, for those of {CURATED} (a)", "a", "a", "shape_bias"),
    "noise": ("labels read off captions, for true ones (b for a)", "b", "a", "accuracy"),
    "loss": ("CLIP's loss and names, for labels (c for a)", "c", "a", "shape_bias"),
    "captions": ("whole captions, for names (d for c)", "d", "c", "shape_bias"),
}
"""One thing changed: its title, the rungs whose difference tells, and the property that the prose says."""

SHARED_RANGE = (0.55, 0.95)  # accuracies between which standard networks and CLIPs are to be compared


@dataclass(frozen=True)
class OnWeb:
    """What one change of the training does to a property, on the images of each web source."""

    wit: Said
    laion: Said


@dataclass(frozen=True)
class Population:
    """The measured models, and how many of them stand in the range where they are to be compared."""

    models: Text
    best_clip: Said
    low: Value
    high: Value
    clips: Text
    standard: Text
    comparable: Literal["yes", "no"] | Missing  # whether some of each stand there


@dataclass(frozen=True, eq=False)
class MiniatureWorld:
    """What the page of the miniature world says, for its sentences, tables and figures."""

    world: World
    panels: Sequence[Panel]  # the cube `causes` of each study
    left_out: Sequence[str]  # in words, which studies have none
    confidence: float
    shown: Sequence[Panel] = ()  # the cube `shape_bias` of each study

    @property
    def in_chapters(self) -> Text:
        """How many models most chapters show: those in the cubes of single sets, as that of shape bias."""
        shown = [panel.models.sizes["model"] for panel in self.shown]
        return Text(shown[0]) if shown else Missing("no study has decisions on images")

    @cached_property
    def put_in(self) -> PutIn:
        """What was put into the world."""
        return put_into(self.world)

    @cached_property
    def trainings(self) -> Mapping[str, Trainings]:
        """The trainings of each study."""
        return {panel.study: Trainings(panel.cube, self.confidence) for panel in self.panels}

    @cached_property
    def ladder(self) -> dict[Property, pd.DataFrame]:
        """Properties along the ladder, a panel each."""
        return tables_of_studies(self.trainings, DRAWN, Trainings.ladder)

    @cached_property
    def steps(self) -> pd.DataFrame:
        """What one step of the ladder changes: title, source, study, and a value for each of `PROPERTIES`.

        Steps of which nothing is known are left out.
        """
        rows = [
            {
                "title": title,
                "source": f"{source} for {CURATED}" if change == IMAGES else source,
                **{name: self._step(trainings, change, source, name) for name in PROPERTIES},
                "study": study,
            }
            for study, trainings in self.trainings.items()
            for change, (title, *_) in STEPS.items()
            for source in SOURCES
        ]
        known = [row for row in rows if any(isinstance(row[name], Value) for name in PROPERTIES)]
        # As objects: pandas makes plain text of a column in which everything is missing.
        return pd.DataFrame(known, columns=["title", "source", *PROPERTIES, "study"], dtype=object)

    @cached_property
    def models(self) -> pd.DataFrame:
        """Every measured model: model, group, training_source, each of `PROPERTIES`, and study."""
        if not self.panels:
            return pd.DataFrame(columns=["model", "group", "training_source", *PROPERTIES, "study"])
        return pd.concat([_models_of(panel) for panel in self.panels], ignore_index=True)

    @cached_property
    def changes(self) -> dict[str, OnWeb]:
        """What each of `STEPS` does to the property that sentences speak of, in the first study."""
        return {
            change: OnWeb(*(self._step(self._first, change, source, name) for source in ("wit", "laion")))
            for change, (_, _, _, name) in STEPS.items()
        }

    @cached_property
    def typical(self) -> dict[str, DoseResponse]:
        """What the share of typical textures does to shape bias, under CLIP's loss and with true labels."""
        return {
            name: self._first.dose_response("shape_bias", "texture_correlation", LOSS_OF_RUNG[rung])
            for name, rung in (("clip", "d"), ("labels", "a"))
        }

    @cached_property
    def population(self) -> Population:
        """The measured models of the first study."""
        low, high = map(Value, SHARED_RANGE)
        if "accuracy" not in self._first.properties:
            none = Missing("no model was measured")
            return Population(none, none, low, high, none, none, none)
        panel = self.panels[0]
        accuracy = panel.cube["value"].sel(property="accuracy").isel(draw=0).values
        group = panel.models["group"].values
        is_shared = (accuracy >= SHARED_RANGE[0]) & (accuracy <= SHARED_RANGE[1])
        is_clip, is_standard = group == "clip_zero_shot", group == "standard"
        no_clip, no_standard = Missing("no zero-shot CLIP"), Missing("no standard network")
        clips, standard = (int((is_shared & chosen).sum()) for chosen in (is_clip, is_standard))
        return Population(
            Text(accuracy.size),
            Value(float(accuracy[is_clip].max())) if is_clip.any() else no_clip,
            low,
            high,
            count(clips, int(is_clip.sum())) if is_clip.any() else no_clip,
            count(standard, int(is_standard.sum())) if is_standard.any() else no_standard,
            "yes" if clips and standard else "no",
        )

    @property
    def _first(self) -> Trainings:
        """Those that the sentences speak of."""
        return next(iter(self.trainings.values()), Trainings(None, self.confidence))

    @staticmethod
    def _step(trainings: Trainings, change: str, source: str, property_: str) -> Said:
        _, upper, lower, _ = STEPS[change]
        return trainings.step(property_, (upper, source), (lower, CURATED if change == IMAGES else source))


def _models_of(panel: Panel) -> pd.DataFrame:
    value = panel.cube["value"].isel(draw=0).reindex(property=list(PROPERTIES))
    names = panel.cube["model"].values.tolist()
    return pd.DataFrame(
        {
            "model": [name.partition(":")[2] or name for name in names],
            "group": panel.models["group"].values,
            "training_source": panel.cube["source"].values,
            **{key: list(map(_share, value.sel(property=key).values.tolist())) for key in PROPERTIES},
            "study": panel.study,
        },
        dtype=object,
    )


def _share(value: float) -> Said:
    """Give a share; a debiased error below nothing is nothing."""
    return Missing("this study has no number of it") if np.isnan(value) else Value(max(value, 0.0))


def miniature_world(chosen: CheckedParameters) -> MiniatureWorld:
    """Find what was put into the miniature world, and what came out of the trainings in it.

    Parameters
    ----------
    chosen : CheckedParameters
        Parameters of the page.

    Raises
    ------
    ClipsafeError
        If a file of the world, a study or its cube is at fault.

    Examples
    --------
    >>> from clipsafe_utils import parameters_of
    >>> found = miniature_world(parameters_of("miniature-world", {"studies": ["published"]}))
    >>> found.put_in.classes, found.changes["images"].wit.moved
    (24, not measured)
    """
    with_trainings = [study for study in chosen.studies if find_study(study).has("causes")]
    return MiniatureWorld(
        load_world(),
        read_panels(chosen.studies, "causes", chosen.groups),
        left_out(chosen.studies, "causes", chosen.groups),
        chosen.confidence,
        read_panels(with_trainings, "shape_bias", chosen.groups),
    )

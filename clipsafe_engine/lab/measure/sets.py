"""What each set of the laboratory is for: the plan of the study `miniature`."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from clipsafe_engine.lab.measure.records import ModelRecord
from clipsafe_engine.lab.world.annotations import NO_FACTOR
from clipsafe_engine.lab.world.material import TestSet
from clipsafe_engine.lab.world.sets import ONE_FACTOR, OUT_OF_DISTRIBUTION, SHIFTS, TEXTURES, make_test_set
from clipsafe_engine.lab.world.world import World
from clipsafe_utils.cubes.schema import HEADLINE_FACTORS, OVERALL
from clipsafe_utils.measuring.plan import (
    Condition,
    CueConflict,
    ImageSet,
    InDistribution,
    Part,
    Plan,
    fitting_half,
)

NATURAL = "natural"
"""The in-distribution set; the condition of this name is the half that does not fit temperatures."""

OWN_SOURCE = "own_source"
"""Held-out images of a model's own training source, of the tested classes."""

SEQUENCES = "sequences"
ANCHORS, WHOLE = "sequences_pm0", "sequences_pmk"
"""Outcomes of the sequences: the anchor is right, all frames are right."""

KINDS_OF_SHIFT = {
    "redrawn": ("redrawn_top", "redrawn_threshold", "redrawn_plain"),
    "renditions": ("renditions",),
    "adversarial": ("adversarial_labels", "adversarial_wit"),
    "sketches": ("sketches",),
    "controlled": ("controlled",),
    "sequences": (WHOLE,),
    "stylised": ("stylised",),
}
"""The outcomes of each kind. A mean over shifts counts each kind once, as the three sets of V2 are one."""

KINDS_OF_OOD = {
    "unseen_glyphs": ("unseen_glyphs",),
    "scenes_known": ("scenes_known",),
    "scenes_unseen": ("scenes_unseen",),
    "textures": ("textures",),
    "fooling": ("fooling_labels", "fooling_wit"),
}
"""The sets of each kind; a mean counts each kind once."""


def plan_of_world(
    world: World, seed: int, prompt_sets: dict[str, tuple[str, ...]] | None = None, more: Sequence[str] = ()
) -> Plan:
    """Say what is measured on the test sets of a seed.

    Parameters
    ----------
    world : World
        The world.
    seed : int
        Of the test sets.
    prompt_sets : dict of str to tuple of str, optional
        By name, the classifiers of its subsets; none means that no other prompts are measured.
    more : sequence of str
        Sets beside those of the zoo, for accuracy and calibration.

    Returns
    -------
    Plan
        Without the set `OWN_SOURCE`, which `plan_of_model` adds.

    Raises
    ------
    ClipsafeError
        If a filtered set has no rows for this seed.
    """
    natural = make_test_set(world, NATURAL, seed)
    sequences = make_test_set(world, SEQUENCES, seed)
    frame = sequences.columns["frame"]
    conditions = {
        name: Condition(_images(sequences if name == SEQUENCES else make_test_set(world, name, seed)))
        for name in (*SHIFTS, *more)
    }
    conditions[SEQUENCES] = replace(
        conditions[SEQUENCES], asked={ANCHORS: frame == 0, WHOLE: np.ones_like(frame, np.bool_)}
    )
    alone = {
        name: Condition(_images(make_test_set(world, name, seed)), calibrated=False) for name in ONE_FACTOR
    }
    return Plan(
        in_distribution=InDistribution(_images(natural), fitting_half(len(natural.labels)), NATURAL),
        conditions=conditions | alone,
        shifts=(NATURAL, *(outcome for name in SHIFTS for outcome in conditions[name].asked or (name,))),
        factors=_factors(natural),
        ood={name: _images(make_test_set(world, name, seed)) for name in OUT_OF_DISTRIBUTION},
        cue_conflict=_cue_conflict(world, seed),
        prompt_sets=prompt_sets or {},
    )


def plan_of_model(plan: Plan, record: ModelRecord) -> Plan:
    """Add the images of a model's own source, whose labels the store holds; other prompts for the shipped."""
    own = Condition(ImageSet(OWN_SOURCE, f"{OWN_SOURCE}/{record.own_images}"))
    return replace(
        plan,
        conditions={OWN_SOURCE: own, **plan.conditions},
        prompt_sets=plan.prompt_sets if record.shipped else {},
    )


def _images(made: TestSet) -> ImageSet:
    return ImageSet(made.name, made.namespace, made.labels, made.image_ids)


def _factors(natural: TestSet) -> dict[str, dict[str, Part]]:
    """Find the images of each factor; those without any, ImageNet-X's prototypes, are left out as there."""
    top, present = natural.columns["top_factor"], natural.columns["factors"]
    known = top != NO_FACTOR
    numbered = list(enumerate(HEADLINE_FACTORS))
    alone = {
        f"alone_{texture}": {
            **{factor: Part(f"{factor}_{texture}") for factor in HEADLINE_FACTORS},
            OVERALL: Part(f"plain_{texture}"),
        }
        for texture in TEXTURES
    }
    return {
        "top": {**{name: Part(rows=top == place) for place, name in numbered}, OVERALL: Part(rows=known)},
        "multi": {
            **{name: Part(rows=present[:, place] & known) for place, name in numbered},
            OVERALL: Part(rows=known),
        },
        **alone,
    }


def _cue_conflict(world: World, seed: int) -> CueConflict:
    made = make_test_set(world, "cue_conflict", seed)
    return CueConflict(_images(made), made.columns["texture_class"], world.class_names)

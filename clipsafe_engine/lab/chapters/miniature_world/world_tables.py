"""What was put into the miniature world, as tables."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from clipsafe_engine.lab.findings.world.put_in import knob_values
from clipsafe_engine.lab.world.captions import captions, read_labels
from clipsafe_engine.lab.world.concepts import GROUPS
from clipsafe_engine.lab.world.sources import draw, label_concepts, source_parts
from clipsafe_engine.lab.world.world import World
from clipsafe_utils.registry.knobs import CAPTION_KNOBS, IMAGE_KNOBS
from clipsafe_utils.show.shown import Shown
from clipsafe_utils.show.tables import table

MAIN_KNOBS = {
    "texture_correlation": "typical texture",
    "background_correlation": "typical background",
    "extra_concepts": "things that only captions name",
    "rare_glyphs": "rare subcategory",
    "sketches": "line drawings",
    "flats": "one-coloured silhouettes",
    "posters": "textured silhouettes on white",
    "occluded": "partly hidden",
    "wrong": "caption names another thing",
    "missing": "caption names nothing",
}
"""Knobs that are shares of the images or captions, and what they are shares of."""

CONCEPTS = {
    "class": "the tested classes",
    "web_shared": "named by captions; classes of labels_wide too",
    "web": "named by captions only",
    "near": "classes of labels_wide_near; one drawing each is unseen",
    "far": "classes of labels_wide_far; like none of the unseen",
}
"""Groups of concepts and who knows them."""

_SAMPLES = 8


def concepts_table(world: World) -> Shown:
    """Tabulate the concepts by group."""
    names = {group: [item.name for item in world.concepts if item.group == group] for group in GROUPS}
    names["unseen"] = [item.kind for item in world.unseen]
    known = CONCEPTS | {"unseen": "in no source: out of distribution"}
    rows = [(group, len(kinds), known[group], ", ".join(kinds)) for group, kinds in names.items()]
    return table(
        pd.DataFrame(rows, columns=["Group", "Number", "Who knows them", "Names"]),
        "What can be seen. A concept has one to four usual drawings, a class also a rare one.",
    )


def typical_table(world: World) -> Shown:
    """Tabulate what is typical of each class."""
    rows = []
    for concept in world.concepts[: world.classes]:
        look = concept.texture
        drawn = f"{look.pattern} {look.first} and {look.second}"
        rows.append((concept.name, drawn, ", ".join(concept.backgrounds), len(concept.glyphs)))
    return table(
        pd.DataFrame(rows, columns=["Class", "Texture", "Backgrounds", "Usual drawings"]),
        "What is typical of each tested class.",
    )


def sources_table(world: World, sources: Sequence[str]) -> Shown:
    """Tabulate the main knobs of some training sources."""
    return table(
        _knobs(world, sources, "Share of", MAIN_KNOBS),
        "Where the main knobs of the training sources stand, as shares of the images or captions; "
        "a dash where a source has no captions.",
    )


def knobs_table(world: World, sources: Sequence[str]) -> Shown:
    """Tabulate every knob of some training sources under the name it has in `sources.toml`."""
    titles = {name: name for name in (*IMAGE_KNOBS, *CAPTION_KNOBS) if name not in ("classes", "templates")}
    return table(
        _knobs(world, sources, "Knob", titles),
        "Every knob, as sources.toml names it. Sizes are shares of the frame, angles are in degrees.",
    )


def _knobs(world: World, sources: Sequence[str], head: str, titles: Mapping[str, str]) -> pd.DataFrame:
    rows = [
        {head: title, **{source: knob_values(world, source, knob) for source in sources}}
        for knob, title in titles.items()
    ]
    return pd.DataFrame(rows)


def captions_table(world: World, sources: Sequence[str], seed: int) -> Shown:
    """Tabulate what the sources say about the images in the same places."""
    said = {source: sample(world, source, seed) for source in sources if source_parts(world, source).captions}
    return table(
        pd.DataFrame({"Image": range(1, _SAMPLES + 1), **said}),
        "Captions of the first images of each source. What is shown is added where the caption does not "
        "name it.",
    )


def sample(world: World, source: str, seed: int) -> list[str]:
    """Return captions of the first images of a source."""
    images = draw(world, source, _SAMPLES, seed)
    tokens = captions(world, source, images, seed)
    named = read_labels(world, source, tokens)
    # -1, for a caption that names nothing, must not count from the end.
    concept = np.append(label_concepts(world, source), -1)[named]
    return [
        text if right else f"{text} [shows: {world.concepts[shown].name}]"
        for text, right, shown in zip(
            map(world.language.text, tokens), concept == images.concept, images.concept, strict=True
        )
    ]

"""A world: all its data files, read and checked against each other."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from clipsafe_engine.lab.world.concepts import CAPTIONED, Concept, Unseen, read_concepts
from clipsafe_engine.lab.world.glyphs import Atlas, read_atlas
from clipsafe_engine.lab.world.language import Language, check_template, read_language
from clipsafe_engine.lab.world.palette import PATTERNS, Palette, read_palette
from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.registry.drawn_world import DATA, image_knobs
from clipsafe_utils.registry.knobs import (
    CaptionKnobs,
    ImageKnobs,
    SourceParts,
    check_image_knobs,
)
from clipsafe_utils.registry.toml_tables import entry, fill, read_toml


@dataclass(frozen=True)
class Typical:
    """What is typical of each concept, as numbers.

    Examples
    --------
    >>> load_world().typical.backgrounds.shape
    (64, 2)
    """

    pattern: NDArray[np.int64]
    first_colour: NDArray[np.int64]
    second_colour: NDArray[np.int64]
    angle: NDArray[np.float64]
    frequency: NDArray[np.float64]
    backgrounds: NDArray[np.int64]


@dataclass(frozen=True, eq=False)  # one world is equal to itself: it is the key of what is made once for it
class World:
    """All that images and captions are made of.

    Examples
    --------
    >>> world = load_world()
    >>> world.classes, world.concepts[world.classes].group
    (24, 'web_shared')
    """

    folder: Path
    atlas: Atlas
    palette: Palette
    concepts: tuple[Concept, ...]
    """Ordered by group: the tested classes come first."""
    unseen: tuple[Unseen, ...]
    language: Language
    image_knobs: Mapping[str, ImageKnobs]
    caption_knobs: Mapping[str, CaptionKnobs]
    sources: Mapping[str, SourceParts]

    @property
    def classes(self) -> int:
        """Number of tested classes; they are the concepts 0, 1, ... below it."""
        return len(self.in_groups(("class",)))

    @cached_property
    def class_names(self) -> tuple[str, ...]:
        """Names of the tested classes."""
        return tuple(concept.name for concept in self.concepts[: self.classes])

    def in_groups(self, groups: tuple[str, ...]) -> NDArray[np.int64]:
        """Return the numbers of the concepts of some groups, shape (k,), ascending."""
        return np.flatnonzero([concept.group in groups for concept in self.concepts])

    @cached_property
    def captioned(self) -> NDArray[np.int64]:
        """Numbers of the concepts that captions name."""
        return self.in_groups(CAPTIONED)

    @cached_property
    def common_glyphs(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Tiles of the usual glyphs, shape (concepts, most), and how many each concept has."""
        counts = np.array([len(concept.glyphs) for concept in self.concepts])
        tiles = np.full((len(self.concepts), counts.max()), -1)
        for row, concept in enumerate(self.concepts):
            tiles[row, : counts[row]] = [self.atlas.places[glyph] for glyph in concept.glyphs]
        return tiles, counts

    @cached_property
    def rare_glyphs(self) -> NDArray[np.int64]:
        """Tile of the rare glyph of each concept, -1 where it has none."""
        return np.array([self.atlas.places.get(concept.rare, -1) for concept in self.concepts])

    @cached_property
    def unseen_glyphs(self) -> NDArray[np.int64]:
        """Tiles of the unseen glyphs."""
        return np.array([self.atlas.places[item.glyph] for item in self.unseen])

    @cached_property
    def exposed(self) -> NDArray[np.bool_]:
        """Whether `labels_wide_near` shows other drawings of the kind of each unseen glyph."""
        near = {concept.name for concept in self.concepts if concept.group == "near"}
        return np.array([item.kind in near for item in self.unseen])

    @cached_property
    def typical(self) -> Typical:
        """What is typical of each concept."""
        textures = [concept.texture for concept in self.concepts]
        names = self.palette.background_names
        return Typical(
            pattern=np.array([PATTERNS.index(texture.pattern) for texture in textures]),
            first_colour=np.array([self.palette.colours.index(texture.first) for texture in textures]),
            second_colour=np.array([self.palette.colours.index(texture.second) for texture in textures]),
            angle=np.array([texture.angle for texture in textures]),
            frequency=np.array([texture.frequency for texture in textures]),
            backgrounds=np.array(
                [[names.index(name) for name in concept.backgrounds] for concept in self.concepts]
            ),
        )


def load_world(folder: Path = DATA) -> World:
    """Read a world and check that its files agree.

    Parameters
    ----------
    folder : Path
        Holds `atlas.png`, `atlas.json`, `appearance.toml`, `concepts.toml`, `captions.toml`, `sources.toml`.

    Raises
    ------
    ClipsafeError
        If a file is missing, malformed, or contradicts another.

    Examples
    --------
    >>> world = load_world()
    >>> world.class_names[:3], sorted(world.sources)[:2]
    (('airplane', 'bicycle', 'bird'), ['labels', 'labels_wide_far'])
    """
    atlas = read_atlas(folder)
    palette = read_palette(folder / "appearance.toml")
    concepts, unseen = read_concepts(folder / "concepts.toml", atlas, palette)
    names = [concept.name for concept in concepts if concept.group in CAPTIONED]
    known = [background.name for background in palette.backgrounds if background.role == "known"]
    language = read_language(folder / "captions.toml", [*names, *palette.colours, *PATTERNS, *known])
    path = folder / "sources.toml"
    table = read_toml(path)
    groups = frozenset(concept.group for concept in concepts)
    images = image_knobs(folder)
    for name, knobs in images.items():
        check_image_knobs(knobs, groups, f"{path}, [images.{name}]")
    captions = {}
    for name, row in entry(table, "captions", dict, str(path)).items():
        captions[name] = fill(CaptionKnobs, row, f"{path}, [captions.{name}]")
        for sentence in captions[name].templates:
            check_template(language, sentence, f"{path}, [captions.{name}], template {sentence!r}")
    sources = {}
    for name, row in entry(table, "source", dict, str(path)).items():
        sources[name] = fill(SourceParts, row, f"{path}, [source.{name}]")
        _check_parts(sources[name], images, captions, f"{path}, [source.{name}]")
    return World(folder, atlas, palette, concepts, unseen, language, images, captions, sources)


def _check_parts(
    parts: SourceParts, images: Mapping[str, ImageKnobs], captions: Mapping[str, CaptionKnobs], place: str
) -> None:
    for kind, names, known in (
        ("images", parts.images, set(images)),
        ("captions", parts.captions, set(captions)),
    ):
        for name in names:
            if name not in known:
                raise ClipsafeError(f"{place}: there is no [{kind}.{name}].")
    if not parts.images or (parts.captions and len(parts.captions) != len(parts.images)):
        raise ClipsafeError(
            f"{place}: expected as many captions as images, at least one of these, or no captions."
        )
    if len({images[name].classes for name in parts.images}) > 1:
        raise ClipsafeError(f"{place}: its images have different classes.")
    if parts.captions and any(set(images[name].classes) - set(CAPTIONED) for name in parts.images):
        raise ClipsafeError(f"{place}: has captions, but the names of some of its classes are no words.")

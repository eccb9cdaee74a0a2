"""The things of the world: their glyphs and what is typical of them."""

from dataclasses import dataclass, field
from pathlib import Path

from clipsafe_engine.lab.world.glyphs import Atlas
from clipsafe_engine.lab.world.palette import PATTERNS, Palette
from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.registry.toml_tables import Table, entry, fill, read_toml

GROUPS = ("class", "web_shared", "web", "near", "far")
"""The order in which concepts are numbered: tested classes, those of captions, those of `labels_wide`."""

CAPTIONED = ("class", "web_shared", "web")
"""Groups whose names are words."""


@dataclass(frozen=True)
class Texture:
    """The typical texture of a concept.

    Examples
    --------
    >>> Texture("striped", "red", "white", 30.0, 3.0).pattern
    'striped'
    """

    pattern: str
    first: str
    second: str
    angle: float = field(metadata={"low": 0, "high": 180})
    frequency: float = field(metadata={"low": 0.5, "high": 8})


@dataclass(frozen=True)
class Concept:
    """A thing that images show.

    Examples
    --------
    >>> from clipsafe_engine.lab.world.world import load_world
    >>> concept = load_world().concepts[0]
    >>> concept.name, concept.group, concept.rare
    ('airplane', 'class', 'fa:plane-departure')
    """

    name: str
    group: str
    glyphs: tuple[str, ...]
    backgrounds: tuple[str, ...]
    texture: Texture
    rare: str = ""


@dataclass(frozen=True)
class Unseen:
    """A glyph that no training source may show.

    Examples
    --------
    >>> Unseen("turtle", "mdi:turtle").kind
    'turtle'
    """

    kind: str
    glyph: str


def read_concepts(
    path: Path, atlas: Atlas, palette: Palette
) -> tuple[tuple[Concept, ...], tuple[Unseen, ...]]:
    """Read `concepts.toml`; concepts come back ordered by group.

    Raises
    ------
    ClipsafeError
        If a concept has no glyph, names something unknown, or looks like another; if an unseen glyph is seen.

    Examples
    --------
    >>> from clipsafe_engine.lab.world.world import load_world
    >>> from clipsafe_utils.registry.drawn_world import DATA
    >>> world = load_world()
    >>> concepts, unseen = read_concepts(DATA / "concepts.toml", world.atlas, world.palette)
    >>> len(concepts), len(unseen)
    (64, 24)
    """
    table = read_toml(path)
    concepts = [_concept(row, path, atlas, palette) for row in entry(table, "concept", list, str(path))]
    unseen = [fill(Unseen, row, f"{path}, [[unseen]]") for row in entry(table, "unseen", list, str(path))]
    _refuse_twins(concepts, path)
    for group in GROUPS:
        if group not in [concept.group for concept in concepts]:
            raise ClipsafeError(f"{path}: expected at least one concept of the group {group!r}.")
    shown = {glyph: concept.name for concept in concepts for glyph in (*concept.glyphs, concept.rare)}
    for item in unseen:
        if item.glyph in shown:
            raise ClipsafeError(
                f"{path}, unseen {item.kind!r}: concept {shown[item.glyph]!r} shows its glyph {item.glyph!r}."
            )
        _require_glyph(item.glyph, atlas, f"{path}, unseen {item.kind!r}")
    return tuple(sorted(concepts, key=lambda concept: GROUPS.index(concept.group))), tuple(unseen)


def _concept(row: Table, path: Path, atlas: Atlas, palette: Palette) -> Concept:
    place = f"{path}, concept {row.get('name')!r}"
    texture = fill(Texture, row.get("texture"), f"{place}, texture")
    plain = fill(_PlainConcept, {key: value for key, value in row.items() if key != "texture"}, place)
    concept = Concept(plain.name, plain.group, plain.glyphs, plain.backgrounds, texture, plain.rare)
    if not concept.glyphs:
        raise ClipsafeError(f"{place}: has no glyphs; expected at least one name from atlas.json.")
    if concept.group == "class" and not concept.rare:
        raise ClipsafeError(f"{place}: a class needs a glyph 'rare' of its rare subcategory.")
    for glyph in (*concept.glyphs, *([concept.rare] if concept.rare else [])):
        _require_glyph(glyph, atlas, place)
    known = [background.name for background in palette.backgrounds if background.role == "known"]
    for word, choices, what in (
        (concept.group, GROUPS, "group"),
        (texture.pattern, PATTERNS, "pattern"),
        (texture.first, palette.colours, "colour"),
        (texture.second, palette.colours, "colour"),
        *((background, known, "known background") for background in concept.backgrounds),
    ):
        if word not in choices:
            raise ClipsafeError(
                f"{place}: there is no {what} {word!r}; expected one of {', '.join(choices)}."
            )
    if len(set(concept.backgrounds)) != 2:
        raise ClipsafeError(f"{place}: expected two different backgrounds.")
    if texture.first == texture.second or texture.pattern == "plain":
        raise ClipsafeError(f"{place}: a typical texture needs two colours and a pattern other than plain.")
    return concept


@dataclass(frozen=True)
class _PlainConcept:
    name: str
    group: str
    glyphs: tuple[str, ...]
    backgrounds: tuple[str, ...]
    rare: str = ""


def _require_glyph(glyph: str, atlas: Atlas, place: str) -> None:
    if glyph not in atlas.places:
        raise ClipsafeError(f"{place}: the glyph {glyph!r} is not in atlas.json; draw it with make_atlas.py.")


def _refuse_twins(concepts: list[Concept], path: Path) -> None:
    names: set[str] = set()
    glyphs: set[str] = set()
    textures: set[tuple[str, str, str]] = set()
    for concept in concepts:
        own = [*concept.glyphs, *([concept.rare] if concept.rare else [])]
        if concept.name in names or len(set(own)) < len(own) or glyphs & set(own):
            raise ClipsafeError(
                f"{path}, concept {concept.name!r}: its name or one of its glyphs stands there twice."
            )
        look = (concept.texture.pattern, concept.texture.first, concept.texture.second)
        if look in textures:
            raise ClipsafeError(
                f"{path}, concept {concept.name!r}: another concept has the texture {' '.join(look)}."
            )
        names.add(concept.name)
        glyphs.update(own)
        textures.add(look)

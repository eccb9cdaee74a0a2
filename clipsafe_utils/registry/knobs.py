"""The knobs of a source: each a number with a name and a range."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, TypeVar

from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.registry.toml_tables import Table, fill


def _between(low: float, high: float) -> Any:
    return field(metadata={"low": low, "high": high})


@dataclass(frozen=True)
class ImageKnobs:
    """How the images of a source come about.

    Examples
    --------
    >>> from clipsafe_utils.registry.drawn_world import image_knobs
    >>> image_knobs()["laion"].scale_min
    0.45
    """

    classes: tuple[str, ...]
    """Groups of concepts that are drawn equally often and are the labels of the source."""
    extra_concepts: float = _between(0, 1)
    """Share of images of a concept that only captions know."""
    texture_correlation: float = _between(0, 1)
    """Share of images with the typical texture of their concept, but for the next two knobs."""
    pattern_correlation: float = _between(0, 1)
    """Of these, the share that keep the typical pattern."""
    colour_correlation: float = _between(0, 1)
    """Of these, the share that keep the typical colours."""
    background_correlation: float = _between(0, 1)
    """Share of images before one of the two typical backgrounds, beside those that get there by chance."""
    rare_glyphs: float = _between(0, 1)
    """Share of images that show the rare subcategory."""
    rotation_sd: float = _between(0, 180)
    """Standard deviation of the rotation, in degrees."""
    free_rotation: float = _between(0, 1)
    """Share of images with any rotation at all."""
    shear_sd: float = _between(0, 1)
    """Standard deviation of the shear."""
    scale_mean: float = _between(0.1, 2)
    """Mean size; 1 fills the frame."""
    scale_sd: float = _between(0, 1)
    """Standard deviation of the size, before it is cut to the next two."""
    scale_min: float = _between(0.1, 2)
    """Smallest size."""
    scale_max: float = _between(0.1, 2)
    """Largest size."""
    deformation: float = _between(0, 1)
    """Mean size of the bending of the outline, in halves of the frame."""
    occluded: float = _between(0, 1)
    """Share of images with a bar before them."""
    occlusion_min: float = _between(0, 1)
    """Least share of the frame that a bar hides."""
    occlusion_max: float = _between(0, 1)
    """Largest share of the frame that a bar hides."""
    sketches: float = _between(0, 1)
    """Share of line drawings."""
    flats: float = _between(0, 1)
    """Share of silhouettes of one colour on another."""
    posters: float = _between(0, 1)
    """Share of textured silhouettes on white."""
    light_sd: float = _between(0, 1)
    """Standard deviation of the relative brightness."""


@dataclass(frozen=True)
class CaptionKnobs:
    """How the captions of a source come about.

    Examples
    --------
    >>> CaptionKnobs(detail=0.25, wrong=0.05, missing=0.1).size_words
    True
    """

    detail: float = _between(0, 1)
    """How much is said beside the name: colours, pattern, background."""
    wrong: float = _between(0, 1)
    """Share of captions that name another concept."""
    missing: float = _between(0, 1)
    """Share of captions that name no concept."""
    size_words: bool = True
    """Whether small and large objects are sometimes called so."""
    templates: tuple[str, ...] = ()
    """Sentences to choose from; none means those of the world."""


@dataclass(frozen=True)
class SourceParts:
    """Names of the knobs of a training source; where two are named, the rows take turns.

    Examples
    --------
    >>> SourceParts(images=("laion",), captions=("wit",)).captions
    ('wit',)
    """

    images: tuple[str, ...]
    captions: tuple[str, ...]


IMAGE_KNOBS = tuple(item.name for item in fields(ImageKnobs))
CAPTION_KNOBS = tuple(item.name for item in fields(CaptionKnobs))

Knobs = TypeVar("Knobs", ImageKnobs, CaptionKnobs)


def moved(knobs: Knobs, changes: Mapping[str, object], place: str) -> Knobs:
    """Return knobs of which some stand elsewhere.

    Raises
    ------
    ClipsafeError
        If a knob is unknown or its new value is out of range.

    Examples
    --------
    >>> moved(CaptionKnobs(detail=0.25, wrong=0.0, missing=0.0), {"wrong": 0.2}, "here").wrong
    0.2
    """
    row: Table = {**vars(knobs), **changes}
    lists = {name: list(value) if isinstance(value, tuple) else value for name, value in row.items()}
    return fill(type(knobs), lists, place)


def read_image_knobs(tables: Table, place: str) -> dict[str, ImageKnobs]:
    """Read the tables `[images.*]`, each of which may be based on one above it.

    Parameters
    ----------
    tables : dict
        One table for each set of knobs.
    place : str
        The file, for the message.

    Raises
    ------
    ClipsafeError
        If a knob is missing, unknown or out of its range, or a name is unknown.

    Examples
    --------
    >>> from clipsafe_utils.registry.drawn_world import DATA
    >>> from clipsafe_utils.registry.toml_tables import read_toml
    >>> read_image_knobs(read_toml(DATA / "sources.toml")["images"], "")["wit"].scale_min
    0.5
    """
    full: dict[str, Table] = {}
    knobs = {}
    for name, row in tables.items():
        here = f"{place}, [images.{name}]"
        row = dict(row)
        base = row.pop("based_on", None)
        if base is not None and base not in full:
            raise ClipsafeError(f"{here}: based_on names {base!r}; expected a table above it.")
        full[name] = {**full.get(base, {}), **row}
        knobs[name] = fill(ImageKnobs, full[name], here)
    return knobs


def check_image_knobs(knobs: ImageKnobs, groups: frozenset[str], place: str) -> None:
    """Refuse knobs that contradict each other.

    Raises
    ------
    ClipsafeError
        If a range is empty, the styles are more than all images, or a group is unknown.

    Examples
    --------
    >>> from clipsafe_utils.registry.drawn_world import image_knobs
    >>> check_image_knobs(image_knobs()["wit"], frozenset({"class"}), "sources.toml")
    """
    for group in knobs.classes:
        if group not in groups:
            raise ClipsafeError(f"{place}, classes: no concept is of the group {group!r}.")
    if not knobs.classes:
        raise ClipsafeError(f"{place}, classes: expected at least one group of concepts.")
    if knobs.scale_min > knobs.scale_max or knobs.occlusion_min > knobs.occlusion_max:
        raise ClipsafeError(f"{place}: the least scale and occlusion must not be above the largest.")
    if knobs.sketches + knobs.flats + knobs.posters > 1:
        raise ClipsafeError(f"{place}: sketches, flats and posters must not be more than 1 together.")

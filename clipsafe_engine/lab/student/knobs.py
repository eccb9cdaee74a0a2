"""What a student can turn, what each knob means, and how far it goes."""

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import fields

from clipsafe_engine.lab.training.recipe import Recipe
from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.registry.knobs import CaptionKnobs, ImageKnobs

MEANINGS: Mapping[str, str] = {
    "texture_correlation": "share of images with the texture typical of their thing",
    "pattern_correlation": "of these, the share that keep the typical pattern",
    "colour_correlation": "of these, the share that keep the typical colours",
    "background_correlation": "share of images before a background typical of their thing",
    "extra_concepts": "share of images of a thing that only captions name",
    "rare_glyphs": "share of images that show the rare drawing of their thing",
    "rotation_sd": "standard deviation of the rotation, in degrees",
    "free_rotation": "share of images with any rotation at all",
    "shear_sd": "standard deviation of the shear",
    "scale_mean": "mean size; 1 fills the frame",
    "scale_sd": "standard deviation of the size",
    "scale_min": "smallest size",
    "scale_max": "largest size",
    "deformation": "mean bending of the outline, in halves of the frame",
    "occluded": "share of images with a bar before the thing",
    "occlusion_min": "least share of the frame that a bar hides",
    "occlusion_max": "largest share of the frame that a bar hides",
    "sketches": "share of line drawings",
    "flats": "share of silhouettes of one colour on another",
    "posters": "share of textured silhouettes on white",
    "light_sd": "standard deviation of the relative brightness",
    "detail": "degree to which captions say more than the name",
    "wrong": "share of captions that name another thing",
    "missing": "share of captions that name nothing",
    "images": "number of training images",
    "samples": "number of images seen in training, repeats counted",
    "batch": "number of images that are compared with each other's captions at once",
    "seed": "start of the random numbers: of first weights and order of the images",
}
"""Every knob that the command takes, and what it is."""

OF_TRAINING = ("images", "samples", "batch", "seed")
"""Knobs that are no part of the world."""

_FIELDS = {item.name: item for kind in (ImageKnobs, CaptionKnobs, Recipe) for item in fields(kind)}


def limits(knob: str) -> tuple[float, float]:
    """Return the lowest and the highest value of a knob.

    Examples
    --------
    >>> limits("texture_correlation"), limits("images")
    ((0, 1), (256, 1000000))
    """
    allowed = _FIELDS[knob].metadata
    return allowed["low"], allowed["high"]


def read_settings(texts: Sequence[str]) -> dict[str, float]:
    """Read what a student wrote: a knob and its value, with = between them.

    Parameters
    ----------
    texts : sequence of str
        As in ``texture_correlation=0.9``.

    Raises
    ------
    ClipsafeError
        If a text has another form, a knob is unknown or stands there twice, or a value is out of range.

    Examples
    --------
    >>> read_settings(["texture_correlation=0.9", "seed=1"])
    {'texture_correlation': 0.9, 'seed': 1}
    >>> read_settings(["texture=0.9"])  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ...
    clipsafe_utils.errors.ClipsafeError: texture=0.9: ... did you mean 'texture_correlation'?
    """
    found: dict[str, float] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals:
            raise ClipsafeError(f"{text}: write a knob and its value, as in texture_correlation=0.9.")
        if name in found:
            raise ClipsafeError(f"{text}: the knob {name!r} is set twice; one model has one value of it.")
        found[name] = checked(name, value)
    return found


def checked(name: str, value: str | float) -> float:
    """Return the value of a knob as a number within its limits; errors as in `read_settings`.

    Examples
    --------
    >>> checked("batch", 64.0), checked("wrong", "0.2")
    (64, 0.2)
    """
    said = f"{name}={value}"
    if name not in MEANINGS:
        raise ClipsafeError(f"{said}: there is no knob {name!r};{_nearest(name)}")
    try:
        number = float(value)
    except ValueError as error:
        raise ClipsafeError(f"{said}: expected a number after =, got {value!r}.") from error
    low, high = limits(name)
    if not low <= number <= high:
        raise ClipsafeError(
            f"{said}: it is the {MEANINGS[name]}; expected a number from {low:,} to {high:,}."
        )
    if name not in OF_TRAINING:
        return number
    if number != int(number):
        raise ClipsafeError(f"{said}: it is the {MEANINGS[name]}; expected a whole number.")
    return int(number)


def written(value: float) -> str:
    """Write a value without an exponent, so that it can stand in the name of a file.

    Examples
    --------
    >>> written(0.00001), written(65536), written(2.0)
    ('0.00001', '65536', '2')
    """
    return f"{value:.10f}".rstrip("0").rstrip(".")


def _nearest(name: str) -> str:
    close = difflib.get_close_matches(name, MEANINGS, n=1, cutoff=0.5)
    begun = [knob for knob in MEANINGS if name and knob.startswith(name)]
    guess = [*begun, *close]
    return f" did you mean {guess[0]!r}?" if guess else f" the knobs are {', '.join(MEANINGS)}."

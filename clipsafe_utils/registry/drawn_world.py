"""The files of the drawn world, and those of its tables that claims about it read: knobs and prompts."""

from pathlib import Path

from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.registry.knobs import ImageKnobs, read_image_knobs
from clipsafe_utils.registry.toml_tables import entry, read_toml

DATA = Path(__file__).parent / "world"
"""The folder of the world that the book uses; a copy of it is where a world of one's own begins."""


def image_knobs(folder: Path = DATA) -> dict[str, ImageKnobs]:
    """Read where the knobs of images stand, by name; whether they fit the concepts, `load_world` checks.

    Raises
    ------
    ClipsafeError
        If `sources.toml` is malformed, or as in `read_image_knobs`.

    Examples
    --------
    >>> image_knobs()["wit"].texture_correlation
    0.5
    """
    path = folder / "sources.toml"
    return read_image_knobs(entry(read_toml(path), "images", dict, str(path)), str(path))


def prompt_sets(folder: Path = DATA) -> dict[str, tuple[str, ...]]:
    """Read the sets of prompts, by name; whether their words are known, the laboratory checks.

    Raises
    ------
    ClipsafeError
        If `prompts.toml` is malformed.

    Examples
    --------
    >>> prompt_sets()["one"]
    ('a photo of a {}',)
    """
    path = folder / "prompts.toml"
    sets = {}
    for name, templates in entry(read_toml(path), "prompt_sets", dict, str(path)).items():
        place = f"{path}, prompt_sets, {name}"
        if not isinstance(templates, list) or not templates:
            raise ClipsafeError(f"{place}: expected a list of sentences, got {templates!r}.")
        for template in templates:
            if not isinstance(template, str):
                raise ClipsafeError(f"{place}: expected a sentence, got {template!r}.")
        sets[name] = tuple(templates)
    return sets

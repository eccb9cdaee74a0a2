"""Captions, and what can be read off them. Each epoch says something new about the same image."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from clipsafe_engine.lab.world.language import PAD, START, Language, check_template
from clipsafe_engine.lab.world.palette import PATTERNS
from clipsafe_engine.lab.world.parameters import NATURAL, NO_CONCEPT, SKETCH, Parameters
from clipsafe_engine.lab.world.sources import label_concepts, source_parts, turns
from clipsafe_engine.lab.world.world import World
from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.registry.knobs import CaptionKnobs

Tokens = NDArray[np.int64]

_CHANCES = (
    "missing",
    "junk",
    "wrong",
    "other_name",
    "template",
    "size",
    "pattern",
    "first",
    "second",
    "background",
)
_STREAM = 1


def captions(world: World, source: str, parameters: Parameters, seed: int, epoch: int = 0) -> Tokens:
    """Write one caption for each image of a source.

    Parameters
    ----------
    world : World
        The world, its language included.
    source : str
        The source whose captions are wanted; the images may be those of another.
    parameters : Parameters
        One row an image.
    seed, epoch : int
        Name the chance. The caption of an image depends on its place in the table, not on the number of rows.

    Returns
    -------
    ndarray of int64, shape (images, context_length)
        Tokens.

    Raises
    ------
    ClipsafeError
        If the source has no captions.
    ValueError
        If an image shows what the source has no word for.

    Examples
    --------
    >>> from clipsafe_engine.lab.world.sources import draw
    >>> from clipsafe_engine.lab.world.world import load_world
    >>> world = load_world()
    >>> written = captions(world, "labels", draw(world, "labels", images=3, seed=0), seed=0)
    >>> written.shape, int(written.max()) == world.language.end
    ((3, 14), True)
    """
    parts = source_parts(world, source)
    if not parts.captions:
        raise ClipsafeError(f"{world.folder / 'sources.toml'}, [source.{source}]: has no captions.")
    nameable = label_concepts(world, source)
    if not np.isin(parameters.concept, nameable).all():
        raise ValueError(f"parameters: some images show what source {source!r} has no word for.")
    chance = np.random.default_rng([seed, _STREAM, epoch]).random((len(parameters), len(_CHANCES)))
    chances = dict(zip(_CHANCES, chance.T, strict=True))
    written = [
        _write(world, world.caption_knobs[name], nameable, parameters, chances) for name in parts.captions
    ]
    return np.stack(written)[turns(len(parameters), len(written)), np.arange(len(parameters))]


def read_labels(world: World, source: str, tokens: Tokens) -> NDArray[np.int64]:
    """Read off each caption what it names.

    Returns
    -------
    ndarray of int64, shape (images,)
        Place in `label_concepts` of the source; -1 where the caption names nothing.

    Examples
    --------
    >>> from clipsafe_engine.lab.world.world import load_world
    >>> world = load_world()
    >>> read_labels(world, "wit", world.language.tokens(["a red car on grass", "stuff for sale"])).tolist()
    [6, -1]
    """
    label = np.full(world.language.size, NO_CONCEPT)
    for place, concept in enumerate(label_concepts(world, source)):
        label[world.language.numbers[world.concepts[concept].name]] = place
    named: NDArray[np.int64] = label[tokens].max(axis=-1)
    return named


def prompt_tokens(world: World, templates: Sequence[str], names: Sequence[str] | None = None) -> Tokens:
    """Put names into prompts.

    Parameters
    ----------
    world : World
        The world.
    templates : sequence of str
        Sentences with one `{}` each.
    names : sequence of str, optional
        What to put in: the names of the tested classes, unless told otherwise.

    Returns
    -------
    ndarray of int64, shape (names, templates, context_length)

    Raises
    ------
    ClipsafeError
        If a template is malformed or has a word that is not in the vocabulary.

    Examples
    --------
    >>> from clipsafe_engine.lab.world.world import load_world
    >>> prompt_tokens(load_world(), ["a photo of a {}", "{}"]).shape
    (24, 2, 14)
    """
    for template in templates:
        check_template(world.language, template, "prompt")
    wanted = world.class_names if names is None else names
    texts = [template.replace("{}", name) for name in wanted for template in templates]
    return world.language.tokens(texts).reshape(len(wanted), len(templates), -1)


def _write(
    world: World,
    knobs: CaptionKnobs,
    nameable: Tokens,
    parameters: Parameters,
    chances: dict[str, NDArray[np.float64]],
) -> Tokens:
    language = world.language
    missing = chances["missing"] < knobs.missing
    junk = missing & (chances["junk"] < language.junk_share)
    before, after = _templates(world, knobs, parameters, chances["template"])
    details = _details(world, knobs, parameters, chances)
    name = _names(world, knobs, nameable, parameters, chances)
    name = np.where(missing, language.numbers[language.vague_word], name)
    size, pattern, first, both, second, preposition, background = details
    said = np.column_stack((before, size, pattern, first, both, second, name, after, preposition, background))
    sentences = _padded(language, language.junk, said.shape[1])
    said = np.where(junk[:, None], sentences[(chances["template"] * len(sentences)).astype(np.int64)], said)
    return _compact(said, language)


def _names(
    world: World,
    knobs: CaptionKnobs,
    nameable: Tokens,
    parameters: Parameters,
    chances: dict[str, NDArray[np.float64]],
) -> Tokens:
    words = np.array([world.language.numbers[world.concepts[concept].name] for concept in nameable])
    place = np.searchsorted(nameable, parameters.concept)
    step = 1 + (chances["other_name"] * (len(words) - 1)).astype(np.int64)
    wrong = chances["wrong"] < knobs.wrong
    return words[np.where(wrong, (place + step) % len(words), place)]


def _templates(
    world: World, knobs: CaptionKnobs, parameters: Parameters, chance: NDArray[np.float64]
) -> tuple[Tokens, Tokens]:
    own = knobs.templates or world.language.templates
    sentences = (*own, own[0] if knobs.templates else world.language.drawing_template)
    before, after = zip(*(sentence.split("{}") for sentence in sentences), strict=True)
    which = np.where(parameters.style == SKETCH, len(own), (chance * len(own)).astype(np.int64))
    return _padded(world.language, before)[which], _padded(world.language, after)[which]


def _details(
    world: World, knobs: CaptionKnobs, parameters: Parameters, chances: dict[str, NDArray[np.float64]]
) -> tuple[Tokens, ...]:
    language, share = world.language, world.language.detail_words
    number = language.numbers
    colours = np.array([number[word] for word in world.palette.colours])
    patterns = np.array([number[word] for word in PATTERNS])
    grounds = np.array([number.get(word, PAD) for word in world.palette.background_names])
    says_first = chances["first"] < knobs.detail * share.first_colour
    says_second = says_first & (chances["second"] < knobs.detail * share.second_colour)
    # A sketch has neither colour nor pattern, and only natural images have a ground.
    coloured = parameters.style != SKETCH
    says_pattern = coloured & (chances["pattern"] < knobs.detail * share.pattern)
    says_ground = (parameters.style == NATURAL) & (chances["background"] < knobs.detail * share.background)
    says_first, says_second = says_first & coloured, says_second & coloured
    sized = knobs.size_words & (chances["size"] < language.size_words.share)
    small, big = parameters.scale < language.size_words.small, parameters.scale > language.size_words.big
    size = np.where(small, number["small"], np.where(big, number["big"], PAD))
    return (
        np.where(sized, size, PAD),
        np.where(says_pattern, patterns[parameters.pattern], PAD),
        np.where(says_first, colours[parameters.first_colour], PAD),
        np.where(says_second, number["and"], PAD),
        np.where(says_second, colours[parameters.second_colour], PAD),
        np.where(says_ground, number["on"], PAD),
        np.where(says_ground, grounds[parameters.background], PAD),
    )


def _padded(language: Language, sentences: Sequence[str], width: int = 0) -> Tokens:
    rows = [[language.numbers[word] for word in sentence.split()] for sentence in sentences]
    table = np.full((len(rows), max(width, *(len(row) for row in rows))), PAD)
    for place, row in enumerate(rows):
        table[place, : len(row)] = row
    return table


def _compact(said: Tokens, language: Language) -> Tokens:
    """Close the gaps between words and put the start and the end around them."""
    order = np.argsort(said == PAD, axis=1, kind="stable")
    words = np.take_along_axis(said, order, axis=1)[:, : language.context_length - 2]
    tokens = np.full((len(said), language.context_length), PAD)
    tokens[:, 0] = START
    tokens[:, 1 : 1 + words.shape[1]] = words
    tokens[np.arange(len(said)), 1 + (words != PAD).sum(axis=1)] = language.end
    return tokens

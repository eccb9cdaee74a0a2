"""The vocabulary and the sentences of the world, and how a text becomes tokens."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.registry.toml_tables import fill, read_toml

PAD, START = 0, 1

LONGEST_OBJECT = 8
"""Words of the fullest object: size, pattern, colour, and, colour, name, on, background."""

_SHARE = {"low": 0, "high": 1}


@dataclass(frozen=True)
class DetailWords:
    """How often each kind of word is said, as a share of the knob `detail`.

    Examples
    --------
    >>> from clipsafe_engine.lab.world.world import load_world
    >>> load_world().language.detail_words.first_colour
    1.0
    """

    pattern: float = field(metadata=_SHARE)
    first_colour: float = field(metadata=_SHARE)
    second_colour: float = field(metadata=_SHARE)
    background: float = field(metadata=_SHARE)


@dataclass(frozen=True)
class SizeWords:
    """Below and above which scale an object may be called small or big, and in what share of captions.

    Examples
    --------
    >>> from clipsafe_engine.lab.world.world import load_world
    >>> load_world().language.size_words.small
    0.6
    """

    small: float
    big: float
    share: float = field(metadata=_SHARE)


@dataclass(frozen=True)
class Language:
    """All words and sentences of a world.

    Examples
    --------
    >>> from clipsafe_engine.lab.world.world import load_world
    >>> language = load_world().language
    >>> language.end == language.size - 1
    True
    >>> language.tokens(["a photo of a cat"])[0, :8].tolist()
    [1, 69, 79, 73, 69, 5, 102, 0]
    """

    words: tuple[str, ...]
    context_length: int
    templates: tuple[str, ...]
    drawing_template: str
    junk: tuple[str, ...]
    vague_word: str
    junk_share: float
    detail_words: DetailWords
    size_words: SizeWords

    @property
    def end(self) -> int:
        """The end-of-text token. It is the largest: open_clip pools at the arg-max of the tokens."""
        return len(self.words) + 2

    @property
    def size(self) -> int:
        """Number of tokens."""
        return self.end + 1

    @cached_property
    def numbers(self) -> dict[str, int]:
        """The token of each word."""
        return {word: place + START + 1 for place, word in enumerate(self.words)}

    def tokens(self, texts: Iterable[str]) -> NDArray[np.int64]:
        """Turn texts into tokens.

        Parameters
        ----------
        texts : iterable of str
            Words of the vocabulary with spaces between.

        Returns
        -------
        ndarray of int64, shape (texts, context_length)

        Raises
        ------
        ClipsafeError
            If a word is not in the vocabulary or a text is too long.
        """
        rows = [[START, *(self._number(word, text) for word in text.split()), self.end] for text in texts]
        table = np.full((len(rows), self.context_length), PAD, np.int64)
        for place, row in enumerate(rows):
            if len(row) > self.context_length:
                raise ClipsafeError(
                    f"A text has {len(row) - 2} words; expected at most {self.context_length - 2}."
                )
            table[place, : len(row)] = row
        return table

    def text(self, tokens: Sequence[int] | NDArray[np.int64]) -> str:
        """Turn one row of tokens back into its text."""
        inside = [int(token) for token in tokens if START < token < self.end]
        return " ".join(self.words[token - START - 1] for token in inside)

    def _number(self, word: str, text: str) -> int:
        if word not in self.numbers:
            raise ClipsafeError(f"{text!r}: the word {word!r} is not in the vocabulary of captions.toml.")
        return self.numbers[word]


@dataclass(frozen=True)
class _Plain:
    context_length: int = field(metadata={"low": 4, "high": 77})
    words: tuple[str, ...]
    templates: tuple[str, ...]
    drawing_template: str
    junk: tuple[str, ...]
    vague_word: str
    junk_share: float = field(metadata=_SHARE)


def read_language(path: Path, named: Iterable[str]) -> Language:
    """Read `captions.toml`.

    Parameters
    ----------
    path : Path
        The file.
    named : iterable of str
        What captions name: concepts, colours, patterns and backgrounds. Each must be a word.

    Raises
    ------
    ClipsafeError
        If a word is missing or stands there twice, or a sentence is malformed or too long.

    Examples
    --------
    >>> from clipsafe_utils.registry.drawn_world import DATA
    >>> read_language(DATA / "captions.toml", ["cat"]).words[0]
    'airplane'
    """
    table = read_toml(path)
    detail = fill(DetailWords, table.pop("detail_words", None), f"{path}, [detail_words]")
    size = fill(SizeWords, table.pop("size_words", None), f"{path}, [size_words]")
    plain = fill(_Plain, table, str(path))
    language = Language(detail_words=detail, size_words=size, **vars(plain))
    twice = [word for word in language.numbers if language.words.count(word) > 1]
    if twice:
        raise ClipsafeError(f"{path}, words: {twice[0]!r} stands there twice.")
    for word in (*named, language.vague_word, "and", "on", "small", "big"):
        if word not in language.numbers:
            raise ClipsafeError(f"{path}, words: captions say {word!r}, which is not in the vocabulary.")
    if not language.templates or not language.junk:
        raise ClipsafeError(f"{path}: expected at least one sentence in templates and in junk.")
    for sentence in language.junk:
        language.tokens([sentence])
    for sentence in (*language.templates, language.drawing_template):
        check_template(language, sentence, f"{path}, template {sentence!r}")
    return language


def check_template(language: Language, sentence: str, place: str) -> None:
    """Refuse a sentence that cannot take an object with all its details.

    Raises
    ------
    ClipsafeError
        If the sentence has not one `{}` as a word of its own, an unknown word, or too many words.

    Examples
    --------
    >>> from clipsafe_engine.lab.world.world import load_world
    >>> check_template(load_world().language, "a photo of a {}", "captions.toml")
    """
    words = sentence.split()
    if words.count("{}") != 1:
        raise ClipsafeError(f"{place}: expected one {{}} where the object goes.")
    for word in words:
        if word != "{}" and word not in language.numbers:
            raise ClipsafeError(f"{place}: the word {word!r} is not in the vocabulary.")
    if len(words) - 1 + LONGEST_OBJECT + 2 > language.context_length:
        raise ClipsafeError(f"{place}: leaves too little room in {language.context_length} tokens.")

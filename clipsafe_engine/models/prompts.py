"""Prompts: sets of templates, the names of the classes, and the classifier that they make.

The built-in sets are the first 1, 5, 30 and 80 of one order, so that each holds the one before: first
``a photo of a {}.``, then the seven that open_clip keeps as its small set (from memory: OpenAI chose them by
forward selection, for accuracy on ImageNet), then the rest of OpenAI's 80 in their order. That the study used
sets of these sizes is known from memory alone; which templates its smaller sets held is not known.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from clipsafe_utils.errors import ClipsafeError

SIZES = (1, 5, 30, 80)
"""Templates in each of the built-in sets, whose names are these numbers."""

PLACE = "{}"
_FIRST = "a photo of a {}."


@dataclass(frozen=True)
class PromptSet:
    """Templates, each with one ``{}`` where the name of a class goes.

    Attributes
    ----------
    name : str
        What cubes call the set.
    templates : tuple of str
        In order.
    """

    name: str
    templates: tuple[str, ...]

    def texts(self, class_names: Sequence[str]) -> list[str]:
        """Return every template of the first class, then of the second, and so on.

        Examples
        --------
        >>> PromptSet("two", ("a {}.", "the {}.")).texts(["cat", "dog"])
        ['a cat.', 'the cat.', 'a dog.', 'the dog.']
        """
        return [template.replace(PLACE, name) for name in class_names for template in self.templates]


def prompt_set(name: str) -> PromptSet:
    """Return a built-in set by its size, or read one from a file.

    Parameters
    ----------
    name : str
        ``1``, ``5``, ``30`` or ``80``; or the path of a text file, which `read_prompts` reads.

    Raises
    ------
    ClipsafeError
        As `read_prompts`.

    Examples
    --------
    >>> prompt_set("5").templates[:2]
    ('a photo of a {}.', 'itap of a {}.')
    """
    if name in map(str, SIZES):
        return PromptSet(name, _in_order()[: int(name)])
    return read_prompts(Path(name))


def read_prompts(path: Path) -> PromptSet:
    """Read a set of templates from a text file, one a line; blank lines do not count.

    Parameters
    ----------
    path : Path
        In UTF-8. Its stem is the name of the set.

    Raises
    ------
    ClipsafeError
        If the file cannot be read or holds no template; or a line has no ``{}``, more than one, or stands
        twice, with its number.

    Examples
    --------
    >>> read_prompts(Path("no.txt"))
    Traceback (most recent call last):
    clipsafe_utils.errors.ClipsafeError: no.txt: no such file of prompts; the built-in sets are 1, 5, 30, 80.
    """
    if not path.is_file():
        sets = ", ".join(map(str, SIZES))
        raise ClipsafeError(f"{path}: no such file of prompts; the built-in sets are {sets}.")
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ClipsafeError(f"{path}: expected text in UTF-8 ({error}).") from error
    templates: dict[str, int] = {}
    for number, line in enumerate(map(str.strip, lines), start=1):
        if not line:
            continue
        if line.count(PLACE) != 1:
            raise ClipsafeError(
                f"{path}: line {number} has {line.count(PLACE)} places {PLACE} for the class, not one."
            )
        if line in templates:
            raise ClipsafeError(f"{path}: line {number} repeats line {templates[line]}.")
        templates[line] = number
    if not templates:
        raise ClipsafeError(f"{path}: expected templates, one a line, and found none.")
    return PromptSet(path.stem, tuple(templates))


def imagenet_class_names() -> tuple[str, ...]:
    """Return open_clip's names of the 1,000 ImageNet classes, in the order of their indices.

    Examples
    --------
    >>> imagenet_class_names()[0]
    'tench'
    """
    from open_clip import IMAGENET_CLASSNAMES

    return tuple(IMAGENET_CLASSNAMES)


def zero_shot_classifier(embeddings: NDArray[np.float32]) -> NDArray[np.float32]:
    """Average the embeddings of each class's prompts and give the means length one (Radford et al. 2021).

    Parameters
    ----------
    embeddings : ndarray of float32, shape (classes, templates, width)
        Of length one each.

    Returns
    -------
    ndarray of float32, shape (classes, width)
        The product with image embeddings is the cosine similarity.

    Examples
    --------
    >>> zero_shot_classifier(np.array([[[1, 0], [0, 1]]], np.float32))
    array([[0.70710677, 0.70710677]], dtype=float32)
    """
    means: NDArray[np.float32] = embeddings.mean(axis=1)
    means /= np.linalg.norm(means, axis=-1, keepdims=True)
    return means


def _in_order() -> tuple[str, ...]:
    from open_clip import OPENAI_IMAGENET_TEMPLATES, SIMPLE_IMAGENET_TEMPLATES

    # open_clip keeps templates as functions of the name.
    published = [template(PLACE) for template in (*SIMPLE_IMAGENET_TEMPLATES, *OPENAI_IMAGENET_TEMPLATES)]
    return tuple(dict.fromkeys((_FIRST, *published)))

"""A world of one's own: a copy of the files of the book's, changed; tested on the book's images.

All models, shipped or a student's, answer for the same test images. So the world that a student's model is
tested in has the pictures of the book's world, and the words of the student's.
"""

import hashlib
import os
import shutil
from pathlib import Path

from clipsafe_engine.lab.world.palette import PATTERNS
from clipsafe_engine.lab.world.prompts import read_single_templates
from clipsafe_engine.lab.world.world import World, load_world
from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.files import clear_scratch, scratch_folder
from clipsafe_utils.registry.drawn_world import DATA

_SPOKEN = ("captions.toml", "prompts.toml")
_DATA_FILES = (".toml", ".json", ".png")


def copy_world(folder: Path) -> list[Path]:
    """Copy the files of the book's world into a new folder, to be changed there.

    Returns
    -------
    list of Path
        The files.

    Raises
    ------
    ClipsafeError
        If the folder is already there, or cannot be written.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as place:
    ...     [path.name for path in copy_world(Path(place) / "my-world")][:3]
    ['appearance.toml', 'atlas.json', 'atlas.png']
    """
    clear_scratch(folder.parent)
    if folder.exists():
        raise ClipsafeError(f"{folder}: is already there; name a new folder, or go on changing this one.")
    with scratch_folder(folder.parent) as scratch:
        shutil.copytree(DATA, scratch / folder.name, ignore=shutil.ignore_patterns("filtered"))
        os.replace(scratch / folder.name, folder)
    return _files(folder)


def read_own_world(folder: Path) -> World:
    """Read a student's world and check that its models can be asked what the tests ask.

    Raises
    ------
    ClipsafeError
        If the folder is missing, a file is wrong, a tested class is missing, or the vocabulary lacks a word
        that the tests say.

    Examples
    --------
    >>> read_own_world(Path("nowhere"))  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ...
    clipsafe_utils.errors.ClipsafeError: nowhere: there is no such folder; ...
    """
    if not folder.is_dir():
        raise ClipsafeError(
            f"{folder}: there is no such folder; make one with: clipsafe miniature student --copy-world "
            f"{folder}"
        )
    world, tested = load_world(folder), load_world()
    read_single_templates(world)  # the prompts are needed only after the training
    if world.class_names != tested.class_names:
        changed = sorted({*world.class_names} ^ {*tested.class_names}) or ["their order"]
        raise ClipsafeError(
            f"{folder / 'concepts.toml'}: the tests ask for the book's {tested.classes} classes in their "
            f"order; this differs in {', '.join(changed)}. Change how a class looks, not which there are."
        )
    missing = [word for word in _said_in_tests(tested) if word not in world.language.numbers]
    if missing:
        raise ClipsafeError(
            f"{folder / 'captions.toml'}, words: lacks {missing[0]!r}, which the tests say; add words, but "
            f"leave those of things, colours, patterns and backgrounds."
        )
    return world


def make_test_world(own: Path, folder: Path, tested: Path = DATA) -> Path:
    """Put the pictures of the book's world and the words of a student's into a folder.

    Parameters
    ----------
    own : Path
        The student's world.
    folder : Path
        Where to put it; what is there is replaced.
    tested : Path
        The world that the test images are drawn in.

    Returns
    -------
    Path
        A folder that `load_world` reads.

    Raises
    ------
    ClipsafeError
        If a file cannot be written.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as place:
    ...     made = make_test_world(DATA, Path(place) / "tests")
    ...     load_world(made).class_names == load_world().class_names
    True
    """
    try:
        shutil.copytree(tested, folder, dirs_exist_ok=True)
        for name in _SPOKEN:
            shutil.copyfile(own / name, folder / name)
    except OSError as error:
        raise ClipsafeError(f"{folder}: cannot be written ({error.strerror or error}).") from error
    return folder


def digest(folder: Path) -> str:
    """Return what tells apart two worlds: 6 hexadecimal digits.

    Examples
    --------
    >>> len(digest(DATA))
    6
    """
    found = hashlib.sha256()
    for path in _files(folder):
        found.update(path.name.encode() + path.read_bytes())
    return found.hexdigest()[:6]


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.suffix in _DATA_FILES)


def _said_in_tests(world: World) -> list[str]:
    names = [world.concepts[number].name for number in world.captioned]
    known = [ground.name for ground in world.palette.backgrounds if ground.role == "known"]
    return [*names, *world.palette.colours, *PATTERNS, *known]

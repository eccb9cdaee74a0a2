"""The folder that a reproduction works in: emptied only of what an earlier reproduction made there."""

import re
import shutil
from pathlib import Path

from clipsafe_utils.errors import ClipsafeError

MARK = ".clipsafe-reproduction"
"""File that says whose the folder is; written before anything else, and never removed."""

_ARRAY = r"[^/]+/(?:[^/]+/)?[0-9a-f]{16}\.zarr(?:/[^/]+)*"
_HALF = r"(?:\.clipsafe-[0-9a-f]{8}-\w+/|\.)?"
_OURS = re.compile(
    rf"{re.escape(MARK)}|cubes/{_HALF}[\w.]+\.nc|measured/{_HALF}[\w.%+=,@-]+\.npz"
    rf"|(?:predictions|classifiers|images)/{_ARRAY}|\.unfinished/.+"
)
"""Every file that `reproduce` writes, by its path in the folder; a killed one leaves some half-written."""


def clear_workspace(folder: Path) -> None:
    """Make a folder ready for a reproduction: new, or emptied of what an earlier one made.

    Parameters
    ----------
    folder : Path
        Made where it does not exist.

    Raises
    ------
    ClipsafeError
        If the folder holds anything that a reproduction did not make; nothing is removed then.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     _ = Path(folder, "thesis.txt").write_text("three years of work")
    ...     clear_workspace(Path(folder))  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    clipsafe_utils.errors.ClipsafeError: ...: holds thesis.txt, which no reproduction made; give ...
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        foreign = _foreign(folder)
        if foreign is not None:
            raise ClipsafeError(
                f"{folder}: holds {foreign}, which no reproduction made; give a folder that is new or empty."
            )
        (folder / MARK).touch()
        for part in folder.iterdir():
            if part.name != MARK:
                shutil.rmtree(part)
    except OSError as error:
        raise ClipsafeError(f"{folder}: cannot be emptied ({error.strerror or error}).") from error


def _foreign(folder: Path) -> str | None:
    """Return something in the folder that no reproduction made there; None where there is nothing."""
    paths = sorted(path.relative_to(folder) for path in folder.rglob("*"))
    if paths and not (folder / MARK).is_file():
        return str(paths[0])
    for path in paths:
        place = folder / path
        if place.is_symlink() or not (place.is_dir() or _OURS.fullmatch(path.as_posix())):
            return str(path)
        if place.is_dir() and not _is_made_folder(path):
            return str(path)
    return None


def _is_made_folder(path: Path) -> bool:
    return path.parts[0] in {"cubes", "measured", "predictions", "classifiers", "images", ".unfinished"}

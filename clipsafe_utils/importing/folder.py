"""A folder of predictions: `model.toml`, and a file for each data set that is named by the set."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.importing.known_sets import HOME, KnownSet, known_sets
from clipsafe_utils.importing.own_model import Said, read_model
from clipsafe_utils.importing.tables import READERS


@dataclass(frozen=True)
class Folder:
    """What a folder holds.

    Attributes
    ----------
    path : Path
        The folder.
    said : Said
        What `model.toml` says.
    files : mapping of str to Path
        By data set, in the order of the data sets.
    """

    path: Path
    said: Said
    files: Mapping[str, Path]

    def of_role(self, role: str) -> dict[str, KnownSet]:
        """Return the sets of a role that have a file."""
        return {name: known_sets()[name] for name in self.files if known_sets()[name].role == role}


def open_folder(path: Path) -> Folder:
    """Say what a folder holds; no file but `model.toml` is read.

    Raises
    ------
    ClipsafeError
        If it is no folder, `model.toml` is wrong, a file is named by no data set or two are by one, or there
        is nothing to measure.

    Examples
    --------
    >>> open_folder(Path("nowhere"))
    Traceback (most recent call last):
    clipsafe_utils.errors.ClipsafeError: nowhere: no such folder.
    """
    if not path.is_dir():
        raise ClipsafeError(f"{path}: no such folder.")
    found: dict[str, Path] = {}
    for file in sorted(path.iterdir()):
        if file.suffix not in READERS:
            continue
        if file.stem not in known_sets():
            known = ", ".join(known_sets())
            raise ClipsafeError(f"{file}: is named by no data set; the data sets are {known}.")
        if file.stem in found:
            raise ClipsafeError(
                f"{file}: {found[file.stem].name} is of the same data set; leave one of them."
            )
        found[file.stem] = file
    if not found:
        raise ClipsafeError(f"{path}: holds no file of predictions; expected one such as {HOME}.csv.")
    files = {name: found[name] for name in known_sets() if name in found}
    opened = Folder(path, read_model(path), files)
    if opened.of_role("ood") and HOME not in files:
        missing = f"OOD sets are measured against the scores of {HOME}, of which there is no file"
        raise ClipsafeError(f"{path}: {missing}.")
    return opened

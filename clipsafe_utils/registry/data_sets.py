"""What the data sets are: title, licence, address, size, checksum, and where their images are unpacked to."""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path

from clipsafe_utils.errors import ClipsafeError

NOT_PUBLISHED = "not published"


@dataclass(frozen=True)
class DataSet:
    """One data set.

    Attributes
    ----------
    name : str
        What the command line calls it.
    title : str
        What people call it.
    role : str
        What the study uses it for: id, shift, ood, cue_conflict or sample.
    conditions : tuple of str
        The conditions or OOD sets of the cubes that it measures.
    images : int
        Images that the study uses of a whole copy.
    licence : str
        Its terms, in a few words.
    page : str
        Where its authors speak of it.
    get : str
        How to get it where there is no open address.
    layout : str
        The adapter that reads it.
    folders : tuple of str
        Where its images may lie below the root, as its archive unpacks; the first that is there is read.
    archive : str
        Open address of the archive; empty where there is none.
    bytes : int
        Size of the archive; 0 where it is not published.
    checksum : str
        `sha256:` or `md5:` and the digits; empty where it is not published.
    webdataset : str
        Name of the copy that CLIP_benchmark publishes as webdataset shards; empty where there is none.
    webdataset_images : int
        Images of that copy.
    draws : str
        Namespace of the paired bootstrap: sets that share images share it.
    """

    name: str
    title: str
    role: str
    conditions: tuple[str, ...]
    images: int
    licence: str
    page: str
    layout: str
    folders: tuple[str, ...]
    draws: str
    get: str = ""
    archive: str = ""
    bytes: int = 0
    checksum: str = ""
    webdataset: str = ""
    webdataset_images: int = 0

    def find(self, root: Path) -> Path | None:
        """Return where the set lies below a root: its official layout first, then the shards, else None."""
        shards = (f"wds_{self.webdataset}",) if self.webdataset else ()
        return next((root / folder for folder in (*self.folders, *shards) if (root / folder).exists()), None)

    def is_webdataset(self, place: Path) -> bool:
        """Whether a place that `find` gave holds webdataset shards."""
        return bool(self.webdataset) and place.name == f"wds_{self.webdataset}"

    def expected_images(self, place: Path) -> int:
        """Images that a whole copy at a place that `find` gave has."""
        return self.webdataset_images if self.is_webdataset(place) else self.images

    def describe(self) -> dict[str, object]:
        """Return what `clipsafe datasets` says of the set.

        Examples
        --------
        >>> data_set("imagenet-a").describe()["bytes"]
        687552512
        """
        return {
            "name": self.name,
            "title": self.title,
            "role": self.role,
            "images": self.images,
            "licence": self.licence,
            "page": self.page,
            "archive": self.archive or self.get,
            "bytes": self.bytes or NOT_PUBLISHED,
            "checksum": self.checksum or NOT_PUBLISHED,
            "folder": self.folders[0],
            "webdataset": f"wds_{self.webdataset}" if self.webdataset else "",
        }


@cache
def data_sets() -> dict[str, DataSet]:
    """Return all data sets by name, in the order of the documentation.

    Examples
    --------
    >>> data_sets()["imagenet-sketch"].images
    50889
    """
    text = files("clipsafe_utils.registry").joinpath("data_sets.toml").read_text(encoding="utf-8")
    return {row["name"]: _from_row(row) for row in tomllib.loads(text)["set"]}


def data_set(name: str) -> DataSet:
    """Return one data set.

    Raises
    ------
    ClipsafeError
        If there is none of that name.

    Examples
    --------
    >>> data_set("textures").title
    'Describable Textures'
    """
    known = data_sets()
    if name not in known:
        raise ClipsafeError(f"There is no data set '{name}'; there are {', '.join(known)}.")
    return known[name]


def _from_row(row: dict[str, object]) -> DataSet:
    lists = {key: tuple(value) for key, value in row.items() if isinstance(value, list)}
    return DataSet(**({"draws": row["name"]} | row | lists))  # type: ignore[arg-type]

"""Opening a data set, in whatever layout it lies on disk."""

from pathlib import Path

from clipsafe_engine.datasets.image_list import ImageList
from clipsafe_engine.datasets.layouts import LAYOUTS
from clipsafe_engine.datasets.webdataset import open_webdataset
from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.registry.data_sets import DataSet


def open_images(data_set: DataSet, root: Path) -> ImageList:
    """List the images of a data set.

    Parameters
    ----------
    data_set : DataSet
        Which one.
    root : Path
        The folder below which it lies.

    Raises
    ------
    ClipsafeError
        If the set is not there, or its files are not those of the layout.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from clipsafe_utils.registry.data_sets import data_set
    >>> with TemporaryDirectory() as name:
    ...     folder = Path(name, "imagenetv2-top-images-format-val", "10")
    ...     folder.mkdir(parents=True)
    ...     _ = (folder / "0af3.jpeg").write_bytes(b"")
    ...     images = open_images(data_set("imagenet-v2-top-images"), Path(name))
    >>> images.image_ids.tolist(), images.labels.tolist()
    (['10/0af3.jpeg'], [10])
    """
    place = data_set.find(root)
    if place is None:
        raise ClipsafeError(f"{root}: holds no {data_set.title}; expected {root / data_set.folders[0]}.")
    if data_set.is_webdataset(place):
        return open_webdataset(data_set, place)
    return LAYOUTS[data_set.layout](data_set, place)

"""One read and one decode of each image, however many models look at it; cut ahead of the networks."""

import time
from collections import deque
from collections.abc import Generator, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clipsafe_engine.datasets.decoding import decoded
from clipsafe_engine.datasets.image_list import ImageList
from clipsafe_engine.models.transforms import Crop
from clipsafe_utils.errors import ClipsafeError

AHEAD_BYTES = 2**29
"""Pixels that may wait for the networks."""

AHEAD_IMAGES = 256
"""Images that may wait, at most."""


@dataclass(frozen=True)
class Request:
    """One image of a data set and the crops that are wanted of it."""

    images: ImageList
    index: int
    crops: tuple[Crop, ...]


@dataclass(frozen=True, eq=False)
class CutImage:
    """The crops of one image; black, with the reason, where it could not be decoded."""

    pixels: Sequence[NDArray[np.uint8]]
    fault: str | None = None


def cut(request: Request) -> CutImage:
    """Read and decode an image once and cut it in every way that is wanted.

    Raises
    ------
    ClipsafeError
        If the file system fails. A file that is there but no whole image is a fault of the image instead.
    """
    try:
        image = decoded(request.images, request.index)
    except ClipsafeError as error:
        if isinstance(error.__cause__, OSError) and error.__cause__.errno is not None:
            raise
        black = [np.zeros((crop.size, crop.size, 3), np.uint8) for crop in request.crops]
        return CutImage(black, str(error))
    return CutImage([crop(image) for crop in request.crops])


class Cutter:
    """Cuts images in threads, some images ahead of whoever takes them.

    Decoding and resizing leave Python's lock, so threads use all cores and no pixel moves between processes.

    Attributes
    ----------
    waited : float
        Seconds for which the taker had to wait.
    """

    def __init__(self, threads: int) -> None:
        self._threads = threads
        self.waited = 0.0

    def cut_ahead(self, requests: Iterable[Request]) -> Generator[CutImage, None, None]:
        """Yield the images in the order in which they are asked for.

        Raises
        ------
        ClipsafeError
            As in `cut`.
        """
        waiting: deque[Future[CutImage]] = deque()
        pool = ThreadPoolExecutor(self._threads, thread_name_prefix="clipsafe-cut")
        try:
            for request in requests:
                waiting.append(pool.submit(cut, request))
                if len(waiting) > _images_ahead(request.crops, self._threads):
                    yield self._taken(waiting)
            while waiting:
                yield self._taken(waiting)
        finally:
            pool.shutdown(cancel_futures=True)

    def _taken(self, waiting: "deque[Future[CutImage]]") -> CutImage:
        began = time.perf_counter()
        image = waiting.popleft().result()
        self.waited += time.perf_counter() - began
        return image


def _images_ahead(crops: Sequence[Crop], threads: int) -> int:
    image_bytes = sum(3 * crop.size**2 for crop in crops)
    return max(2 * threads, min(AHEAD_BYTES // image_bytes, AHEAD_IMAGES))

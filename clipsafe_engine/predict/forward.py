"""Running networks on cut pixels, in smaller batches where the memory of the device does not do."""

from collections.abc import Mapping

import numpy as np
import torch
from numpy.typing import NDArray

from clipsafe_engine.models.transforms import Crop, Transform
from clipsafe_engine.predict.interfaces import Model
from clipsafe_utils.errors import ClipsafeError


class Batch:
    """The pixels of some images, in each crop; normalised once for all models that normalise alike."""

    def __init__(self, pixels: Mapping[Crop, NDArray[np.uint8]]) -> None:
        self._pixels = pixels
        self._normalised: dict[tuple[Transform, torch.device], torch.Tensor] = {}

    def normalised(self, transform: Transform, device: torch.device) -> torch.Tensor:
        """Return what the network takes, float32 (images, 3, side, side)."""
        key = (transform, device)
        if key not in self._normalised:
            self._normalised[key] = normalise(self._pixels[transform.crop], transform, device)
        return self._normalised[key]


def normalise(pixels: NDArray[np.uint8], transform: Transform, device: torch.device) -> torch.Tensor:
    """Normalise pixels on the device: a quarter of the bytes travel. Bit for bit `transform.normalise`.

    Parameters
    ----------
    pixels : ndarray of uint8, shape (images, side, side, 3)
        What the transform's crop gave.
    transform : Transform
        Its mean and standard deviation are used.
    device : torch.device
        Where the result lies.

    Examples
    --------
    >>> plain = Transform(Crop(8, 8), mean=(0.5, 0.5, 0.5), std=(0.5, 0.5, 0.5))
    >>> normalise(np.full((1, 8, 8, 3), 255, np.uint8), plain, torch.device("cpu")).unique()
    tensor([1.])
    """
    planes = torch.from_numpy(pixels).to(device).permute(0, 3, 1, 2).contiguous().float().div_(255)
    mean, std = (
        torch.tensor(value, device=device)[:, None, None] for value in (transform.mean, transform.std)
    )
    return planes.sub_(mean).div_(std)


class Runner:
    """One network, and the largest batch that its device was found to hold.

    Parameters
    ----------
    name : str
        Of the model, for messages.
    model : Model
        The network.
    transform : Transform
        Its preprocessing.
    """

    def __init__(self, name: str, model: Model, transform: Transform) -> None:
        self._name, self._model, self._transform = name, model, transform
        self._largest: int | None = None

    def __call__(self, batch: Batch) -> NDArray[np.float32]:
        """Return what the network says of a batch, (images, classes) or (images, width).

        Raises
        ------
        ClipsafeError
            If a single image needs more memory than there is, or a value is not a finite number.
        """
        while True:
            try:
                values = self._in_parts(batch.normalised(self._transform, self._model.device))
                break
            except torch.OutOfMemoryError as error:
                self._halve(error)
        if not np.isfinite(values).all():
            raise ClipsafeError(f"{self._name}: gives values that are not finite; run it in float32.")
        return values

    def _in_parts(self, inputs: torch.Tensor) -> NDArray[np.float32]:
        size = min(self._largest or len(inputs), len(inputs))
        self._tried = size
        return np.concatenate([self._model.forward(part) for part in inputs.split(size)])

    def _halve(self, error: torch.OutOfMemoryError) -> None:
        if self._tried == 1:
            raise ClipsafeError(
                f"{self._name}: one image needs more memory than {self._model.device} has."
            ) from error
        self._largest = self._tried // 2
        if self._model.device.type == "cuda":
            torch.cuda.empty_cache()

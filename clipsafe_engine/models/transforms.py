"""Preprocessing as data: models whose images are cut alike share one cut, whatever they normalise by.

The pixels are those of timm's and open_clip's own transforms for evaluation, bit for bit, but for images that
are not RGB: those are converted before the resize, as timm does, not after it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import floor
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from clipsafe_utils.errors import ClipsafeError

if TYPE_CHECKING:
    from torch import Tensor

Interpolation = Literal["bicubic", "bilinear"]
_RESAMPLING = {"bicubic": Image.Resampling.BICUBIC, "bilinear": Image.Resampling.BILINEAR}


@dataclass(frozen=True)
class Crop:
    """How an image becomes a square of pixels: a resize, then the square in its centre.

    Attributes
    ----------
    resize : int
        Length of the shorter side after the resize, pixels.
    size : int
        Side of the square, pixels; at most `resize`.
    interpolation : str
        Filter of the resize, with antialiasing.
    squash : bool
        Whether both sides become `resize`, so that the aspect ratio is lost.
    """

    resize: int
    size: int
    interpolation: Interpolation = "bicubic"
    squash: bool = False

    def __call__(self, image: Image.Image) -> NDArray[np.uint8]:
        """Cut an image.

        Returns
        -------
        ndarray of uint8, shape (size, size, 3)
            RGB.

        Examples
        --------
        >>> Crop(resize=8, size=6)(Image.new("RGB", (20, 10), "red")).shape
        (6, 6, 3)
        """
        rgb = image.convert("RGB")
        resized = rgb.resize(self._resized(rgb.size), _RESAMPLING[self.interpolation])
        left, top = (round((side - self.size) / 2) for side in resized.size)
        return np.asarray(resized.crop((left, top, left + self.size, top + self.size)))

    def _resized(self, sides: tuple[int, int]) -> tuple[int, int]:
        if self.squash:
            return self.resize, self.resize
        width, height = sides
        if width <= height:
            return self.resize, int(self.resize * height / width)
        return int(self.resize * width / height), self.resize


@dataclass(frozen=True)
class Transform:
    """What a model is fed: the cut pixels, normalised. Equal transforms are equal and hash alike.

    Attributes
    ----------
    crop : Crop
        What the pixels are.
    mean, std : tuple of float
        Subtracted from, then divided into, pixels from 0 to 1; one a channel.
    """

    crop: Crop
    mean: tuple[float, float, float]
    std: tuple[float, float, float]

    def __call__(self, image: Image.Image) -> "Tensor":
        """Turn an image into what the network takes.

        Returns
        -------
        torch.Tensor of float32, shape (3, size, size)

        Examples
        --------
        >>> half = Transform(Crop(8, 8), mean=(0.5, 0.5, 0.5), std=(0.5, 0.5, 0.5))
        >>> half(Image.new("RGB", (8, 8), "red"))[:, 0, 0].tolist()
        [1.0, -1.0, -1.0]
        """
        import torch

        return torch.from_numpy(self.normalise(self.crop(image)[np.newaxis])[0])

    def normalise(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Normalise cut images.

        Parameters
        ----------
        pixels : ndarray of uint8, shape (images, size, size, 3)
            What `crop` gave.

        Returns
        -------
        ndarray of float32, shape (images, 3, size, size)

        Examples
        --------
        >>> plain = Transform(Crop(8, 8), mean=(0.0, 0.0, 0.0), std=(1.0, 1.0, 1.0))
        >>> plain.normalise(np.full((1, 8, 8, 3), 51, np.uint8))[0, 0, 0, :2]
        array([0.2, 0.2], dtype=float32)
        """
        planes = np.ascontiguousarray(pixels.transpose(0, 3, 1, 2)).astype(np.float32)
        planes /= np.float32(255)
        planes -= np.array(self.mean, np.float32)[:, np.newaxis, np.newaxis]
        planes /= np.array(self.std, np.float32)[:, np.newaxis, np.newaxis]
        return planes


def from_timm(config: Mapping[str, Any]) -> Transform:
    """Read the transform from what `timm.data.resolve_model_data_config` returns.

    Raises
    ------
    ClipsafeError
        If the network is not fed squares cut from the centre.

    Examples
    --------
    >>> plain = {"interpolation": "bilinear", "crop_mode": "center", "mean": (0, 0, 0), "std": (1, 1, 1)}
    >>> from_timm({"input_size": (3, 224, 224), "crop_pct": 0.875, **plain}).crop.resize
    256
    """
    *_, height, width = config["input_size"]
    mode = config["crop_mode"]
    if height != width or mode not in ("center", "squash") or config["crop_pct"] > 1:
        raise ClipsafeError(f"Preprocessing {dict(config)} is none that we have: expected a central square.")
    crop = Crop(
        floor(height / config["crop_pct"]), height, _interpolation(config["interpolation"]), mode == "squash"
    )
    return Transform(crop, _channels(config["mean"]), _channels(config["std"]))


def from_open_clip(config: Mapping[str, Any]) -> Transform:
    """Read the transform from an open_clip model's ``visual.preprocess_cfg``.

    Raises
    ------
    ClipsafeError
        If the network is not fed squares cut from the centre.

    Examples
    --------
    >>> plain = {"interpolation": "bicubic", "mean": (0, 0, 0), "std": (1, 1, 1)}
    >>> from_open_clip({"size": 224, "resize_mode": "shortest", **plain}).crop
    Crop(resize=224, size=224, interpolation='bicubic', squash=False)
    """
    sides = config["size"] if isinstance(config["size"], tuple | list) else (config["size"],)
    mode = config["resize_mode"]
    if len(set(sides)) != 1 or mode not in ("shortest", "squash"):
        raise ClipsafeError(f"Preprocessing {dict(config)} is none that we have: expected a central square.")
    crop = Crop(sides[0], sides[0], _interpolation(config["interpolation"]), mode == "squash")
    return Transform(crop, _channels(config["mean"]), _channels(config["std"]))


def _interpolation(name: str) -> Interpolation:
    if name not in ("bicubic", "bilinear"):
        raise ClipsafeError(f"Interpolation '{name}' is none that we have: expected bicubic or bilinear.")
    return "bilinear" if name == "bilinear" else "bicubic"


def _channels(values: Any) -> tuple[float, float, float]:
    red, green, blue = (float(value) for value in values)
    return red, green, blue

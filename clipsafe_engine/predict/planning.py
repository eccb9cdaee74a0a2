"""What a run will cost, from rates that were measured: images, reads, passes, hours and storage."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from clipsafe_engine.models.loading import library_of, transform_of
from clipsafe_engine.models.transforms import Crop
from clipsafe_engine.predict.jobs import rounds
from clipsafe_engine.predict.run import STORED_DTYPE
from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.files import replacing
from clipsafe_utils.registry.catalogue import ModelEntry

CLASSES = 1000
VALUE_BYTES = np.dtype(STORED_DTYPE).itemsize


@dataclass(frozen=True)
class Demand:
    """What one model asks for.

    Attributes
    ----------
    name : str
        The model.
    parameters : int
        Numbers that it holds.
    crop : Crop
        How its images are cut.
    width : int
        Values that are stored of an image.
    """

    name: str
    parameters: int
    crop: Crop
    width: int

    @property
    def preprocessing(self) -> str:
        """The crop in words."""
        return repr(self.crop)

    @property
    def effort(self) -> float:
        """Parameters times pixels: what seconds of models that were not measured are taken to go with."""
        return self.parameters * self.crop.size**2


@dataclass(frozen=True)
class Rates:
    """Seconds that were measured on one machine.

    Attributes
    ----------
    machine : str
        Device and precision, in words.
    cores : int
        Of the machine.
    parameters_at_once : int
        That its device holds, as in `Settings`.
    decode : float
        To read and decode an image, on one core.
    crop : float
        To cut it once, on one core.
    per_effort : float
        Median over the models that were measured, of seconds an image over parameters times pixels.
    forward : mapping of str to float
        By model, an image through the network.
    """

    machine: str
    cores: int
    parameters_at_once: int
    decode: float
    crop: float
    per_effort: float
    forward: Mapping[str, float]

    def write(self, path: Path) -> None:
        """Write the rates as JSON.

        Raises
        ------
        ClipsafeError
            If the file cannot be written.
        """
        with replacing(path) as temporary:
            temporary.write_text(json.dumps(asdict(self), indent=1) + "\n")

    @classmethod
    def read(cls, path: Path) -> "Rates":
        """Read rates.

        Raises
        ------
        ClipsafeError
            If the file is missing or holds anything else.

        Examples
        --------
        >>> Rates.read(Path("nowhere.json"))
        Traceback (most recent call last):
        clipsafe_utils.errors.ClipsafeError: nowhere.json: no rates; clipsafe predict --calibrate makes them.
        """
        try:
            found = json.loads(path.read_bytes())
            rates = cls(
                str(found["machine"]),
                int(found["cores"]),
                int(found["parameters_at_once"]),
                float(found["decode"]),
                float(found["crop"]),
                float(found["per_effort"]),
                {str(name): float(seconds) for name, seconds in found["forward"].items()},
            )
        except FileNotFoundError as error:
            raise ClipsafeError(f"{path}: no rates; clipsafe predict --calibrate makes them.") from error
        except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
            raise ClipsafeError(f"{path}: expected rates as --calibrate writes them ({error!r}).") from error
        numbers = (
            rates.cores,
            rates.parameters_at_once,
            rates.decode,
            rates.crop,
            rates.per_effort,
            *rates.forward.values(),
        )
        if not all(value > 0 and math.isfinite(value) for value in numbers):
            raise ClipsafeError(f"{path}: expected rates above 0.")
        return rates

    def seconds(self, demand: Demand) -> float:
        """Return seconds an image, estimated where the model was not measured."""
        return self.forward.get(demand.name, self.per_effort * demand.effort)


@dataclass(frozen=True)
class Cost:
    """The cost of a run.

    Attributes
    ----------
    models, images : int
        How many; images over all data sets.
    reads, passes : int
        Times that an image is read and decoded; images times models.
    device_hours, core_hours : float
        Of networks on one device, and of reading, decoding and cutting on one core.
    hours : float
        Until all is done with the given devices and cores.
    storage : int
        Bytes of predictions.
    estimated : int
        Models whose rate was not measured but estimated.
    """

    models: int
    images: int
    reads: int
    passes: int
    device_hours: float
    core_hours: float
    hours: float
    storage: int
    estimated: int


def demand_of(entry: ModelEntry) -> Demand:
    """Say what a model asks for, without its weights.

    Examples
    --------
    >>> from clipsafe_utils.registry.catalogue import catalogue
    >>> demand_of(catalogue()["ViT-B-32.openai"]).width
    512
    """
    parameters = entry.parameters
    if parameters is None:
        network = library_of(entry).build(entry, device="meta")
        parameters = sum(parameter.numel() for parameter in network.parameters())
    width = CLASSES
    if entry.library == "open_clip":
        from open_clip import get_model_config

        width = get_model_config(entry.model)["embed_dim"]
    return Demand(entry.name, parameters, transform_of(entry).crop, width)


def cost_of(demands: Sequence[Demand], images: int, rates: Rates, devices: int = 1) -> Cost:
    """Work out what a run will cost.

    Parameters
    ----------
    demands : sequence of Demand
        The models.
    images : int
        Over all data sets.
    rates : Rates
        What was measured on a machine.
    devices : int
        Such machines at work. On each, cutting and networks overlap, so the slower decides; each group of
        models that is loaded together reads the images again.

    Examples
    --------
    >>> rates = Rates("here", 2, 10**9, decode=0.001, crop=0.001, per_effort=1e-12, forward={"a": 0.036})
    >>> demands = [Demand(name, 10**6, Crop(256, 224), 1000) for name in "ab"]
    >>> cost = cost_of(demands, 100_000, rates)
    >>> cost.passes, cost.estimated, f"{cost.device_hours:.2f} {cost.core_hours:.3f} {cost.storage:,}"
    (200000, 1, '2.39 0.056 800,000,000')
    """
    groups = rounds(demands, rates.parameters_at_once)
    device = images * sum(rates.seconds(demand) for demand in demands) / 3600
    core = (
        images
        * sum(rates.decode + rates.crop * len({demand.crop for demand in group}) for group in groups)
        / 3600
    )
    return Cost(
        models=len(demands),
        images=images,
        reads=images * len(groups),
        passes=images * len(demands),
        device_hours=device,
        core_hours=core,
        hours=max(device, core / rates.cores) / devices,
        storage=images * VALUE_BYTES * sum(demand.width for demand in demands),
        estimated=sum(demand.name not in rates.forward for demand in demands),
    )

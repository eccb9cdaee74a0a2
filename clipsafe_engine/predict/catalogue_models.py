"""Models of the catalogue as references, with hashes of weights and preprocessing before they are loaded."""

import hashlib
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Literal, cast, get_args

import numpy as np
import torch
from numpy.typing import NDArray

from clipsafe_engine.models.loading import LoadedModel, library_of, load_model, transform_of
from clipsafe_engine.models.prompts import PromptSet
from clipsafe_engine.models.transforms import Transform
from clipsafe_engine.models.weights import find_weights, weights_hash
from clipsafe_engine.predict.predictions import Classifier, Kind
from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.files import clear_scratch, replacing
from clipsafe_utils.registry.catalogue import ModelEntry

Precision = Literal["float32", "bfloat16", "float16"]

FORMAT = "1"
"""To be raised when a change of ours changes predictions."""

_LIBRARIES = ("open_clip_torch", "pillow", "timm", "torch", "torchvision")
HASHES = "weights.json"
PARAMETER_BYTES = 4


@dataclass(frozen=True)
class Running:
    """Where and how networks run. Precision is part of what made a prediction, the rest is not.

    Attributes
    ----------
    device : str or None
        As PyTorch names it; None is cuda where there is one, else cpu, on whichever machine it comes to.
    precision : str
        Of the products inside the network; other than float32, weights stay float32 (mixed precision).
    is_compiled : bool
        Whether `torch.compile` makes the network faster, at the price of a slow start.
    """

    device: str | None = None
    precision: Precision = "float32"
    is_compiled: bool = False


def running_on(device: str | None, precision: str, is_compiled: bool) -> Running:
    """Check how networks are asked to run; the device itself is asked by `usable_device`.

    Raises
    ------
    ClipsafeError
        If the precision is none that we know.

    Examples
    --------
    >>> running_on("cpu", "bfloat16", False).precision
    'bfloat16'
    """
    if precision not in get_args(Precision):
        raise ClipsafeError(f"--precision {precision}: expected {', '.join(get_args(Precision))}.")
    return Running(device, cast("Precision", precision), is_compiled)


def usable_device(running: Running) -> torch.device:
    """Return the device of this machine on which networks run.

    Raises
    ------
    ClipsafeError
        If PyTorch cannot use it.

    Examples
    --------
    >>> usable_device(Running("cpu"))
    device(type='cpu')
    """
    name = running.device or ("cuda" if torch.cuda.is_available() else "cpu")
    try:
        return torch.empty(1, device=name).device
    except (RuntimeError, AssertionError) as error:
        raise ClipsafeError(
            f"--device {name}: PyTorch cannot use it ({str(error).splitlines()[0]})."
        ) from error


def parameters_that_fit(device: torch.device) -> int:
    """Return how many parameters may be loaded together: half the free memory of a GPU, a quarter of a CPU's.

    Examples
    --------
    >>> parameters_that_fit(torch.device("cpu")) > 10**7
    True
    """
    if device.type == "cuda":
        free, _ = torch.cuda.mem_get_info(device)
        return int(free // 2 // PARAMETER_BYTES)
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 4 // PARAMETER_BYTES


class RunningModel:
    """A loaded model on its device."""

    def __init__(self, loaded: LoadedModel, running: Running) -> None:
        self._loaded, self._running = loaded, running
        self.device = usable_device(running)
        # Else convolutions on a GPU keep ten bits of what is called float32.
        torch.backends.cudnn.allow_tf32 = False
        # Convolutions are up to twice as fast with channels last; other layers do not mind.
        loaded.network.to(self.device, memory_format=torch.channels_last)
        self._network = torch.compile(loaded.network) if running.is_compiled else loaded.network

    @property
    def kind(self) -> Kind:
        """What it gives."""
        return self._loaded.kind

    @property
    def transform(self) -> Transform:
        """Its own preprocessing."""
        return self._loaded.transform

    def forward(self, batch: torch.Tensor) -> NDArray[np.float32]:
        """Run the network on a normalised batch."""
        precision = self._running.precision
        mixed = torch.autocast(
            self.device.type, getattr(torch, precision), enabled=precision != "float32", cache_enabled=True
        )
        with torch.inference_mode(), mixed:
            output: torch.Tensor = self._network(batch.contiguous(memory_format=torch.channels_last))
        values: NDArray[np.float32] = output.float().cpu().numpy()
        return values

    def classifier(self, prompts: PromptSet) -> Classifier:
        """Make the zero-shot classifier of a set of prompts."""
        scale = self._loaded.logit_scale
        assert scale is not None
        return Classifier(self._loaded.classifier(prompts), scale, {})


@dataclass(frozen=True)
class CatalogueModel:
    """A model of the catalogue whose weights were found. See `interfaces.ModelReference`."""

    entry: ModelEntry
    weights: Path
    weights_hash: str
    preprocessing: str
    running: Running

    @property
    def name(self) -> str:
        """What it is called in the store."""
        return self.entry.name

    @property
    def kind(self) -> Kind:
        """What it gives."""
        return "embeddings" if self.entry.library == "open_clip" else "logits"

    @property
    def parameters(self) -> int:
        """How many numbers it holds, by the size of its file where the catalogue does not say."""
        return self.entry.parameters or self.weights.stat().st_size // 4

    def provenance(self) -> Mapping[str, str]:
        """Return the hashes of weights and preprocessing, and the versions of the code."""
        return {
            "weights": self.weights_hash,
            "preprocessing": hashlib.sha256(self.preprocessing.encode()).hexdigest(),
            "code": code_versions(),
            "precision": self.running.precision,
        }

    def load(self) -> RunningModel:
        """Read the weights.

        Raises
        ------
        ClipsafeError
            As `load_model`, or if the file was changed since it was found.
        """
        loaded = load_model(self.entry, self.weights)
        if loaded.weights_hash != self.weights_hash:
            raise ClipsafeError(f"{self.weights}: changed while the run was going on; run again.")
        return RunningModel(loaded, self.running)


@cache
def code_versions() -> str:
    """Return our format and the versions of the libraries that touch a pixel or a weight.

    Examples
    --------
    >>> "timm" in code_versions()
    True
    """
    return "; ".join([f"clipsafe format {FORMAT}", *(f"{name} {version(name)}" for name in _LIBRARIES)])


def find_models(
    entries: list[ModelEntry],
    weights: Path | None,
    running: Running,
    store: Path,
    advance: Callable[[str], None] = lambda _name: None,
) -> list[CatalogueModel]:
    """Find the weights of models and their hashes; a file that is unchanged is not hashed again.

    Parameters
    ----------
    entries : list of ModelEntry
        The models.
    weights : Path, optional
        As in `load_model`.
    running : Running
        How they will run.
    store : Path
        The folder in which hashes are remembered.
    advance : callable
        Told of every model.

    Raises
    ------
    ClipsafeError
        If the weights of a model are not there or its library does not build it rightly.
    """
    clear_scratch(store)
    known = _read_hashes(store / HASHES)
    found = []
    for entry in entries:
        library = library_of(entry)
        fault = library.fault_of(entry)
        if fault:
            raise ClipsafeError(f"{entry.name}: {fault}.")
        path = find_weights(entry, weights, library.hub_files(entry))
        state = path.stat()
        file = f"{path.resolve()} "
        key = f"{file}{state.st_size} {state.st_mtime_ns}"
        if key not in known:
            # What the file was before is nothing to remember.
            known = {other: digest for other, digest in known.items() if not other.startswith(file)}
            known[key] = weights_hash(path)
            with replacing(store / HASHES) as temporary:
                temporary.write_text(json.dumps(known, indent=1, sort_keys=True))
        found.append(CatalogueModel(entry, path, known[key], repr(transform_of(entry)), running))
        advance(entry.name)
    return found


def _read_hashes(path: Path) -> dict[str, str]:
    try:
        return {str(key): str(value) for key, value in json.loads(path.read_bytes()).items()}
    except (OSError, ValueError, AttributeError, RecursionError):
        return {}  # They only save time.

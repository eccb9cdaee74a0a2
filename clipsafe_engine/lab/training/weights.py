"""Weight files: safetensors, with one byte for each weight of a matrix or a convolution.

Each output channel has a scale of its own. What is evaluated is what the file holds, so no result depends on
digits that were not shipped.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from clipsafe_engine.lab.training.recipe import check_description
from clipsafe_engine.models.tensors import refuse_what_is_no_number
from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.files import replacing

State = dict[str, Tensor]

_SCALE = "/scale"
_STEPS = 127
_NOT_KEPT = "num_batches_tracked"  # counts batches for a kind of BatchNorm that the zoo does not use


def quantised(state: Mapping[str, Tensor]) -> State:
    """Round weights to one byte, channel by channel; vectors stay as they are.

    Examples
    --------
    >>> small = quantised({"head.weight": torch.tensor([[0.5, -1.0], [0.0, 0.0]])})
    >>> small["head.weight"].tolist(), small["head.weight/scale"].dtype
    ([[64, -127], [0, 0]], torch.float16)
    """
    small: State = {}
    for name, tensor in state.items():
        if name.endswith(_NOT_KEPT):
            continue
        if tensor.ndim < 2:
            small[name] = tensor.detach().float().contiguous()
            continue
        rows = tensor.detach().float().flatten(1)
        scale = (rows.abs().amax(dim=1) / _STEPS).half()
        # A scale of zero belongs to a row of zeros, or of numbers too small for half precision.
        divisor = torch.where(scale > 0, scale.float(), 1.0)
        whole = (rows / divisor[:, None]).round().clamp(-_STEPS, _STEPS)
        small[name] = whole.to(torch.int8).view(tensor.shape).contiguous()
        small[name + _SCALE] = scale
    return small


def restored(small: Mapping[str, Tensor]) -> State:
    """Undo `quantised`, up to what the rounding lost.

    Examples
    --------
    >>> restored(quantised({"head.weight": torch.tensor([[0.5, -1.0]])}))["head.weight"].tolist()
    [[0.503..., -0.999...]]
    """
    state = {}
    for name, tensor in small.items():
        if name.endswith(_SCALE):
            continue
        if name + _SCALE in small:
            scale = small[name + _SCALE].float()
            state[name] = tensor.float() * scale.view(-1, *(1,) * (tensor.ndim - 1))
        else:
            state[name] = tensor
    return state


def write_weights(path: Path, state: Mapping[str, Tensor], description: Mapping[str, object]) -> None:
    """Write a weight file.

    Parameters
    ----------
    path : Path
        The file.
    state : mapping of str to Tensor
        The state dict of a network.
    description : mapping
        What `read_description` gives back: anything that JSON can hold.

    Raises
    ------
    ClipsafeError
        If the file cannot be written.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     write_weights(Path(folder) / "a.safetensors", {"bias": torch.ones(2)}, {"name": "a"})
    ...     read_description(Path(folder) / "a.safetensors")
    {'name': 'a'}
    """
    with replacing(path) as temporary:
        try:
            save_file(quantised(state), temporary, {"description": json.dumps(description, sort_keys=True)})
        except SafetensorError as error:
            raise ClipsafeError(f"{path}: cannot be written ({error}).") from error


def read_description(path: Path) -> dict[str, Any]:
    """Read what a weight file says of itself, without its weights.

    Raises
    ------
    ClipsafeError
        If the file is missing, cut short or not one of the zoo, or an entry is none that a recipe may have.

    Examples
    --------
    >>> read_description(Path("nowhere.safetensors"))
    Traceback (most recent call last):
    ...
    clipsafe_utils.errors.ClipsafeError: nowhere.safetensors: there is no such weight file.
    """
    with _opened(path) as (described, _):
        return described


def load_weights(path: Path, network: torch.nn.Module) -> None:
    """Put the weights of a file into a network.

    Raises
    ------
    ClipsafeError
        If the file is missing, cut short, its keys, shapes or types are not those of the network, or a value
        is not finite.

    Examples
    --------
    >>> load_weights(Path("nowhere.safetensors"), torch.nn.Identity())
    Traceback (most recent call last):
    ...
    clipsafe_utils.errors.ClipsafeError: nowhere.safetensors: there is no such weight file.
    """
    small = _tensors(path)
    expected = {name: tensor for name, tensor in network.state_dict().items() if not name.endswith(_NOT_KEPT)}
    _check(path, small, quantised(expected))
    refuse_what_is_no_number(small, str(path))
    network.load_state_dict(restored(small), strict=False)


def count_parameters(path: Path) -> int:
    """Count the parameters in a weight file: all its numbers but scales and the statistics of BatchNorm.

    Raises
    ------
    ClipsafeError
        If the file is missing, cut short or not one of the zoo.

    Examples
    --------
    >>> count_parameters(Path("nowhere.safetensors"))
    Traceback (most recent call last):
    ...
    clipsafe_utils.errors.ClipsafeError: nowhere.safetensors: there is no such weight file.
    """
    no_parameter = (_SCALE, "running_mean", "running_var")
    return sum(tensor.numel() for name, tensor in _tensors(path).items() if not name.endswith(no_parameter))


def _tensors(path: Path) -> State:
    with _opened(path) as (_, opened):
        return {name: opened.get_tensor(name) for name in opened.keys()}  # noqa: SIM118, not a mapping


@contextmanager
def _opened(path: Path) -> Iterator[tuple[dict[str, Any], Any]]:
    if not path.is_file():
        raise ClipsafeError(f"{path}: there is no such weight file.")
    try:
        with safe_open(path, framework="pt") as opened:
            described = json.loads((opened.metadata() or {}).get("description", "null"))
            if not isinstance(described, dict):
                raise ClipsafeError(f"{path}: expected a weight file of the zoo, found no description in it.")
            check_description(described, f"{path}, description")
            yield described, opened
    except (OSError, SafetensorError, json.JSONDecodeError, RecursionError) as error:
        raise ClipsafeError(f"{path}: expected a whole weight file of the zoo ({error}).") from error


def _check(path: Path, found: State, expected: State) -> None:
    for name in sorted(expected.keys() ^ found.keys()):
        what = "lacks" if name in expected else "has an unknown"
        raise ClipsafeError(f"{path}: {what} tensor {name!r}; it belongs to another architecture.")
    for name, tensor in expected.items():
        for kind in ("shape", "dtype"):
            is_there, wanted = getattr(found[name], kind), getattr(tensor, kind)
            if is_there != wanted:
                raise ClipsafeError(
                    f"{path}: {name!r} has {kind} {_short(is_there)}; expected {_short(wanted)}."
                )


def _short(value: object) -> str:
    return str(list(value)) if isinstance(value, torch.Size) else str(value)

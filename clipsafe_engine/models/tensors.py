"""Refusing weights that would be read without a word and make every prediction worthless."""

import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import torch
from safetensors import safe_open
from torch import Tensor

from clipsafe_utils.errors import ClipsafeError

_COMPLEX = ("C64", "C128")
"""What safetensors calls complex numbers."""


def refuse_what_is_no_number(tensors: Mapping[str, Tensor], place: str) -> None:
    """Refuse tensors with a value that is not finite; one pass over the memory that they take.

    Parameters
    ----------
    tensors : mapping of str to Tensor
        Such as the state of a network that was loaded.
    place : str
        The file, for the message.

    Raises
    ------
    ClipsafeError
        If there is one.

    Examples
    --------
    >>> refuse_what_is_no_number({"head": torch.tensor([1.0, float("nan")])}, "a.pth")
    Traceback (most recent call last):
    clipsafe_utils.errors.ClipsafeError: a.pth: the tensor 'head' holds a value that is not a finite number.
    """
    for name, tensor in tensors.items():
        if tensor.is_complex():
            raise ClipsafeError(f"{place}: the tensor '{name}' is of complex numbers, expected real ones.")
        if tensor.is_floating_point() and not _is_finite(tensor):
            raise ClipsafeError(f"{place}: the tensor '{name}' holds a value that is not a finite number.")


def _is_finite(tensor: Tensor) -> bool:
    # A sum is finite only if every value is. It is quicker, but numbers that are large may have none.
    return bool(torch.isfinite(tensor.sum())) or bool(torch.isfinite(tensor).all())


def refuse_complex(path: Path) -> None:
    """Refuse a file that holds complex numbers, of which a network would take the real parts.

    Parameters
    ----------
    path : Path
        A whole file of safetensors, or of PyTorch's tensors.

    Raises
    ------
    ClipsafeError
        If there is one.
    """
    for name in _complex_safetensors(path) if path.suffix == ".safetensors" else _complex_pickled(path):
        raise ClipsafeError(f"{path}: the tensor '{name}' is of complex numbers, expected real ones.")


def _complex_safetensors(path: Path) -> Iterator[str]:
    with safe_open(path, framework="pt") as opened:
        for name in opened.keys():  # noqa: SIM118, not a mapping
            if opened.get_slice(name).get_dtype() in _COMPLEX:
                yield name


def _complex_pickled(path: Path) -> Iterator[str]:
    # Of the newer format, the values are not read but mapped.
    content = torch.load(path, map_location="cpu", weights_only=True, mmap=zipfile.is_zipfile(path))
    # A state dict, or a dict of which one value is a state dict.
    for state in (content, *content.values()):
        if isinstance(state, Mapping):
            yield from (str(name) for name, value in state.items() if _is_complex(value))


def _is_complex(value: object) -> bool:
    return isinstance(value, Tensor) and bool(value.is_complex())

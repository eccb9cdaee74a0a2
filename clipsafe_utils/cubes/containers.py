"""What the file of a cube may hold, checked before a value is loaded: a cube may come from anybody."""

from pathlib import Path

import h5py

from clipsafe_utils.errors import ClipsafeError

MOST_BYTES = 4 * 2**30
"""Of all variables of one cube together; the study of 210 models stays below a tenth of it."""

_BYTES_OF_A_SMALL_CUBE = 2**24
_HEAP = b"GCOL\x01"
_MOST_A_BYTE_STANDS_FOR = 1100
"""Deflate makes at most 1,032 bytes of one; a file that declares more holds no values for them."""


def check_container(path: Path) -> None:
    """Refuse a file that reads other files, or that declares more than it can hold."""
    fault = _fault_of_heaps(path.read_bytes())
    if fault:
        raise ClipsafeError(f"{path}: not a readable netCDF file ({fault}).")
    declared = 0
    with h5py.File(path, "r") as file:
        dict(file.attrs)
        for name in file:
            fault = _fault_of(file, name)
            if fault:
                raise ClipsafeError(f"{path}: variable '{name}' {fault}.")
            declared += (file[name].size or 0) * file[name].dtype.itemsize
    most = min(MOST_BYTES, max(_BYTES_OF_A_SMALL_CUBE, path.stat().st_size * _MOST_A_BYTE_STANDS_FOR))
    if declared > most:
        raise ClipsafeError(
            f"{path}: declares {declared:,} bytes; at most {most:,} are read from a file of its size."
        )


def _fault_of(file: h5py.File, name: str) -> str:
    if not isinstance(file.get(name, getlink=True), h5py.HardLink):
        return "is a link to another place; a cube holds its values itself"
    item = file[name]
    if not isinstance(item, h5py.Dataset):
        return "is a group; a cube has none"
    if item.external or item.is_virtual:
        return "is stored in another file; a cube holds its values itself"
    if h5py.check_vlen_dtype(item.dtype) is not None:
        return "holds lists of different lengths; a variable holds numbers or text"
    dict(item.attrs)
    return ""


def _fault_of_heaps(content: bytes) -> str:
    """Say what is wrong with the heaps that hold texts of varying length; "" where nothing is.

    HDF5 walks through a heap by the sizes that its objects state, and for ever where one sends it back.
    """
    start = content.find(_HEAP)
    while start >= 0:
        size = int.from_bytes(content[start + 8 : start + 16], "little")
        place, end = start + 16, start + size
        while place + 16 <= min(end, len(content)):
            index = int.from_bytes(content[place : place + 2], "little")
            held = int.from_bytes(content[place + 8 : place + 16], "little")
            step = held if index == 0 else 16 + -(-held // 8) * 8
            if step < 16 or place + step > end:
                return "an object of its heap reaches beyond it"
            place += step
        start = content.find(_HEAP, start + len(_HEAP))
    return ""

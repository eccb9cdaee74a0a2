"""Files of weights that mean harm: no code runs, and what is wrong is named with the file (D12).

Files that are missing, cut, of another model or lack a tensor: `tests/engine/models/test_loading.py`.
"""

import io
import json
import os
import pickle
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("timm")
pytest.importorskip("open_clip")

import timm
import torch
from safetensors.torch import load_file, save_file

from clipsafe_engine.field.wheels import renamed
from clipsafe_engine.models.loading import load_model
from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.registry.catalogue import ModelEntry
from tests.engine.models.conftest import small_clips  # noqa: F401  # a fixture
from tests.engine.models.small_clips import small_entry
from tests.engine.models.test_loading import timm_entry

Case = tuple[ModelEntry, Path]


class Payload:
    """What a pickle of it would do: write a note. Nothing worse, and it must not come to that."""

    def __init__(self, note: Path) -> None:
        self.note = note

    def __reduce__(self) -> tuple[Any, ...]:
        return open, (str(self.note), "w")


class Module(torch.nn.Module):
    def __init__(self, payload: Payload | None = None) -> None:
        super().__init__()
        self.layer = torch.nn.Linear(2, 2)
        if payload is not None:
            self.payload = payload


@pytest.fixture(params=["timm", "open_clip"])
def case(request: pytest.FixtureRequest, tmp_path: Path, small_clips: Path) -> Case:  # noqa: F811
    """An entry and a whole file of its weights."""
    if request.param == "open_clip":
        return small_entry("vit"), small_clips / "small-vit.safetensors"
    torch.manual_seed(0)
    path = tmp_path / "whole.safetensors"
    save_file(timm.create_model("test_vit").state_dict(), path)
    return timm_entry(), path


def refused(entry: ModelEntry, path: Path) -> str:
    with pytest.raises(ClipsafeError) as caught:
        load_model(entry, path)
    told = str(caught.value)
    assert told.startswith(f"{path}: ")
    assert told.endswith(".")
    assert "\n" not in told
    return told


def npz(payload: Payload) -> bytes:
    stream = io.BytesIO()
    np.savez(stream, weight=np.array([payload], dtype=object))
    return stream.getvalue()


def by_torch(content: object, **options: object) -> bytes:
    stream = io.BytesIO()
    torch.save(content, stream, **options)
    return stream.getvalue()


def scripted(payload: Payload) -> bytes:
    """TorchScript, whose archive holds one more pickle in the place of its constants."""
    stream = io.BytesIO()
    torch.jit.save(torch.jit.script(torch.nn.Linear(2, 2)), stream)
    made = io.BytesIO()
    with zipfile.ZipFile(stream) as read, zipfile.ZipFile(made, "w", zipfile.ZIP_STORED) as written:
        for name in read.namelist():
            written.writestr(name, pickle.dumps(payload) if name.endswith("data.pkl") else read.read(name))
    return made.getvalue()


PICKLES: dict[str, Callable[[Payload], bytes]] = {
    "raw.pt": pickle.dumps,
    "raw.bin": pickle.dumps,
    "raw.safetensors": pickle.dumps,
    "zip.pth": by_torch,
    "zip.bin": lambda payload: by_torch({"state_dict": {"a": payload}}),
    "zip.safetensors": by_torch,
    "legacy.pt": lambda payload: by_torch(payload, _use_new_zipfile_serialization=False),
    "legacy.bin": lambda payload: by_torch({"a": payload}, _use_new_zipfile_serialization=False),
    "arrays.npz": npz,
    "arrays.npy": lambda payload: npz(payload),
    "arrays.pt": npz,
    "script.pt": scripted,
    "module.pt": lambda payload: by_torch(Module(payload)),
    "module.ckpt": lambda payload: by_torch({"model": Module(payload)}),
}


@pytest.mark.filterwarnings("ignore")  # of torch, of formats that are old: they do not matter here
@pytest.mark.parametrize("name", PICKLES)
def test_code_in_a_file_of_weights_is_never_run(case: Case, tmp_path: Path, name: str) -> None:
    note = tmp_path / "the payload ran"
    path = tmp_path / name
    path.write_bytes(PICKLES[name](Payload(note)))
    refused(case[0], path)
    assert not note.exists()


def test_the_payload_of_these_tests_would_run(tmp_path: Path) -> None:
    pickle.loads(pickle.dumps(Payload(tmp_path / "note"))).close()
    assert (tmp_path / "note").exists()


def safetensors(length: int, header: bytes, data: bytes = b"") -> bytes:
    return struct.pack("<Q", length) + header + data


def described(**tensors: object) -> bytes:
    header = json.dumps(tensors).encode()
    return safetensors(len(header), header, bytes(64))


def tensor(dtype: str = "F32", shape: object = (2,), offsets: object = (0, 8)) -> dict[str, object]:
    return {"dtype": dtype, "shape": shape, "data_offsets": offsets}


HEADERS: dict[str, bytes] = {
    "2**63 bytes": safetensors(2**63, b"{}"),
    "2**64 - 1 bytes": safetensors(2**64 - 1, b"{}"),
    "100 MB that are not there": safetensors(10**8, b"{}"),
    "no JSON": safetensors(5, b"hello"),
    "nested": safetensors(100_000, b"[" * 100_000),
    "a list": safetensors(2, b"[]"),
    "nothing": b"",
    "offsets outside": described(a=tensor(offsets=(0, 2**40))),
    "offsets backwards": described(a=tensor(offsets=(8, 0))),
    "offsets that overlap": described(a=tensor(), b=tensor()),
    "an offset that is negative": described(a=tensor(offsets=(-8, 0))),
    "a shape of 2**62": described(a=tensor(shape=(2**62, 2))),
    "a shape that overflows": described(a=tensor(shape=(2**32, 2**32, 2))),
    "a shape that is negative": described(a=tensor(shape=(-2,))),
    "an unknown type": described(a=tensor("F7")),
    "twice the same name": safetensors(len(b'{"a":1,"a":2}'), b'{"a":1,"a":2}'),
    "a pointer of LFS": b"version https://git-lfs.github.com/spec/v1\noid sha256:0f\nsize 9\n",
}


@pytest.mark.parametrize("kind", HEADERS)
def test_a_header_that_lies_is_one_sentence(case: Case, tmp_path: Path, kind: str) -> None:
    path = tmp_path / "w.safetensors"
    path.write_bytes(HEADERS[kind])
    assert "not a whole file of tensors" in refused(case[0], path)


def test_a_pointer_of_lfs_by_another_name_is_no_file_of_tensors(case: Case, tmp_path: Path) -> None:
    path = tmp_path / "w.pt"
    path.write_bytes(HEADERS["a pointer of LFS"])
    assert "not a whole file of tensors" in refused(case[0], path)


def test_a_bomb_of_a_zip_file_is_no_file_of_tensors(case: Case, tmp_path: Path) -> None:
    path = tmp_path / "w.pt"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("w/data.pkl", bytes(2**24))
        archive.writestr("w/version", "3\n")
    refused(case[0], path)


@pytest.mark.parametrize("kind", ["pipe", "device", "folder", "dangling link"])
def test_what_is_no_plain_file_is_named_at_once(case: Case, tmp_path: Path, kind: str) -> None:
    path = tmp_path / "w.safetensors"
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        (path / "inside").mkdir(parents=True)
    else:
        path.symlink_to(os.devnull if kind == "device" else tmp_path / "nowhere")
    with pytest.raises(ClipsafeError, match=r"w\.safetensors.*: no such file"):
        load_model(case[0], path)


SAVED: dict[str, Callable[[dict[str, Any], Path], None]] = {
    "w.safetensors": save_file,
    "w.pt": torch.save,
    "w.bin": lambda tensors, path: torch.save({"state_dict": tensors, "epoch": 3}, path),
    "old.pt": lambda tensors, path: torch.save(tensors, path, _use_new_zipfile_serialization=False),
}


@pytest.mark.parametrize(
    ("name", "value"),
    [*((name, "nan") for name in SAVED), ("w.safetensors", "inf"), ("w.safetensors", "-inf")],
)
def test_a_value_that_is_not_finite_is_refused_with_its_tensor(
    case: Case, tmp_path: Path, name: str, value: str
) -> None:
    entry, whole = case
    tensors = load_file(whole)
    chosen = next(name for name in reversed(tensors) if tensors[name].ndim == 2)
    tensors[chosen][-1, -1] = float(value)
    SAVED[name](tensors, tmp_path / name)
    told = refused(entry, tmp_path / name)
    assert told.endswith(f"the tensor '{chosen}' holds a value that is not a finite number.")


@pytest.mark.filterwarnings("ignore:Casting complex values to real")
@pytest.mark.parametrize("name", SAVED)
def test_complex_numbers_are_refused_with_their_tensor(case: Case, tmp_path: Path, name: str) -> None:
    entry, whole = case
    tensors = load_file(whole)
    chosen = next(name for name in reversed(tensors) if tensors[name].ndim == 1)
    tensors[chosen] = tensors[chosen].to(torch.complex64)
    SAVED[name](tensors, tmp_path / name)
    told = refused(entry, tmp_path / name)
    assert told.endswith(f"the tensor '{chosen}' is of complex numbers, expected real ones.")


@pytest.mark.parametrize("name", SAVED)
def test_whole_weights_are_loaded(case: Case, tmp_path: Path, name: str) -> None:
    entry, whole = case
    SAVED[name](load_file(whole), tmp_path / name)
    assert load_model(entry, tmp_path / name).entry == entry


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (torch.tensor([1.0, float("nan")]), "'fc' holds a value that is not a finite number"),
        (torch.tensor([1.0, float("inf")]).half(), "'fc' holds a value that is not a finite number"),
        (torch.tensor([1.0, 1j]), "'fc' is of complex numbers, expected real ones"),
    ],
)
def test_a_wheel_with_such_values_is_refused(values: torch.Tensor, words: str) -> None:
    with pytest.raises(ClipsafeError, match=rf"w\.pth: the tensor {words}\."):
        renamed({"fc": values}, {"head": torch.zeros(2)}, "w.pth")

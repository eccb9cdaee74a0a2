"""A store of predictions from elsewhere: no codec unpickles, and a description that lies is named."""

import json
import pickle
from pathlib import Path

import pytest

pytest.importorskip("torch")
pytest.importorskip("zarr")

from clipsafe_engine.predict import arrays
from clipsafe_utils.errors import ClipsafeError
from tests.attack.engine.test_weights import Payload

WHOLE = {
    "zarr_format": 3,
    "node_type": "array",
    "shape": [2, 1],
    "data_type": "float32",
    "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [2, 1]}},
    "chunk_key_encoding": {"name": "default"},
    "fill_value": 0,
    "codecs": [{"name": "bytes", "configuration": {"endian": "little"}}],
    "attributes": {},
}


@pytest.mark.parametrize("filters", [["pickle"], ["vlen-utf8", "pickle"], ["pickle", "vlen-utf8"]])
def test_no_codec_unpickles(tmp_path: Path, filters: list[str]) -> None:
    note = tmp_path / "the payload ran"
    array = {"zarr_format": 2, "shape": [2], "chunks": [2], "dtype": "|O", "order": "C", "fill_value": None}
    chain = {"compressor": None, "filters": [{"id": name} for name in filters]}
    folder = tmp_path / "image_ids"
    folder.mkdir()
    (folder / ".zarray").write_text(json.dumps({**array, **chain}))
    (folder / "0").write_bytes(pickle.dumps(Payload(note)))
    # No codec is even asked for: the older format is none of ours.
    with pytest.raises(ClipsafeError, match=r"image_ids: a damaged file \(No array found"):
        arrays.read_array(folder)
    assert not note.exists()


def read_whole(folder: Path) -> None:
    arrays.missing_shards(folder)
    arrays.read_array(folder)


@pytest.mark.parametrize(
    "change",
    [
        {"shape": "x"},
        {"shape": None},
        {"shape": []},
        {"chunk_grid": {}},
        {"chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [0, 1]}}},
        {"codecs": 7},
        {"codecs": [{"name": "numcodecs.pickle", "configuration": {}}]},
        {"data_type": "object"},
        {"fill_value": {}},
        {"attributes": 7},
        {"shape": [2**60, 1]},
        {
            "shape": [2**60, 1],
            "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [2**59, 1]}},
        },
        {
            "shape": [2**40, 1],
            "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [2**40, 1]}},
        },
    ],
    ids=str,
)
def test_a_description_that_lies_is_one_sentence(tmp_path: Path, change: dict[str, object]) -> None:
    (tmp_path / arrays.METADATA).write_text(json.dumps(WHOLE | change))
    with pytest.raises(ClipsafeError) as caught:
        read_whole(tmp_path)
    assert str(caught.value).startswith(str(tmp_path))


def test_a_description_nested_without_end_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / arrays.METADATA).write_text("[" * 100_000)
    for read in (arrays.read_metadata, arrays.missing_shards, arrays.read_array):
        with pytest.raises(ClipsafeError, match="recursion"):
            read(tmp_path)

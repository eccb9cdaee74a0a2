"""Whatever a folder holds: valid cubes, or one sentence; never a traceback, a path or a name of an image."""

import io
import socket
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import h5py
import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from clipsafe_utils.cubes import validate
from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.importing.known_sets import known_sets
from clipsafe_utils.importing.own_model import CHOICES
from clipsafe_utils.importing.tables import COLUMNS
from tests.attack.command import run
from tests.importing.made import drawn_logits, folder, imported, some_images, table

NAMES = sorted(known_sets())
ENDS = (".csv", ".npz", ".parquet")
CALM = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))

CELLS = st.one_of(
    st.sampled_from(
        [
            "n01440764",
            "ILSVRC2012_val_00000293.JPEG",
            "n01440764/a.jpg",
            "0/a.jpeg",
            "cat1-dog2.png",
            "cat",
            "na",
        ]
    ),
    st.integers(-2, 1001).map(str),
    st.floats().map(str),
    st.text(st.characters(exclude_characters=',"\r\n', codec="utf-8"), max_size=8),
)
ARRAYS = st.one_of(
    hnp.arrays(
        st.sampled_from([np.float16, np.float32, np.float64, np.int64, np.uint8, np.bool_]),
        hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=5),
    ),
    hnp.arrays(np.float16, st.tuples(st.integers(1, 3), st.sampled_from([16, 200, 1000, 1001]))),
    hnp.arrays("U12", st.integers(0, 4), elements=CELLS.map(lambda text: text.replace("\0", "")[:12])),
)
TOML = st.fixed_dictionaries(
    {},
    optional={name: st.sampled_from(values) for name, values in CHOICES.items()}
    | {
        "classes": st.sampled_from(["set", "background-first", "sorted-wnid", "x.txt"]),
        "scale": st.floats(0, 200),
    },
)


def is_handled(path: Path) -> None:
    """Import a folder: what comes of it keeps the rules, or is a sentence that names the folder."""
    try:
        found = imported(path, draws=2)
    except ClipsafeError as error:
        text = str(error)
        assert str(path) in text
        assert text.endswith((".", ")"))
        return
    for name, cube in found.cubes.items():
        validate(cube, name)


def toml_of(entries: dict[str, Any]) -> str:
    return "\n".join(f"{name} = {value!r}" for name, value in entries.items())


@CALM
@given(st.binary(max_size=300), st.sampled_from(NAMES), st.sampled_from(ENDS))
@example(b"image,prediction\n\x00,1\n", "imagenet-val", ".csv")
@example(b'image,prediction\n"', "imagenet-val", ".csv")
def test_random_bytes_are_no_traceback(content: bytes, name: str, end: str) -> None:
    with TemporaryDirectory() as place:
        (folder(Path(place)) / f"{name}{end}").write_bytes(content)
        is_handled(Path(place))


@CALM
@given(st.data(), st.sampled_from(NAMES), TOML)
def test_random_tables_are_no_traceback(data: st.DataObject, name: str, toml: dict[str, Any]) -> None:
    columns = data.draw(st.lists(st.sampled_from(COLUMNS), min_size=1, max_size=4, unique=True))
    rows = data.draw(st.integers(0, 4))
    cells = {column: data.draw(st.lists(CELLS, min_size=rows, max_size=rows)) for column in columns}
    with TemporaryDirectory() as place:
        path = folder(Path(place), toml_of(toml))
        (path / f"{name}.csv").write_text(table(**cells), encoding="utf-8", errors="replace")
        (path / "x.txt").write_text("\n".join(cells[columns[0]]), encoding="utf-8", errors="replace")
        is_handled(path)


PARQUET = st.one_of(
    CELLS,
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(),
    st.binary(max_size=4),
    st.datetimes(),
    st.decimals(allow_nan=False, allow_infinity=False, places=2, min_value=-9, max_value=9),
    st.lists(st.floats(width=32) | st.none(), max_size=3),
    st.dictionaries(st.sampled_from("ab"), st.integers(0, 3), min_size=1),
)


@CALM
@given(st.data(), st.sampled_from(NAMES), TOML)
def test_random_tables_in_parquet_are_no_traceback(
    data: st.DataObject, name: str, toml: dict[str, Any]
) -> None:
    pyarrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    columns = data.draw(st.lists(st.sampled_from(COLUMNS), min_size=1, max_size=4))
    rows = data.draw(st.integers(0, 4))
    arrays = []
    for _ in columns:
        cells = data.draw(st.lists(PARQUET, min_size=rows, max_size=rows))
        try:
            arrays.append(pyarrow.array(cells))
        except (pyarrow.ArrowException, OverflowError):  # No column holds cells of such kinds together.
            arrays.append(pyarrow.array(map(str, cells)))
    with TemporaryDirectory() as place:
        path = folder(Path(place), toml_of(toml))
        parquet.write_table(pyarrow.Table.from_arrays(arrays, columns), path / f"{name}.parquet")
        is_handled(path)


@CALM
@given(
    st.dictionaries(st.sampled_from(COLUMNS), ARRAYS, min_size=1, max_size=4), st.sampled_from(NAMES), TOML
)
@example({"classes": np.zeros((1, 16), np.float16), "image": np.array(0.0)}, "cue-conflict", {})
def test_random_arrays_are_no_traceback(arrays: dict[str, Any], name: str, toml: dict[str, Any]) -> None:
    with TemporaryDirectory() as place:
        path = folder(Path(place), toml_of(toml))
        np.savez(path / f"{name}.npz", **arrays)
        is_handled(path)


@CALM
@given(st.text(max_size=60))
@example("name = 1")
@example('name = "a"\nimagenet-val = 3')
@example('name = "a"\ntraining_images = nan')
@example('name = ""')
@example('name = "\\u202e"')
def test_a_random_model_file_is_no_traceback(text: str) -> None:
    with TemporaryDirectory() as place:
        path = folder(Path(place), imagenet_val="image,prediction\nILSVRC2012_val_00000293.JPEG,0\n")
        (path / "model.toml").write_text(text, encoding="utf-8", errors="replace")
        is_handled(path)


@CALM
@given(st.integers(0, 2**32), st.integers(1, 40), st.sampled_from(["imagenet-val", "sun"]))
def test_a_cut_or_changed_archive_is_no_traceback(seed: int, changes: int, name: str) -> None:
    rng = np.random.default_rng(seed)
    stream = io.BytesIO()
    np.savez_compressed(stream, scores=np.zeros((3, 1000), np.float16), images=np.array(["a", "b", "c"]))
    content = np.frombuffer(stream.getvalue(), np.uint8).copy()
    content[rng.integers(0, len(content), changes)] = rng.integers(0, 256, changes)
    with TemporaryDirectory() as place:
        path = folder(Path(place), 'scores = "logits"')
        (path / f"{name}.npz").write_bytes(content[: rng.integers(1, len(content) + 1)].tobytes())
        is_handled(path)


def test_nothing_leaves_the_machine_and_no_name_enters_a_cube(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a socket was opened")

    for name in ("socket", "create_connection", "getaddrinfo"):
        monkeypatch.setattr(socket, name, refuse)
    names, truth = some_images(2000)
    home = {"scores": drawn_logits(truth), "images": [f"/home/secret/{name}" for name in names]}
    others = {"scores": drawn_logits(truth[:50]), "images": [f"secret{n}.jpg" for n in range(50)]}
    path = folder(tmp_path / "secret", 'scores = "logits"', imagenet_val=home, sun=others)
    ended = run(capsys, "import", str(path), "-o", str(tmp_path / "out"), "--draws", "2", "--json")
    assert ended.code == 0, ended
    cubes = sorted((tmp_path / "out").iterdir())
    assert [cube.stem for cube in cubes] == ["calibration", "factors", "models", "ood", "shifts"]
    for cube in cubes:
        with h5py.File(cube) as stored:
            texts = [str(value) for item in (stored, *stored.values()) for value in item.attrs.values()]
            texts += [str(item[()]) for item in stored.values() if item.dtype.kind in "SO"]
        assert not [text for text in texts if "secret" in text or "ILSVRC" in text or str(tmp_path) in text]
    card = run(capsys, "card", str(tmp_path / "out"), "--json")
    for text in (ended.out, card.out):
        assert "secret" not in text
        assert "ILSVRC" not in text
    assert '"key": "accuracy"' in card.out

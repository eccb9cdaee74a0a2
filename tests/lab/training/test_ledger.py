"""The list of trained models comes back as it was written, and a damaged one is named."""

import csv
import json
import math
from collections.abc import Callable
from pathlib import Path

import pytest

from clipsafe_engine.lab.training.ledger import LEDGER, Row, add_curves, add_to_ledger, read_ledger
from clipsafe_engine.lab.training.recipe import Recipe
from clipsafe_utils.errors import ClipsafeError

Make = Callable[..., Recipe]


def test_rows_come_back(tmp_path: Path, tiny: Make) -> None:
    plain = Row.of(tiny("a", "labels"), "0f", math.nan, 12.345)
    turned = Row.of(
        tiny("b", "clip", "wit", knob="wrong", level=0.2, knobs=(("wrong", 0.2),), shipped=True),
        "1f",
        0.87654,
        1.0,
    )
    add_to_ledger(tmp_path, [plain, turned])
    back = read_ledger(tmp_path)
    assert list(back) == ["a", "b"]
    assert back["b"] == turned
    assert (back["b"].accuracy, back["b"].level, back["b"].shipped) == (0.8765, 0.2, True)
    assert json.loads(back["b"].knobs) == {"wrong": 0.2}
    assert str(back["a"]) == str(plain)
    assert math.isnan(back["a"].level)
    assert math.isnan(back["a"].accuracy)
    assert back["a"].seconds == 12.3


def test_a_row_of_the_same_name_is_replaced_and_others_stay(tmp_path: Path, tiny: Make) -> None:
    first = [Row.of(tiny(name, "clip"), "0f", 0.5, 1.0) for name in "ab"]
    add_to_ledger(tmp_path, first)
    add_to_ledger(tmp_path, [Row.of(tiny("a", "clip"), "2f", 0.6, 1.0)])
    assert [(row.name, row.weights) for row in read_ledger(tmp_path).values()] == [("a", "2f"), ("b", "0f")]


def test_a_row_is_strict_json(tiny: Make) -> None:
    row = Row.of(tiny("a", "labels"), "0f", math.nan, 1.0).for_json()
    assert json.loads(json.dumps(row, allow_nan=False))["level"] is None


@pytest.mark.parametrize(
    ("column", "value", "words"),
    [
        ("images", "many", "line 2: expected a row of the zoo"),
        ("shipped", "yes", "line 2: expected a row of the zoo"),
        ("accuracy", "", "line 2: expected a row of the zoo"),
    ],
)
def test_a_malformed_row_is_named_and_kept(
    tmp_path: Path, tiny: Make, column: str, value: str, words: str
) -> None:
    row = Row.of(tiny("a", "clip"), "0f", 0.5, 1.0)
    add_to_ledger(tmp_path, [row])
    path = tmp_path / LEDGER
    with path.open(newline="") as stream:
        (cells,) = csv.DictReader(stream)
    with path.open("w", newline="") as stream:
        writer = csv.DictWriter(stream, list(cells))
        writer.writeheader()
        writer.writerow(cells | {column: value})
    before = path.read_bytes()
    with pytest.raises(ClipsafeError, match=words):
        add_to_ledger(tmp_path, [row])
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda text: text[: len(text) - 12], "line 2: expected a row of the zoo"),
        (lambda text: text.replace(b"samples", b"sampels"), "expected the columns name, training_group"),
        (lambda _: b"", "expected the columns name, training_group"),
        (lambda text: text + b"\xff", "cannot be read"),
    ],
)
def test_a_damaged_list_is_named(
    tmp_path: Path, tiny: Make, damage: Callable[[bytes], bytes], words: str
) -> None:
    add_to_ledger(tmp_path, [Row.of(tiny("a", "clip"), "0f", 0.5, 1.0)])
    path = tmp_path / LEDGER
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(ClipsafeError, match=words):
        read_ledger(tmp_path)


def test_curves_are_replaced_by_name(tmp_path: Path) -> None:
    add_curves(tmp_path, {"a": [(256, 3.0), (512, 2.0)], "b": [(256, 1.5)]})
    add_curves(tmp_path, {"a": [(256, 2.5)]})
    lines = (tmp_path / "curves.csv").read_text().split()
    assert lines == ["name,samples,loss", "b,256,1.5", "a,256,2.5"]
    (tmp_path / "curves.csv").write_text("model,loss\na,1\n")
    with pytest.raises(ClipsafeError, match="expected the columns name, samples, loss"):
        add_curves(tmp_path, {"a": [(256, 2.5)]})
    assert (tmp_path / "curves.csv").read_text() == "model,loss\na,1\n"

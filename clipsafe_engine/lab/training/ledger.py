"""The list of trained models: one row a model, with its recipe and what came of it."""

import csv
import io
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from clipsafe_engine.lab.training.recipe import Recipe
from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.files import one_at_a_time, read_plain, replacing

LEDGER = "zoo.csv"
CURVES = "curves.csv"


@dataclass(frozen=True)
class Row:
    """One trained model.

    Examples
    --------
    >>> Row.of(Recipe("mine", "resnet_xs", "wit", "clip"), "ab12", 0.9, 60.0).knobs
    '{}'
    """

    name: str
    training_group: str
    """The group's file."""
    group: str
    loss: str
    architecture: str
    source: str
    captions: str
    knobs: str
    start: str
    average_with: str
    images: int
    samples: int
    batch: int
    seed: int
    rung: str
    knob: str
    level: float
    shipped: bool
    weights: str
    """SHA-256 of the weight file."""
    accuracy: float
    """On the development set."""
    seconds: float
    """Of training, on one thread beside another such job."""

    @classmethod
    def of(cls, recipe: Recipe, weights: str, accuracy: float, seconds: float) -> "Row":
        """Make the row of a recipe."""
        kept = {item.name for item in fields(cls)}
        told = {name: value for name, value in asdict(recipe).items() if name in kept}
        told["knobs"] = json.dumps(dict(recipe.knobs), sort_keys=True)
        return cls(
            **told,
            weights=weights,
            accuracy=round(accuracy, 4),
            seconds=round(seconds, 1),
        )

    def for_json(self) -> dict[str, Any]:
        """Return the row as JSON can hold it, which knows no NaN."""
        return {name: None if value != value else value for name, value in asdict(self).items()}


def read_ledger(folder: Path) -> dict[str, Row]:
    """Read the trained models of a folder by name; none where there is no list.

    Raises
    ------
    ClipsafeError
        If the list is malformed.

    Examples
    --------
    >>> read_ledger(Path("nowhere"))
    {}
    """
    path = folder / LEDGER
    if not path.exists():
        return {}
    kinds = {item.name: item.type for item in fields(Row)}
    rows = {}
    for number, line in enumerate(_read_table(path, list(kinds)), start=2):
        try:
            told = {name: _read(kind, line[name]) for name, kind in kinds.items()}
        except (KeyError, TypeError, ValueError) as error:
            raise ClipsafeError(f"{path}, line {number}: expected a row of the zoo ({error}).") from error
        rows[line["name"]] = Row(**told)
    return rows


def add_to_ledger(folder: Path, rows: Iterable[Row]) -> None:
    """Write rows into the list of a folder; those of the same name are replaced.

    Raises
    ------
    ClipsafeError
        If the list is malformed or cannot be written.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> row = Row.of(Recipe("mine", "resnet_xs", "wit", "clip"), "ab12", 0.9, 60.0)
    >>> with TemporaryDirectory() as folder:
    ...     add_to_ledger(Path(folder), [row])
    ...     list(read_ledger(Path(folder)))
    ['mine']
    """
    columns = [item.name for item in fields(Row)]
    with one_at_a_time(folder):
        kept = {**read_ledger(folder), **{row.name: row for row in rows}}
        _write_table(folder / LEDGER, columns, [asdict(row) for row in kept.values()])


def add_curves(folder: Path, curves: Mapping[str, Iterable[tuple[int, float]]]) -> None:
    """Write training curves into the table of a folder; those of the same name are replaced.

    Parameters
    ----------
    folder : Path
        Gets `curves.csv`: name, images seen, mean loss since the row before.
    curves : mapping of str to iterable of (int, float)
        One curve a model.

    Raises
    ------
    ClipsafeError
        If the table is malformed or cannot be written.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     add_curves(Path(folder), {"mine": [(256, 3.2)]})
    ...     (Path(folder) / "curves.csv").read_text().split()
    ['name,samples,loss', 'mine,256,3.2']
    """
    path, columns = folder / CURVES, ["name", "samples", "loss"]
    added = [
        {"name": name, "samples": samples, "loss": loss}
        for name, curve in curves.items()
        for samples, loss in curve
    ]
    with one_at_a_time(folder):
        kept = _read_table(path, columns) if path.exists() else []
        _write_table(path, columns, [*(row for row in kept if row["name"] not in curves), *added])


def _read(kind: Any, text: str) -> Any:
    if kind is bool:
        return {"True": True, "False": False}[text]
    return kind(text)


def _read_table(path: Path, columns: list[str]) -> list[dict[str, str]]:
    try:
        reader = csv.DictReader(io.StringIO(read_plain(path).decode("utf-8"), newline=""))
        rows, found = list(reader), reader.fieldnames
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ClipsafeError(f"{path}: cannot be read ({error}).") from error
    if found != columns:
        raise ClipsafeError(f"{path}: expected the columns {', '.join(columns)}.")
    return rows


def _write_table(path: Path, columns: list[str], rows: list[dict[str, Any]]) -> None:
    with replacing(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)

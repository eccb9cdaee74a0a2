"""The table of all models as its page publishes it: numbers for a script, and words where none runs."""

import html
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from clipsafe_utils.cubes import GROUPS
from clipsafe_utils.show.page_data import data_element
from clipsafe_utils.show.shown import Shown
from clipsafe_utils.show.tables import table

DATA_CLASS = "models-data"
"""Class of the element that holds the numbers; the compiled page gets the scripts that show them."""

SHORT = "~"
"""Stands in a full name for the short one, without what that has in brackets."""

VIEWS = (
    ("Zero-shot CLIPs of the record", "study=published&group=clip_zero_shot&sort=accuracy&order=desc"),
    ("People and networks on cue conflict", "study=published&sort=shape_bias&order=desc"),
    ("Everything trained on WIT", "source=WIT"),
    ("Images found for a caption", "study=published&sort=recall&order=desc"),
    ("The laboratory by AUROC", "study=miniature&sort=auroc&order=desc"),
)
"""Views that the page offers as links, each with the address of its table."""


@dataclass(frozen=True)
class Column:
    """A column of the table."""

    key: str  # In the rows, and in an address that sorts.
    title: str
    kind: str  # How values are written: name, choice (to filter by), word, count, size or percent.


COLUMNS = (
    Column("model", "Model", "name"),
    Column("accuracy", "Accuracy, %", "percent"),
    Column("shape_bias", "Shape bias, %", "percent"),
    Column("auroc", "AUROC, %", "percent"),
    Column("ece", "ECE, %", "percent"),
    Column("temperature", "T", "size"),
    Column("recall", "Recall at 1, %", "percent"),
    Column("study", "Study", "choice"),
    Column("group", "Group", "choice"),
    Column("training_source", "Training source", "choice"),
    Column("training_images", "Images", "count"),
    Column("samples_seen", "Samples seen", "count"),
    Column("architecture", "Encoder", "word"),
    Column("parameters", "Weights", "count"),
    Column("cubes", "Cubes", "word"),
)


def model_table(rows: pd.DataFrame, views: Sequence[tuple[str, str]] = VIEWS) -> Shown:
    """Turn the rows, as of `read_rows`, into what the page publishes.

    Words and choices are stored once, each row names their places. Shares become percent with two decimals;
    other numbers keep four significant digits. Models go by their short names; those of the cubes, `full`,
    are stored as what stands around these.
    """
    data = {
        "columns": [
            vars(column) | (_names(rows) if column.kind == "name" else _stored(rows[column.key], column))
            for column in COLUMNS
        ],
        "views": [list(view) for view in views],
    }
    said = html.escape(f"The table of {len(rows):,} models needs a script to be searched and sorted.")
    return Shown(
        f'<div class="models-table"><noscript><p>{said}</p></noscript>{data_element(DATA_CLASS, data)}</div>'
    )


def _names(rows: pd.DataFrame) -> dict[str, object]:
    short = rows["name"].astype(str).tolist()
    around = [
        model.replace(name.split(" (")[0], SHORT, 1)
        for model, name in zip(rows["model"].astype(str), short, strict=True)
    ]
    words = list(dict.fromkeys(around))
    places = {word: place for place, word in enumerate(words)}
    return {"values": short, "full": {"words": words, "values": [places[word] for word in around]}}


def _stored(values: pd.Series, column: Column) -> dict[str, object]:
    if column.kind in ("choice", "word"):
        words = list(dict.fromkeys(values.astype(str)))
        places = {word: place for place, word in enumerate(words)}
        labels = [GROUPS.get(word, word) if column.key == "group" else word for word in words]
        return {"words": words, "labels": labels, "values": [places[str(value)] for value in values]}
    numbers = values.to_numpy(dtype=float)
    if column.kind == "percent":
        return {"values": [_finite(round(100 * number, 2)) for number in numbers]}
    return {"values": [_finite(float(f"{number:.4g}")) for number in numbers]}


def _finite(number: float) -> float | int | None:
    if not np.isfinite(number):
        return None
    return int(number) if number == int(number) else number


def studies_table(rows: pd.DataFrame) -> Shown:
    """Count the models of each study, and those that have each headline value."""
    if rows.empty:
        return Shown("<p>No study has the cube <code>models</code>.</p>")
    headlines = [column for column in COLUMNS if column.kind == "percent"]
    counted = [
        {"Study": study, "Models": f"{len(of_study):,}"}
        | {column.title.split(",")[0]: f"{of_study[column.key].notna().sum():,}" for column in headlines}
        for study, of_study in rows.groupby("study", sort=False)
    ]
    return table(
        pd.DataFrame(counted),
        "Models of each study, and how many of them have each of the headline values.",
    )

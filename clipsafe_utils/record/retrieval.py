"""Images found for a text and texts for an image: recall of CLIPs as three sources state it."""

# One source states recall at 1 and at 5, one at 5 alone, one at 1 alone. What is not stated stays so: recall
# at 1 of one network is never held against recall at 5 of another.

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from clipsafe_utils.record.conditions import recover_counts
from clipsafe_utils.record.frequency import IMAGE_SIZE, read_full
from clipsafe_utils.record.open_clip_results import HALF_STEP as FOUR_DECIMALS
from clipsafe_utils.record.open_clip_results import quickgelu_first
from clipsafe_utils.record.scaling_laws import RESULTS as SCALING_LAWS
from clipsafe_utils.record.sources import fetch
from clipsafe_utils.record.tables import read_numbers

OPEN_CLIP = "open_clip/docs/openclip_retrieval_results.csv"
FREQUENCY = "frequency_determines_performance/retrieval_evaluations"
FLICKR, COCO = "flickr30k", "mscoco"
DIRECTIONS = ("image_for_text", "text_for_image")

QUERIES: Mapping[tuple[str, str], int] = {
    (FLICKR, "image_for_text"): 5_000,
    (FLICKR, "text_for_image"): 1_000,
    (COCO, "image_for_text"): 25_010,
    (COCO, "text_for_image"): 5_000,
}
"""Texts or images that are asked, by set and direction: test images with all of their captions."""

FIVE_CAPTIONS = 25_000
"""Texts of COCO where a source takes five captions an image."""

_SINGLE_PRECISION, _DOUBLE_PRECISION = 1e-7, 1e-12
_NOT_STATED = "the source of the row does not state recall at this rank"

Cell = tuple[int, str, str]
"""Of a table: recall at which rank, on which set, in which direction."""


def open_clip_recall() -> xr.Dataset:
    """Build the rows of open_clip, recall at 1 and at 5; its two CoCas tuned on COCO are filed as `other`."""
    sets = {FLICKR: "Flickr", COCO: "MSCOCO"}
    found = {"image_for_text": "image", "text_for_image": "text"}
    columns = {
        (rank, of_set, direction): f"{sets[of_set]} {found[direction]} retr. R@{rank}"
        for rank in (1, 5)
        for of_set, direction in QUERIES
    }
    path = fetch(OPEN_CLIP)
    table = read_numbers(path, ["name", "pretrained"], list(columns.values()))
    names: list[str] = (table["name"] + "." + table["pretrained"]).tolist()
    table = table.set_axis(names).loc[sorted(names, key=quickgelu_first)]
    return _lay_out({cell: table[column] for cell, column in columns.items()}, QUERIES, FOUR_DECIMALS, path)


def scaling_laws_recall() -> xr.Dataset:
    """Build the rows of scaling-laws-openclip: recall at 5 alone."""
    path = fetch(SCALING_LAWS)
    columns = {f"{name.split('_')[0]}_retrieval_recall@5": name for name in DIRECTIONS}
    table = read_numbers(
        path, ["arch", "name", "downstream_dataset", "task"], list(columns), may_be_blank=list(columns)
    )
    table.index = pd.Index(table["arch"] + "." + table["name"])
    parts = {
        of_set: table[table["downstream_dataset"] == name].sort_index()
        for of_set, name in ((FLICKR, "flickr30k"), (COCO, "mscoco_captions"))
    }
    recall = {
        (5, of_set, direction): part[column].rename(column)
        for of_set, part in parts.items()
        for column, direction in columns.items()
    }
    return _lay_out(recall, QUERIES, _SINGLE_PRECISION, path)


def frequency_recall() -> xr.Dataset:
    """Build the rows of the CLIPs of eight training sources: recall at 1 alone."""
    sets, tasks = {FLICKR: "flickr", COCO: "coco"}, dict(zip(DIRECTIONS, ("t2i", "i2t"), strict=True))
    recall = {
        (1, of_set, direction): read_full(
            fetch(f"{FREQUENCY}/{sets[of_set]}_{tasks[direction]}_k=1_results.json")
        ).rename(lambda name: f"{name}@{IMAGE_SIZE}")
        for of_set, direction in QUERIES
    }
    queries = {**QUERIES, (COCO, "image_for_text"): FIVE_CAPTIONS}
    return _lay_out(recall, queries, _DOUBLE_PRECISION, Path(FREQUENCY))


def _lay_out(
    recall: Mapping[Cell, pd.Series], queries: Mapping[tuple[str, str], int], half_step: float, path: Path
) -> xr.Dataset:
    """Lay recall out over models, sets and directions; it must be that of whole numbers of queries."""
    models = next(iter(recall.values())).index
    dims, sets = ("model", "set", "direction"), (FLICKR, COCO)
    shape = (len(models), len(sets), len(DIRECTIONS))
    tables = {f"recall_at_{rank}": np.full(shape, np.nan) for rank in (1, 5)}
    for (rank, of_set, direction), values in recall.items():
        recover_counts(values, queries[of_set, direction], half_step, path)
        place = sets.index(of_set), DIRECTIONS.index(direction)
        tables[f"recall_at_{rank}"][:, *place] = values.loc[models]
    asked = [[queries[of_set, direction] for direction in DIRECTIONS] for of_set in sets]
    tables["queries"] = np.broadcast_to(np.array(asked, dtype=float), shape)
    cube = xr.Dataset(
        {name: (dims, table.copy()) for name, table in tables.items()},
        {"model": models.to_numpy(), "set": list(sets), "direction": list(DIRECTIONS)},
    )
    for name in ("recall_at_1", "recall_at_5"):
        cube[name].attrs["not_measured"] = _NOT_STATED
    return cube

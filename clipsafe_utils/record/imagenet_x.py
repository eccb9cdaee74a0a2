"""ImageNet-X: accuracy by visual factor of 393 records, turned back into whole counts of images."""

import io
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from clipsafe_utils.cubes.schema import FACTORS, LABEL_RULE, LABEL_RULES, OVERALL
from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.record.conditions import recover_counts
from clipsafe_utils.record.sources import fetch, raw_files, raw_paths
from clipsafe_utils.record.tables import read_numbers

SELECTIONS = ("top", "multi")
TABLES = {"imagenet-x-testbed": "imagenet_testbed", "imagenet-x-toolbox": "modelvshuman"}
FOLDER_OF_RULE: Mapping[str, str] = {"class": "class", "real": "real_class", "metaclass": "metaclass"}
PREDICTIONS_FOLDER = "imagenetx/model_predictions/base"
ANNOTATIONS_FOLDER = "imagenetx/annotations"

METACLASSES = (
    *("device", "dog", "commodity", "bird", "structure", "covering", "wheeled_vehicle", "food"),
    *("equipment", "insect", "vehicle", "furniture", "primate", "vessel", "snake", "natural_object"),
    "other",
)
"""Groups of classes, as ImageNet-X names them; `other` is all classes of the 84 groups that it does not."""

LABELS_THEMSELVES = "human"
"""A row of each table by ReaL: its labels, as if they were answers."""

_ANNOTATED = list(FACTORS[:-1])
_INSIDE = ("class", "real")
"""Rules by which accuracy inside each group of classes is published."""

_WHOLE = ("hits", "images")


@dataclass(frozen=True)
class Annotations:
    """The annotated images of one selection."""

    flags: pd.DataFrame  # boolean, a row an image by file name, a column a factor and one for `overall`
    labels: pd.Series  # true class of each image, 0 to 999

    @property
    def images(self) -> pd.Series:
        """Number of images of each factor."""
        return self.flags.sum()

    @property
    def images_inside(self) -> pd.DataFrame:
        """Number of images of each factor, a row a group of classes."""
        return _by_group(self.flags, self.labels)


def table_path(source: str, selection: str, label_rule: str = LABEL_RULE, inside: str = "") -> str:
    """Return the mirror path of one table of accuracies; with `inside`, of those inside groups of classes.

    Not every table is published: `raw_files` knows those that are.
    """
    folder = f"imagenetx/results/val/{selection}_factor/{TABLES[source]}/{FOLDER_OF_RULE[label_rule]}"
    return f"{folder}/accuracies_per_factor{inside}.csv"


def read_annotations(selection: str) -> Annotations:
    """Read the annotations of ImageNet's validation set: one of `SELECTIONS`, "top" or all named factors.

    The 3,000 prototypes, which annotators compared the other images with, are left out, as the authors do by
    default; 46,110 annotated images remain.
    """
    table = fetch(f"{ANNOTATIONS_FOLDER}/imagenet_x_val_{selection}_factor.jsonl")
    text = table.read_text(encoding="utf-8")
    rows = pd.read_json(io.StringIO(text), lines=True).set_index("file_name")
    prototypes = pd.read_csv(fetch(f"{ANNOTATIONS_FOLDER}/prototypical_paths.csv"))["file_name"]
    rows = rows[~rows.index.isin(prototypes)]
    flags = rows[_ANNOTATED].astype(bool).assign(**{OVERALL: True})
    return Annotations(flags, rows["class"])


def read_table(path: Path, annotations: Annotations) -> xr.Dataset:
    """Turn a table of accuracies back into hits; refuse a count that does not come out whole.

    `hits` with the dims model and factor, and `images` with the dim factor. ReaL's own row is left out.
    """
    table = read_numbers(path, ["model"], [*_ANNOTATED, "average"]).set_index("model")
    accuracies = table.drop(index=LABELS_THEMSELVES, errors="ignore").rename(columns={"average": OVERALL})
    hits = [recover_counts(accuracies[name], annotations.images[name], 0, path).hits for name in FACTORS]
    return xr.Dataset(
        {
            "hits": (("model", "factor"), np.stack(hits, axis=1).astype(np.int64)),
            "images": ("factor", annotations.images[list(FACTORS)].to_numpy()),
        },
        coords={"model": list(accuracies.index), "factor": list(FACTORS)},
    )


def read_table_inside(path: Path, annotations: Annotations) -> xr.DataArray:
    """Turn a table of accuracies inside groups of classes back into hits: dims metaclass, model, factor.

    The authors leave a cell blank where the group has no image of the factor, and a whole row where a model
    is right on no image of the group: both are no hits.
    """
    table = read_numbers(path, ["model", "metaclass"], [*_ANNOTATED, "average"], _ANNOTATED)
    table = table[table["model"] != LABELS_THEMSELVES].rename(columns={"average": OVERALL})
    parts = {}
    for group, images in zip(METACLASSES, annotations.images_inside.to_numpy(), strict=True):
        rows = table[table["metaclass"] == group].set_index("model")
        of_none = rows[OVERALL] == 0
        hits = {}
        for name, number in zip(FACTORS, images.tolist(), strict=True):
            accuracies = rows[name].mask(of_none | (number == 0), 0)
            if accuracies.isna().any():
                row = f"{accuracies.index[accuracies.isna()][0]} {group}"
                raise ClipsafeError(f"{path}: row '{row}', column '{name}': '' is not a number.")
            hits[name] = recover_counts(accuracies, number, 0, path).hits.astype(np.int64)
        coords = {"model": rows.index.tolist(), "factor": list(FACTORS)}
        parts[group] = xr.DataArray(pd.DataFrame(hits).to_numpy(), coords)
    return _along("metaclass", parts)


def predictions_of(path: Path, images: pd.Index) -> pd.DataFrame:
    """Read `predicted_class` and `predicted_probability` of some images, by file name, in their order."""
    predictions = pd.read_csv(path).set_index("file_name").reindex(images)
    absent = predictions.index[predictions["predicted_class"].isna()]
    if len(absent):
        raise ClipsafeError(f"{path}: no prediction for the image {absent[0]}.")
    return predictions


def read_predictions(path: Path, annotations: Annotations) -> xr.Dataset:
    """Count the hits of a model, which is named by the stem of the path, as `count_hits` does."""
    predictions = predictions_of(path, annotations.labels.index)
    return count_hits(path.stem, predictions["predicted_class"], annotations)


def right_by_rule(predicted: pd.Series, labels: pd.Series) -> dict[str, np.ndarray]:
    """Say by each of `LABEL_RULES` whether predicted classes are right; both by file name, in one order.

    An image without a label in ReaL is wrong by it, and not left out: so do the authors.
    """
    groups, real = metaclasses(), real_labels().reindex(labels.index)
    is_real = [one in known for one, known in zip(predicted, real, strict=True)]
    same_group = groups.reindex(predicted).to_numpy() == groups.loc[labels].to_numpy()
    return {
        "class": (predicted == labels).to_numpy(),
        "real": np.array(is_real, bool),
        "metaclass": same_group,
    }


def count_hits(model: str, predicted: pd.Series, annotations: Annotations) -> xr.Dataset:
    """Count the hits of a model from the class that it predicts for every annotated image.

    `hits` and `hits_inside` with the dims label_rule, model (one) and factor, the latter with metaclass, too;
    `images` and `images_inside`.
    """
    factors = list(FACTORS)
    right = right_by_rule(predicted, annotations.labels)
    hits = [annotations.flags.loc[right[rule], factors].sum() for rule in LABEL_RULES]
    inside = [_by_group(annotations.flags[right[rule]], annotations.labels[right[rule]]) for rule in _INSIDE]
    counts = xr.Dataset(
        {
            "hits": (("label_rule", "model", "factor"), np.stack(hits)[:, np.newaxis]),
            "images": ("factor", annotations.images[factors].to_numpy()),
        },
        coords={"label_rule": list(LABEL_RULES), "model": [model], "factor": factors},
    )
    of_rule = xr.DataArray(
        np.stack(inside)[:, :, np.newaxis],
        {"label_rule": list(_INSIDE), "metaclass": list(METACLASSES), "model": [model], "factor": factors},
    )
    return _with_inside(counts, of_rule, annotations)


def factor_counts(source: str) -> xr.Dataset:
    """Build the counts of a source: `hits` and `images` with the dims selection, model and factor.

    Hits have the dim label_rule, too, and are NaN where no table is published. By top factor alone, inside
    groups of classes: `hits_inside` with the dims label_rule, metaclass, model, factor; `images_inside`.
    """
    if source in TABLES:
        return by_selection(lambda selection, annotations: _of_tables(source, selection, annotations))
    return of_predictions(raw_paths(PREDICTIONS_FOLDER), read_predictions)


def of_predictions(paths: Sequence[str], count: Callable[[Path, Annotations], xr.Dataset]) -> xr.Dataset:
    """Build the counts of files that hold the prediction of a model on every image, as in `factor_counts`."""
    local = [fetch(path) for path in paths]
    return by_selection(
        lambda _, annotations: xr.concat(
            [count(path, annotations) for path in local], "model", data_vars="minimal", join="exact"
        )
    )


def by_selection(count: Callable[[str, Annotations], xr.Dataset]) -> xr.Dataset:
    """Join what is counted by top and by all factors; inside groups of classes, what is by top factor."""
    parts = {selection: count(selection, read_annotations(selection)) for selection in SELECTIONS}
    hits, images = (_along("selection", {at: part[name] for at, part in parts.items()}) for name in _WHOLE)
    whole = xr.Dataset({"hits": hits, "images": images.expand_dims(model=hits["model"].values)})
    whole = whole.transpose("label_rule", "selection", "model", "factor")
    return whole.assign(parts["top"][["hits_inside", "images_inside"]])


def _of_tables(source: str, selection: str, annotations: Annotations) -> xr.Dataset:
    known = raw_files()

    def published(rules: Sequence[str], inside: str = "") -> dict[str, Path]:
        paths = {rule: table_path(source, selection, rule, inside) for rule in rules}
        return {rule: fetch(path) for rule, path in paths.items() if path in known}

    tables = {rule: read_table(path, annotations) for rule, path in published(list(LABEL_RULES)).items()}
    hits = _along("label_rule", {rule: table["hits"] for rule, table in tables.items()})
    inside = {
        rule: read_table_inside(path, annotations) for rule, path in published(_INSIDE, "_metaclass").items()
    }
    of_rule = (
        _along("label_rule", inside)
        if inside
        else xr.full_like(hits, np.nan, float).expand_dims(metaclass=list(METACLASSES))
    )
    counts = tables[LABEL_RULE].assign(hits=hits.reindex(label_rule=list(LABEL_RULES)))
    return _with_inside(counts, of_rule, annotations)


def _along(dim: str, parts: Mapping[str, xr.DataArray]) -> xr.DataArray:
    joined: xr.DataArray = xr.concat(list(parts.values()), dim, join="exact")
    return joined.assign_coords({dim: list(parts)})


def _with_inside(counts: xr.Dataset, hits: xr.DataArray, annotations: Annotations) -> xr.Dataset:
    inside = hits.reindex(label_rule=list(LABEL_RULES))
    return counts.assign(
        hits_inside=inside.transpose("label_rule", "metaclass", "model", "factor"),
        images_inside=(("metaclass", "factor"), annotations.images_inside.to_numpy()),
    )


@cache
def metaclasses() -> pd.Series:
    """Return the group of classes of each class; row i of the file is class i, whatever its `wnid` says."""
    table = pd.read_csv(fetch(f"{ANNOTATIONS_FOLDER}/imagenet_1k_classes_to_100_metaclasses.csv"))
    return table["name"].where(table["name"].isin(METACLASSES), "other")


@cache
def real_labels() -> pd.Series:
    """Return the labels of each validation image in ReaL by file name: a list, empty where none was kept."""
    text = fetch(f"{ANNOTATIONS_FOLDER}/imagenet_real_labels.jsonl").read_text(encoding="utf-8")
    labels = json.loads(text)
    return pd.Series(labels, [f"ILSVRC2012_val_{place:08d}.JPEG" for place in range(1, len(labels) + 1)])


def _by_group(flags: pd.DataFrame, labels: pd.Series) -> pd.DataFrame:
    counts = flags[list(FACTORS)].groupby(metaclasses().loc[labels].to_numpy()).sum()
    return counts.reindex(list(METACLASSES), fill_value=0)

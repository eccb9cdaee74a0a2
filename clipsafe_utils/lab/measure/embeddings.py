"""Image embeddings of a few CLIPs, small enough to ship: a reader's own prompt then costs no image."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from clipsafe_utils.cubes import write_cube
from clipsafe_utils.engine.measure.cubes import Facts, describe
from clipsafe_utils.engine.measure.outputs import ModelOutputs, logits_of_embeddings
from clipsafe_utils.engine.measure.plan import ImageSet
from clipsafe_utils.errors import ClipsafeError

if TYPE_CHECKING:
    from clipsafe_utils.engine.evaluation.store import PredictionStore

IMAGES: Mapping[str, int] = {
    "natural": 2000,
    "unseen_glyphs": 500,
    "scenes_known": 500,
    "scenes_unseen": 500,
    "textures": 500,
    "fooling_labels": 500,
}
"""How many images of each set are kept; the fooling set is the one that a network trained on labels chose."""

SUBSET_SEED = 0
"""Seed of the images that are kept."""


def write_embeddings(
    store: "PredictionStore",
    models: Sequence[str],
    path: Path,
    facts: Facts,
    *,
    class_names: Sequence[str],
    images: Mapping[str, int] = IMAGES,
    prompts: str = "default",
) -> None:
    """Write embeddings, classifiers and labels in half precision.

    Parameters
    ----------
    store : PredictionStore
        Where the predictions are.
    models : sequence of str
        CLIPs of one width of embedding.
    path : Path
        The file, ``embeddings.nc``.
    facts : Facts
        What the cube says of itself.
    class_names : sequence of str
        The classes.
    images : mapping of str to int
        Images to keep of each set, chosen by a fixed seed; the same of every model.
    prompts : str
        Which classifier goes with them.

    Raises
    ------
    ClipsafeError
        If a model has no embeddings of a set, widths differ, a set has fewer images, or the file cannot be
        written.
    """
    by_model = [_of_model(ModelOutputs(store, model, prompts), images) for model in models]
    widths = {model: one.sizes["width"] for model, one in zip(models, by_model, strict=True)}
    if len(set(widths.values())) > 1:
        raise ClipsafeError(f"{path}: the models have embeddings of different widths ({widths}).")
    cube = xr.concat(by_model, "model", data_vars="minimal", compat="equals", join="exact")
    cube = cube.assign_coords({"model": list(models), "class": list(class_names)})
    write_cube(describe(cube, "embeddings", facts), path)


def logits_of_prompts(
    embeddings: xr.Dataset, model: str, classifier: ArrayLike | None = None
) -> xr.DataArray:
    """Take the logits of one model under a reader's own prompts.

    Parameters
    ----------
    embeddings : Dataset
        The cube of that name.
    model : str
        One of its models.
    classifier : array_like, shape (classes, width), optional
        Text embeddings of the prompts, averaged over those of a class; any norm. Left out, the model's own.

    Returns
    -------
    DataArray of float32, dims (image, class)
        With the coordinates set and label.

    Raises
    ------
    ClipsafeError
        If the cube has no such model.
    ValueError
        If the classifier does not fit the width of the embeddings or the classes.

    Examples
    --------
    >>> cube = xr.Dataset(
    ...     {"embedding": (("model", "image", "width"), [[[0.6, 0.8]]]),
    ...      "classifier": (("model", "class", "width"), [[[1.0, 0.0], [0.0, 1.0]]]),
    ...      "logit_scale": ("model", [10.0]), "set": ("image", ["natural"]), "label": ("image", [1])},
    ...     {"model": ["a"], "class": ["cat", "dog"]})
    >>> logits_of_prompts(cube, "a").values
    array([[6., 8.]], dtype=float32)
    >>> logits_of_prompts(cube, "a", [[0.0, 2.0], [1.0, 0.0]]).values
    array([[8., 6.]], dtype=float32)
    """
    if model not in embeddings["model"].values:
        known = ", ".join(map(str, embeddings["model"].values))
        raise ClipsafeError(f"There are no embeddings of '{model}'; the models are {known}.")
    here = embeddings.sel(model=model)
    own = here["classifier"].transpose("class", "width").values
    rows = _unit(np.asarray(own if classifier is None else classifier, np.float32))
    if rows.shape != own.shape:
        raise ValueError(f"classifier: expected the shape {own.shape}, got {rows.shape}.")
    values = here["embedding"].transpose("image", "width").values
    logits = logits_of_embeddings(values, rows, float(here["logit_scale"]))
    coordinates = {"class": here["class"], "set": here["set"], "label": here["label"]}
    return xr.DataArray(logits, coordinates, ("image", "class"))


def _of_model(outputs: ModelOutputs, images: Mapping[str, int]) -> xr.Dataset:
    parts = []
    for name, wanted in images.items():
        found = outputs.predictions(ImageSet(name, name))
        if found.kind != "embeddings" or len(found.labels) < wanted:
            raise ClipsafeError(
                f"{outputs.store.folder}: {outputs.model!r} has {len(found.labels)} rows of {found.kind} on "
                f"{name!r}; expected at least {wanted} of embeddings."
            )
        kept = chosen_images(len(found.labels), wanted)
        parts.append(
            xr.Dataset(
                {
                    "embedding": (("image", "width"), _unit(found.values[kept]).astype(np.float16)),
                    "set": ("image", np.full(wanted, name)),
                    "label": ("image", found.labels[kept]),
                    "place": ("image", kept),
                }
            )
        )
    head = outputs.classifier(outputs.prompts)
    joined = xr.concat(parts, "image")
    coordinates = {"image": np.arange(joined.sizes["image"]), "width": np.arange(head.values.shape[1])}
    of_model = {
        "embedding": joined["embedding"].expand_dims("model"),
        "classifier": (("model", "class", "width"), head.values.astype(np.float16)[None]),
        "logit_scale": ("model", [head.logit_scale]),
    }
    return joined.assign(of_model).assign_coords(coordinates)


def chosen_images(images: int, wanted: int) -> NDArray[np.int64]:
    """Choose images by a fixed seed, in rising order.

    Examples
    --------
    >>> chosen_images(5, 5).tolist()
    [0, 1, 2, 3, 4]
    """
    return np.sort(np.random.default_rng(SUBSET_SEED).permutation(images)[:wanted])


def _unit(rows: NDArray[np.floating]) -> NDArray[np.float32]:
    wide = rows.astype(np.float32)
    unit: NDArray[np.float32] = wide / np.linalg.norm(wide, axis=1, keepdims=True)
    return unit

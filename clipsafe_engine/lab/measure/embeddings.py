"""Image embeddings of a few CLIPs, small enough to ship: a reader's own prompt then costs no image."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from clipsafe_engine.measure.outputs import ModelOutputs
from clipsafe_utils.cubes import write_cube
from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.measuring.cubes import Facts, describe
from clipsafe_utils.measuring.plan import ImageSet

if TYPE_CHECKING:
    from clipsafe_engine.predict.store import PredictionStore

IMAGES: Mapping[str, int] = {
    "natural": 1800,
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
    templates: Mapping[str, str],
    images: Mapping[str, int] = IMAGES,
    prompts: str = "default",
) -> None:
    """Write embeddings of images and of single templates, classifiers and labels, in half precision.

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
    templates : mapping of str to str
        Single templates, whose classifiers the store holds under their text, and the set that each is of. The
        mean of some of them, brought back to unit norm, is the classifier of the set that they make.
    images : mapping of str to int
        Images to keep of each set, chosen by a fixed seed; the same of every model.
    prompts : str
        Which classifier goes with them.

    Raises
    ------
    ClipsafeError
        If a model has no embeddings of a set or no classifier of a template, widths differ, a set has fewer
        images, or the file cannot be written.
    """
    texts = list(templates)
    by_model = [_of_model(ModelOutputs(store, model, prompts), images, texts) for model in models]
    widths = {model: one.sizes["width"] for model, one in zip(models, by_model, strict=True)}
    if len(set(widths.values())) > 1:
        raise ClipsafeError(f"{path}: the models have embeddings of different widths ({widths}).")
    cube = xr.concat(by_model, "model", data_vars="minimal", compat="equals", join="exact")
    cube["template_set"] = "template", list(templates.values())
    cube = cube.assign_coords({"model": list(models), "class": list(class_names), "template": texts})
    write_cube(describe(cube, "embeddings", facts), path)


def _of_model(outputs: ModelOutputs, images: Mapping[str, int], templates: Sequence[str]) -> xr.Dataset:
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
    singles = np.stack([outputs.classifier(template).values for template in templates])
    joined = xr.concat(parts, "image")
    coordinates = {"image": np.arange(joined.sizes["image"]), "width": np.arange(head.values.shape[1])}
    of_model = {
        "embedding": joined["embedding"].expand_dims("model"),
        "classifier": (("model", "class", "width"), head.values.astype(np.float16)[None]),
        "template_embedding": (("model", "template", "class", "width"), singles.astype(np.float16)[None]),
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

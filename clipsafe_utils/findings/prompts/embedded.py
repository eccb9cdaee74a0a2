"""Other prompts from kept embeddings: a classifier is a mean of text embeddings, so no network is run."""

from collections.abc import Sequence

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from clipsafe_utils.errors import ClipsafeError


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
    here = _of_model(embeddings, model)
    own = here["classifier"].transpose("class", "width").values
    rows = np.asarray(own if classifier is None else classifier, np.float32)
    if rows.shape != own.shape:
        raise ValueError(f"classifier: expected the shape {own.shape}, got {rows.shape}.")
    values = here["embedding"].transpose("image", "width").values.astype(np.float32)
    logits = values @ (np.float32(here["logit_scale"]) * unit(rows)).T
    coordinates = {"class": here["class"], "set": here["set"], "label": here["label"]}
    return xr.DataArray(logits, coordinates, ("image", "class"))


def mean_of_templates(embeddings: xr.Dataset, model: str, templates: Sequence[str]) -> NDArray[np.float32]:
    """Average the text embeddings of single templates, as open_clip builds a zero-shot classifier.

    Parameters
    ----------
    embeddings : Dataset
        The cube of that name, with `template_embedding`.
    model : str
        One of its models.
    templates : sequence of str
        Some of its templates.

    Returns
    -------
    ndarray of float32, shape (classes, width)
        Of unit norm.

    Raises
    ------
    ClipsafeError
        If the cube has no such model or template.

    Examples
    --------
    >>> cube = xr.Dataset(
    ...     {"template_embedding": (("model", "template", "class", "width"), [[[[1.0, 0.0]], [[0.0, 1.0]]]])},
    ...     {"model": ["m"], "template": ["a {}", "the {}"], "class": ["cat"]})
    >>> mean_of_templates(cube, "m", ["a {}", "the {}"]).round(2)
    array([[0.71, 0.71]], dtype=float32)
    """
    here = _of_model(embeddings, model)["template_embedding"].transpose("template", "class", "width")
    known = here["template"].values.tolist()
    for template in templates:
        if template not in known:
            raise ClipsafeError(f"There is no embedding of the template '{template}'.")
    chosen = here.values[[known.index(template) for template in templates]]
    return unit(chosen.astype(np.float32).mean(axis=0))


def has_templates(embeddings: xr.Dataset, templates: Sequence[str]) -> bool:
    """Say whether the text embeddings of all of some templates were kept.

    Examples
    --------
    >>> has_templates(xr.Dataset(), ["a {}"])
    False
    """
    known = embeddings["template"].values.tolist() if "template_embedding" in embeddings else []
    return set(templates) <= set(known)


def unit(rows: NDArray[np.floating]) -> NDArray[np.float32]:
    """Bring the rows of an array to unit norm, in single precision.

    Examples
    --------
    >>> unit(np.array([[3.0, 4.0]]))
    array([[0.6, 0.8]], dtype=float32)
    """
    wide = rows.astype(np.float32)
    scaled: NDArray[np.float32] = wide / np.linalg.norm(wide, axis=-1, keepdims=True)
    return scaled


def _of_model(embeddings: xr.Dataset, model: str) -> xr.Dataset:
    if model not in embeddings["model"].values:
        known = ", ".join(map(str, embeddings["model"].values))
        raise ClipsafeError(f"There are no embeddings of '{model}'; the models are {known}.")
    return embeddings.sel(model=model)

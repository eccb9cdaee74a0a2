"""Detection of out-of-distribution (OOD) images by one model, with all its rules: the cube `ood`."""

from collections.abc import Mapping

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike

from clipsafe_utils.cubes.schema import SCHEMAS
from clipsafe_utils.metrics.arguments import Array, numbers
from clipsafe_utils.metrics.labelled.naming import described, refuse_unknown
from clipsafe_utils.metrics.ood import AUPR_RULE, FPR_RULE, detection

_RULES = {"aupr": AUPR_RULE, "fpr95_id_positive": FPR_RULE, "fpr95_ood_positive": FPR_RULE}


def detection_of_scores(
    id_scores: Mapping[str, ArrayLike],
    ood_scores: Mapping[str, Mapping[str, ArrayLike]],
    id_weights: ArrayLike,
    ood_weights: Mapping[str, ArrayLike],
) -> xr.Dataset:
    """Measure how well each score of one model parts ID images from each set of OOD images, in every draw.

    Parameters
    ----------
    id_scores : mapping of str to array_like, shape (images,)
        By name of the score, one of each ID image, high where the model takes it for known.
    ood_scores : mapping of str to mapping of str to array_like, shape (images of the set,)
        By OOD set, the same scores of its images.
    id_weights : array_like of counts, shape (draws, images)
        How often each ID image is drawn (`draw_weights`).
    ood_weights : mapping of str to array_like of counts, shape (draws, images of the set)
        The same of each OOD set.

    Returns
    -------
    Dataset, dims (draw, score, ood_set)
        auroc, aupr, fpr95_id_positive, fpr95_ood_positive.

    Raises
    ------
    ValueError
        If there is no score or set, a set lacks a score or its weights, or as in `detection`.

    Examples
    --------
    >>> found = detection_of_scores(
    ...     {"energy": [3.0, 2.0]}, {"textures": {"energy": [1.0, 2.5]}},
    ...     np.ones((1, 2), int), {"textures": np.ones((1, 2), int)})
    >>> found["auroc"].sel(draw=0, score="energy", ood_set="textures").item()
    0.75
    """
    if not id_scores:
        raise ValueError("id_scores: expected at least one score, got none.")
    if not ood_scores:
        raise ValueError("ood_scores: expected at least one set, got none.")
    refuse_unknown("ood_weights", ood_scores, ood_weights)
    known = _stacked("id_scores", id_scores, id_scores)
    found = [
        detection(known, _stacked(f"ood_scores of {name}", scores, id_scores), id_weights, ood_weights[name])
        for name, scores in ood_scores.items()
    ]
    coordinates = {
        "draw": np.arange(len(np.asarray(id_weights))),
        "score": list(id_scores),
        "ood_set": list(ood_scores),
    }
    variables = {}
    for variable in SCHEMAS["ood"].variables:
        values = np.stack([getattr(one, variable.name) for one in found], axis=-1)
        array = described(xr.DataArray(values, coordinates, tuple(coordinates)), variable.long_name)
        rule = _RULES.get(variable.name)
        variables[variable.name] = array if rule is None else array.assign_attrs(rule=rule)
    return xr.Dataset(variables)


def _stacked(name: str, scores: Mapping[str, ArrayLike], wanted: Mapping[str, ArrayLike]) -> Array:
    refuse_unknown(name, wanted, scores)
    columns = [numbers(f"{name}: {score}", scores[score], "images") for score in wanted]
    shapes = {column.shape for column in columns}
    if len(shapes) > 1 or columns[0].ndim != 1:
        raise ValueError(f"{name}: expected one number for each image and score, got the shapes {shapes}.")
    return np.stack(columns)

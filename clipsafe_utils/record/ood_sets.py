"""Sets of unfamiliar images of the record, and what a source says of detection as variables of the cube."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr

from clipsafe_utils.cubes.schema import SCHEMAS
from clipsafe_utils.metrics.ood_scores import SCORES


@dataclass(frozen=True)
class OodSet:
    """One set of unfamiliar images."""

    images: int
    meaning: str  # what it holds, and where the number of images is from


_CLEANED = "without those that show a class of ImageNet"

OOD_SETS: Mapping[str, OodSet] = {
    "cood": OodSet(
        50_000,
        "classes of ImageNet-21k from easy to hard for the network itself, mean of eleven levels (Galil et "
        "al. 2023); images of a level, recovered from the areas",
    ),
    "ninco": OodSet(
        4_293,
        "46 classes of NINCO that are not ImageNet's, mean over classes (Bitterwolf et al. 2023); this and "
        "the next eight numbers are recovered from the rates",
    ),
    "ninco_places_full": OodSet(405, "Places, as chosen by MOS and sampled by NINCO"),
    "ninco_places_cleaned": OodSet(153, f"the same images {_CLEANED}"),
    "ninco_species_full": OodSet(400, "Species, sampled by NINCO"),
    "ninco_species_cleaned": OodSet(172, f"the same images {_CLEANED}"),
    "ninco_imagenet_o_full": OodSet(400, "ImageNet-O, sampled by NINCO"),
    "ninco_imagenet_o_cleaned": OodSet(309, f"the same images {_CLEANED}"),
    "ninco_textures_full": OodSet(400, "Textures, sampled by NINCO"),
    "ninco_textures_cleaned": OodSet(288, f"the same images {_CLEANED}"),
    "inaturalist": OodSet(10_000, "iNaturalist, as chosen by MOS (Huang and Li 2021); a row an image"),
    "sun": OodSet(10_000, "SUN, as chosen by MOS; a row an image"),
    "places": OodSet(10_000, "Places, as chosen by MOS; a row an image"),
    "textures": OodSet(5_640, "Textures, all of it; a row an image"),
}
"""In the order of the cube. The first, the next nine and the last four were measured together."""

ID_IMAGES = 50_000
"""Familiar images of every set: ImageNet's validation set."""

_DECIMALS = 8
"""Processors add in different orders, so the last bits of a mean differ; what is kept is the same on all."""

_MEASURES = [variable.name for variable in SCHEMAS["ood"].variables]


def as_detection(values: pd.DataFrame) -> xr.Dataset:
    """Lay what a source measured out by model, score and set, NaN where it did not.

    Rows model, score and ood_set, of names in `SCORES` and `OOD_SETS`; columns are measures of the cube, and
    their standard errors with `_error` behind. Models are in the order in which they come first.
    """
    models = list(dict.fromkeys(values.index.get_level_values("model")))
    labels: dict[str, list[str]] = {"model": models, "score": list(SCORES), "ood_set": list(OOD_SETS)}
    whole = values.reindex(pd.MultiIndex.from_product(list(labels.values()), names=list(labels)))
    shape = tuple(map(len, labels.values()))

    def laid_out(name: str) -> np.ndarray:
        if name not in whole:
            return np.full(shape, np.nan)
        return whole[name].to_numpy(float).reshape(shape).round(_DECIMALS)

    cube = xr.Dataset(coords={"draw": [0], **labels})
    for name in _MEASURES:
        cube[name] = (("draw", *labels), laid_out(name)[np.newaxis])
        cube[f"{name}_error"] = (tuple(labels), laid_out(f"{name}_error"))
    cube["id_images"] = ("ood_set", np.full(len(OOD_SETS), ID_IMAGES))
    cube["ood_images"] = ("ood_set", [one.images for one in OOD_SETS.values()])
    return cube

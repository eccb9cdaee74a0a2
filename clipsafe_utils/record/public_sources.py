"""The registry of public sources: who they are, what each is read for and by what, and whom to prefer."""

# A source is a row here, a module that reads it, rules that file its rows (`rules/`) and its raw files with
# their hashes and licences (`sources.csv`).

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

import xarray as xr

from clipsafe_utils.record import (
    burns_imagenet,
    clip_calibration,
    confidences,
    cood,
    frequency,
    hsc,
    imagenet_testbed,
    imagenet_x,
    model_soups,
    model_vs_human,
    ninco,
    open_clip_results,
    retrieval,
    scaling_laws,
    setar,
    shifts,
    texture_vs_shape,
    timm_results,
    vlm_shapebias,
)


@dataclass(frozen=True)
class Reading:
    """How a source is read for one cube."""

    counts: Callable[[], xr.Dataset]  # variables of the cube, with the source's own names of models
    files: tuple[str, ...]  # how the paths of the raw files begin that it reads
    quoted: tuple[str, ...] = ()  # citations of what this package quotes, which is not read again


@dataclass(frozen=True)
class PublicSource:
    """One source of the record."""

    citation: str
    rules: str  # stem of its file in `rules`
    cubes: Mapping[str, Reading]  # those that it has rows of
    names_weights: bool = False  # whether its names stand for weights in other sources, too
    part: str = ""  # whose terms do not join with others': name of the part files that its rows stand in


_IMAGENET_X = "ImageNet-X (Idrissi et al. 2023)"
_TESTBED = "ImageNet testbed (Taori et al. 2020)"
_QUOTED = "quoted"
"""Part of rows whose source states no licence."""

_TEXTURE_VS_SHAPE = "texture-vs-shape (Geirhos et al. 2019)"
_CONFIDENCES_OF_IMAGENET_X = (
    *(f"{imagenet_x.ANNOTATIONS_FOLDER}/{name}" for name in ("filename_label", "imagenet_x_val_", "proto")),
    f"{imagenet_x.PREDICTIONS_FOLDER}/",
)
_FILES_OF_BURNS = (f"{imagenet_x.ANNOTATIONS_FOLDER}/", f"{burns_imagenet.FOLDER}/")


def _factors(source: str) -> dict[str, Reading]:
    table = imagenet_x.TABLES.get(source)
    tables = (f"imagenetx/results/val/{selection}_factor/{table}/" for selection in imagenet_x.SELECTIONS)
    own = tables if table else (f"{imagenet_x.PREDICTIONS_FOLDER}/",)
    files = (f"{imagenet_x.ANNOTATIONS_FOLDER}/", *own)
    return {"factors": Reading(partial(imagenet_x.factor_counts, source), files)}


def _decisions(source: str) -> dict[str, Reading]:
    return {"shape_bias": Reading(partial(texture_vs_shape.decision_counts, source), ("texture-vs-shape/",))}


def _sixteen(source: str, *cubes: str) -> dict[str, Reading]:
    folder = model_vs_human.FOLDERS[source]
    sets = tuple(f"{folder}/{name}/" for name in model_vs_human.SKILLS)
    readings = {
        "shape_bias": Reading(partial(model_vs_human.decision_counts, source), (f"{folder}/cue-conflict/",)),
        "sixteen_way": Reading(partial(model_vs_human.sixteen_way_counts, source), sets),
    }
    return {cube: readings[cube] for cube in cubes}


def _shifts(read: shifts.ReadEvaluations, *files: str) -> dict[str, Reading]:
    return {"shifts": Reading(partial(shifts.shift_counts, read), files)}


def _detection(read: Callable[[], xr.Dataset], *files: str) -> dict[str, Reading]:
    return {"ood": Reading(read, files)}


PUBLIC_SOURCES: Mapping[str, PublicSource] = {
    "imagenet-x-images": PublicSource(
        f"{_IMAGENET_X}, per-image predictions",
        "imagenet_x_images",
        _factors("imagenet-x-images")
        | {"calibration": Reading(confidences.calibration_counts, _CONFIDENCES_OF_IMAGENET_X)},
    ),
    "imagenet-x-testbed": PublicSource(
        f"{_IMAGENET_X}, table of the {_TESTBED}",
        "imagenet_testbed",
        _factors("imagenet-x-testbed"),
        names_weights=True,
    ),
    "imagenet-x-toolbox": PublicSource(
        f"{_IMAGENET_X}, table of model-vs-human (Geirhos et al. 2021)",
        "model_vs_human",
        _factors("imagenet-x-toolbox"),
    ),
    "texture-vs-shape": PublicSource(
        f"{_TEXTURE_VS_SHAPE}, cue-conflict experiment", "texture_vs_shape", _decisions("texture-vs-shape")
    ),
    "texture-vs-shape-trained": PublicSource(
        f"{_TEXTURE_VS_SHAPE}, cue-conflict experiment, further networks",
        "texture_vs_shape_trained",
        _decisions("texture-vs-shape-trained"),
    ),
    "open_clip": PublicSource(
        "open_clip (Ilharco et al. 2021), zero-shot results",
        "open_clip",
        _shifts(open_clip_results.read_evaluations, open_clip_results.RESULTS, open_clip_results.PROFILE)
        | {"retrieval": Reading(retrieval.open_clip_recall, (retrieval.OPEN_CLIP,))},
        names_weights=True,
    ),
    "scaling-laws": PublicSource(
        "scaling-laws-openclip (Cherti et al. 2023), zero-shot results",
        "scaling_laws",
        _shifts(scaling_laws.read_evaluations, scaling_laws.RESULTS, scaling_laws.DESIGNS)
        | {"retrieval": Reading(retrieval.scaling_laws_recall, (scaling_laws.RESULTS,))},
        names_weights=True,
    ),
    "timm": PublicSource(
        "timm (Wightman 2019), results tables",
        "timm",
        _shifts(timm_results.read_evaluations, f"{timm_results.FOLDER}/results-"),
        names_weights=True,
    ),
    "imagenet-testbed": PublicSource(
        f"{_TESTBED}, table of robustness",
        "imagenet_testbed",
        _shifts(imagenet_testbed.read_evaluations, imagenet_testbed.RESULTS),
        names_weights=True,
    ),
    "thieringer": PublicSource(
        "model-vs-human, fork of Thieringer (2022)",
        "model_vs_human_thieringer",
        _sixteen("thieringer", "shape_bias", "sixteen_way"),
    ),
    "beyond-inet": PublicSource(
        "Beyond ImageNet accuracy (Vishniakov et al. 2024)",
        "beyond_inet",
        _sixteen("beyond-inet", "shape_bias"),
    ),
    "burns": PublicSource(
        "model-vs-human, fork of Burns (2023)",
        "model_vs_human_burns",
        {"factors": Reading(burns_imagenet.factor_counts, _FILES_OF_BURNS)} | _sixteen("burns", "shape_bias"),
    ),
    "model-vs-human": PublicSource(
        "model-vs-human (Geirhos et al. 2021)",
        "model_vs_human_people",
        _sixteen("model-vs-human", "shape_bias", "sixteen_way"),
    ),
    "vlm-shapebias": PublicSource(
        "vlm_shapebias (Gavrikov et al. 2025)",
        "vlm_shapebias",
        {"shape_bias": Reading(vlm_shapebias.decision_counts, (f"{vlm_shapebias.FOLDER}/",))},
        part="by-sa",
    ),
    "hsc": PublicSource(
        "Hierarchical Selective Classification (Goren et al. 2024)",
        "hsc",
        {"calibration": Reading(hsc.calibration_rows, (hsc.TABLE,))},
        names_weights=True,
        part=_QUOTED,
    ),
    "clip-calibration": PublicSource(
        "CLIP_Calibration (LeVine et al. 2023)",
        "clip_calibration",
        {
            "calibration": Reading(
                clip_calibration.calibration_rows, (), (clip_calibration.NOTEBOOK.citation,)
            )
        },
        part=_QUOTED,
    ),
    "frequency": PublicSource(
        "frequency_determines_performance (Udandarao et al. 2024)",
        "frequency",
        _shifts(frequency.read_evaluations, f"{frequency.FOLDER}/")
        | {"retrieval": Reading(retrieval.frequency_recall, (f"{retrieval.FREQUENCY}/",))},
    ),
    "model-soups": PublicSource(
        "model-soups (Wortsman et al. 2022)",
        "model_soups",
        {"recipes": Reading(model_soups.recipe_counts, (model_soups.RESULTS, model_soups.RECIPES))},
    ),
    "cood": PublicSource(
        "COOD benchmark (Galil et al. 2023), results", "cood", _detection(cood.detection_scores, cood.RESULTS)
    ),
    "ninco": PublicSource(
        "NINCO (Bitterwolf et al. 2023), results", "ninco", _detection(ninco.detection_scores, ninco.TABLE)
    ),
    "setar": PublicSource(
        "SeTAR (Li et al. 2024), scores and results",
        "setar",
        _detection(setar.detection_scores, f"{setar.FOLDER}/"),
    ),
}
"""Their order is the order of preference among rows of one checkpoint."""


def readings_of(cube: str, part: str = "") -> dict[str, Reading]:
    """Return how each source of a cube, or of a part of it, is read, in the order of preference."""
    return {
        name: source.cubes[cube]
        for name, source in PUBLIC_SOURCES.items()
        if cube in source.cubes and source.part == part
    }

"""Small cubes for chapter 6, with values that can be worked by hand."""

from pathlib import Path

import numpy as np
import xarray as xr

from clipsafe_utils.cubes import write_cube
from clipsafe_utils.measuring.cubes import Facts, describe

FACTS = Facts("test", "proxy", "CC0", "made by a test", {("models", "parameters"): "made by a test"})
SETS = ("default", "one", "eighty", "drawing")
SCORES = ("maximum_softmax", "energy")
OOD_SETS = ("scenes", "fooling_labels", "fooling_wit")
FACTORS = ("pose", "texture", "overall")
IMAGES = 1000


def make_models(
    sources: dict[str, str], families: dict[str, str], group: str = "clip_zero_shot"
) -> xr.Dataset:
    """Describe models by name."""
    names = list(sources)
    text = {
        "group": [group] * len(names),
        "training_source": list(sources.values()),
        "architecture": ["resnet_xs"] * len(names),
        "family": [families[name] for name in names],
        "checkpoint": names,
        "pretraining": ["none"] * len(names),
        "fine_tuning": ["none"] * len(names),
        "reference": ["made by a test"] * len(names),
    }
    counts = dict.fromkeys(
        ("training_images", "samples_seen", "parameters", "image_size"), [32.0] * len(names)
    )
    columns = {name: ("model", values) for name, values in (text | counts).items()}
    return describe(xr.Dataset(columns, {"model": names}), "models", FACTS)


def make_prompts(names: list[str], shifts: dict[str, float], draws: int = 8, seed: int = 0) -> xr.Dataset:
    """Make a cube `prompts`: every property of a set is that of the usual set plus the shift of the set.

    Models and draws differ, but alike under every set, so that paired changes are the shifts in all of them.
    """
    random = np.random.default_rng(seed)
    dims = {"draw": draws, "model": len(names), "prompt_set": len(shifts), "subset": 1}
    base = 0.5 + 0.05 * random.random((draws, len(names), 1, 1))
    values = base + np.array(list(shifts.values()))[None, None, :, None]
    table = {name: (tuple(dims), values) for name in ("accuracy", "ece", "nll", "temperature")}
    area = values[..., None, None] + np.zeros((len(SCORES), len(OOD_SETS)))
    images = np.full((draws, len(FACTORS)), IMAGES)
    hits = np.round(IMAGES * values)[..., None] + np.zeros(len(FACTORS))
    coordinates = {
        **{dim: np.arange(size) for dim, size in dims.items()},
        "model": names,
        "prompt_set": list(shifts),
        "score": list(SCORES),
        "ood_set": list(OOD_SETS),
        "factor": list(FACTORS),
    }
    cube = xr.Dataset(
        table
        | {
            "auroc": ((*dims, "score", "ood_set"), area),
            "hits": ((*dims, "factor"), hits.astype(int)),
            "images": (("draw", "factor"), images),
        },
        coordinates,
    )
    return describe(cube, "prompts", FACTS)


def make_embeddings(names: list[str], templates: dict[str, str], seed: int = 0) -> xr.Dataset:
    """Make a cube `embeddings` of 5 classes, 200 known images and 60 unknown ones."""
    random = np.random.default_rng(seed)
    labels = np.r_[random.integers(0, 5, 200), np.full(60, -1)]
    classes = random.standard_normal((5, 8))
    near = np.where(labels[:, None] >= 0, classes[labels], 0.0) + 1.2 * random.standard_normal((260, 8))
    single = classes + 0.3 * random.standard_normal((len(names), len(templates), 5, 8))
    usual = np.stack([_unit(_unit(of_model)[:2].mean(axis=0)) for of_model in single])
    cube = xr.Dataset(
        {
            "embedding": (("model", "image", "width"), np.stack([_unit(near)] * len(names))),
            "classifier": (("model", "class", "width"), usual),
            "logit_scale": ("model", [9.0] * len(names)),
            "set": ("image", np.r_[["natural"] * 200, ["scenes"] * 40, ["textures"] * 20]),
            "label": ("image", labels),
            "place": ("image", np.arange(260)),
            "template_embedding": (("model", "template", "class", "width"), _unit(single)),
            "template_set": ("template", list(templates.values())),
        },
        {
            "model": names,
            "template": list(templates),
            "class": [f"class {place}" for place in range(5)],
            "image": np.arange(260),
            "width": np.arange(8),
        },
    )
    return describe(cube, "embeddings", FACTS)


def write_study(folder: Path, **cubes: xr.Dataset) -> str:
    """Write a study and return what names it."""
    for name, cube in cubes.items():
        write_cube(cube, folder / f"{name}.nc")
    return str(folder)


def _unit(rows: np.ndarray) -> np.ndarray:
    scaled: np.ndarray = rows / np.linalg.norm(rows, axis=-1, keepdims=True)
    return scaled

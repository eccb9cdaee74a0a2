"""A made-up record of real models, and studies of one model of one's own beside it."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import xarray as xr

from clipsafe_utils.cubes import write_cube
from clipsafe_utils.cubes.schema import CUE_CLASSES, DECISIONS, FACTORS
from clipsafe_utils.importing.recognising import IN_RECORD
from tests.conftest import labelled

STANDARD, CLIPS = 12, 8
NAMES = [f"net{n}" for n in range(STANDARD)] + [f"clip{n}" for n in range(CLIPS)]
IMAGES = 10_000
CONDITIONS = ("id", "v2_matched_frequency", "a", "r")
DRAWS = 60


def models_of(names: Sequence[str], groups: Sequence[str], source: str = "made") -> xr.Dataset:
    """Describe models, each a family and a checkpoint of its own."""
    texts = dict.fromkeys(
        ("training_source", "architecture", "pretraining", "fine_tuning", "reference"), ["none"] * len(names)
    )
    texts |= {"group": list(groups), "family": list(names), "checkpoint": list(names)}
    numbers = dict.fromkeys(
        ("training_images", "samples_seen", "parameters", "image_size"), [1.0] * len(names)
    )
    cube = xr.Dataset(
        {name: ("model", values) for name, values in (texts | numbers).items()},
        {"model": [f"{source}:{name}" for name in names]},
    )
    return labelled(cube, "models")


def shifts_of(models: xr.Dataset, hits: Mapping[str, Sequence[int]], images: int = IMAGES) -> xr.Dataset:
    """Make a cube `shifts` of hits by condition."""
    table = np.array(list(hits.values())).T
    cube = xr.Dataset(
        {
            "hits": (("model", "condition"), table),
            "images": (("model", "condition"), np.full_like(table, images)),
            "prompt_set": ("model", ["none"] * len(table)),
        },
        {"model": models["model"].values, "condition": list(hits)},
    )
    return labelled(cube.drop_vars("prompt_set"), "shifts")


def factors_of(models: xr.Dataset, share: Sequence[float]) -> xr.Dataset:
    """Make a cube `factors` with 1,000 images a factor, of which a model names a share rightly."""
    images = np.array([IMAGES if name == "overall" else 1000 for name in FACTORS])
    hits = np.round(np.array(share)[:, None] * images).astype(int)
    dims = ("selection", "model", "factor")
    cube = xr.Dataset(
        {
            "hits": (dims, np.stack([hits, hits])),
            "images": (dims, np.broadcast_to(images, (2, *hits.shape)).copy()),
        },
        {"selection": ["top", "multi"], "model": models["model"].values, "factor": list(FACTORS)},
    )
    return labelled(cube, "factors")


def shape_of(models: xr.Dataset, shape: Sequence[int], draws: int = DRAWS) -> xr.Dataset:
    """Make a cube `shape_bias` of 75 images a class, with paired draws."""
    each = np.array(shape)
    counts = np.stack([each, 70 - each, np.full_like(each, 5)], axis=-1)
    whole = np.repeat(counts[:, None], len(CUE_CLASSES), axis=1)
    rng = np.random.default_rng(0)
    noise = rng.integers(-40, 40, (draws + 1, 1, 1)) * np.array([1, -1, 0])
    drawn = whole.sum(axis=1)[None] + noise + rng.integers(-1, 2, (draws + 1, len(each), 3))
    drawn[0] = whole.sum(axis=1)
    cube = xr.Dataset(
        {
            "count": (("model", "cue_class", "decision"), whole),
            "draw_count": (("draw", "model", "decision"), drawn.clip(min=0)),
        },
        {
            "model": models["model"].values,
            "cue_class": list(CUE_CLASSES),
            "decision": list(DECISIONS),
            "draw": np.arange(draws + 1),
        },
    )
    for name in ("draw_count",):
        cube[name].attrs = {"long_name": name, "units": "1", "source": "made by a test"}
    return labelled(cube, "shape_bias")


def accuracy_of(number: int) -> int:
    """Return the hits of a model of the record in distribution: two points from one to the next."""
    return 5000 + 200 * number


def write_record(root: Path) -> Path:
    """Write a record: 12 standard networks on a line, and 8 CLIPs above it under every shift."""
    models = models_of(NAMES, ["standard"] * STANDARD + ["clip_zero_shot"] * CLIPS)
    home = np.array([accuracy_of(n) for n in [*range(STANDARD), *range(CLIPS)]])
    lift = np.array([0] * STANDARD + [500] * CLIPS)
    wobble = np.resize([0, 30, -20, 10], len(NAMES))
    hits = {name: home - 1000 * place + lift * (place > 0) + wobble for place, name in enumerate(CONDITIONS)}
    hits["id"] = home
    folder = root / "published"
    write_cube(models, folder / "models.nc")
    write_cube(shifts_of(models, {name: one.tolist() for name, one in hits.items()}), folder / "shifts.nc")
    share = (home + np.resize([0, 40, -30, 20], len(NAMES)) - np.where(lift > 0, 900, 0)) / IMAGES
    factors = factors_of(models, share.tolist())
    factors["hits"].loc[{"factor": "overall"}] = home
    write_cube(factors, folder / "factors.nc")
    write_cube(shape_of(models, [10 + n for n in range(len(NAMES))]), folder / "shape_bias.nc")
    return root


def write_own(
    path: Path, hits: Mapping[str, int], group: str = "clip_zero_shot", same: str = "", images: int = IMAGES
) -> Path:
    """Write a study of one model with some accuracies; `same` is a row of the record that it is."""
    models = models_of(["own"], [group], "mine")
    if same:
        models["checkpoint"].values[:] = same.partition(":")[2]
        models.attrs[IN_RECORD] = same
    write_cube(models, path / "models.nc")
    if hits:
        write_cube(shifts_of(models, {name: [one] for name, one in hits.items()}, images), path / "shifts.nc")
    return path

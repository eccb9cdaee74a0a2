"""A study with the models of the laboratory and numbers that can be worked out by hand.

On the probit scale a model's accuracy is its ability; accuracy under a shift and AUROC are the ability less
what the set costs. A step in ability, or of one set alone, is so known in advance.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr
from scipy.special import ndtr

from clipsafe_utils.cubes import write_cube
from clipsafe_utils.metrics.ood_scores import SCORES
from tests.conftest import labelled

REPLICATES = 20
CLIP, LABELS = "CLIP's contrastive loss", "cross-entropy on true labels"
STEPS = {
    "gently_tuned-": 0.2,
    "tuned-": 0.4,
    "half_way-": 0.3,
    "tuned-wide_near-": 0.4,
    "tuned-wide_far-": 0.4,
}
"""What each procedure adds to the ability of a zero-shot CLIP."""

EXPOSURE = 0.3
"""What relatives of the unseen glyphs add to detecting these, and to nothing else."""

KIN = 0.5
"""What a set costs those trained on the source of the network that chose it."""

SHIFTS = {
    "redrawn_top": 0.1,
    "redrawn_threshold": 0.2,
    "redrawn_plain": 0.3,
    "renditions": 1.0,
    "adversarial_labels": 1.2,
    "adversarial_wit": 1.2,
    "sketches": 0.9,
    "controlled": 0.6,
    "sequences_pm0": 0.2,
    "sequences_pmk": 0.5,
    "stylised": 0.7,
}
OOD = {
    "unseen_glyphs": 0.2,
    "scenes_known": 0.1,
    "scenes_unseen": 0.3,
    "textures": 0.4,
    "fooling_labels": 0.8,
    "fooling_wit": 0.8,
}
_ARCHITECTURES = {"resnet_xs": 0.0, "resnet_s": 0.2, "convnext_s": 0.1, "vit_s": -0.1}
_TAIL = "64k-s0"


def models() -> pd.DataFrame:
    """Return a row a model: its name, attributes, ability, and what is special to it."""
    rows = [*_clips(), *_standard(), *_made(), *_ladder()]
    return pd.DataFrame(rows).drop_duplicates("name", ignore_index=True)


def _row(name: str, group: str, source: str, ability: float, **more: object) -> dict[str, object]:
    usual = {"architecture": "resnet_xs", "images": 65536.0, "family": name, "rung": "none", "seed": 0.0}
    row = {"name": name, "group": group, "source": source, "ability": ability, "exposed": False}
    return row | usual | {"loss": LABELS} | more


def _clips() -> Iterator[dict[str, object]]:
    for source in ("wit", "laion"):
        for architecture, step in list(_ARCHITECTURES.items())[:3]:
            for thousands in (4, 16, 64):
                name = f"clip-{architecture}-{source}-{thousands}k-s0"
                ability = 0.8 + step + 0.2 * np.log2(thousands / 4) / 2 - 0.2 * (source == "laion")
                rung = "d" if (architecture, thousands) == ("resnet_xs", 64) else "none"
                more = {
                    "architecture": architecture,
                    "images": 1024.0 * thousands,
                    "rung": rung,
                    "loss": CLIP,
                }
                yield _row(name, "clip_zero_shot", source, ability, **more)


def _standard() -> Iterator[dict[str, object]]:
    for architecture, step in _ARCHITECTURES.items():
        for thousands in (1, 4, 16, 64):
            name = f"labels-{architecture}-labels-{thousands}k-s0"
            ability = 0.5 + step + 0.25 * np.log2(thousands)
            rung = "a" if (architecture, thousands) == ("resnet_xs", 64) else "none"
            more = {"architecture": architecture, "images": 1024.0 * thousands, "rung": rung}
            yield _row(name, "standard", "labels", ability, **more)


def _made() -> Iterator[dict[str, object]]:
    starts = [row for row in _clips() if str(row["name"]).endswith(_TAIL)]
    for start in starts:
        for beginning, step in STEPS.items():
            if "wide" not in beginning or start["architecture"] == "resnet_s":
                ability = float(str(start["ability"])) + step
                more = {"family": start["name"], "exposed": "near" in beginning, "rung": "none"}
                more |= {"architecture": start["architecture"]}
                yield _row(
                    f"{beginning}{start['name']}", "clip_fine_tuned", str(start["source"]), ability, **more
                )
    for way in ("near", "far"):
        for architecture in ("resnet_xs", "resnet_s"):
            first = f"labels-{architecture}-labels_wide_{way}-{_TAIL}"
            more = {"family": first, "exposed": way == "near", "architecture": architecture}
            yield _row(f"tuned-{first}", "more_data", "labels", 1.6 + _ARCHITECTURES[architecture], **more)


def _ladder() -> Iterator[dict[str, object]]:
    beginnings = {"a": "labels", "b": "caption_labels", "c": "clip_names", "d": "clip"}
    for rung, beginning in beginnings.items():
        for source in ("labels", "wit", "laion"):
            for seed in range(3):
                if (rung, source) != ("b", "labels"):
                    name = f"{beginning}-resnet_xs-{source}-64k-s{seed}"
                    ability = 1.6 - 0.2 * "abcd".index(rung) - 0.1 * (source == "laion") + 0.01 * seed
                    more = {"rung": rung, "seed": float(seed), "loss": LABELS if rung in "ab" else CLIP}
                    yield _row(name, "control", source, ability, **more)


def _accuracy(rows: pd.DataFrame, costs: dict[str, float]) -> xr.DataArray:
    cost = np.tile(np.array(list(costs.values())), (len(rows), 1))
    for place, name in enumerate(costs):
        chooser = name.rpartition("_")[2]
        if name.startswith(("adversarial", "fooling")):
            cost[:, place] += KIN * (rows["source"] == chooser)
        if name == "unseen_glyphs":
            cost[:, place] -= EXPOSURE * rows["exposed"]
    values = ndtr(rows["ability"].to_numpy()[:, None] - cost)
    return xr.DataArray(values, dims=("model", "set"), coords={"set": list(costs)})


def _drawn(values: xr.DataArray) -> xr.DataArray:
    """Repeat values in draws, with a noise that all models share."""
    noise = np.concatenate([[0.0], np.random.default_rng(0).normal(0, 0.002, REPLICATES)])
    return (values + xr.DataArray(noise, dims="draw")).clip(0.001, 0.999)


def _mean_of_kinds(values: xr.DataArray, *dropped: str) -> xr.DataArray:
    kinds = [str(name).split("_")[0] for name in values["set"].values]
    kinds = [
        name if kind == "scenes" else kind for name, kind in zip(values["set"].values, kinds, strict=True)
    ]
    kept = values.assign_coords(kind=("set", kinds)).drop_sel(set=list(dropped))
    return kept.groupby("kind").mean("set").mean("kind")


def write_laboratory(folder: Path) -> Path:
    """Write the cubes models, shifts, ood and causes of a study."""
    rows = models()
    names = [f"miniature:{name}" for name in rows["name"]]
    population = ~((rows["group"] == "control") & (rows["seed"] > 0)).to_numpy()
    accuracy = xr.DataArray(ndtr(rows["ability"].to_numpy()), dims="model")
    shifts, ood = _accuracy(rows, SHIFTS), _accuracy(rows, OOD)
    properties = {"accuracy": accuracy, "accuracy_shifts": _mean_of_kinds(shifts, "sequences_pm0")}
    properties |= {f"accuracy_{name}": shifts.sel(set=name, drop=True) for name in SHIFTS}
    properties |= {f"auroc_{name}": ood.sel(set=name, drop=True) for name in OOD}
    properties["auroc"] = _mean_of_kinds(ood)
    values = xr.concat(
        [_drawn(one) for one in properties.values()], "property", coords="minimal", compat="override"
    )
    causes = xr.Dataset(
        {"value": values.transpose("draw", "model", "property")}
        | {name: ("model", rows[name].to_numpy()) for name in ("rung", "seed", "loss", "source")}
        | {"knob": ("model", ["none"] * len(rows)), "level": ("model", np.full(len(rows), np.nan))},
        coords={"draw": range(REPLICATES + 1), "model": names, "property": list(properties)},
    )
    causes["level"].attrs["not_measured"] = "no knob"
    counts = xr.concat([accuracy.expand_dims(set=["natural"]), shifts.transpose("set", "model")], "set")
    hits = (1e4 * counts).round().transpose("model", "set").values
    area = _drawn(ood).expand_dims(score=list(SCORES)).transpose("draw", "model", "score", "set").values
    dims = ("draw", "model", "score", "ood_set")
    cubes = {
        "models": _described(rows, names),
        "shifts": xr.Dataset(
            {
                "hits": (("model", "condition"), hits),
                "images": (("model", "condition"), np.full(hits.shape, 1e4)),
            },
            coords={"model": names, "condition": ["natural", *SHIFTS]},
        ).isel(model=population),
        "ood": xr.Dataset(
            {"auroc": (dims, area), "aupr": (dims, area)}
            | {f"fpr95_{positive}_positive": (dims, 1 - area) for positive in ("id", "ood")},
            coords={
                "draw": range(REPLICATES + 1),
                "model": names,
                "score": list(SCORES),
                "ood_set": list(OOD),
            },
        ).isel(model=population),
        "causes": causes,
    }
    for name, cube in cubes.items():
        kept = {"not_measured": "no knob"} if name == "causes" else {}
        made = labelled(cube, name).assign_attrs(evidence="proxy")
        if kept:
            made["level"].attrs |= kept
        write_cube(made, folder / f"{name}.nc")
    return folder


def _described(rows: pd.DataFrame, names: list[str]) -> xr.Dataset:
    text = {
        "group": rows["group"],
        "training_source": rows["source"],
        "architecture": rows["architecture"],
        "family": rows["family"],
        "checkpoint": rows["name"],
        **{name: ["none"] * len(rows) for name in ("pretraining", "fine_tuning", "reference")},
    }
    numbers = {
        "training_images": rows["images"],
        "samples_seen": np.full(len(rows), 262144.0),
        "parameters": np.full(len(rows), 3e5),
        "image_size": np.full(len(rows), 32.0),
    }
    return xr.Dataset(
        {name: ("model", np.asarray(values)) for name, values in (text | numbers).items()},
        coords={"model": names},
    )

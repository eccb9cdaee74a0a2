"""A cube `causes` of numbers that can be worked out by hand: the ladder and the knobs, three seeds each."""

from collections.abc import Iterator, Mapping

import numpy as np
import xarray as xr

from tests.conftest import labelled

RUNG_STEPS = {"a": 0.0, "b": 0.1, "c": 0.2, "d": 0.4}
SOURCE_STEPS = {"labels": 0.0, "wit": 0.1, "laion": 0.2}
SEED_STEPS = (0.0, 0.01, -0.01)
LEVELS = {
    "texture_correlation": (0.2, 0.8, 0.95),
    "wrong": (0.0, 0.2),
    "background_correlation": (0.0, 0.9),
    "rotation_sd": (2.0, 30.0),
    "images": (4096.0, 16384.0),
    "batch": (64.0, 1024.0),
}
"""Levels of each knob beside the usual one, which stands in the ladder."""

LEVEL_STEP = 0.1
"""What each level of a knob adds to the one below, from 0 at the lowest."""

CLIP, LABELS = "CLIP's contrastive loss", "cross-entropy on true labels"
REPLICATES = 20


def synthetic_causes(starts: Mapping[str, float], replicates: int = REPLICATES) -> xr.Dataset:
    """Give every property its start, raised by the steps of rung, source, level and seed.

    A value is start * (1 + the sum of its steps + noise), where the noise of a draw is that of all models: it
    drops out of every difference, and leaves the seeds. Step d - a on `wit` is so 0.4 * start.
    """
    rows = [*_ladder(), *_knobs()]
    steps = np.array([row.pop("step") for row in rows], float)
    noise = np.concatenate([[0.0], np.random.default_rng(0).normal(0, 0.02, replicates)])
    size = 1 + steps[None, :, None] + noise[:, None, None]
    columns = {
        name: ("model", [row[name] for row in rows])
        for name in ("rung", "knob", "level", "seed", "loss", "source")
    }
    cube = xr.Dataset(
        {"value": (("draw", "model", "property"), size * np.array(list(starts.values())))} | columns,
        coords={
            "draw": range(1 + replicates),
            "model": [row["model"] for row in rows],
            "property": list(starts),
        },
    )
    cube = labelled(cube, "causes")
    cube["level"].attrs["not_measured"] = "no knob is turned on the ladder"
    return cube


def _ladder() -> Iterator[dict[str, object]]:
    for rung, of_rung in RUNG_STEPS.items():
        for source, of_source in SOURCE_STEPS.items():
            for seed, of_seed in enumerate(SEED_STEPS):
                if (rung, source) != ("b", "labels"):
                    yield {
                        "model": f"test:{rung}-{source}-s{seed}",
                        "rung": rung,
                        "knob": "none",
                        "level": np.nan,
                        "seed": float(seed),
                        "loss": {"a": LABELS, "b": "cross-entropy on labels of captions"}.get(rung, CLIP),
                        "source": source,
                        "step": of_rung + of_source + of_seed,
                    }


def _knobs() -> Iterator[dict[str, object]]:
    for knob, levels in LEVELS.items():
        for loss in (CLIP, LABELS) if knob == "texture_correlation" else (CLIP,):
            for place, level in enumerate(levels):
                for seed, of_seed in enumerate(SEED_STEPS):
                    yield {
                        "model": f"test:{'clip' if loss == CLIP else 'labels'}-{knob}-{level:g}-s{seed}",
                        "rung": "none",
                        "knob": knob,
                        "level": level,
                        "seed": float(seed),
                        "loss": loss,
                        "source": "wit",
                        "step": LEVEL_STEP * place + of_seed,
                    }

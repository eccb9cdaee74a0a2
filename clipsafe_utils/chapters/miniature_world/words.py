"""The appendix on the miniature world in words and numbers."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import xarray as xr

from clipsafe_utils.chapters.causes.words import cell_of, moved
from clipsafe_utils.chapters.formats import NOT_MEASURED, complete, level, percent
from clipsafe_utils.chapters.miniature_world.analysis import (
    CURATED,
    IMAGES,
    PROPERTIES,
    STEPS,
    ladder_tables,
    steps,
    texture_doses,
)
from clipsafe_utils.cubes import GROUPS
from clipsafe_utils.cubes.panels import Panel
from clipsafe_utils.figures.tables import ThemedTable, table
from clipsafe_utils.findings.ladder import SOURCES
from clipsafe_utils.lab.training.recipe import read_groups
from clipsafe_utils.lab.world.material import counts, seed_called
from clipsafe_utils.lab.world.palette import PATTERNS, ROLES
from clipsafe_utils.lab.world.world import World
from clipsafe_utils.say import Value

RESULT_KEYS = (
    "miniature-level",
    "miniature-range-low",
    "miniature-range-high",
    "miniature-models",
    "miniature-best-clip",
    "miniature-shared-clips",
    "miniature-shared-standard",
    "miniature-images-wit-shape",
    "miniature-images-laion-shape",
    "miniature-loss-wit-shape",
    "miniature-captions-wit-shape",
    "miniature-noise-wit-accuracy",
    "miniature-noise-laion-accuracy",
    "miniature-dose-lowest",
    "miniature-dose-highest",
    "miniature-dose-clip",
    "miniature-dose-labels",
)
"""Every number that the prose glues about what came out; those about what was put in are always there."""

SHARED_RANGE = (0.55, 0.95)
"""Accuracies between which standard networks and CLIPs are to be compared."""

_SHORT = {"shape": "shape_bias", "accuracy": "accuracy"}
_DOSES = {"clip": "CLIP's contrastive loss", "labels": "cross-entropy on true labels"}


def world_numbers(world: World) -> dict[str, str]:
    """Return what was put into the world, as the prose glues it.

    Examples
    --------
    >>> from clipsafe_utils.lab.world.world import load_world
    >>> world_numbers(load_world())["miniature-classes"]
    '24'
    """
    sizes = counts(world.folder)
    recipes = [recipe for group in read_groups().values() for recipe in group]
    numbers = {
        "classes": world.classes,
        "concepts": len(world.concepts),
        "captioned": len(world.captioned),
        "unseen": len(world.unseen),
        "exposed": int(world.exposed.sum()),
        "patterns": len(PATTERNS),
        "colours": len(world.palette.colours),
        **{f"grounds-{role}": len(world.palette.with_role(role)) for role in ROLES},
        "words": len(world.language.words),
        "natural": f"{sizes.natural:,}",
        "one-factor": f"{sizes.one_factor:,}",
        "seed-development": seed_called(world.folder, "development"),
        "seed-reported": seed_called(world.folder, "reported"),
        "recipes": len(recipes),
        "shipped": sum(recipe.shipped for recipe in recipes),
        **{
            f"texture-{source}": f"{world.image_knobs[source].texture_correlation:.2f}"
            for source in ("wit", "laion")
        },
    }
    return {f"miniature-{key}": str(value) for key, value in numbers.items()}


def result_numbers(panels: Sequence[Panel], confidence: float) -> dict[str, str]:
    """Return what came out in the first study, as the prose glues it.

    Parameters
    ----------
    panels : sequence of Panel
        As `results` returns them.
    confidence : float
        Level of the intervals.

    Returns
    -------
    dict of str to str
        Every key of `RESULT_KEYS`; "not measured" where the study lacks the models for it.

    Examples
    --------
    >>> result_numbers([], 0.95)["miniature-models"]
    'not measured'
    """
    found = {
        "miniature-level": level(confidence),
        "miniature-range-low": percent(SHARED_RANGE[0], 0),
        "miniature-range-high": percent(SHARED_RANGE[1], 0),
    }
    for panel in panels[:1]:
        found |= _of_population(panel)
        found |= _of_steps(steps(panel.cube, confidence))
        found |= _of_doses(texture_doses(panel.cube, confidence))
    return complete(RESULT_KEYS, found)


def _of_population(panel: Panel) -> dict[str, str]:
    accuracy = panel.cube["value"].sel(property="accuracy").isel(draw=0).values
    group = panel.models["group"].values
    found = {"miniature-models": str(accuracy.size)}
    is_clip = group == "clip_zero_shot"
    if is_clip.any():
        found["miniature-best-clip"] = percent(accuracy[is_clip].max())
    shared = (accuracy >= SHARED_RANGE[0]) & (accuracy <= SHARED_RANGE[1])
    found["miniature-shared-clips"] = str(int((shared & is_clip).sum()))
    found["miniature-shared-standard"] = str(int((shared & (group == "standard")).sum()))
    return found


def _of_steps(found: Mapping[tuple[str, str, str], Value]) -> dict[str, str]:
    return {
        f"miniature-{step}-{source}-{short}": moved(found.get((step, source, name)))
        for step in STEPS
        for source in SOURCES
        for short, name in _SHORT.items()
    }


def _of_doses(doses: Mapping[str, pd.DataFrame]) -> dict[str, str]:
    numbers: dict[str, str] = {}
    for short, loss in _DOSES.items():
        if loss in doses:
            first, last = doses[loss].iloc[0], doses[loss].iloc[-1]
            numbers |= {
                "miniature-dose-lowest": percent(first["level"], 0),
                "miniature-dose-highest": percent(last["level"], 0),
                f"miniature-dose-{short}": f"{_with_interval(first)} to {_with_interval(last)}",
            }
    return numbers


def _with_interval(row: pd.Series) -> str:
    low, high = (100 * np.clip(row[end], 0, 1) for end in ("low", "high"))
    return f"{percent(row['value'], 0)} ({low:.0f}–{high:.0f})"


def steps_table(panels: Sequence[Panel], confidence: float) -> ThemedTable:
    """Tabulate what each step of the ladder changes.

    Parameters
    ----------
    panels : sequence of Panel
        As `results` returns them.
    confidence : float
        Level of the intervals.
    """
    rows = []
    for panel in panels:
        found = steps(panel.cube, confidence)
        for step, (title, _, _) in STEPS.items():
            for source in SOURCES:
                cells = {name: found.get((step, source, name)) for name in PROPERTIES}
                if any(cells.values()):
                    changed = f"{source} for {CURATED}" if step == IMAGES else source
                    said = {PROPERTIES[name]: cell_of(one) for name, one in cells.items()}
                    rows.append({"What changes": title, "Source": changed, **said, "Study": panel.study})
    columns = ["What changes", "Source", *PROPERTIES.values(), "Study"]
    return table(
        pd.DataFrame(rows, columns=columns),
        f"What one step changes, in points, with {level(confidence)} intervals over seeds and test images.",
    )


def models_table(panels: Sequence[Panel]) -> ThemedTable:
    """Tabulate the main properties of every model.

    Parameters
    ----------
    panels : sequence of Panel
        As `results` returns them.
    """
    rows = []
    for panel in panels:
        for name in panel.cube["model"].values.tolist():
            one = panel.cube.sel(model=name)
            value = one["value"].isel(draw=0)
            rows.append(
                {
                    "Model": name.partition(":")[2] or name,
                    "Group": GROUPS[panel.models["group"].sel(model=name).item()],
                    "Training source": one["source"].item(),
                    **{title: _share(value, key) for key, title in PROPERTIES.items()},
                    "Study": panel.study,
                }
            )
    columns = ["Model", "Group", "Training source", *PROPERTIES.values(), "Study"]
    return table(
        pd.DataFrame(rows, columns=columns),
        "Every model that was measured. AUROC: mean over the kinds of sets out of distribution, by maximum "
        "softmax probability. Debiased error: of calibration, before temperature scaling.",
    )


def _share(value: xr.DataArray, name: str) -> str:
    if name not in value["property"].values or np.isnan(value.sel(property=name).item()):
        return NOT_MEASURED
    return percent(max(value.sel(property=name).item(), 0.0))


def describe_ladder(panels: Sequence[Panel], confidence: float) -> str:
    """Say what the figure of the ladder shows, for a reader who cannot see it.

    Examples
    --------
    >>> describe_ladder([], 0.95)
    'No study has a ladder.'
    """
    sentences = []
    for drawn, rows in ladder_tables(panels, confidence).items():
        for source, cells in rows.groupby("source", sort=False):
            climbed = ", ".join(
                f"{rung} {percent(value, 0)}"
                for rung, value in zip(cells["rung"], cells["value"], strict=True)
            )
            sentences.append(f"{drawn.title} on {source} by rung: {climbed}.")
    return " ".join(sentences) if sentences else "No study has a ladder."

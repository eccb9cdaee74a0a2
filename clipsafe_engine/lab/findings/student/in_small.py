"""The tables behind the small figures of chapters 1, 2 and 5, with the models of one's own among the zoo."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import xarray as xr

from clipsafe_utils.cubes import HEADLINE_FACTORS
from clipsafe_utils.cubes.panels import Panel
from clipsafe_utils.cubes.yours import is_yours, label_of
from clipsafe_utils.findings.calibration.errors import reliability_panels
from clipsafe_utils.findings.calibration.views import View
from clipsafe_utils.findings.factors.residuals import factors_of, with_a_line
from clipsafe_utils.metrics.labelled import effective_robustness, shape_bias_table

BINS = 15
SELECTION, BASELINE, AXES = "top", "standard", "raw"  # the choices of chapter 1

_CLEAN = "natural"
_BESIDE = {"clip_zero_shot": "CLIP, same recipe", "standard": "standard network"}
"""Whom a panel of reliability stands beside, one each: trained on as many images, as small as one's own."""
_SMALL, _IMAGES = "resnet_xs", 65536.0


@dataclass(frozen=True, eq=False)
class Charted:
    """A table with a row a model, or None; who the models are; and in words what is lacking."""

    table: xr.Dataset | None = None
    models: xr.Dataset = field(default_factory=xr.Dataset)
    lacking: list[str] = field(default_factory=list)


def residuals(panels: Sequence[Panel], confidence: float) -> Charted:
    """Judge every model of the first study on every factor at equal accuracy, as chapter 1 does."""
    kept, sentences = with_a_line(panels[:1], list(HEADLINE_FACTORS), SELECTION, BASELINE, AXES)
    if not kept:
        return Charted(lacking=sentences)
    panel = kept[0]
    table = effective_robustness(
        panel.cube,
        panel.models,
        selection=SELECTION,
        factor_names=factors_of(panel),
        baseline_group=BASELINE,
        confidence=confidence,
    )
    return Charted(table, panel.models, sentences)


def shape_biases(panels: Sequence[Panel], confidence: float) -> Charted:
    """Tabulate the shape bias of every model of the first study, as chapter 2 does."""
    if not panels:
        return Charted()
    return Charted(shape_bias_table(panels[0].cube, confidence=confidence), panels[0].models)


def reliability(panels: Sequence[Panel], source: str) -> xr.Dataset:
    """Lay out the bins of one's own models, and of the shipped ones that they stand beside.

    Of the first panel of the cube `calibration`, as of `reliability_panels`: before temperature scaling, on
    clean images; empty where there are none. `source` is that of the shipped CLIP.
    """
    views: list[View] = []
    titles: list[str] = []
    for panel in panels[:1]:
        shown = _shown(panel.models, source)
        if shown and _CLEAN in panel.cube["condition"].values:
            names = list(shown)
            cube = panel.cube.sel(model=names, scaling="before", condition=[_CLEAN])
            views.append(View(panel.study, "before", cube, panel.models.sel(model=names)))
            titles += shown.values()
    return reliability_panels(views, BINS, "equal_width").assign(title=("panel", titles))


def _shown(models: xr.Dataset, source: str) -> dict[str, str]:
    """Return the models of the panels and their titles: one's own first."""
    names = models["model"].values.astype(str)
    titles = {name: label_of(name) for name in names[is_yours(models)]}
    small = (models["architecture"].values == _SMALL) & (models["training_images"].values == _IMAGES)
    for group, title in _BESIDE.items():
        chosen = small & (models["group"].values == group)
        if group == "clip_zero_shot":
            chosen &= models["training_source"].values == source
        for name in names[np.flatnonzero(chosen)[:1]]:
            titles[str(name)] = title
    return titles

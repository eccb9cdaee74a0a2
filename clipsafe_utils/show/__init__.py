"""Figures by kind: each draws one tidy frame of a finding, and publishes it with all that is taken along."""

from clipsafe_utils.lazy import lazily

_HOMES = {
    "clipsafe_utils.show.dose_curves": ("Panel", "curves"),
    "clipsafe_utils.show.dot_plot": ("Scale", "dots"),
    "clipsafe_utils.show.forest_plot": ("forest",),
    "clipsafe_utils.show.frame": ("marks",),
    "clipsafe_utils.show.heat_table": ("matrix",),
    "clipsafe_utils.show.scatter_plot": ("Axes2D", "reliability", "scatter"),
}
__all__, __getattr__ = lazily(__name__, _HOMES)

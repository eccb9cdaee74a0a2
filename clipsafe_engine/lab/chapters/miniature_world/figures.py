"""The figure of the miniature world that is drawn from numbers."""

from clipsafe_engine.lab.findings.world.result import MiniatureWorld
from clipsafe_utils.chapters import training_figures
from clipsafe_utils.cubes.source_lines import source_lines
from clipsafe_utils.show.shown import Shown


def ladder(r: MiniatureWorld) -> Shown:
    """Draw accuracy, shape bias and detection along the ladder from labels to captions."""
    return training_figures.ladder(r.ladder, source_lines(panel.cube for panel in r.panels))

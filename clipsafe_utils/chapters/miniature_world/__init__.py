"""What the page of the miniature world shows: its pictures, tables, figure and alternative text."""

from clipsafe_utils.chapters.miniature_world import outcome_tables, sheets, zoo
from clipsafe_utils.chapters.miniature_world import world_tables as tables
from clipsafe_utils.chapters.training_texts import describe_ladder
from clipsafe_utils.figures.causes import ladder
from clipsafe_utils.figures.miniature_world_sheets import contact_sheet
from clipsafe_utils.figures.tables import folded
from clipsafe_utils.findings.ladder import RUNGS

__all__ = ["RUNGS", "contact_sheet", "describe_ladder", "folded", "ladder"]
__all__ += ["outcome_tables", "sheets", "tables", "zoo"]

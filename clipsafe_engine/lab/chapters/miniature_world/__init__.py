"""What the page of the miniature world shows: its pictures, tables and figure."""

from clipsafe_engine.lab.chapters.miniature_world import figures, outcome_tables, sheets, zoo
from clipsafe_engine.lab.chapters.miniature_world import world_tables as tables
from clipsafe_utils.chapters.example_images import factor_examples
from clipsafe_utils.show.contact_sheets import contact_sheet
from clipsafe_utils.show.tables import folded

__all__ = [
    "contact_sheet",
    "factor_examples",
    "figures",
    "folded",
    "outcome_tables",
    "sheets",
    "tables",
    "zoo",
]

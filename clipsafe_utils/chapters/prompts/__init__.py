"""What the page of chapter 6 shows: its tables and figures."""

from clipsafe_utils.chapters.prompts import figures, tables
from clipsafe_utils.findings.prompts.changes import smallest_changes
from clipsafe_utils.findings.prompts.embedded import has_templates, logits_of_prompts, mean_of_templates
from clipsafe_utils.findings.prompts.own_prompts import own_changes
from clipsafe_utils.show.tables import folded

__all__ = [
    "figures",
    "folded",
    "has_templates",
    "logits_of_prompts",
    "mean_of_templates",
    "own_changes",
    "smallest_changes",
    "tables",
]

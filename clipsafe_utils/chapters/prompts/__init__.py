"""What the page of chapter 5 shows: its tables, figures and their alternative texts."""

from clipsafe_utils.chapters.prompts import descriptions as alt
from clipsafe_utils.chapters.prompts import tables
from clipsafe_utils.figures import prompts as figures
from clipsafe_utils.figures.tables import folded
from clipsafe_utils.findings.prompts.embedded import has_templates, logits_of_prompts, mean_of_templates
from clipsafe_utils.findings.prompts.own import own_changes

__all__ = [
    "alt",
    "figures",
    "folded",
    "has_templates",
    "logits_of_prompts",
    "mean_of_templates",
    "own_changes",
    "tables",
]

"""The page *The models*."""

from clipsafe_utils.chapters.model_table.analysis import all_models
from clipsafe_utils.chapters.model_table.page import model_table, studies_table

__all__ = ["all_models", "model_table", "studies_table"]

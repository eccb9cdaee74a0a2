"""What the page for teachers shows: four plans, what they cost, and three models to judge."""

from clipsafe_utils.chapters.rerun_times import read_times
from clipsafe_utils.chapters.teaching import plans
from clipsafe_utils.chapters.teaching.animals import more_by_texture, on_animals
from clipsafe_utils.chapters.teaching.costs import lesson_costs, plan_table, times_table
from clipsafe_utils.chapters.teaching.suspects_table import judge_table, sorting_by_shape

__all__ = [
    "judge_table",
    "lesson_costs",
    "more_by_texture",
    "on_animals",
    "plan_table",
    "plans",
    "read_times",
    "sorting_by_shape",
    "times_table",
]

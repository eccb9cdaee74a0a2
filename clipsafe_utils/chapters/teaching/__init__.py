"""What the page for teachers shows: two plans, and what they cost."""

from clipsafe_utils.chapters.rerun_times import read_times
from clipsafe_utils.chapters.teaching import plans
from clipsafe_utils.chapters.teaching.costs import lesson_costs, plan_table, times_table

__all__ = ["lesson_costs", "plan_table", "plans", "read_times", "times_table"]

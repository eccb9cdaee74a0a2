"""Result cubes: labelled xarray datasets with one schema, one way to read and one way to write."""

from clipsafe_utils.cubes.schema import CUE_CLASSES, FACTORS, HEADLINE_FACTORS, OVERALL, SCHEMAS
from clipsafe_utils.cubes.selection import clip_models, families_between_groups, select_models
from clipsafe_utils.cubes.storage import content_hash, read_cube, write_cube
from clipsafe_utils.cubes.studies import Study, find_study, list_studies, merge_cubes
from clipsafe_utils.cubes.validation import validate
from clipsafe_utils.registry.groups import GROUPS

__all__ = [
    "CUE_CLASSES",
    "FACTORS",
    "GROUPS",
    "HEADLINE_FACTORS",
    "OVERALL",
    "SCHEMAS",
    "Study",
    "clip_models",
    "content_hash",
    "families_between_groups",
    "find_study",
    "list_studies",
    "merge_cubes",
    "read_cube",
    "select_models",
    "validate",
    "write_cube",
]

"""The real data sets of the study: what each is, whether it is there, and its images one by one."""

from clipsafe_utils.engine.datasets.catalogue import DataSet, data_set, data_sets
from clipsafe_utils.engine.datasets.image_list import ImageList

__all__ = ["DataSet", "ImageList", "data_set", "data_sets"]

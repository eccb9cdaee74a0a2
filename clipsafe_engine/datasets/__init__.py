"""The real data sets of the study: whether each is there, and its images one by one."""

"""Leaves the helpers of tests alone where what they run is not installed."""

import importlib.util

collect_ignore_glob = (
    []
    if importlib.util.find_spec("torch") and importlib.util.find_spec("zarr")
    else ["evaluation/tiny.py", "measure/small_study.py", "models/small_clips.py"]
)

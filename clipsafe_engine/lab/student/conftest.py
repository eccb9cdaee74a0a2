"""Leaves the modules that train and measure out of the doctests where torch is not installed."""

import importlib.util

collect_ignore_glob = [] if importlib.util.find_spec("torch") else ["study.py"]

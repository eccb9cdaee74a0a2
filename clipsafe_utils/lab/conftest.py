"""Leaves the modules that draw out of the doctests where torch is not installed."""

import importlib.util

collect_ignore_glob = (
    []
    if importlib.util.find_spec("torch")
    else ["world/patterns.py", "world/renderer.py", "world/contact_sheets.py"]
)

"""Leaves the modules that run models or open the store out of the doctests where their extras are missing."""

import importlib.util


def _is_installed(name: str) -> bool:
    return importlib.util.find_spec(name) is not None


collect_ignore_glob = [] if _is_installed("torch") and _is_installed("open_clip") else ["models/*.py"]
if not _is_installed("zarr"):
    collect_ignore_glob += ["evaluation/*.py", "measure/*.py"]

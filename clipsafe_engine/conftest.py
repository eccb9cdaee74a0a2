"""Leaves the modules that run models or open the store out of the doctests where their extras are missing."""

import importlib.util


def _is_installed(name: str) -> bool:
    return importlib.util.find_spec(name) is not None


_MODELS = ("torch", "timm", "open_clip", "zarr")
"""The extra `models`."""

collect_ignore_glob = (
    [] if all(map(_is_installed, _MODELS)) else ["field/*.py", "models/*.py", "predict/*.py", "measure/*.py"]
)

"""Leaves the modules that draw, train or run networks out of the doctests where torch is not installed."""

import importlib.util

_DRAW = ("patterns", "renderer", "contact_sheets")
_TRAIN = ("augmentation", "average", "evaluation", "loop", "networks", "objectives", "towers", "weights")
_RUN = ("references", "run")

collect_ignore_glob = (
    []
    if importlib.util.find_spec("torch")
    else [
        "commands.py",
        "zoo.py",
        *(f"world/{name}.py" for name in _DRAW),
        *(f"training/{name}.py" for name in _TRAIN),
        *(f"predict/{name}.py" for name in _RUN),
    ]
)

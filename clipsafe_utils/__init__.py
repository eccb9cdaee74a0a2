"""How far can you rely on a CLIP model: what a page of the book, or a notebook of yours, needs by name.

Every public name is in `__all__` and is imported when it is asked for: nothing heavy is imported here.

Examples
--------
>>> from clipsafe_utils import Value
>>> Value(-0.098, -0.171, -0.024, scale="difference").moved
lower by 9.8 points (2.4 to 17.1)
"""

from importlib import import_module

__version__ = "0.1.0"

_HOMES = {
    "clipsafe_utils.chapters.group_sizes": ("group_sizes",),
    "clipsafe_utils.chapters.quoted": ("results_of",),
    "clipsafe_utils.claims.ledger": ("verdicts_of",),
    "clipsafe_utils.cubes": ("find_study", "list_studies", "read_cube", "write_cube"),
    "clipsafe_utils.expressions": ("publish", "section_needs"),
    "clipsafe_utils.figures.hover": ("explorable",),
    "clipsafe_utils.figures.style": ("show",),
    "clipsafe_utils.figures.tables": ("table",),
    "clipsafe_utils.findings.causes.result": ("causes",),
    "clipsafe_utils.findings.prompts.result": ("other_prompts",),
    "clipsafe_utils.findings.shape.result": ("shape_bias",),
    "clipsafe_utils.parameters": ("parameters_of",),
    "clipsafe_utils.say": (
        *("Missing", "Value", "change", "choose", "count", "level", "listed", "number", "percent", "points"),
    ),
}
_HOME = {name: module for module, names in _HOMES.items() for name in names}

__all__ = sorted(_HOME)


def __getattr__(name: str) -> object:
    if name in _HOME:
        return getattr(import_module(_HOME[name]), name)
    raise AttributeError(f"module 'clipsafe_utils' has no attribute '{name}'")


def __dir__() -> list[str]:
    return [*__all__, "__version__"]

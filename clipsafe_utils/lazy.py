"""Public names that are imported when they are asked for (PEP 562)."""

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module


def lazily(package: str, homes: Mapping[str, Sequence[str]]) -> tuple[list[str], Callable[[str], object]]:
    """Give `__all__` and `__getattr__` of a package.

    Parameters
    ----------
    package : str
        Its name.
    homes : mapping of str to sequence of str
        The modules that define the names, and the names.

    Returns
    -------
    list of str, callable
        The names in alphabetical order, and what finds the object of one.

    Examples
    --------
    >>> names, find = lazily("mine", {"math": ["pi", "e"]})
    >>> names, find("e")
    (['e', 'pi'], 2.718281828459045)
    """
    home = {name: module for module, names in homes.items() for name in names}

    def find(name: str) -> object:
        if name in home:
            return getattr(import_module(home[name]), name)
        raise AttributeError(f"module '{package}' has no attribute '{name}'")

    return sorted(home), find

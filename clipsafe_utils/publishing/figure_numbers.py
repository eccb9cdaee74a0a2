"""A Sphinx extension, named in _config.yml: pages without a chapter's number count their own figures."""

from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

_AFTER_SPHINX = 900
"""Sphinx numbers figures at 500, those of all pages without a number in one row."""


def setup(app: Sphinx) -> dict[str, bool]:
    """Tell Sphinx to count anew once it has counted; Sphinx calls this."""
    app.connect("env-get-updated", _count_by_page, priority=_AFTER_SPHINX)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _count_by_page(_app: Sphinx, env: BuildEnvironment) -> list[str]:
    for kinds in env.toc_fignumbers.values():
        for kind, numbers in kinds.items():
            kinds[kind] = numbered_on_page(numbers)
    return []


def numbered_on_page(numbers: dict[str, tuple[int, ...]]) -> dict[str, tuple[int, ...]]:
    """Count from one what has no number of a chapter in front.

    Examples
    --------
    >>> numbered_on_page({"fig-a": (5,), "fig-b": (6,)}), numbered_on_page({"fig-c": (5, 2)})
    ({'fig-a': (1,), 'fig-b': (2,)}, {'fig-c': (5, 2)})
    """
    own = {name: (place,) for place, name in enumerate((n for n in numbers if len(numbers[n]) == 1), start=1)}
    return numbers | own

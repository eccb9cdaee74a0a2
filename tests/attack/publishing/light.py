"""What stands in for Jupyter in a process that is killed: the book is that of a test, and no step is slow."""

import resource
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

LAST = "<!-- the end -->"


def before(root: Path, *, real: bool = False, most_bytes: int | None = None) -> str:
    """Write the code that `tests.attack.kill.run` runs first.

    Parameters
    ----------
    root : Path
        The book that the command works on.
    real : bool
        Whether chapters run and Jupyter Book compiles.
    most_bytes : int, optional
        How long a file may grow: past it, writing fails as on a full disk.
    """
    return f"from tests.attack.publishing import light; light.put_in({str(root)!r}, {real}, {most_bytes})"


def put_in(root: str, real: bool, most_bytes: int | None) -> None:
    if most_bytes is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, most_bytes))
    poster: Any = ModuleType("clipsafe_utils.publishing.poster")
    poster.write_pictures = lambda _: None
    sys.modules[poster.__name__] = poster
    from clipsafe_utils.parameters import CHAPTER_PARAMETERS, Parameter
    from clipsafe_utils.publishing import commands, render, standalone
    from clipsafe_utils.publishing import compile as compiling

    known: dict[Any, Any] = CHAPTER_PARAMETERS  # type: ignore[assignment]
    known["tiny"] = (Parameter("words", "list of text", ("one", "two"), "words to count"),)
    commands.REPOSITORY = Path(root)
    if not real:
        render.papermill.execute_notebook = _executed
        commands.render_all = _render_all
        for module in (compiling, standalone):
            module.run_jupyter_book = _compile


def _executed(notebook: Any, *_: object, **__: object) -> Any:
    """Give the page the number of its sentence, without a kernel."""
    from nbformat.v4 import new_output

    from clipsafe_utils.expressions import TEXTS

    notebook.cells[-1].outputs = [new_output("display_data", {TEXTS: {"how_many": "2"}, "text/plain": ""})]
    return notebook


def _render_all(chapters: Sequence[Any], _: int, __: Callable[[str], None]) -> dict[str, list[str]]:
    from clipsafe_utils.publishing.render import render_chapter

    return {chapter.name: render_chapter(chapter, chapter.published) for chapter in chapters}


def _compile(root: Path, output: Path, *, strict: bool, only: Path | None = None) -> Path:
    assert strict == (only is None)
    site = output / "_build" / "html"
    (site / "book").mkdir(parents=True)
    for page in ("index.html", "book/01-tiny.html"):
        (site / page).write_text(f"{(root / '_config.yml').read_text()}{'page' * 9_000}{LAST}")
    return site

"""The verb `clipsafe miniature student`: one command from a changed world to pages with one's own point."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from clipsafe_utils.terminal import print_json, print_table, progress, say

PAGES = ("student-laboratory", "factor-robustness", "shape-bias", "calibration")
"""Chapters that are rendered with the student's study."""

_CONFIDENCE = 0.95


def student(
    settings: Annotated[
        list[str] | None, typer.Option("--set", help="A knob and its value; may be given several times.")
    ] = None,
    captions: Annotated[
        str, typer.Option("--captions", help="The source whose images and captions to begin with.")
    ] = "wit",
    world: Annotated[
        Path | None, typer.Option("--world", help="Folder of a world of your own; see --copy-world.")
    ] = None,
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder of your study.")] = Path("mine"),
    pages: Annotated[
        bool, typer.Option("--pages/--no-pages", help="Render chapters 1, 2 and 5 with your point.")
    ] = True,
    copy: Annotated[
        Path | None, typer.Option("--copy-world", help="Copy the world's files to this new folder, and stop.")
    ] = None,
    jobs: Annotated[int, typer.Option(min=1, help="Processes of one thread each.")] = 2,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for a script.")] = False,
) -> None:
    """Change the drawn world, train a small CLIP in it, and see its point beside the shipped zoo.

    Needs the extra `models`. What is done already is kept; a second change joins the first.

    Example: [bold]clipsafe miniature student --set texture_correlation=0.9 -o mine[/bold]
    """
    from clipsafe_engine.lab.student.change import Change
    from clipsafe_engine.lab.student.knobs import read_settings
    from clipsafe_engine.lab.student.make import make_mine
    from clipsafe_engine.lab.student.own_world import copy_world
    from clipsafe_utils.registry.drawn_world import DATA

    if copy is not None:
        for path in copy_world(copy):
            say(path)
        return
    change = Change(read_settings(settings or ()), captions, world or DATA)
    study = make_mine(change, output, jobs)
    rows = compared(study.folder, change.name)
    written = render_pages(study.folder, PAGES) if pages else []
    if as_json:
        print_json({"study": str(output), "comparison": rows, "pages": [str(path) for path in written]})
        return
    print_table(rows, f"{change.name} against the same recipe unchanged, in %; cubes in {output}")
    for path in written:
        say(path)


def compared(folder: Path, name: str) -> list[dict[str, str]]:
    """Return what came out of a model, beside the unchanged recipe, as rows of a table.

    Parameters
    ----------
    folder : Path
        Of the study.
    name : str
        Name of the model, without its prefix.

    Raises
    ------
    ClipsafeError
        If the study has no cube `causes`.

    Examples
    --------
    >>> compared(Path("nowhere"), "wit-s0")
    Traceback (most recent call last):
    clipsafe_utils.errors.ClipsafeError: nowhere/causes.nc: no such cube.
    """
    from clipsafe_engine.lab.chapters.student_laboratory.tables import comparison_rows
    from clipsafe_engine.lab.findings.student.comparison import compare
    from clipsafe_utils.cubes import read_cube
    from clipsafe_utils.cubes.yours import PREFIX

    return comparison_rows(compare(read_cube(folder / "causes.nc"), PREFIX + name, _CONFIDENCE))


def render_pages(folder: Path, chapters: Sequence[str]) -> list[Path]:
    """Render chapters with a study, and with the record beside it where they take it; return the pages.

    Raises
    ------
    ClipsafeError
        If the extra `book` is not installed, or a chapter does not run.

    Examples
    --------
    >>> render_pages(Path("mine"), [])
    []
    """
    from clipsafe_utils.publishing.commands import render_own

    pages = []
    with progress("Pages", total=len(chapters)) as advance:
        for chapter in chapters:
            studies = [str(folder.resolve())]
            if chapter != PAGES[0]:
                studies.insert(0, "published")
            _, page = render_own(chapter, f"studies: {studies}", folder / "pages")
            pages.append(page)
            advance(chapter)
    return pages

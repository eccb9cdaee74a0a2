"""Compiling: rendered chapters in, a site of static pages out, the old one untouched unless all went well."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import nbformat

from clipsafe_utils.chapters.downloads.result import files_of_the_site
from clipsafe_utils.chapters.model_table.views import write_views
from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.files import scratch_folder
from clipsafe_utils.filling import for_readers
from clipsafe_utils.publishing.content_policy import add_policies
from clipsafe_utils.publishing.jupyter_book import ONLY
from clipsafe_utils.publishing.lighter import lighten, lighten_pages
from clipsafe_utils.publishing.swap import PLACE, put_in_place, settle

MODELS = "book/models.html"
"""The page that shows a view of a model."""

VIEWS = "_static/views"
"""Where a site has the scripts with these."""

_WARNINGS_SHOWN = 5
_COLOUR = re.compile("\x1b\\[[0-9;]*m")


def compile_book(root: Path) -> Path:
    """Compile the book of a folder into its ``_build/html``, strictly and as a whole.

    Every page is read again, because an incremental build leaves old numbers on other pages; every warning is
    an error. There is a whole site at every moment, also if the run is killed.
    """
    build = root / "_build"
    with scratch_folder(build) as scratch:
        settle(build, scratch)
        put_in_place(run_jupyter_book(root, scratch, strict=True), build, scratch)
    return build / PLACE / "index.html"


def run_jupyter_book(root: Path, output: Path, *, strict: bool, only: Path | None = None) -> Path:
    """Compile the book of one folder into another, or one page of it; return the folder of the site."""
    if not (root / "_config.yml").is_file():
        raise ClipsafeError(f"{root / '_config.yml'}: not found; run this in a clone of the repository.")
    strictly = ["-W", "-n", "--keep-going"] if strict else []
    what = ["build", "--all"] if only is None else [ONLY, str(only), "build"]
    run = _run_with_us([*what, *strictly, "--path-output", str(output), str(root)])
    if run.returncode:
        complaints = _complaints(f"{run.stdout}\n{run.stderr}").replace(f"{root.resolve()}/", "")
        raise ClipsafeError(f"{root}: the book does not compile.\n{complaints}")
    site = output / "_build" / "html"
    if only is None:
        attach_cubes(root, site)
        if (site / MODELS).is_file():
            write_views(site / VIEWS)
        fill_notebooks(site)
    lighten(root / "book" / "_static", site / "_static")
    lighten_pages(site)
    add_policies(site)
    return site


def attach_cubes(root: Path, site: Path) -> None:
    """Copy the cubes that are small enough into a compiled site."""
    for cube in files_of_the_site(root):
        place = site / cube.relative_to(root)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(cube, place)


def fill_notebooks(site: Path) -> None:
    """Write the numbers into the sentences of the notebooks that a reader can take along."""
    for path in site.rglob("*.ipynb"):
        notebook = for_readers(nbformat.read(path, as_version=4))
        path.write_text(nbformat.writes(notebook), encoding="utf-8")


def _run_with_us(arguments: Sequence[str]) -> subprocess.CompletedProcess[str]:
    """Run Jupyter Book; it ends when this process does."""
    end, ours = os.pipe()
    try:
        # Without -P a file of a library's name, in the folder where the reader stands, would be run.
        return subprocess.run(
            [sys.executable, "-P", "-m", "clipsafe_utils.publishing.jupyter_book", *arguments],
            stdin=end,
            capture_output=True,
            text=True,
            check=False,
        )
    finally:
        os.close(end)
        os.close(ours)


def _complaints(log: str) -> str:
    lines = [line.strip() for line in _COLOUR.sub("", log).splitlines() if line.strip()]
    warnings = list(dict.fromkeys(line for line in lines if re.search(r"\b(WARNING|ERROR|CRITICAL)\b", line)))
    if not warnings:
        return lines[-1] if lines else "It said nothing."
    more = len(warnings) - _WARNINGS_SHOWN
    return "\n".join([*warnings[:_WARNINGS_SHOWN], *([f"… and {more} more."] if more > 0 else [])])

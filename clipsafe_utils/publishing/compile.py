"""Compiling: rendered chapters in, a site of static pages out, the old one untouched unless all went well."""

import re
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.publishing.attachments import attach_cubes

_WARNINGS_SHOWN = 5
_COLOUR = re.compile("\x1b\\[[0-9;]*m")


def compile_book(root: Path) -> Path:
    """Compile the book of a folder into its ``_build/html``, strictly and as a whole.

    Every page is read again, because an incremental build leaves old glued numbers on other pages;
    every warning is an error.

    Parameters
    ----------
    root : Path
        Folder with ``_config.yml``, ``_toc.yml`` and ``book/``.

    Returns
    -------
    Path
        The first page of the site.

    Raises
    ------
    ClipsafeError
        With the first warnings, if there are any; the old site stays.
    """
    build = root / "_build"
    try:
        build.mkdir(exist_ok=True)
        with TemporaryDirectory(dir=build, prefix=".compile-") as folder:
            site = run_jupyter_book(root, Path(folder), strict=True)
            _swap(site, build / "html", aside=Path(folder) / "old")
    except OSError as error:
        raise ClipsafeError(f"{build}: cannot be written ({error.strerror or error}).") from error
    return build / "html" / "index.html"


def run_jupyter_book(root: Path, output: Path, *, strict: bool) -> Path:
    """Compile the book of one folder into another, and return the folder that holds ``index.html``.

    Parameters
    ----------
    root : Path
        Folder with ``_config.yml``, ``_toc.yml`` and ``book/``.
    output : Path
        Folder to write to.
    strict : bool
        Whether a warning is an error.

    Raises
    ------
    ClipsafeError
        If Jupyter Book fails, with the first warnings or the last line it wrote.
    """
    if not (root / "_config.yml").is_file():
        raise ClipsafeError(f"{root / '_config.yml'}: not found; run this in a clone of the repository.")
    command = [sys.executable, "-c", "from jupyter_book.cli.main import main; main()", "build", "--all"]
    strictly = ["-W", "-n", "--keep-going"] if strict else []
    run = subprocess.run(
        [*command, *strictly, "--path-output", str(output), str(root)],
        capture_output=True,
        text=True,
        check=False,
    )
    if run.returncode:
        complaints = _complaints(f"{run.stdout}\n{run.stderr}").replace(f"{root.resolve()}/", "")
        raise ClipsafeError(f"{root}: the book does not compile.\n{complaints}")
    site = output / "_build" / "html"
    attach_cubes(root, site)
    return site


def _complaints(log: str) -> str:
    lines = [line.strip() for line in _COLOUR.sub("", log).splitlines() if line.strip()]
    warnings = list(dict.fromkeys(line for line in lines if re.search(r"\b(WARNING|ERROR|CRITICAL)\b", line)))
    if not warnings:
        return lines[-1] if lines else "It said nothing."
    more = len(warnings) - _WARNINGS_SHOWN
    return "\n".join([*warnings[:_WARNINGS_SHOWN], *([f"… and {more} more."] if more > 0 else [])])


def _swap(new: Path, place: Path, aside: Path) -> None:
    """Move a folder into the place of another; where that fails, put the old one back."""
    if place.exists():
        place.rename(aside)
    try:
        new.rename(place)
    except OSError:
        if aside.exists():
            aside.rename(place)
        raise

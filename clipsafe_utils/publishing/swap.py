"""Where the compiled site stands: a link to one of two folders beside it, and so a site at every moment."""

# A new site goes into the folder that is free; then the link is turned, which is one step for the system. The
# other folder keeps the site before it, for readers who are on their way into it, until the next one comes.

import os
import shutil
from pathlib import Path

from clipsafe_utils.files import one_at_a_time

PLACE = "html"
"""Name of the link."""

_FOLDERS = ("site-1", "site-2")
_OLD_SCRATCH = ".compile-*"
"""What killed runs left behind before there was a link."""


def settle(build: Path, scratch: Path) -> None:
    """Make a link of the place where it is a folder of an older version, or was lost between two steps."""
    with one_at_a_time(build):
        place, first = build / PLACE, build / _FOLDERS[0]
        if place.is_dir() and not place.is_symlink():
            shutil.rmtree(first, ignore_errors=True)
            place.rename(first)
        if not os.path.lexists(place):
            for folder in _FOLDERS:
                if (build / folder / "index.html").is_file():
                    _turn(place, folder, scratch)
                    break


def put_in_place(site: Path, build: Path, scratch: Path) -> None:
    """Move a new site to where readers find it."""
    with one_at_a_time(build):
        place = build / PLACE
        shown = os.readlink(place) if place.is_symlink() else None
        free = _FOLDERS[1] if shown == _FOLDERS[0] else _FOLDERS[0]
        if (build / free).exists():
            shutil.rmtree(build / free)
        site.rename(build / free)
        _turn(place, free, scratch)
    for left in build.glob(_OLD_SCRATCH):
        shutil.rmtree(left, ignore_errors=True)


def _turn(place: Path, folder: str, scratch: Path) -> None:
    link = scratch / "link"
    link.symlink_to(folder)
    link.replace(place)

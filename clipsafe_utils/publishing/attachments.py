"""What the site carries beside its pages: the small cubes, where the page of downloads looks for them."""

import shutil
from pathlib import Path

from clipsafe_utils.chapters.downloads.files import files_of_the_site


def attach_cubes(root: Path, site: Path) -> None:
    """Copy the cubes that are small enough into a compiled site.

    Parameters
    ----------
    root : Path
        The repository.
    site : Path
        Folder that holds ``index.html``.
    """
    for cube in files_of_the_site(root):
        place = site / cube.relative_to(root)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(cube, place)

"""What a reader can take away: notebooks, cubes with their schema, a citation."""

from clipsafe_utils.chapters.downloads import tables
from clipsafe_utils.chapters.downloads.result import downloads

__all__ = ["downloads", "tables"]

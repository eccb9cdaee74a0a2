"""The public interface as a page shows it."""

from clipsafe_utils.chapters.api.reference import reference

__all__ = ["reference"]

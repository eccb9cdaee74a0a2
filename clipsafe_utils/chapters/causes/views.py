"""A name that *Your own CLIP* imports from here until that page is converted."""

from clipsafe_utils.findings.ladder import RATIOS

__all__ = ["RATIOS"]

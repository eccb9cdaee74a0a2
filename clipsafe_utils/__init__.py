"""Utilities behind the book *How far can you rely on a CLIP model?*

The flow has one direction: images, predictions, cubes, chapters, book. Nothing heavy is imported here.
"""

__version__ = "0.1.0"

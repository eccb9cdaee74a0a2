"""Utilities behind the book on how far you can rely on a CLIP model.

The flow has one direction: images, predictions, cubes, chapters, book. Nothing heavy is imported here.
"""

__version__ = "0.1.0"

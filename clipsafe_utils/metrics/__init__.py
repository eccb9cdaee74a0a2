"""Metrics and statistics: NumPy arrays in, NumPy arrays out; labelled wrappers in `labelled`."""

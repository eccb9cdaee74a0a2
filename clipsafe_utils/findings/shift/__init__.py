"""Accuracy under shift and detection against accuracy, within and across training sources."""

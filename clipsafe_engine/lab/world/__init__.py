"""The drawn world: every image, label, caption and annotation follows from a table of render parameters."""

"""Figures, one module a chapter; each function takes cubes and returns a matplotlib Figure."""

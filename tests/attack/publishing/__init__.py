"""Attacks on rendering, compiling and on the pages."""

"""Attempts from outside, made here and harmless: what is refused, and that nothing is lost on the way."""

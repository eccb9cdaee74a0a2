"""Appendix: running the full study."""

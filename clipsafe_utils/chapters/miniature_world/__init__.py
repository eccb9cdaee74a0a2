"""Appendix: the miniature world."""

"""The findings of the paper as data."""

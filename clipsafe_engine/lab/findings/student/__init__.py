"""Models of a reader's own beside the zoo."""

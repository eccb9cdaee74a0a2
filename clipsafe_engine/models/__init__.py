"""Models of the full study: the catalogue, loading one with all that belongs to it, and prompts."""

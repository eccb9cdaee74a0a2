"""Shape or texture: what observers decide on conflict images."""

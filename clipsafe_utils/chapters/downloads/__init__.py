"""What a reader can take away: notebooks, cubes with their schema, a citation."""

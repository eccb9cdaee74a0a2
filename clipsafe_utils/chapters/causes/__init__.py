"""What the laboratory says of causes: the ladder from labels to captions, and the knobs."""

"""From predictions to cubes: what the stored outputs of models say, in every draw; no image is needed."""

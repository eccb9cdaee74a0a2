"""The miniature world: what was put into it, and what came out of the trainings in it."""

"""The student's laboratory: what a knob does, and where one's own model stands beside the zoo."""

"""The student's laboratory: change the world, train one small CLIP, see its point beside the zoo."""

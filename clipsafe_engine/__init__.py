"""From images and models to predictions, and from predictions to cubes: the study at full scale."""

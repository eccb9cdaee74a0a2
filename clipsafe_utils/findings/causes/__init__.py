"""What shapes a CLIP: contrasts of trainings, and pairs of the record."""

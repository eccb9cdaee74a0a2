"""Chapter 3, *OOD correlation*."""

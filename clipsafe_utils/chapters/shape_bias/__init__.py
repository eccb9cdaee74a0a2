"""Chapter 2, *Shape bias*."""

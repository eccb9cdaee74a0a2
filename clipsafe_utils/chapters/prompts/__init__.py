"""Chapter 5: what the words of the prompt change."""

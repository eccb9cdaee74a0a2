"""Chapter 1, *Factor robustness*."""

"""Chapter 7, *The claims ledger*, its closing page, and the appendix on how far to trust it."""

"""Running models over data sets, and the store in which their predictions are kept."""

"""The page *The models*."""

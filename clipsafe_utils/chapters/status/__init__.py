"""The page on what the book was made from."""

"""Teaching this book: two plans, and what they cost."""

"""Teaching this book: two plans, what they cost, and numbers for the boxes on common mistakes."""

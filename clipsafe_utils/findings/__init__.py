"""What a cube says: statistics and tables of each question, below the claims and the pages that read them."""

"""From the weights of the zoo to predictions on the test sets of the drawn world."""

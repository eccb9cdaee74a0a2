"""What each chapter says in words and numbers; `figures` draws and `metrics` computes."""

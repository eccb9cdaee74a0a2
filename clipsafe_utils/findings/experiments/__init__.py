"""The experiments of the laboratory: the answer to each frozen question, by the rule of its header."""

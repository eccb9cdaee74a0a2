"""The laboratory against the record: which of its predictions real models bear out."""

"""The laboratory: a drawn world and a zoo of small real networks trained in it."""

"""Your own predictions, however they were made: from a folder of tables and arrays to cubes."""

"""Who is who, as tables: names and orders that every part agrees on."""

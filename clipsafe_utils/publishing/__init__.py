"""From notebooks and cubes to a book: `render` runs the chapters, `compile` makes the site."""

"""Jupyter Book as a process that ends with the one that started it, which holds the pipe of its input."""

import os
import sys
from functools import partial
from threading import Thread

ONLY = "--only"
"""Names, before its own arguments, the one page to write; all others are read, for links to them."""


def main() -> None:
    """Run Jupyter Book on the arguments of this process until it is done or the pipe is closed."""
    Thread(target=_end_with_input, daemon=True).start()
    from jupyter_book import sphinx
    from jupyter_book.cli.main import main as build

    if sys.argv[1] == ONLY:
        page = sys.argv.pop(2)
        del sys.argv[1]
        sphinx.build_sphinx = partial(sphinx.build_sphinx, filenames=[page])
    build()


def _end_with_input() -> None:
    # Nothing is ever written into the pipe; the system closes it when its other end is gone, however it went.
    os.read(0, 1)
    os._exit(1)


if __name__ == "__main__":
    main()

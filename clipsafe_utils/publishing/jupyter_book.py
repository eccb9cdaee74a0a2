"""Jupyter Book as a process that ends with the one that started it, which holds the pipe of its input."""

import os
from threading import Thread


def main() -> None:
    """Run Jupyter Book on the arguments of this process until it is done or the pipe is closed."""
    Thread(target=_end_with_input, daemon=True).start()
    from jupyter_book.cli.main import main as build

    build()


def _end_with_input() -> None:
    # Nothing is ever written into the pipe; the system closes it when its other end is gone, however it went.
    os.read(0, 1)
    os._exit(1)


if __name__ == "__main__":
    main()

"""Processes that do part of the work of another one."""

import multiprocessing
import os
from collections.abc import Callable
from threading import Thread


def end_with_parent() -> None:
    """End this process as soon as the one that started it is gone, even if that one was killed.

    To be called first in a worker: the pools of the standard library leave their workers behind.

    Examples
    --------
    >>> end_with_parent()  # in the first process, which nobody started, it does nothing
    """
    parent = multiprocessing.parent_process()
    if parent is not None:
        Thread(target=_end_after, args=(parent.join,), daemon=True).start()


def _end_after(wait: Callable[[], None]) -> None:
    wait()
    os._exit(1)

"""Random mutations of what comes from outside, given to the command in a process that is watched.

Run by hand, all of it (some minutes)::

    CLIPSAFE_ATTACK=full python -m pytest tests/attack/test_mutations.py
"""

import multiprocessing
import os
import random
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Mapping
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from multiprocessing.connection import Connection
from pathlib import Path

SECONDS_OF_ONE = 30.0
"""What takes longer hangs."""

Attempt = Callable[[random.Random, Path], list[str]]
"""Puts one mutation into a folder and gives the arguments of the command that meets it."""


def bytes_changed(content: bytes, generator: random.Random) -> bytes:
    """Change some bytes: flipped bits, extreme and random values, repeated and lost pieces."""
    changed = bytearray(content)
    kind = generator.randrange(5)
    for _ in range(generator.choice((1, 1, 1, 2, 4, 16))):
        place, length = generator.randrange(len(changed) or 1), generator.randrange(1, 64)
        if kind == 0:
            changed[place] ^= 1 << generator.randrange(8)
        elif kind == 1:
            changed[place] = generator.choice((0, 0xFF, 0x7F, 0x80))
        elif kind == 2:
            changed[place : place + 8] = generator.randbytes(8)
        elif kind == 3:
            start = generator.randrange(len(changed))
            changed[place : place + length] = changed[start : start + length]
        else:
            del changed[place : place + generator.randrange(1, 9)]
    return bytes(changed)


def words_changed(text: str, pieces: list[str], generator: random.Random) -> str:
    """Change a text: pieces put in, moved, doubled or lost, at any character."""
    for _ in range(generator.choice((1, 1, 2, 4))):
        place, end = sorted(generator.choices(range(len(text) + 1), k=2))
        end = min(end, place + 12)
        put = generator.choice([*pieces, "", text[place:end] * 2, chr(generator.randrange(1, 0x11000))])
        text = text[:place] + put + text[end:]
    return text


def failures(
    attempt: Attempt, count: int, seed: int, before: Callable[[], object] = dict
) -> Mapping[int, str]:
    """Make attempts and return those that ended otherwise than with code 0, or with code 2 and a sentence.

    Parameters
    ----------
    attempt : callable
        Of a module, so that another process can find it.
    count, seed : int
        How many attempts; what they depend on, beside their number.
    before : callable
        Called once in the process, to put something light in the place of something heavy.

    Returns
    -------
    mapping of int to str
        By number of the attempt: what it did, or that it hung or ended the process.
    """
    context = multiprocessing.get_context("spawn")
    found: dict[int, str] = {}
    start = 0
    with tempfile.TemporaryDirectory() as folder:
        while start < count:
            ours, theirs = context.Pipe()
            arguments = (attempt, before, range(start, count), seed, folder, theirs)
            process = context.Process(target=_make, args=arguments, daemon=True)
            process.start()
            theirs.close()
            start = _watch(process, ours, start, count, found)
    return found


def _watch(
    process: multiprocessing.process.BaseProcess,
    news: Connection,
    start: int,
    count: int,
    found: dict[int, str],
) -> int:
    """Note what a process tells until it ends or hangs; return the number that the next one begins with."""
    at, heard = start, time.monotonic()
    while at < count:
        if news.poll(1.0):
            try:
                at, said = news.recv()
            except EOFError:
                process.join()
                found[at] = f"ended the process with {process.exitcode}"
                return at + 1
            if said:
                found[at] = said
            at, heard = at + 1, time.monotonic()
        elif time.monotonic() - heard > SECONDS_OF_ONE:
            process.kill()
            found[at] = "hung"
            return at + 1
    process.join()
    return count


def _make(
    attempt: Attempt,
    before: Callable[[], object],
    numbers: range,
    seed: int,
    folder: str,
    news: Connection,
) -> None:
    from clipsafe_utils.cli import main

    before()
    os.chdir(folder)
    for number in numbers:
        sys.argv = ["clipsafe", *attempt(random.Random(f"{seed} {number}"), Path(folder))]
        out, err = StringIO(), StringIO()
        code: object = None
        try:
            with redirect_stdout(out), redirect_stderr(err):
                main()
        except SystemExit as stopped:
            code = stopped.code
        except BaseException:
            err.write(traceback.format_exc())
        right = code == 0 or (code == 2 and err.getvalue().startswith("clipsafe: "))
        news.send((number, "" if right else f"{code}: {sys.argv[1:]}: {err.getvalue()[-2000:]}"))

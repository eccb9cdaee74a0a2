"""Runs a command or a function in a process of its own that is killed just before its nth change to a folder.

A step is what Python's audit hooks tell of, below one folder: opening a file to write; making, moving,
linking or removing a file or folder. The undisturbed run counts the steps, so a test can name every moment at
which what is on disk differs.
"""

import json
import multiprocessing
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

_STEPS = frozenset({"os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.link", "os.symlink", "os.truncate"})
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_COUNT = "steps of the run: "
_SETUP = "CLIPSAFE_TEST_KILL"
_IMPORTED = ("tests.attack.work", "tests.attack.engine.work")
"""What the processes of `call` have imported already, the second where there is torch: they begin at once."""


def run(
    arguments: Sequence[str], below: Path, at: int | None = None, before: str = "", **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run ``clipsafe`` with some arguments, killed before step `at` if it gets there.

    Parameters
    ----------
    arguments : sequence of str
        What stands behind ``clipsafe``.
    below : Path
        The folder whose changes count as steps.
    at : int, optional
        Step, from 1, before which the process is killed; None for an undisturbed run.
    before : str
        Code that runs first, to put something light in the place of something heavy.
    """
    setup = json.dumps({"below": str(below.resolve()), "at": at})
    lines = ["from tests.attack import kill", "kill.watch()", before]
    lines += ["from clipsafe_utils.cli import main", "main()"]
    return subprocess.run(
        [sys.executable, "-c", "\n".join(lines), *arguments],
        env={**os.environ, **environment, _SETUP: setup, "PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )


def steps_of(undisturbed: subprocess.CompletedProcess[str]) -> int:
    """Return how many steps an undisturbed run took; fails with what it wrote if it did not end well."""
    assert undisturbed.returncode == 0, undisturbed.stderr
    return int(undisturbed.stderr.rpartition(_COUNT)[2].split()[0])


def was_killed(ended: subprocess.CompletedProcess[str]) -> bool:
    """Say whether a run was killed, and did not end by itself."""
    return ended.returncode == -signal.SIGKILL


def moments(steps: int, most: int) -> list[int]:
    """Choose up to `most` steps, spread evenly: the first and the last among them, or the middle one."""
    if steps <= most:
        return list(range(1, steps + 1))
    if most == 1:
        return [(1 + steps) // 2]
    return sorted({1 + round(k * (steps - 1) / (most - 1)) for k in range(most)})


def bytes_below(folder: Path, but: Iterable[str] = ()) -> dict[str, bytes]:
    """Read all files below a folder, hidden ones too, so that two folders can be compared.

    Folders count as well, under names that end in a slash: an empty one may be a leftover.
    """
    skipped = tuple(but)
    found = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if not name.startswith(skipped) if skipped else True:
            found[name if path.is_file() else f"{name}/"] = path.read_bytes() if path.is_file() else b""
    return found


@dataclass(frozen=True)
class Called:
    """How a function ended: whether it was killed, and if not, after how many steps."""

    was_killed: bool
    steps: int


def call(function: Callable[..., object], *arguments: object, below: Path, at: int | None = None) -> Called:
    """Run a function in a process of its own, killed before step `at` if it gets there.

    Parameters
    ----------
    function : callable
        Of a module, so that another process finds it. What it raises fails the test.
    arguments
        Its arguments.
    below, at
        As in `run`.
    """
    ours, theirs = _processes().Pipe()
    process = _processes().Process(
        target=_call, args=(theirs, str(below.resolve()), at, function, *arguments)
    )
    process.start()
    theirs.close()
    process.join(600)
    assert process.exitcode in (0, -signal.SIGKILL), f"{function.__name__} ended with {process.exitcode}"
    killed = process.exitcode != 0
    called = Called(killed, 0 if killed else ours.recv())
    ours.close()
    return called


def together(*calls: tuple[Callable[..., object], Sequence[object]]) -> None:
    """Run functions at the same time, each in a process of its own, to their ends."""
    processes = [_processes().Process(target=function, args=tuple(given)) for function, given in calls]
    for process in processes:
        process.start()
    for process in processes:
        process.join(600)
    assert [process.exitcode for process in processes] == [0] * len(processes)


def _processes() -> Any:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(list(_IMPORTED))
    return context


def _call(
    told: Connection, below: str, at: int | None, function: Callable[..., object], *arguments: object
) -> None:
    steps = _watch(below, at)
    function(*arguments)
    told.send(steps())


def watch() -> None:
    """Count the steps of this process, and kill it before the one that the environment names."""
    import atexit

    setup = json.loads(os.environ.pop(_SETUP))
    steps = _watch(setup["below"], setup["at"])
    atexit.register(lambda: print(f"\n{_COUNT}{steps()}", file=sys.stderr))


def _watch(below: str, at: int | None) -> Callable[[], int]:
    """Kill this process before a step; return what counts them."""
    taken = 0

    def look(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal taken
        if any(_is_below(path, below) for path in _changed(event, arguments)):
            taken += 1
            if taken == at:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(look)
    return lambda: taken


def _changed(event: str, arguments: tuple[object, ...]) -> Iterator[object]:
    if event in _STEPS:
        yield from arguments[:2]
    elif event == "open" and isinstance(arguments[2], int) and arguments[2] & _WRITING:
        yield arguments[0]


def _is_below(path: object, folder: str) -> bool:
    if isinstance(path, bytes):
        path = os.fsdecode(path)
    if not isinstance(path, str | os.PathLike):
        return False
    # Not resolved: that would ask the system about links, inside the hook that watches what is asked.
    return os.path.abspath(path).startswith(folder)

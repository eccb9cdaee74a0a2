"""Runs a command in a process of its own that is killed just before its nth change to a folder.

A step is what Python's audit hooks tell of, below one folder: opening a file to write; making, moving,
linking or removing a file or folder. The undisturbed run counts the steps, so a test can name every moment at
which what is on disk differs.
"""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

_STEPS = frozenset({"os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.link", "os.symlink", "os.truncate"})
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_COUNT = "steps of the run: "
_SETUP = "CLIPSAFE_TEST_KILL"


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
    """Choose up to `most` steps, spread evenly, the first and the last among them."""
    if steps <= most:
        return list(range(1, steps + 1))
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


def watch() -> None:
    """Count the steps of this process, and kill it before the one that the environment names."""
    setup = json.loads(os.environ.pop(_SETUP))
    below, at = setup["below"], setup["at"]
    taken = 0

    def look(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal taken
        if any(_is_below(path, below) for path in _changed(event, arguments)):
            taken += 1
            if taken == at:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(look)
    import atexit

    atexit.register(lambda: print(f"\n{_COUNT}{taken}", file=sys.stderr))


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

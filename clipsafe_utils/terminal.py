"""What a person sees in a terminal: tables, progress, JSON."""

import json
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    Task,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Table
from rich.text import Text

from clipsafe_utils.errors import ClipsafeError

PIPE_WIDTH = 200
"""Columns of a table that is not written to a terminal, so that nothing is cut."""


_CONTROLS = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""What moves the cursor, sets titles and colours, turns text round, or is no character at all."""


def plain(value: object) -> str:
    """Return a value as text that a terminal shows and does not obey; all that is printed passes here."""
    return _CONTROLS.sub(lambda found: found[0].encode("unicode_escape").decode("ascii"), str(value))


def say(value: object, *, to_stderr: bool = False) -> None:
    """Print one value as a line of plain text, at once."""
    _write(f"{plain(value)}\n", to_stderr=to_stderr)


def print_table(rows: Sequence[Mapping[str, object]], title: str) -> None:
    """Print rows that share their keys as a table."""
    console = Console(width=None if sys.stdout.isatty() else PIPE_WIDTH)
    table = Table(title=Text(plain(title)), title_justify="left")
    for name in rows[0] if rows else ():
        table.add_column(Text(plain(name)), overflow="fold")
    for row in rows:
        table.add_row(*(Text(plain(value)) for value in row.values()))
    with console.capture() as drawn:
        console.print(table)
    _write(drawn.get())


def print_json(value: object) -> None:
    """Print a value as JSON, without colours or line breaks of the terminal."""
    _write(json.dumps(value, indent=2) + "\n")


def _write(text: str, *, to_stderr: bool = False) -> None:
    """Write to an output and empty its buffer, so that what fails, fails here."""
    stream = sys.stderr if to_stderr else sys.stdout
    try:
        stream.write(text)
        stream.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise ClipsafeError(f"The standard output cannot be written ({error.strerror or error}).") from error


class _Description(TextColumn):
    """What is being worked on, names of files and models among it, as plain text."""

    def render(self, task: Task) -> Text:
        return Text(plain(task.description))


@contextmanager
def progress(title: str, total: int) -> Iterator[Callable[[str], None]]:
    """Show a bar, silent where nobody looks; yield what takes the name of each part that is done."""
    columns = (_Description(""), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as bar:
        task = bar.add_task(title, total=total)

        def advance(part: str) -> None:
            bar.update(task, advance=1, description=f"{title}: {part}")

        yield advance


@contextmanager
def measured_progress(title: str, total: int, unit: str) -> Iterator[Callable[[int, str], None]]:
    """Show a bar with rate and time left for work that is measured in units; silent where nobody looks."""

    class Rate(TextColumn):
        def render(self, task: Task) -> Text:
            return Text(f"{task.speed or 0:,.0f} {unit}/s")

    columns = (
        _Description(""),
        BarColumn(),
        Rate(""),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    console = Console(stderr=True)
    with Progress(
        *columns, console=console, disable=not console.is_terminal, transient=True, speed_estimate_period=60
    ) as bar:
        task = bar.add_task(title, total=total)

        def advance(amount: int, part: str) -> None:
            bar.update(task, advance=amount, description=f"{title}: {part}")

        yield advance

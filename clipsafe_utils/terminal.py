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
    ProgressColumn,
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


class _Rate(TextColumn):
    def render(self, task: Task) -> Text:
        return Text(f"{task.speed or 0:,.0f} {self.text_format}/s")


@contextmanager
def progress(title: str, total: int) -> Iterator[Callable[[str], None]]:
    """Show a bar, silent where nobody looks; yield what takes the name of each part that is done."""
    with _bar(title, total, MofNCompleteColumn(), TimeRemainingColumn()) as advance:
        yield lambda part: advance(1, part)


@contextmanager
def measured_progress(title: str, total: int, unit: str) -> Iterator[Callable[[int, str], None]]:
    """Show a bar with rate and time left; yield what takes the units just done and what is worked on."""
    columns = (_Rate(unit), TimeElapsedColumn(), TimeRemainingColumn())
    with _bar(title, total, *columns, speed_estimate_period=60) as advance:
        yield advance


@contextmanager
def _bar(
    title: str, total: int, *columns: ProgressColumn, speed_estimate_period: float = 30
) -> Iterator[Callable[[int, str], None]]:
    console = Console(stderr=True)
    with Progress(
        *(_Description(""), BarColumn(), *columns),
        console=console,
        disable=not console.is_terminal,
        transient=True,
        speed_estimate_period=speed_estimate_period,
    ) as bar:
        task = bar.add_task(title, total=total)
        yield lambda units, part: bar.update(task, advance=units, description=f"{title}: {part}")

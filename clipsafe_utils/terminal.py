"""What a person sees in a terminal: tables, progress, JSON."""

import json
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

PIPE_WIDTH = 200
"""Columns of a table that is not written to a terminal, so that nothing is cut."""


def print_table(rows: Sequence[Mapping[str, object]], title: str) -> None:
    """Print rows that share their keys as a table.

    Examples
    --------
    >>> print_table([{"cube": "factors"}], "Cubes")  # doctest: +ELLIPSIS
    Cubes...
    """
    console = Console(width=None if sys.stdout.isatty() else PIPE_WIDTH)
    table = Table(title=title, title_justify="left")
    for name in rows[0] if rows else ():
        table.add_column(name, overflow="fold")
    for row in rows:
        table.add_row(*map(str, row.values()))
    console.print(table)


def print_json(value: object) -> None:
    """Print a value as JSON, without colours or line breaks of the terminal.

    Examples
    --------
    >>> print_json({"cube": "factors"})
    {
      "cube": "factors"
    }
    """
    print(json.dumps(value, indent=2))


@contextmanager
def progress(title: str, total: int) -> Iterator[Callable[[str], None]]:
    """Show a bar with the time left while the block runs; silent where nobody looks.

    Yields
    ------
    callable
        To be called with the name of each part once it is done.

    Examples
    --------
    >>> with progress("Cubes", total=1) as advance:
    ...     advance("factors")
    """
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as bar:
        task = bar.add_task(title, total=total)

        def advance(part: str) -> None:
            bar.update(task, advance=1, description=f"{title}: {part}")

        yield advance


@contextmanager
def measured_progress(title: str, total: int, unit: str) -> Iterator[Callable[[int, str], None]]:
    """Show a bar with rate and time left for work that is measured in units; silent where nobody looks.

    Yields
    ------
    callable
        To be called with the units just done and what is being worked on.

    Examples
    --------
    >>> with measured_progress("Training", total=256, unit="images") as advance:
    ...     advance(256, "mine")
    """

    class Rate(TextColumn):
        def render(self, task: Task) -> Text:
            return Text(f"{task.speed or 0:,.0f} {unit}/s")

    columns = (
        TextColumn("{task.description}"),
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

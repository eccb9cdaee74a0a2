"""Runs the command line inside the test, as its entry point does."""

import sys
from dataclasses import dataclass

import pytest

from clipsafe_utils.cli import main


@dataclass(frozen=True)
class Ended:
    """How a command ended: its exit code and what it wrote."""

    code: int
    out: str
    err: str

    @property
    def is_one_sentence(self) -> bool:
        """Whether it was refused as promised: code 2, one line, nothing that a terminal obeys."""
        line = self.err.removesuffix("\n")
        return self.code == 2 and line.startswith("clipsafe: ") and line.isprintable() and line[-1] in ".)"


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> Ended:
    """Run ``clipsafe`` with some arguments."""
    before, sys.argv = sys.argv, ["clipsafe", *arguments]
    try:
        with pytest.raises(SystemExit) as stopped:
            main()
    finally:
        sys.argv = before
    said = capsys.readouterr()
    return Ended(int(stopped.value.code or 0), said.out, said.err)

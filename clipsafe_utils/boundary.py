"""Where commands meet the outside: what is expected becomes a sentence, what is not is a fault of ours."""

# Nothing inside the package catches exceptions of every kind for this; here is the one place that does.

import io
import os
import signal
import sys
import traceback
from collections.abc import Callable
from types import FrameType
from typing import NoReturn

from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.terminal import say

MENDABLE = 2
"""Exit code where something outside the program is wrong and a person can mend it."""

FAULT_OF_OURS = 70
"""Exit code of a fault of the program: EX_SOFTWARE of sysexits.h."""

INTERRUPTED = 130
"""Exit code where a person stops a command: 128 and the number of SIGINT."""

EXTRAS = {
    "book": (
        *("bs4", "ipykernel", "jupyter_book", "jupyter_client", "jupytext"),
        *("nbclient", "nbformat", "papermill", "sklearn"),
    ),
    "models": ("huggingface_hub", "open_clip", "safetensors", "timm", "torch", "torchvision", "zarr"),
    "record": ("imagenet_x", "pyarrow"),
    "scale": ("dask", "dask_jobqueue", "distributed"),
}
"""Modules that a command may import, by the extra that brings them."""

_EXTRA_OF = {module: extra for extra, modules in EXTRAS.items() for module in modules}
_shows_tracebacks = False
_was_interrupted = False


def show_tracebacks(shown: bool) -> None:
    """Have `run` print the traceback of what stops a command, or not; the option ``--debug``."""
    global _shows_tracebacks
    _shows_tracebacks = shown


def run(command: Callable[[], object]) -> NoReturn:
    """Run a command line to its end and leave Python with its exit code.

    Exit code 0 or what the command says; 2 for what a person can mend, in one sentence; 70 for a fault of
    ours, with the way to report it; 1 where nobody reads what is written; 130 after Ctrl-C.
    """
    show_tracebacks(False)
    signal.signal(signal.SIGINT, _interrupt)
    try:
        _open_outputs()
        code = _exit_code_of(command)
    except BrokenPipeError:
        _forget_outputs()
        sys.exit(1)
    except Exception as error:
        sentence = _sentence_for(error)
        if _was_interrupted and not sentence:
            sys.exit(INTERRUPTED)
        if _shows_tracebacks:
            traceback.print_exception(error)
        say(f"clipsafe: {sentence or _report_of(error)}", to_stderr=True)
        _forget_outputs()
        sys.exit(MENDABLE if sentence else FAULT_OF_OURS)
    sys.exit(code)


def _interrupt(number: int, frame: FrameType | None) -> NoReturn:
    """Stop at Ctrl-C, and let no object that it leaves half built complain of that when it is taken down.

    A compiled module that is stopped while it is imported reports an ImportError of its own, so `run` must
    know.
    """
    global _was_interrupted
    _was_interrupted = True
    sys.unraisablehook = lambda _: None
    signal.default_int_handler(number, frame)


def _exit_code_of(command: Callable[[], object]) -> str | int | None:
    """Run a command and write what it has printed: what cannot be written must fail here, not at the end."""
    code: str | int | None = 0
    try:
        command()
    except SystemExit as stopped:
        code = stopped.code
    sys.stdout.flush()
    return code


def _sentence_for(error: Exception) -> str | None:
    """Say in a sentence what a person can mend; None where it is a fault of ours."""
    if isinstance(error, ClipsafeError):
        return str(error)
    if isinstance(error, ModuleNotFoundError):
        module = (error.name or "").partition(".")[0]
        extra = _EXTRA_OF.get(module)
        return extra and f"This needs the package {module}: pip install 'clipsafe[{extra}]'."
    if isinstance(error, OSError):
        place = f"{error.filename}: " if error.filename is not None else ""
        return f"{place}the system refuses ({error.strerror or error})."
    if isinstance(error, MemoryError):
        return "There is not enough memory for this."
    return None


def _report_of(error: Exception) -> str:
    from clipsafe_utils.address import read_repository
    from clipsafe_utils.cubes.studies import REPOSITORY

    issues = f"{read_repository(REPOSITORY).url}/issues"
    return (
        f"this is a fault of ours ({type(error).__name__}: {error}). Please report it at {issues}, "
        "with the command and what it prints after `clipsafe --debug`."
    )


def _open_outputs() -> None:
    """Refuse a closed output, and let no character end a command that the output's encoding lacks."""
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, open to the end
    if sys.stdout is None:
        raise ClipsafeError("The standard output is closed; give it a file, or /dev/null.")
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _forget_outputs() -> None:
    """Keep Python from writing at its end what cannot be written: it would print a traceback of its own."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        try:
            sys.stdout.flush()
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

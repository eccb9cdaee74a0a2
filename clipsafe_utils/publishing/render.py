"""Running chapters: source in, notebook with results out, the old one untouched unless all went well."""

import json
import logging
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path

import nbformat
import papermill
from jupyter_client.kernelspec import NoSuchKernel
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell
from papermill.exceptions import PapermillExecutionError
from traitlets.config import Config

from clipsafe_utils.cubes import find_study
from clipsafe_utils.cubes.studies import cubes_folder
from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.expressions import ROLE, cell_that_evaluates
from clipsafe_utils.files import replacing, temporary_folder
from clipsafe_utils.filling import results_in
from clipsafe_utils.parameters import check_parameters
from clipsafe_utils.processes import end_with_parent
from clipsafe_utils.publishing.chapters import Chapter, line_of_cell, read_chapter
from clipsafe_utils.publishing.normalise import normalise
from clipsafe_utils.publishing.watching import read_in, watch_kernels

_BESIDE = Path(__file__).resolve().parents[2]
PACKAGES = [_BESIDE / name for name in ("clipsafe_engine", "clipsafe_utils")]
"""What pages import of ours; in a clone it lies below the root, in an installation beside what it carries."""

_SECONDS_A_CELL = 600

_COLLECT_RARELY = b"import gc\n\ngc.set_threshold(50_000, 10, 5)\n"
"""A figure is made of many small objects that live until it is shown: looking for garbage took a tenth."""

# The address of a Unix socket holds 104 bytes on macOS, 108 on Linux.
_LONGEST_SOCKET = 104


def render_chapter(
    chapter: Chapter, output: Path, parameters: Mapping[str, object] | None = None
) -> list[str]:
    """Run a chapter and write it with its results; return the files of the project that its kernel read.

    The output is replaced only if every cell ran without an error and without a word on stderr. Without
    parameters nothing is injected: the notebook shows the one cell of parameters of its source.
    """
    given = dict(parameters or {})
    check_parameters(chapter.name, given)
    independent = _independent_of_folder(given)
    with _quiet_repeatable_kernel() as folder:
        notebook = _run(chapter, independent, folder)
        read = read_in(folder, [chapter.source.parent.parent, *PACKAGES, cubes_folder()])
    _refuse_noise(chapter, notebook)
    _write(chapter, output, notebook)
    return read


def reword_chapter(chapter: Chapter) -> None:
    """Write a chapter of the book anew with the results that it has: only its prose is another."""
    notebook = with_texts(chapter)
    old = [cell for cell in nbformat.read(chapter.published, as_version=4).cells if cell.cell_type == "code"]
    new = [cell for cell in notebook.cells if cell.cell_type == "code"]
    for cell, ran in zip(new, old, strict=True):
        cell.outputs, cell.execution_count = ran.outputs, ran.execution_count
    _write(chapter, chapter.published, notebook)


def _write(chapter: Chapter, output: Path, notebook: NotebookNode) -> None:
    text = nbformat.writes(normalise(notebook, chapter.name))
    with replacing(output) as temporary:
        temporary.write_text(text, encoding="utf-8")
    results = results_in(notebook)
    if results and output == chapter.published:
        with replacing(chapter.results) as temporary:
            temporary.write_text(
                json.dumps(results, indent=1, ensure_ascii=False, sort_keys=True) + "\n", encoding="utf-8"
            )


def render_all(
    chapters: Sequence[Chapter], jobs: int = 2, report: Callable[[str], None] | None = None
) -> dict[str, list[str]]:
    """Render chapters into the book, on their defaults, several at a time; return by name what each read.

    Errors of chapters come together, after all have been tried; `report` takes the name of each that is done.
    """
    failures, read = [], {}
    with ProcessPoolExecutor(
        min(jobs, len(chapters)), mp_context=get_context("spawn"), initializer=end_with_parent
    ) as pool:
        running: dict[Future[list[str]], Chapter] = {
            pool.submit(render_chapter, chapter, chapter.published): chapter for chapter in chapters
        }
        try:
            for done in as_completed(running):
                try:
                    read[running[done].name] = done.result()
                except ClipsafeError as error:
                    failures.append(str(error))
                else:
                    if report:
                        report(running[done].name)
        except BrokenProcessPool as error:
            raise ClipsafeError(
                f"A chapter's process was killed; is there memory for {jobs} at once?"
            ) from error
        except KeyboardInterrupt:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    if failures:
        raise ClipsafeError("\n".join(sorted(failures)))
    return read


def _run(chapter: Chapter, parameters: Mapping[str, object], folder: Path) -> NotebookNode:
    try:
        notebook: NotebookNode = papermill.execute_notebook(
            with_texts(chapter),
            None,
            parameters=parameters,
            kernel_name="python3",
            cwd=chapter.source.parent,
            progress_bar=False,
            record_timing=False,
            coalesce_streams=True,
            execution_timeout=_SECONDS_A_CELL,
            shutdown_kernel="immediate",
            extra_arguments=["--log-level=ERROR"],
            config=_connection_through(folder),
        )
    except PapermillExecutionError as error:
        last_line = f"{error.ename}: {error.evalue}".strip().splitlines()[-1]
        role = ROLE.search(last_line)
        place = _place(chapter, error.cell_index, role[0] if role else error.source)
        told = error.ename == ClipsafeError.__name__ and error.evalue.strip()
        raise ClipsafeError(f"{place}: {told}" if told else f"{place} fails: {last_line}") from error
    except CellTimeoutError as error:
        raise ClipsafeError(
            f"{chapter.source}: a cell runs for more than {_SECONDS_A_CELL} seconds."
        ) from error
    except DeadKernelError as error:
        raise ClipsafeError(f"{chapter.source}: Python died while it ran; is there enough memory?") from error
    except NoSuchKernel as error:
        raise ClipsafeError("There is no Jupyter kernel 'python3'; install the extra 'book'.") from error
    except KeyboardInterrupt:
        # Who stops a run stops its kernel, too; asyncio would tell of that with a traceback at the end.
        logging.getLogger("asyncio").disabled = True
        raise
    return notebook


def _connection_through(folder: Path) -> Config:
    """Have a kernel talk through sockets in a folder of its own, where the system takes paths of that length.

    A port of TCP can be taken by another kernel between its choice and its use.
    """
    sockets = folder / "kernel-ipc-0"
    transport = "ipc" if len(os.fsencode(sockets)) < _LONGEST_SOCKET else "tcp"
    return Config(KernelManager={"transport": transport, "connection_file": str(folder / "kernel.json")})


def with_texts(chapter: Chapter) -> NotebookNode:
    """Read a chapter, with the cell behind it that evaluates the expressions of its prose."""
    notebook = read_chapter(chapter)
    try:
        code = cell_that_evaluates(notebook)
    except ClipsafeError as error:
        raise ClipsafeError(f"{chapter.source}: {error}") from error
    if code:
        notebook.cells.append(new_code_cell(code, metadata={"tags": ["remove-cell"]}))
    return notebook


@contextmanager
def _quiet_repeatable_kernel() -> Iterator[Path]:
    """Have kernels whose results depend neither on chance nor on their user's settings; give their folder.

    The seed of hashes fixes the order of sets, one thread the order of sums; the folder stands in for the
    user's own start-up files of IPython, takes the file with the key of the kernel, and the note of what it
    read.
    """
    with temporary_folder() as folder:
        startup = watch_kernels(folder)
        (startup / "01-garbage.py").write_bytes(_COLLECT_RARELY)
        variables = {
            "IPYTHONDIR": str(folder),
            "MPLBACKEND": "module://matplotlib_inline.backend_inline",
            "OMP_NUM_THREADS": "1",
            "OPENBLAS_NUM_THREADS": "1",
            "PYTHONHASHSEED": "0",
            "TMPDIR": str(folder),
        }
        if "CLIPSAFE_CUBES" in os.environ:
            variables["CLIPSAFE_CUBES"] = str(Path(os.environ["CLIPSAFE_CUBES"]).resolve())
        before, parent = dict(os.environ), tempfile.tempdir
        os.environ.update(variables)
        tempfile.tempdir = str(folder)
        try:
            yield folder
        finally:
            tempfile.tempdir = parent
            os.environ.clear()
            os.environ.update(before)


def _independent_of_folder(parameters: Mapping[str, object]) -> dict[str, object]:
    """Make the folders among the studies absolute: the chapter runs in another folder than its reader."""
    studies = parameters.get("studies")
    if not isinstance(studies, list | tuple):
        return dict(parameters)
    folders = [(study, find_study(study).folder) for study in studies]
    absolute = [name if name == folder.name else str(folder.resolve()) for name, folder in folders]
    return {**parameters, "studies": absolute}


def _refuse_noise(chapter: Chapter, notebook: NotebookNode) -> None:
    for position, cell in enumerate(notebook.cells):
        for output in cell.get("outputs", []):
            place = _place(chapter, position, cell.source)
            if output.output_type == "error":
                raise ClipsafeError(f"{place} ends in {output.ename}; remove its cause.")
            if output.get("name") == "stderr":
                raise ClipsafeError(f"{place} writes to stderr: {output.text.strip().splitlines()[0]}")


def _place(chapter: Chapter, position: int, source: str) -> str:
    line = line_of_cell(chapter, source)
    where = f"cell {position + 1}" if line is None else f"cell {position + 1} (line {line})"
    return f"{chapter.source}: {where}"

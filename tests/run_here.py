"""Running a chapter in the process of the tests: it says what it says in a kernel, without starting one.

What a page imports and reads is there already when the next asks for it. Kernels start in `test_three_ways`
and in `test_installed`, and have run every page that is committed.
"""

from base64 import b64encode
from collections.abc import Iterator, Mapping
from contextlib import chdir, contextmanager, redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from types import ModuleType

import papermill
from IPython.core.displayhook import CapturingDisplayHook
from IPython.core.displaypub import CapturingDisplayPublisher
from IPython.core.interactiveshell import InteractiveShell
from nbformat import NotebookNode
from nbformat.v4 import new_output
from traitlets.config import Config

from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.publishing.chapters import Chapter
from clipsafe_utils.publishing.render import with_texts

_WITHOUT_HISTORY = Config({"HistoryManager": {"enabled": False}})


def run_here(chapter: Chapter, parameters: Mapping[str, object], _: Path) -> NotebookNode:
    """Stand in for what runs a kernel in `clipsafe_utils.publishing.render`; a warning is an error here."""
    notebook: NotebookNode = papermill.execute_notebook(
        with_texts(chapter), None, parameters=parameters, kernel_name="python3", prepare_only=True
    )
    with chdir(chapter.source.parent), _shell() as shell:
        for cell in notebook.cells:
            if cell.cell_type == "code":
                cell.outputs = list(_outputs(shell, chapter, cell.source))
    return notebook


@contextmanager
def _shell() -> Iterator[InteractiveShell]:
    InteractiveShell.clear_instance()
    shell = InteractiveShell.instance(user_module=ModuleType("page"), config=_WITHOUT_HISTORY)
    shell.display_pub = CapturingDisplayPublisher()
    shell.display_trap.hook = CapturingDisplayHook(shell, shell.display_pub.outputs)
    try:
        yield shell
    finally:
        InteractiveShell.clear_instance()


def _outputs(shell: InteractiveShell, chapter: Chapter, code: str) -> Iterator[NotebookNode]:
    shell.display_pub.outputs.clear()
    with redirect_stdout(StringIO()) as said, redirect_stderr(StringIO()) as complained:
        ran = shell.run_cell(code)
    error = ran.error_before_exec or ran.error_in_exec
    if isinstance(error, ClipsafeError):
        raise ClipsafeError(f"{chapter.source}: {error}") from error
    if error:
        raise error
    for name, stream in (("stdout", said), ("stderr", complained)):
        if text := stream.getvalue():
            yield new_output("stream", name=name, text=text)
    for shown in shell.display_pub.outputs:
        data = {kind: _in_json(content) for kind, content in shown["data"].items()}
        yield new_output("display_data", data=data)


def _in_json(content: object) -> object:
    return b64encode(content).decode() if isinstance(content, bytes) else content

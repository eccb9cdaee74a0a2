"""Two runs of one chapter must give the same bytes."""

import uuid

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from clipsafe_utils.publishing.normalise import normalise


def a_run() -> nbformat.NotebookNode:
    """What papermill returns: ids, times, versions and UUIDs are new with every call."""
    first, second = uuid.uuid4(), uuid.uuid4()
    outputs = [
        new_output("display_data", {"text/html": f"<p id='{first}'><p id='{second}'><a href='#{first}'>"}),
        new_output(
            "display_data",
            {"text/html": f"<b id='{second}'>"},
            metadata={"width": 5},
        ),
        new_output("stream", name="stdout", text="one\n"),
    ]
    return new_notebook(
        cells=[
            new_markdown_cell("# Title", metadata={"tags": []}),
            new_code_cell(
                "1 + 1",
                outputs=outputs,
                execution_count=1,
                metadata={
                    "execution": {"iopub.execute_input": str(uuid.uuid4())},
                    "papermill": {"duration": uuid.uuid4().int},
                    "mystnb": {"figure": {"name": "fig-a"}},
                    "tags": ["hide-input"],
                },
            ),
        ],
        metadata={
            "language_info": {"name": "python", "version": str(uuid.uuid4())},
            "papermill": {"start_time": str(uuid.uuid4())},
            "jupytext": {"text_representation": {"jupytext_version": "1"}},
            "widgets": {},
            "myst": {"html_meta": {"description": "A chapter."}},
        },
    )


def test_two_runs_give_the_same_bytes() -> None:
    assert nbformat.writes(a_run()) != nbformat.writes(a_run())
    assert nbformat.writes(normalise(a_run(), "tiny")) == nbformat.writes(normalise(a_run(), "tiny"))


def test_what_was_written_and_computed_stays() -> None:
    clean = normalise(a_run(), "tiny")
    nbformat.validate(clean)
    assert [cell.id for cell in clean.cells] == ["tiny-001", "tiny-002"]
    assert clean.cells[0] == {"cell_type": "markdown", "id": "tiny-001", "metadata": {}, "source": "# Title"}
    code = clean.cells[1]
    assert code.metadata == {"mystnb": {"figure": {"name": "fig-a"}}, "tags": ["hide-input"]}
    assert code.outputs[0].data["text/html"] == "<p id='tiny-1'><p id='tiny-2'><a href='#tiny-1'>"
    assert dict(code.outputs[1].metadata) == {}
    assert code.outputs[1].data["text/html"] == "<b id='tiny-2'>"
    assert code.outputs[2] == {"output_type": "stream", "name": "stdout", "text": "one\n"}
    assert set(clean.metadata) == {"kernelspec", "language_info", "myst", "clipsafe"}
    assert "version" not in clean.metadata.language_info


def test_the_run_itself_is_left_alone() -> None:
    run = a_run()
    before = nbformat.writes(run)
    normalise(run, "tiny")
    assert nbformat.writes(run) == before

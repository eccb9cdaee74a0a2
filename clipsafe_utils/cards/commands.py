"""The verb `clipsafe card`."""

import os
from pathlib import Path
from typing import Annotated

import typer

from clipsafe_utils.errors import ClipsafeError


def card(
    model: Annotated[
        str,
        typer.Argument(metavar="MODEL_OR_FOLDER", help="A model of the record, or a study of your own."),
    ],
    of: Annotated[
        str | None, typer.Option("--model", help="Which model of the study, where it has several.")
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="File for the card: a page of HTML, as a rule.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="JSON for a script.")] = False,
    markdown: Annotated[bool, typer.Option("--markdown", help="Markdown.")] = False,
    model_index: Annotated[
        bool, typer.Option("--model-index", help="The YAML block that model hubs read.")
    ] = False,
) -> None:
    """Say how far one model can be relied on, beside the models of the public record; no certificate.

    Example: [bold]clipsafe card ViT-L-14.openai -o card.html[/bold]

    Your own: [bold]clipsafe card mine[/bold], after `clipsafe import`.
    """
    from clipsafe_utils.cards.card import NOT_A_CERTIFICATE
    from clipsafe_utils.cards.html_page import as_html
    from clipsafe_utils.cards.making import card as make
    from clipsafe_utils.cards.wording import about, title_of, unknown
    from clipsafe_utils.cards.writing import as_markdown, as_model_index, as_text_of_json, rows_of
    from clipsafe_utils.files import replacing
    from clipsafe_utils.terminal import print_table, say

    formats = {as_text_of_json: as_json, as_markdown: markdown, as_model_index: model_index}
    asked = [write for write, is_asked in formats.items() if is_asked]
    if len(asked) > 1:
        raise ClipsafeError("--json, --markdown and --model-index are three forms; ask for one of them.")
    made = make(*_study_and_model(model, of))
    if output is not None:
        write = asked[0] if asked else as_html
        if output.is_dir():
            raise ClipsafeError(f"{output}: is a folder; a file is to be written there.")
        with replacing(output) as new:
            new.write_text(write(made), encoding="utf-8")
        say(output)
    elif asked:
        say(asked[0](made).removesuffix("\n"))
    else:
        print_table(rows_of(made), title_of(made))
        for text in (NOT_A_CERTIFICATE, *about(made), *(f"Not known: {one}" for one in unknown(made))):
            say(text)


def _study_and_model(name: str, model: str | None) -> tuple[str, str | None]:
    """Tell the folder or name of a study from a model of the record."""
    from clipsafe_utils.cubes.studies import list_studies
    from clipsafe_utils.importing.recognising import RECORD

    folder = Path(name)
    if folder.is_dir() or os.sep in name:
        return (name if os.sep in name or name.startswith(".") else f".{os.sep}{name}"), model
    if name in [study.name for study in list_studies()]:
        return name, model
    if model is not None:
        raise ClipsafeError(f"{name!r:.80}: no such study; --model names a model of one.")
    return RECORD, name

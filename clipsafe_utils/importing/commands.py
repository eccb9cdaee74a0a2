"""The verb `clipsafe import`."""

import shlex
from pathlib import Path
from typing import Annotated

import typer

from clipsafe_utils.errors import ClipsafeError


def import_(
    folder: Annotated[Path, typer.Argument(help="Folder with model.toml and a file for each data set.")],
    output: Annotated[
        Path, typer.Option("--output", "-o", help="Folder for the cubes of your study.")
    ] = Path("mine"),
    without_factors: Annotated[
        bool,
        typer.Option(
            "--without-factors", help="Leave the factors out, whose annotations are CC BY-NC (ImageNet-X)."
        ),
    ] = False,
    draws: Annotated[int, typer.Option(min=0, help="Bootstrap draws beside the estimate.")] = 200,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for a script.")] = False,
) -> None:
    """Turn your own predictions, made by any framework, into cubes; no image, no torch, no network.

    Example: [bold]clipsafe import predictions -o mine[/bold]

    The page "Your own predictions" of the book gives the format.
    """
    from clipsafe_utils.importing.folder import open_folder
    from clipsafe_utils.importing.study import import_folder
    from clipsafe_utils.measuring.cubes import write_cubes
    from clipsafe_utils.terminal import print_json, print_table, progress, say

    opened = open_folder(folder)
    with progress("Measuring", total=len(opened.files) + 2) as advance:
        imported = import_folder(
            opened,
            study=output.resolve().name,
            with_factors=not without_factors,
            replicates=draws,
            advance=advance,
        )
    _refuse_others(output, {*imported.cubes})
    hashes = write_cubes(imported.cubes, output)
    if as_json:
        print_json({"cubes": hashes, "notes": imported.notes})
        return
    print_table([{"cube": name, "content": digest[:16]} for name, digest in hashes.items()], str(output))
    for note in imported.notes:
        say(note)
    say(f"Its card: clipsafe card {shlex.quote(str(output))} -o card.html")


def _refuse_others(output: Path, written: set[str]) -> None:
    """Refuse a folder with cubes that would stay beside the new ones and speak of another model."""
    for path in sorted(output.glob("*.nc")):
        if path.name.partition(".")[0] not in written or path.name.count(".") > 1:
            raise ClipsafeError(
                f"{path}: would stay beside the new cubes; remove it, or give another -o FOLDER."
            )

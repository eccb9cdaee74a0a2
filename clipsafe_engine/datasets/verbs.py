"""The verb `clipsafe datasets`."""

from pathlib import Path
from typing import Annotated

import typer


def datasets(
    check: Annotated[
        Path | None, typer.Option("--check", help="Folder to check: counts, classes, every image.")
    ] = None,
    download: Annotated[
        str | None, typer.Option("--download", help="Name of a set with an open address.")
    ] = None,
    root: Annotated[Path, typer.Option(help="Folder that a download is unpacked into.")] = Path("datasets"),
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for a script.")] = False,
) -> None:
    """Say what each data set is; check a folder of them; download one.

    Example: [bold]clipsafe datasets --check /data[/bold]
    """
    from clipsafe_engine.datasets.commands import check_data_sets, download_data_set, show_data_sets

    if check is not None:
        check_data_sets(check, as_json)
    elif download is not None:
        download_data_set(download, root)
    else:
        show_data_sets(as_json)

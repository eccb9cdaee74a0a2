"""Tables of what can be taken away, with links."""

import html
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from clipsafe_utils.address import Repository
from clipsafe_utils.chapters.downloads.result import CubeFile
from clipsafe_utils.cubes.schema import SCHEMAS, CubeSchema, Variable
from clipsafe_utils.show.shown import Shown
from clipsafe_utils.show.tables import folded, stacked, table


def linked(frame: pd.DataFrame, caption: str, addresses: Mapping[str, str]) -> Shown:
    """Turn a frame into a table in which cells of these texts lead to these addresses."""
    markup = table(frame, caption).markup
    for text, address in addresses.items():
        said = html.escape(text)
        markup = markup.replace(f">{said}<", f'><a href="{html.escape(address)}">{said}</a><')
    return Shown(markup)


def cubes_table(files: Sequence[CubeFile], repository: Repository) -> Shown:
    """Tabulate the cubes with a link to each."""
    rows = [
        {"Cube": one.name, "Dims": one.dims, "Size, kB": f"{one.bytes / 1000:,.0f}", "Licence": one.licence}
        for one in files
    ]
    return linked(
        pd.DataFrame(rows, columns=["Cube", "Dims", "Size, kB", "Licence"]),
        "Every cube of every study: a netCDF file each, with its dims and its terms.",
        {one.name: one.address(repository) for one in files},
    )


def schema_tables() -> Shown:
    """Tabulate what each kind of cube holds, every table folded."""
    return stacked(
        folded(schema_table(schema), f"{name}: {schema.title}") for name, schema in SCHEMAS.items()
    )


def schema_table(schema: CubeSchema) -> Shown:
    """Tabulate what a cube holds."""
    rows = [_row(one, "") for one in schema.variables]
    rows += [_row(one, ", may be missing") for one in schema.optional]
    return table(pd.DataFrame(rows), f"Variables of the cube {schema.name}: {schema.title.lower()}.")


def notebooks_table(notebooks: Sequence[Path], repository: Repository) -> Shown:
    """Tabulate rendered chapters with a link to launch each."""
    rows: list[dict[str, str]] = []
    addresses: dict[str, str] = {}
    for path in notebooks:
        texts = {"Notebook": path.name, "Colab": f"{path.stem} on Colab", "Binder": f"{path.stem} on Binder"}
        place = path.as_posix()
        found = (repository.raw(place), repository.colab(place), repository.binder(place))
        addresses |= dict(zip(texts.values(), found, strict=True))
        rows.append(texts)
    return linked(
        pd.DataFrame(rows, columns=["Notebook", "Colab", "Binder"]),
        "The chapters: the notebook from the repository, and links that open it elsewhere.",
        addresses,
    )


def _row(variable: Variable, note: str) -> dict[str, str]:
    return {
        "Variable": variable.name,
        "Dims": ", ".join(variable.dims),
        "Holds": variable.kind + note,
        "Units": variable.units or "none",
        "What it is": variable.long_name,
    }

"""The catalogue of models: 210 of our own, and those that a person adds in a CSV of the same columns."""

import csv
import re
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, dataclass, fields, replace
from importlib.resources import as_file, files
from pathlib import Path

from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.registry.groups import GROUPS

LIBRARIES = ("open_clip", "timm")
BY_LIBRARY = {f"{library}.list_pretrained": library for library in LIBRARIES}
"""What `resolves_via` says of weights that a library lists itself, and which library that is."""

HUB_FILE = "hf_file:"
OWN_FILE = "file:"
_NAME = re.compile(r"\w[\w.+-]*", re.ASCII)
_REPOSITORY = re.compile(r"\w[\w.-]*/\w[\w.-]*", re.ASCII)
_FILE_OF_REPOSITORY = re.compile(r"\w[\w.+-]*(?:/\w[\w.+-]*)*", re.ASCII)
_WHOLE_NUMBERS = ("training_images", "samples_seen", "parameters", "input_size")
_NUMBERS = (*_WHOLE_NUMBERS, "in1k_top1")
_IGNORED_COLUMNS = frozenset({"checkpoint_url", "released_by_mid_2023"})


@dataclass(frozen=True)
class ModelEntry:
    """One row of the catalogue.

    Attributes
    ----------
    name : str
        What the model is called in stores and cubes.
    library : str
        What builds it: one of `LIBRARIES`.
    model : str
        Its architecture, by the library's name.
    group : str
        A key of `clipsafe_utils.registry.groups.GROUPS`.
    architecture, family : str
        Kind of image encoder; the unit of independence in statistics.
    training_source : str
        What it was trained on.
    input_size : int
        Side of the square input image, pixels.
    resolves_via : str
        Where its weights are: ``timm.list_pretrained``, ``open_clip.list_pretrained``,
        ``hf_file:owner/repository`` with the file in `tag`, or ``file:path`` beside the CSV.
    tag : str
        The library's name of the weights, or the file in the repository. With ``file:`` it may name the
        weights whose preprocessing applies.
    training_images, samples_seen, parameters : int or None
        Counts, where known.
    pretraining, fine_tuning : str
        What it was trained on before its last training; what a CLIP was fine-tuned on.
    in1k_top1 : float or None
        Published top-1 on the ImageNet validation set, percent.
    top1_source, note : str
        Where that number is from; what else to know.
    """

    name: str
    library: str
    model: str
    group: str
    architecture: str
    family: str
    training_source: str
    input_size: int
    resolves_via: str
    tag: str = ""
    training_images: int | None = None
    samples_seen: int | None = None
    parameters: int | None = None
    pretraining: str = "none"
    fine_tuning: str = "none"
    in1k_top1: float | None = None
    top1_source: str = ""
    note: str = ""

    @property
    def hub_repository(self) -> str | None:
        """Repository of the hub that holds `tag` as a file, where the row names one."""
        return self._after(HUB_FILE)

    @property
    def own_file(self) -> Path | None:
        """The file of weights that the row itself names, where it does."""
        path = self._after(OWN_FILE)
        return None if path is None else Path(path)

    def _after(self, scheme: str) -> str | None:
        return self.resolves_via.removeprefix(scheme) if self.resolves_via.startswith(scheme) else None


_REQUIRED = tuple(field.name for field in fields(ModelEntry) if field.default is MISSING)
_COLUMNS = tuple(field.name for field in fields(ModelEntry))


def read_models(path: Path) -> list[ModelEntry]:
    """Read a CSV of models and check every cell.

    Parameters
    ----------
    path : Path
        A table with the columns of `ModelEntry`; those with a default may be missing or blank. The
        path in ``file:path`` counts from the folder of the table.

    Returns
    -------
    list of ModelEntry
        In the order of the table.

    Raises
    ------
    ClipsafeError
        With the file, the row, the column and what was expected.

    Examples
    --------
    >>> read_models(Path("nowhere.csv"))
    Traceback (most recent call last):
    clipsafe_utils.errors.ClipsafeError: nowhere.csv: cannot be read (No such file or directory).
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.DictReader(stream, strict=True)
            rows = list(reader)
            columns = reader.fieldnames or []
    except OSError as error:
        raise ClipsafeError(f"{path}: cannot be read ({error.strerror or error}).") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise ClipsafeError(f"{path}: expected a table in CSV and UTF-8 ({error}).") from error
    twice = [column for column in columns if list(columns).count(column) > 1]
    if twice:
        raise ClipsafeError(f"{path}: column '{twice[0]:.100}' appears twice.")
    missing = [column for column in _REQUIRED if column not in columns]
    if missing:
        raise ClipsafeError(f"{path}: column '{missing[0]}' is missing.")
    unknown = [column for column in columns if column not in _COLUMNS and column not in _IGNORED_COLUMNS]
    if unknown:
        raise ClipsafeError(
            f"{path}: column '{unknown[0]:.100}' is unknown; the columns are {', '.join(_COLUMNS)}."
        )
    entries = [_entry(row, f"{path}: row {number}", path.parent) for number, row in enumerate(rows, start=1)]
    _check_unique(entries, str(path))
    return entries


def catalogue(own: Path | None = None) -> dict[str, ModelEntry]:
    """Return the models of the study by name, with those of a table of one's own behind them.

    Parameters
    ----------
    own : Path, optional
        A table as in `read_models`.

    Raises
    ------
    ClipsafeError
        As `read_models`, or if the table repeats a name of ours.

    Examples
    --------
    >>> models = catalogue()
    >>> len(models), models["ViT-B-32.openai"].training_source
    (210, 'WIT')
    """
    with as_file(files("clipsafe_utils.registry").joinpath("catalogue.csv")) as path:
        entries = read_models(path)
    if own is not None:
        entries += read_models(own)
        _check_unique(entries, str(own))
    return {entry.name: entry for entry in entries}


def select(
    entries: Iterable[ModelEntry],
    group: str | None = None,
    training_source: str | None = None,
    architecture: str | None = None,
) -> list[ModelEntry]:
    """Return the models of one group, training source and architecture; None takes all.

    Raises
    ------
    ClipsafeError
        If no model has a value that was asked for, with the values there are; or if none has all of them.

    Examples
    --------
    >>> len(select(catalogue().values(), group="clip_fine_tuned", training_source="WIT"))
    9
    >>> select(catalogue().values(), architecture="ViT", group="more_data")[0].name
    'vit_tiny_patch16_224.augreg_in21k_ft_in1k'
    """
    every = chosen = list(entries)
    asked = {"group": group, "training_source": training_source, "architecture": architecture}
    for column, value in asked.items():
        if value is None:
            continue
        there = sorted({str(getattr(entry, column)) for entry in every})
        if value not in there:
            said = column.replace("_", " ")
            raise ClipsafeError(f"No model has the {said} '{value}'; there are {', '.join(there)}.")
        chosen = [entry for entry in chosen if getattr(entry, column) == value]
    if not chosen:
        wanted = " and ".join(f"'{value}'" for value in asked.values() if value is not None)
        raise ClipsafeError(f"No model is of {wanted} at once.")
    return chosen


def _entry(row: Mapping[str, str | None], place: str, folder: Path) -> ModelEntry:
    if None in row or None in row.values():
        raise ClipsafeError(f"{place}: expected one cell for each column of the header.")
    cells = {column: (cell or "").strip() for column, cell in row.items()}
    place = f"{place} ('{cells['name']:.60}')"
    blank = [column for column in _REQUIRED if not cells[column]]
    if blank:
        raise ClipsafeError(f"{place}: column '{blank[0]}' is blank.")
    text = {name: cells[name] for name in _COLUMNS if cells.get(name) and name not in _NUMBERS}
    numbers = {name: _number(cells[name], name, place) for name in _NUMBERS if cells.get(name)}
    entry = ModelEntry(**text, **numbers)  # type: ignore[arg-type]
    fault = _fault(entry)
    if fault:
        raise ClipsafeError(f"{place}: {fault}.")
    if entry.own_file is not None:
        entry = replace(entry, resolves_via=f"{OWN_FILE}{folder / entry.own_file}")
    return entry


def _number(cell: str, column: str, place: str) -> int | float:
    whole = column in _WHOLE_NUMBERS
    try:
        value = int(cell) if whole else float(cell)
    except ValueError:
        value = -1
    if not (value > 0 if whole else 0 <= value <= 100):
        expected = "a whole number above 0" if whole else "a percentage"
        raise ClipsafeError(f"{place}: column '{column}' holds '{cell:.60}', not {expected}.")
    return value


def _fault(entry: ModelEntry) -> str | None:
    libraries = _either(LIBRARIES)
    places = f"{entry.library:.60}.list_pretrained, {HUB_FILE}owner/repository or {OWN_FILE}path"
    has_place = entry.hub_repository or entry.own_file or BY_LIBRARY.get(entry.resolves_via) == entry.library
    rules = (
        (_NAME.fullmatch(entry.name), "column 'name' may hold letters, digits and . _ + - only"),
        # A library takes a name with a colon for a place to fetch a model from, with its code.
        (_NAME.fullmatch(entry.model), "column 'model' may hold letters, digits and . _ + - only"),
        (
            entry.library in LIBRARIES,
            f"column 'library' holds '{entry.library:.60}', not {libraries}",
        ),
        (entry.group in GROUPS, f"column 'group' holds '{entry.group:.60}', not {_either(GROUPS)}"),
        (has_place, f"column 'resolves_via' holds '{entry.resolves_via:.60}', not {places}"),
        (
            entry.group != "clip_zero_shot" or entry.library == "open_clip",
            "a zero-shot CLIP needs a text tower, so the library open_clip",
        ),
        (entry.tag or entry.own_file, "column 'tag' is blank and has to name the weights"),
        (
            entry.hub_repository is None
            or (_REPOSITORY.fullmatch(entry.hub_repository) and _FILE_OF_REPOSITORY.fullmatch(entry.tag)),
            f"columns 'resolves_via' and 'tag' do not name a file as {HUB_FILE}owner/repository and its path",
        ),
        (
            entry.in1k_top1 is None or entry.top1_source,
            "column 'top1_source' is blank though there is a top-1",
        ),
    )
    return next((fault for kept, fault in rules if not kept), None)


def _either(values: Iterable[str]) -> str:
    *most, last = values
    return f"{', '.join(most)} or {last}"


def _check_unique(entries: Iterable[ModelEntry], where: str) -> None:
    seen: set[str] = set()
    for entry in entries:
        if entry.name in seen:
            raise ClipsafeError(f"{where}: the name '{entry.name}' appears twice in the catalogue.")
        seen.add(entry.name)

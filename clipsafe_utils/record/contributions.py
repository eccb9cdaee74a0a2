"""A contribution: cubes that somebody sends, which stand in the record beside its public sources.

Its rows stand in part files of their own, such as ``shifts.my-lab.nc``, and are joined when the study is
read: no raw file is needed to add them, and a contribution is taken back by removing its files.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import xarray as xr

from clipsafe_utils.cubes import read_cube, validate, write_cube
from clipsafe_utils.cubes.schema import SCHEMAS
from clipsafe_utils.cubes.storage import content_hash
from clipsafe_utils.cubes.studies import Study, join_parts
from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.measuring.cubes import NOT_STATED
from clipsafe_utils.record.public_sources import PUBLIC_SOURCES
from clipsafe_utils.registry.toml_tables import fill, read_toml

FILE = "contribution.toml"
KNOWN_BEFORE = ("nothing", "direction", "numbers")
"""What may have been known of an outcome before it was measured."""

_NAME = re.compile(r"[a-z][a-z0-9-]{1,30}")
_LONGEST = 300
_OF_A_SET = ("condition", "scaling", "score", "ood_set")
"""Dims of which a contribution may have some labels, and the record keeps its own."""

_NOT_SENT = "not in the contribution"


@dataclass(frozen=True)
class Contribution:
    """What a contribution says of itself.

    Attributes
    ----------
    source : str
        What its rows are called by in the record.
    citation : str
        Who measured, and where that can be read.
    licence : str
        Terms of the numbers.
    known_before : str
        What was known of the lineage's outcomes before it was measured: one of `KNOWN_BEFORE`.
    """

    source: str
    citation: str
    licence: str
    known_before: str

    @property
    def reference(self) -> str:
        """What a row says of where it is from."""
        return f"{self.citation}; known before: {self.known_before}"


def read_contribution(folder: Path) -> tuple[Contribution, dict[str, xr.Dataset]]:
    """Read what a contribution says of itself, and its cubes.

    Raises
    ------
    ClipsafeError
        If the file is missing or says what it may not, a cube breaks a rule, or there is none but `models`.

    Examples
    --------
    >>> read_contribution(Path("."))
    Traceback (most recent call last):
    clipsafe_utils.errors.ClipsafeError: contribution.toml: cannot be read (No such file or directory).
    """
    said = _said(folder / FILE)
    study = Study(said.source, folder)
    study.check()
    cubes = {name: read_cube(study.path(name)) for name in study.cubes}
    _check_models(cubes["models"], study.path("models"))
    if len(cubes) == 1:
        raise ClipsafeError(
            f"{folder}: holds models.nc alone; expected a cube of results, such as shifts.nc."
        )
    return said, cubes


def add_contribution(folder: Path, record: Study) -> dict[str, str]:
    """Write the rows of a contribution into the record; return the content hash of each file.

    Everything is checked, joined with the record, before the first file is written.

    Raises
    ------
    ClipsafeError
        As in `read_contribution`, or if a cube does not join with the record's.
    """
    said, cubes = read_contribution(folder)
    parts = {}
    for name, cube in cubes.items():
        place = folder / f"{name}.nc"
        others = [path for path in record.files(name) if path.name != f"{name}.{said.source}.nc"]
        if not others:
            raise ClipsafeError(f"{place}: the record has no cube '{name}' that it could join.")
        theirs = [read_cube(path) for path in others]
        part = cube if name == "models" else _alike(cube, theirs[0], place)
        parts[name] = _described(_renamed(part, said), name, said)
        try:
            validate(join_parts([*theirs, parts[name]]), name, str(place))
        except ClipsafeError as error:
            raise ClipsafeError(f"{place}: does not join with the record ({error}).") from error
    for name, part in parts.items():
        write_cube(part, record.folder / f"{name}.{said.source}.nc")
    return {f"{name}.{said.source}": content_hash(part) for name, part in parts.items()}


def _said(path: Path) -> Contribution:
    said = fill(Contribution, read_toml(path), str(path))
    if not _NAME.fullmatch(said.source):
        raise ClipsafeError(f"{path}: source is {said.source!r:.40}; expected letters a-z, digits, hyphens.")
    if said.source in PUBLIC_SOURCES:
        raise ClipsafeError(f"{path}: source is {said.source!r}, which is another source of the record.")
    for name in ("citation", "licence"):
        text = getattr(said, name)
        if not text.strip() or not text.isprintable() or len(text) > _LONGEST:
            raise ClipsafeError(f"{path}: {name}: expected one line of 1 to {_LONGEST} characters.")
    if said.known_before not in KNOWN_BEFORE:
        choices = ", ".join(KNOWN_BEFORE)
        raise ClipsafeError(f"{path}: known_before is {said.known_before!r:.40}; expected one of {choices}.")
    return said


def _check_models(models: xr.Dataset, path: Path) -> None:
    if models.attrs["evidence"] != "measured":
        raise ClipsafeError(f"{path}: evidence is {models.attrs['evidence']}; the record is of real models.")
    for name in models["model"].values.tolist():
        row = models.sel(model=name)
        is_clip = str(row["group"].item()).startswith("clip")
        if is_clip and row["training_source"].item() in (NOT_STATED, ""):
            raise ClipsafeError(
                f"{path}: training_source of '{name}' is not stated; without it no lineage can be counted."
            )


def _alike(cube: xr.Dataset, record: xr.Dataset, place: Path) -> xr.Dataset:
    """Bring a cube to the variables and labels of the record's; refuse what cannot be brought there."""
    schema = SCHEMAS[place.stem]
    kept = [one.name for one in (*schema.variables, *schema.optional) if "model" in one.dims]
    part = cube[[name for name in kept if name in cube and name in record]]
    for name, variable in part.data_vars.items():
        if {*variable.dims} != {*record[name].dims}:
            dims = ", ".join(map(str, record[name].dims))
            raise ClipsafeError(f"{place}: variable '{name}' has the dims {variable.dims}; expected {dims}.")
    for dim in [dim for dim in part.dims if dim != "model"]:
        own, theirs = part[dim].values.tolist(), record[dim].values.tolist()
        missing = [label for label in theirs if label not in own]
        if dim in _OF_A_SET:
            if len(missing) == len(theirs):
                raise ClipsafeError(f"{place}: has no {dim} that the record has, such as {theirs[0]}.")
        elif missing:
            raise ClipsafeError(f"{place}: the dim '{dim}' lacks '{missing[0]}', which the record has.")
        part = part.reindex({dim: theirs})
    for variable in part.data_vars.values():
        if variable.dtype.kind == "f" and bool(np.isnan(variable).any()):
            variable.attrs.setdefault("not_measured", _NOT_SENT)
    return part


def _renamed(cube: xr.Dataset, said: Contribution) -> xr.Dataset:
    names = [f"{said.source}:{name.rpartition('mine:')[2]}" for name in cube["model"].values.tolist()]
    if len(set(names)) < len(names):
        raise ClipsafeError(f"contribution {said.source}: a model stands twice.")
    renamed = cube.assign_coords(model=names)
    if "reference" in renamed:
        renamed["reference"] = renamed["reference"].copy(data=np.full(len(names), said.reference))
        own = renamed["checkpoint"].values.tolist()
        renamed["checkpoint"].values = np.array([one.replace("mine:", f"{said.source}:") for one in own])
    return renamed


def _described(cube: xr.Dataset, name: str, said: Contribution) -> xr.Dataset:
    """Say of a part what is said here, and nothing else that the sender's files say of themselves."""
    for variable in cube.data_vars.values():
        kept = {"long_name", "units", "not_measured", "decision_rule"}
        own = {key: value for key, value in variable.attrs.items() if key in kept}
        variable.attrs = own | {"source": f"contribution {said.source}; known before: {said.known_before}"}
    cube.attrs = {
        "title": SCHEMAS[name].title,
        "study": "published",
        "evidence": "measured",
        "licence": "\n".join(_terms(name, said)),
        "versions": cube.attrs.get("versions", "{}"),
    }
    return cube


def _terms(name: str, said: Contribution) -> Iterator[str]:
    if name == "factors":
        yield "CC BY-NC 4.0: derived from ImageNet-X (Idrissi et al. 2023)"
    yield f"{said.licence}: {said.citation}"

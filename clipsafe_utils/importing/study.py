"""From a folder of predictions to the cubes of a study with one model."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import xarray as xr

from clipsafe_utils.cubes.schema import SCHEMAS
from clipsafe_utils.cubes.yours import PREFIX
from clipsafe_utils.importing.counts import factors_table, shifts_table, why_no_factors
from clipsafe_utils.importing.cue_conflict import read_cues
from clipsafe_utils.importing.detecting import detection_of_files
from clipsafe_utils.importing.folder import Folder
from clipsafe_utils.importing.known_sets import CUES, HOME, KnownSet
from clipsafe_utils.importing.labelled import Answered, read_labelled
from clipsafe_utils.importing.models_table import NUMBERS, models_table
from clipsafe_utils.importing.own_model import OwnModel
from clipsafe_utils.importing.recognising import IN_RECORD, same_in_record
from clipsafe_utils.importing.sure import SPLIT, calibration_table
from clipsafe_utils.importing.tables import Table, read_table
from clipsafe_utils.importing.unlabelled import scored_home
from clipsafe_utils.measuring.cubes import Facts, describe
from clipsafe_utils.measuring.detection import Scored
from clipsafe_utils.metrics.draws import REPLICATES

OWN_TERMS = "not stated: numbers of a model of your own"
FACTOR_TERMS = "CC BY-NC 4.0: derived with the annotations of ImageNet-X (Idrissi et al. 2023)"
NOTES = "notes"
"""Attribute of a cube: what is to be said of its numbers, a line each."""


@dataclass
class Imported:
    """What came of a folder.

    Attributes
    ----------
    cubes : dict of str to Dataset
        By name, all of one model.
    notes : list of str
        What is to be said of them.
    """

    cubes: dict[str, xr.Dataset] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


@dataclass
class _Tables:
    """What was measured so far, without a dim `model`."""

    found: dict[str, xr.Dataset] = field(default_factory=dict)
    reasons: dict[tuple[str, str], str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def import_folder(
    folder: Folder,
    *,
    study: str = "mine",
    with_factors: bool = True,
    replicates: int = REPLICATES,
    advance: Callable[[str], object] = str,
) -> Imported:
    """Measure what a folder says of one model.

    Parameters
    ----------
    folder : Folder
        As of `open_folder`.
    study : str
        Name of the study.
    with_factors : bool
        Whether factors are counted, which brings the terms of ImageNet-X's annotations.
    replicates : int
        Draws beside the estimate.
    advance : callable
        Called with the name of each data set once its file is read, and of what takes long beside.

    Returns
    -------
    Imported
        The cubes for which there are files, all valid.

    Raises
    ------
    ClipsafeError
        In one sentence, with the file and the place in it, for whatever is wrong.
    """
    tables, model = _Tables(), folder.said.model
    home = _measure_labelled(folder, tables, with_factors, replicates, advance)
    if home is not None and folder.of_role("ood"):
        table, notes = detection_of_files(folder, home, replicates, advance)
        tables.found["ood"], tables.notes = table, tables.notes + notes
        tables.reasons |= {("ood", one.name): _NO_SCORE for one in SCHEMAS["ood"].variables}
    if CUES in folder.files:
        file = read_table(folder.files[CUES])
        counted, notes = read_cues(file, folder.said.reading(CUES), folder.path, model.prompt_set)
        tables.found["shape_bias"] = counted.isel(draw=slice(1 + replicates))
        tables.notes += notes
        advance(CUES)
    return _described(tables, model, study, replicates)


_NO_SCORE = "the files do not hold this score of both kinds of images"


def _measure_labelled(
    folder: Folder, tables: _Tables, with_factors: bool, replicates: int, advance: Callable[[str], object]
) -> Scored | None:
    answered: dict[str, Answered] = {}
    home: Scored | None = None
    for name, known in {**folder.of_role("id"), **folder.of_role("shift")}.items():
        file = read_table(folder.files[name])
        answered[name] = _read(folder, file, known)
        if name == HOME and folder.of_role("ood"):
            home = scored_home(answered[name], file, folder.said.reading(name), replicates)
        tables.notes += answered[name].notes
        advance(name)
    if not answered:
        return home
    tables.found["shifts"] = shifts_table(answered, replicates)
    calibration, reasons, notes = calibration_table(answered, replicates)
    advance("calibration")
    if calibration is not None:
        tables.found["calibration"] = calibration
    tables.reasons |= {("calibration", name): reason for name, reason in reasons.items()}
    tables.notes += notes
    if HOME in answered and with_factors:
        why = why_no_factors(answered[HOME])
        tables.notes += [f"factors are not measured: {why}"] * bool(why)
        if not why:
            tables.found["factors"] = factors_table(answered[HOME])
            advance("factors")
    return home


def _read(folder: Folder, file: Table, known: KnownSet) -> Answered:
    return read_labelled(file, known, folder.said.reading(known.name), folder.path)


def _described(tables: _Tables, model: OwnModel, study: str, replicates: int) -> Imported:
    checkpoint, rows = same_in_record(model, tables.found)
    name = f"{PREFIX}{model.name}"
    sources = [f"clipsafe import; {replicates} draws", *(SPLIT for _ in range("calibration" in tables.found))]
    who = replace(model, checkpoint=checkpoint or model.checkpoint)
    found = {"models": models_table([who], [name]), **tables.found}
    cubes = {}
    for cube, table in found.items():
        terms = FACTOR_TERMS if cube == "factors" else OWN_TERMS
        facts = Facts(study, "measured", terms, "; ".join(sources), tables.reasons | _MODEL_REASONS)
        whole = table if cube == "models" else _with_model(table, name, model)
        cubes[cube] = describe(whole, cube, facts).assign_attrs({NOTES: "\n".join(tables.notes)})
    if rows:
        tables.notes.append(f"the record has this network already, as {', '.join(rows)}; it is counted once")
        cubes["models"].attrs[IN_RECORD] = "\n".join(rows)
    return Imported(cubes, tables.notes)


_MODEL_REASONS = {("models", name): "not stated in model.toml" for name in NUMBERS}
_SHARED = ("draw_images", "images_inside", "id_images", "ood_images")
"""Variables that no model changes."""


def _with_model(table: xr.Dataset, name: str, model: OwnModel) -> xr.Dataset:
    shared = [variable for variable in _SHARED if variable in table]
    whole = table.drop_vars(shared).expand_dims(model=[name]).assign(table[shared])
    if "draw_hits" in whole:
        whole["prompt_set"] = ("model", [model.prompt_set])
    return whole

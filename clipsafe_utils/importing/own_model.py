"""`model.toml`: what is known of the model, and how its files are to be read."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path

from clipsafe_utils.cubes.schema import CLASS_MEANS, SIXTEEN_NAMES
from clipsafe_utils.cubes.validation import LONGEST_NAME
from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.importing.known_sets import known_sets
from clipsafe_utils.measuring.cubes import NOT_STATED
from clipsafe_utils.registry.groups import GROUPS
from clipsafe_utils.registry.toml_tables import Table, fill, read_toml

FILE = "model.toml"
VAL_INDEX, IMAGE_FOLDER, HUGGING_FACE = "val-index", "imagefolder", "huggingface"
LOGITS, LOG_PROBABILITIES, PROBABILITIES, COSINES = "logits", "log-probabilities", "probabilities", "cosines"
SORTED, BACKGROUND_FIRST, OF_THE_SET = "sorted-wnid", "background-first", "set"
KNOWN_IS_HIGH, KNOWN_IS_LOW = "known", "unknown"

CHOICES: Mapping[str, tuple[str, ...]] = {
    "order": (VAL_INDEX, IMAGE_FOLDER, HUGGING_FACE),
    "scores": (LOGITS, LOG_PROBABILITIES, PROBABILITIES, COSINES),
    "read_out": (CLASS_MEANS, SIXTEEN_NAMES),
    "high_means": (KNOWN_IS_HIGH, KNOWN_IS_LOW),
}
"""What may stand in an entry that chooses."""

_LONGEST = LONGEST_NAME - 50
"""The name of a model stands in cubes with words before and behind it."""


@dataclass(frozen=True)
class Reading:
    """How a file is to be read; empty where that can be told without being said.

    Attributes
    ----------
    order : str
        The order of the rows where there are no image names.
    scores : str
        What an array of scores holds.
    scale : float
        What cosines are multiplied by to give logits; 0 for not stated.
    classes : str
        What a column, or the number of a class, stands for: `SORTED`, `BACKGROUND_FIRST`, `OF_THE_SET`, or
        the name of a text file with one WordNet id a line.
    first_class : int
        The number of the first class.
    read_out : str
        How an answer among sixteen classes was had.
    high_means : str
        What a high score means of an image: that it is known or unknown.
    """

    order: str = ""
    scores: str = ""
    scale: float = field(default=0.0, metadata={"low": 0.0, "high": 1e6})
    classes: str = ""
    first_class: int = field(default=0, metadata={"low": 0, "high": 1})
    read_out: str = ""
    high_means: str = ""


_COUNT = {"low": 0.0, "high": 1e15}
_UNKNOWN = float("nan")


@dataclass(frozen=True)
class OwnModel:
    """What is known of the model; texts and numbers as in the cube `models`."""

    name: str
    group: str = "other"
    training_source: str = NOT_STATED
    training_images: float = field(default=_UNKNOWN, metadata=_COUNT)
    samples_seen: float = field(default=_UNKNOWN, metadata=_COUNT)
    architecture: str = NOT_STATED
    family: str = ""
    checkpoint: str = ""
    parameters: float = field(default=_UNKNOWN, metadata=_COUNT)
    image_size: float = field(default=_UNKNOWN, metadata=_COUNT)
    pretraining: str = NOT_STATED
    fine_tuning: str = NOT_STATED
    prompt_set: str = NOT_STATED
    reference: str = "predictions of your own"


@dataclass(frozen=True)
class Said:
    """All that `model.toml` says: the model, and by data set how its file is to be read."""

    model: OwnModel
    readings: Mapping[str, Reading]

    def reading(self, name: str) -> Reading:
        """Return how the file of a data set is to be read."""
        return self.readings[name]


_OF_MODEL = tuple(item.name for item in fields(OwnModel))
_OF_READING = tuple(item.name for item in fields(Reading))


def read_model(folder: Path) -> Said:
    """Read `model.toml` of a folder.

    Raises
    ------
    ClipsafeError
        If it is missing or no TOML, or an entry is unknown, of the wrong type or out of its range.

    Examples
    --------
    >>> read_model(Path("nowhere"))
    Traceback (most recent call last):
    clipsafe_utils.errors.ClipsafeError: nowhere/model.toml: no such file; expected one with name = "...".
    """
    path = folder / FILE
    if not path.is_file():
        raise ClipsafeError(f'{path}: no such file; expected one with name = "...".')
    table = read_toml(path)
    if unknown := [key for key in table if key not in {*_OF_MODEL, *_OF_READING, *known_sets()}]:
        known = ", ".join((*_OF_MODEL, *_OF_READING))
        raise ClipsafeError(
            f"{path}: has no entry {unknown[0]!r:.60}; expected one of {known}, or a table [data set]."
        )
    model = fill(OwnModel, {key: table[key] for key in _OF_MODEL if key in table}, str(path))
    _check_model(model, path)
    usual = {key: table[key] for key in _OF_READING if key in table}
    return Said(model, {name: _reading(usual, table, name, path) for name in known_sets()})


def _reading(usual: Table, table: Table, name: str, path: Path) -> Reading:
    own = table.get(name, {})
    place = f"{path}, [{name}]" if own else str(path)
    if not isinstance(own, dict):
        raise ClipsafeError(f"{path}: expected a table [{name}], not one entry.")
    reading = fill(Reading, usual | own, place)
    for entry, choices in CHOICES.items():
        value = getattr(reading, entry)
        if value and value not in choices:
            raise ClipsafeError(f"{place}: {entry} is {value!r:.60}, expected one of {', '.join(choices)}.")
    return reading


def _check_model(model: OwnModel, path: Path) -> None:
    for item in fields(OwnModel):
        value = getattr(model, item.name)
        if isinstance(value, str) and value and (not value.isprintable() or value.isspace()):
            raise ClipsafeError(f"{path}: {item.name} holds characters that cannot be printed.")
        if isinstance(value, str) and len(value) > _LONGEST:
            raise ClipsafeError(f"{path}: {item.name} is longer than {_LONGEST} characters.")
        if value == "" and item.default != "":
            raise ClipsafeError(f"{path}: {item.name} is empty.")
    if model.group not in GROUPS:
        raise ClipsafeError(f"{path}: group is {model.group!r:.60}, expected one of {', '.join(GROUPS)}.")

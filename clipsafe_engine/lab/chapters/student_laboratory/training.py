"""Training from the page itself, where its reader asks for it and torch is there."""

import importlib.util
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from clipsafe_engine.lab.student.change import Change
from clipsafe_engine.lab.student.knobs import checked
from clipsafe_engine.lab.student.make import make_mine
from clipsafe_utils.parameters import CheckedParameters

FOLDER = Path("mine")  # beside the notebook


@dataclass(frozen=True)
class Training:
    """What a run of the page trained, and the parameters that show it."""

    case: Literal["not asked", "without torch", "trained"]
    change: Change  # what the parameters of the page name
    chosen: CheckedParameters  # its studies are those to show


def change_of(chosen: CheckedParameters) -> Change:
    """Return the change that the parameters of the page name."""
    return Change({chosen.knob: checked(chosen.knob, chosen.level)}, chosen.captions)


def train_if_asked(chosen: CheckedParameters) -> Training:
    """Train where the page is asked to, and say which studies to show."""
    change = change_of(chosen)
    if chosen.train == "no":
        return Training("not asked", change, chosen)
    if importlib.util.find_spec("torch") is None:
        return Training("without torch", change, chosen)
    with warnings.catch_warnings():
        # open_clip loads tqdm, which in a notebook misses a widget that nothing here draws.
        warnings.filterwarnings("ignore", message="IProgress not found")
        study = make_mine(change, FOLDER)
    shown = CheckedParameters(**{**vars(chosen), "studies": [str(study.folder.resolve())]})
    return Training("trained", change, shown)

"""Training from the page itself, where its reader asks for it and torch is there."""

import importlib.util
import warnings
from pathlib import Path

from clipsafe_utils.lab.student.change import Change
from clipsafe_utils.lab.student.knobs import checked
from clipsafe_utils.lab.student.make import make_mine
from clipsafe_utils.parameters import CheckedParameters

FOLDER = Path("mine")
"""Beside the notebook."""


def change_of(chosen: CheckedParameters) -> Change:
    """Return the change that the parameters of the page name.

    Raises
    ------
    ClipsafeError
        If the level is out of the knob's range.

    Examples
    --------
    >>> change_of(CheckedParameters(knob="wrong", level=0.2, captions="laion")).name
    'laion-wrong_0.2-s0'
    """
    return Change({chosen.knob: checked(chosen.knob, chosen.level)}, chosen.captions)


def studies_with_yours(chosen: CheckedParameters) -> tuple[list[str], str]:
    """Train where the page is asked to, and return the studies to show and a sentence on what was done.

    Raises
    ------
    ClipsafeError
        As in `clipsafe_utils.lab.student.make.make_mine`.

    Examples
    --------
    >>> asked = CheckedParameters(
    ...     studies=["miniature"], train="no", knob="wrong", level=0.2, captions="wit")
    >>> studies_with_yours(asked)[0]
    ['miniature']
    """
    change = change_of(chosen)
    if chosen.train == "no":
        return chosen.studies, f"Nothing is trained on this page. To do it: `{change.command} -o mine`"
    if importlib.util.find_spec("torch") is None:
        return chosen.studies, (
            "Training needs torch, which is not installed here: `pip install 'clipsafe[models]'`. "
            "The figures show the shipped zoo."
        )
    with warnings.catch_warnings():
        # open_clip loads tqdm, which in a notebook misses a widget that nothing here draws.
        warnings.filterwarnings("ignore", message="IProgress not found")
        study = make_mine(change, FOLDER)
    return [str(study.folder.resolve())], f"Trained `{change.name}`; its cubes are in `{FOLDER}`."

"""The evidence matrix: which study can say anything about which finding."""

import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, partial
from importlib.resources import files

import numpy as np
import pandas as pd
import xarray as xr

from clipsafe_utils.cubes import GROUPS, Study, families_between_groups
from clipsafe_utils.cubes.panels import Panel, read_panels

NOT_AVAILABLE = "not available"


@dataclass(frozen=True)
class Finding:
    """One finding of the paper, and what a study must hold to speak to it.

    Attributes
    ----------
    id, sentence, seen : str
        Name, the finding in our words, and how we know it: paper, summary or follow-up.
    chapter : str
        Chapter that looks at it; empty where none does yet.
    cube : str
        Cube that it needs.
    groups : tuple of str
        Groups that the cube must hold.
    training_sources : int
        Least number of training sources among the zero-shot CLIPs of the cube.
    out_of_scope : str
        Why no study can speak to it; empty where one can.
    """

    id: str
    sentence: str
    seen: str
    chapter: str = ""
    cube: str = ""
    groups: tuple[str, ...] = ()
    training_sources: int = 1
    out_of_scope: str = ""


@cache
def findings() -> tuple[Finding, ...]:
    """Return all findings in order.

    Examples
    --------
    >>> findings()[0].id, len(findings())
    ('F1', 21)
    """
    text = files("clipsafe_utils.claims").joinpath("findings.toml").read_text(encoding="utf-8")
    rows = tomllib.loads(text)["finding"]
    return tuple(Finding(**{**row, "groups": tuple(row.get("groups", ()))}) for row in rows)


def evidence(finding: Finding, study: Study) -> tuple[str, str]:
    """Say whether a study can speak to a finding, and on how much or why not.

    Parameters
    ----------
    finding : Finding
        A finding.
    study : Study
        A study.

    Returns
    -------
    status, reason : tuple of str
        "measured" or "proxy", as the cube says of itself, or "not available".

    Examples
    --------
    >>> from clipsafe_utils.cubes import find_study
    >>> evidence(findings()[4], find_study("published"))
    ('not available', "no model of the group 'CLIP, zero-shot'")
    """
    return _judge(finding, partial(_panel, study))


def evidence_matrix(studies: Sequence[Study]) -> pd.DataFrame:
    """Cross all findings with some studies.

    Parameters
    ----------
    studies : sequence of Study
        Columns of the matrix.

    Returns
    -------
    pandas.DataFrame
        One row a finding: `Finding`, `Known from`, and for each study its status and the reason.
    """
    # Several findings ask for one cube: each is read once.
    readers = {study.name: cache(partial(_panel, study)) for study in studies}
    rows = []
    for finding in findings():
        row = {"Finding": f"{finding.id} {finding.sentence}", "Known from": finding.seen}
        for study, read in readers.items():
            row[study] = ": ".join(_judge(finding, read))
        rows.append(row)
    return pd.DataFrame(rows)


def _panel(study: Study, cube: str) -> Panel | None:
    return next(iter(read_panels([str(study.folder.resolve())], cube, list(GROUPS))), None)


def _judge(finding: Finding, read: Callable[[str], Panel | None]) -> tuple[str, str]:
    if finding.out_of_scope:
        return NOT_AVAILABLE, finding.out_of_scope
    panel = read(finding.cube)
    if panel is None:
        return NOT_AVAILABLE, f"no cube {finding.cube}"
    present = panel.models["group"].values
    for group in finding.groups:
        if group not in present:
            return NOT_AVAILABLE, f"no model of the group '{GROUPS[group]}'"
    clips = panel.models.isel(model=present == finding.groups[0])
    sources = np.unique(clips["training_source"]).size
    if sources < finding.training_sources:
        return NOT_AVAILABLE, f"CLIPs of {sources} training source only"
    return panel.cube.attrs["evidence"], _how_much(clips)


def _how_much(clips: xr.Dataset) -> str:
    families = np.unique(families_between_groups(clips)).size
    return f"{clips.sizes['model']} CLIPs of {families} {'family' if families == 1 else 'families'}"

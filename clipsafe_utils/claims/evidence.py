"""Which study can say anything about which claim, and on how much."""

import numpy as np
import xarray as xr

from clipsafe_utils.claims.reading import Reader
from clipsafe_utils.claims.registry import Claim
from clipsafe_utils.cubes import GROUPS, families_between_groups

NOT_AVAILABLE = "not available"


def evidence(claim: Claim, reader: Reader) -> tuple[str, str]:
    """Say whether a study can be asked a claim, and on how much it answers or why it cannot.

    Parameters
    ----------
    claim : Claim
        A claim with a statistic of its own.
    reader : Reader
        Of the study.

    Returns
    -------
    status, reason : tuple of str
        "measured" or "proxy", as the cube says of itself, or "not available".

    Examples
    --------
    >>> from clipsafe_utils.claims.registry import find_claim
    >>> from clipsafe_utils.cubes import find_study
    >>> evidence(find_claim("F5"), Reader(find_study("published")))
    ('not available', "no model of the group 'CLIP, zero-shot'")
    """
    panel = reader.panel(claim.cube)
    if panel is None:
        return NOT_AVAILABLE, f"no cube {claim.cube}"
    present = panel.models["group"].values
    for group in claim.groups:
        if group not in present:
            return NOT_AVAILABLE, f"no model of the group '{GROUPS[group]}'"
    clips = panel.models.isel(model=present == claim.groups[0])
    sources = np.unique(clips["training_source"]).size
    if sources < claim.training_sources:
        return NOT_AVAILABLE, f"CLIPs of {sources} training source only"
    return panel.cube.attrs["evidence"], _how_much(clips)


def _how_much(clips: xr.Dataset) -> str:
    families = np.unique(families_between_groups(clips)).size
    return f"{clips.sizes['model']} CLIPs of {families} {'family' if families == 1 else 'families'}"

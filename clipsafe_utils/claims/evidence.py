"""Which study can say anything about which claim."""

import numpy as np

from clipsafe_utils.claims.reading import Reader
from clipsafe_utils.claims.registry import Claim
from clipsafe_utils.cubes import GROUPS


def evidence(claim: Claim, reader: Reader) -> tuple[str, str]:
    """Return "measured" or "proxy", as the cube says, and no reason; or no status, and the reason."""
    panel = reader.panel(claim.cube)
    if panel is None:
        return "", f"no cube {claim.cube}"
    present = panel.models["group"].values
    for group in claim.groups:
        if group not in present:
            return "", f"no model of the group '{GROUPS[group]}'"
    clips = panel.models.isel(model=present == claim.groups[0])
    sources = np.unique(clips["training_source"]).size
    if sources < claim.training_sources:
        return "", f"CLIPs of {sources} training source only"
    return panel.cube.attrs["evidence"], ""

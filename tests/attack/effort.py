"""How many moments and inputs an attack tries: few usually, all with CLIPSAFE_ATTACK=full."""

import os


def effort(usual: int, full: int) -> int:
    """Return how many to try."""
    return full if os.environ.get("CLIPSAFE_ATTACK") == "full" else usual

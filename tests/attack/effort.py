"""How much is tried: enough for every day, or all of it where CLIPSAFE_ATTACK=full asks for it."""

import os


def effort(usual: int, full: int) -> int:
    """Return how many attempts to make."""
    return full if os.environ.get("CLIPSAFE_ATTACK") == "full" else usual

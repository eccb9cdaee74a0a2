"""How much the attacks try: a part by default, all with ``CLIPSAFE_ATTACK=full``."""

import os


def effort(usual: int, full: int) -> int:
    """Return how many attempts to make."""
    return full if os.environ.get("CLIPSAFE_ATTACK") == "full" else usual

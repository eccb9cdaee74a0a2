"""Training sources drawn at random: the prior over the knobs of the experiment `many_sources`.

The spread between such sources is a property of this prior, not of the web.
"""

import numpy as np

PRIOR = {
    "texture_correlation": (0.10, 0.95),
    "background_correlation": (0.0, 0.90),
    "extra_concepts": (0.0, 0.30),
    "rare_glyphs": (0.03, 0.30),
    "rotation_sd": (4.0, 25.0),
    "free_rotation": (0.0, 0.08),
    "scale_mean": (0.72, 0.86),
    "scale_sd": (0.06, 0.18),
    "deformation": (0.02, 0.07),
    "occluded": (0.0, 0.15),
    "sketches": (0.0, 0.12),
    "flats": (0.0, 0.12),
    "posters": (0.0, 0.05),
    "light_sd": (0.04, 0.25),
    "detail": (0.10, 0.40),
    "wrong": (0.0, 0.10),
    "missing": (0.0, 0.20),
}
"""Knobs of `wit` that are drawn, each uniformly and on its own between two ends."""

SOURCES, SEED = 10, 2026


def drawn_sources() -> list[dict[str, float]]:
    """Draw the knobs of each source.

    Examples
    --------
    >>> sources = drawn_sources()
    >>> len(sources), sources[0]["texture_correlation"]
    (10, 0.252)
    """
    low, high = np.array(list(PRIOR.values())).T
    shares = np.random.default_rng(SEED).random((SOURCES, len(PRIOR)))
    drawn = np.round(low + shares * (high - low), 3)
    return [dict(zip(PRIOR, map(float, row), strict=True)) for row in drawn]

"""Runs the text towers of the shipped CLIPs over a reader's own templates."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from clipsafe_engine.lab.world.language import check_template
from clipsafe_engine.lab.world.world import load_world
from clipsafe_utils.cubes.studies import REPOSITORY
from clipsafe_utils.errors import ClipsafeError

_WEIGHTS = REPOSITORY / "weights"


def read_templates(
    model: str, templates: Sequence[str], weights: Path = _WEIGHTS
) -> dict[str, NDArray[np.float32]]:
    """Embed every class in each template by the text tower of a shipped CLIP.

    Parameters
    ----------
    model : str
        Its name in the cubes.
    templates : sequence of str
        Sentences with ``{}`` where the class goes.
    weights : Path
        Folder of the weight files.

    Returns
    -------
    dict of str to ndarray of float32, shape (classes, dimensions)
        By template.

    Raises
    ------
    ClipsafeError
        If a template is none, or has a word that the laboratory's CLIPs never had; if the extra `models` is
        not installed, or the weight file is missing or damaged.

    Examples
    --------
    >>> read_templates("miniature:clip-vit_s-wit-64k-s0", ["a painting of a {}"])  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    clipsafe_utils.errors.ClipsafeError: Parameter 'prompts', 'a painting of a {}': the word 'painting' is ...
    """
    world = load_world()
    for template in templates:
        check_template(world.language, template, f"Parameter 'prompts', '{template}'")
    try:
        from clipsafe_engine.lab.training.evaluation import zero_shot
        from clipsafe_engine.lab.training.objectives import load_network
    except ImportError as error:
        raise ClipsafeError(
            f"Parameter 'prompts': '{templates[0]}' is none of the templates whose embeddings are kept; its "
            f"text tower needs {error.name}: pip install 'clipsafe[models]'."
        ) from error
    network, _ = load_network(world, weights / f"{model.split(':')[-1]}.safetensors")
    return {template: zero_shot(world, network, (template,))[0] for template in templates}

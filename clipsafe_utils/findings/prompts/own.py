"""The reader's own prompts: kept templates cost nothing; others need torch and the text towers."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from clipsafe_utils.cubes.studies import REPOSITORY
from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.findings.prompts.embedded import MEASURED, KeptImages, Measures, has_templates
from clipsafe_utils.metrics.runs import mean_of_runs

NONE = ("none",)
"""Value of the parameter where a reader gives no prompts."""

REPLICATES = 100
"""Draws of the kept images behind an interval."""

AVERAGED = "all of yours, averaged"

_WEIGHTS = REPOSITORY / "weights"
_COLUMNS = ["prompt", "property", "level", "value", "low", "high", "models"]


def own_changes(
    embeddings: xr.Dataset, prompts: Sequence[str], confidence: float, weights: Path = _WEIGHTS
) -> pd.DataFrame:
    """Return how a reader's own templates differ from the usual set: each alone, and several averaged.

    Columns prompt, property, level (the property itself), value (the change), low, high (over models and
    images) and models. `weights` holds the CLIPs' weight files, for templates that were not kept.
    """
    texts = [" ".join(prompt.split()) for prompt in prompts]
    wanted = {text: [text] for text in texts} | ({AVERAGED: texts} if len(texts) > 1 else {})
    missing = [text for text in texts if not has_templates(embeddings, [text])]
    _check_words(missing)
    before: list[Measures] = []
    after: dict[str, list[Measures]] = {prompt: [] for prompt in wanted}
    for model in embeddings["model"].values.astype(str).tolist():
        kept = KeptImages(embeddings, model, REPLICATES)
        path = weights / f"{model.split(':')[-1]}.safetensors"
        singles = kept.singles | (_run_text_tower(path, missing) if missing else {})
        before.append(kept.measure(kept.usual))
        for prompt, templates in wanted.items():
            after[prompt].append(kept.measure(np.mean([singles[text] for text in templates], axis=0)))
    rows = []
    for prompt, measures in after.items():
        for name in MEASURED:
            values, usual = (np.stack([one[name] for one in each], axis=1) for each in (measures, before))
            moved = mean_of_runs(values - usual, confidence)
            interval = (moved.estimate, moved.low, moved.high, moved.units)
            rows.append((prompt, name, float(values[0].mean()), *interval))
    return pd.DataFrame(rows, columns=_COLUMNS)


def _check_words(texts: Sequence[str]) -> None:
    """Refuse what the laboratory's CLIPs cannot read, before anything is measured."""
    from clipsafe_engine.lab.world.language import check_template
    from clipsafe_engine.lab.world.world import load_world

    language = load_world().language
    for text in texts:
        check_template(language, text, f"Parameter 'prompts', '{text}'")


def _run_text_tower(path: Path, texts: Sequence[str]) -> dict[str, NDArray[np.float32]]:
    try:
        from clipsafe_engine.lab.training.evaluation import zero_shot
        from clipsafe_engine.lab.training.objectives import load_network
    except ImportError as error:
        raise ClipsafeError(
            f"Parameter 'prompts': '{texts[0]}' is none of the templates whose embeddings are kept; its text "
            f"tower needs {error.name}: pip install 'clipsafe[models]'."
        ) from error
    from clipsafe_engine.lab.world.world import load_world

    world = load_world()
    network, _ = load_network(world, path)
    return {text: zero_shot(world, network, (text,))[0] for text in texts}

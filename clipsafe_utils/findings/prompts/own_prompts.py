"""The reader's own prompts: kept templates cost nothing; others are given to what runs text towers."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from clipsafe_utils.findings.prompts.embedded import MEASURED, KeptImages, Measures, has_templates
from clipsafe_utils.metrics.runs import mean_of_runs

NONE = ("none",)
"""Value of the parameter where a reader gives no prompts."""

REPLICATES = 100
"""Draws of the kept images behind an interval."""

AVERAGED = "all of yours, averaged"

TextTowers = Callable[[str, Sequence[str]], Mapping[str, NDArray[np.float32]]]
"""Gives the embeddings of templates by a model, by template: `read_templates` of the laboratory."""

_COLUMNS = ["prompt", "property", "level", "value", "low", "high", "models"]


def own_changes(
    embeddings: xr.Dataset, prompts: Sequence[str], confidence: float, text_towers: TextTowers
) -> pd.DataFrame:
    """Return how a reader's own templates differ from the usual set: each alone, and several averaged.

    Columns prompt, property, level (the property itself), value (the change), low, high (over models and
    images) and models. `text_towers` reads the templates that were not kept.
    """
    texts = [" ".join(prompt.split()) for prompt in prompts]
    wanted = {text: [text] for text in texts} | ({AVERAGED: texts} if len(texts) > 1 else {})
    missing = [text for text in texts if not has_templates(embeddings, [text])]
    before: list[Measures] = []
    after: dict[str, list[Measures]] = {prompt: [] for prompt in wanted}
    for model in embeddings["model"].values.astype(str).tolist():
        kept = KeptImages(embeddings, model, REPLICATES)
        singles = {**kept.singles, **(text_towers(model, missing) if missing else {})}
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

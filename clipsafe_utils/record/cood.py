"""COOD: how well 700 networks tell the classes of ImageNet from others, at eleven levels of difficulty."""

from pathlib import Path

import pandas as pd
import xarray as xr

from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.record.ood_sets import as_detection
from clipsafe_utils.record.sources import fetch
from clipsafe_utils.record.tables import read_numbers

RESULTS = "COOD_benchmarking/paper_results/all_paper_results.csv"
SCORES = {"softmax": "maximum_softmax", "entropy": "negative_entropy", "max_logit": "maximum_logit"}
"""The names of the scores; ODIN and the entropy over dropout masks have none here."""

LEVELS = 11
SAME_WEIGHTS = 0.0005
"""Accuracies of one network differ by so much at most from score to score: 25 of the 50,000 images."""

_UNTRAINED = 0.01
_PROBE = "CLIP_finetuned_"
_NAMES = ["model name", "confidence function"]


def read_results(path: Path) -> pd.DataFrame:
    """Read `auroc`, the mean over levels, and `accuracy` by model and score.

    The levels are a network's own: a level has the classes that this network and this score find so hard. So
    two networks are never compared at a level. Networks that were not trained are left out, and so are the
    softmax scores of linear probes: their probabilities went through a second softmax.

    A few names stand for two sets of weights, one for each of two scores, which the accuracy tells apart.
    Then the row of the later score is called ``name/score``.
    """
    table = read_numbers(path, [*_NAMES, "severity level"], ["ood-auroc", "id-acc"])
    table = table[table["confidence function"].isin(SCORES)]
    if (whole := table.groupby(_NAMES).size() != LEVELS).any():
        name, score = whole.index[whole][0]
        raise ClipsafeError(f"{path}: '{name}' by {score} has not all of the {LEVELS} levels.")
    means = table.groupby(_NAMES, sort=False)[["ood-auroc", "id-acc"]].mean().reset_index()
    # `@` begins a size in this record, and `~` stood for a slash.
    name = means["model name"].str.replace(r"[~@]", "-", regex=True)
    is_void = name.str.startswith(_PROBE) & (means["confidence function"] != "max_logit")
    results = pd.DataFrame(
        {
            "model": name,
            "score": means["confidence function"].map(SCORES),
            "auroc": means["ood-auroc"],
            "accuracy": means["id-acc"],
        }
    )[(means["id-acc"] >= _UNTRAINED) & ~is_void]
    return _with_weights_apart(results).set_index(["model", "score"])


def detection_scores() -> xr.Dataset:
    """Build the variables of the cube `ood`; the set is `cood`."""
    results = read_results(fetch(RESULTS)).assign(ood_set="cood")
    return as_detection(results.set_index("ood_set", append=True)[["auroc"]])


def _with_weights_apart(results: pd.DataFrame) -> pd.DataFrame:
    order = results["score"].map(list(SCORES.values()).index)
    results = results.assign(order=order).sort_values(["model", "order"]).drop(columns="order")
    first = results.groupby("model")["accuracy"].transform("first")
    is_other = (results["accuracy"] - first).abs() > SAME_WEIGHTS
    apart = results["model"] + "/" + results["score"]
    return results.assign(model=results["model"].mask(is_other, apart))

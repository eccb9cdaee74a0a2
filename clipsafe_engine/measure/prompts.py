"""The same embeddings under other prompts, for the cube `prompts`."""

from collections.abc import Mapping

import numpy as np
import xarray as xr

from clipsafe_engine.measure.outputs import ModelOutputs
from clipsafe_utils.cubes.schema import SCHEMAS
from clipsafe_utils.measuring.detection import areas_of_sets, scored
from clipsafe_utils.measuring.hits import Counts, drawn_sums, hits_of, part_rows
from clipsafe_utils.measuring.outputs import Outputs
from clipsafe_utils.measuring.plan import InDistribution, Plan
from clipsafe_utils.metrics.calibration_draws import measures_of_bins
from clipsafe_utils.metrics.logits import summarise_logits
from clipsafe_utils.metrics.proper_scores import negative_log_likelihood
from clipsafe_utils.metrics.reliability import reliability_bins
from clipsafe_utils.metrics.temperature import temperature_draws


def prompts_table(outputs: ModelOutputs, plan: Plan, home: InDistribution, replicates: int) -> xr.Dataset:
    """Measure one CLIP under every classifier of every prompt set.

    Parameters
    ----------
    outputs : ModelOutputs
        Of a model whose embeddings are stored.
    plan : Plan
        Its `prompt_sets` name the classifiers.
    home : InDistribution
        That of the plan.
    replicates : int
        Draws beside the estimate.

    Returns
    -------
    Dataset, dims (draw, prompt_set, subset, score, ood_set, factor)
        The variables of the cube, before temperature scaling; `auroc` where the plan has unknown images. NaN
        where a set has fewer subsets than others.

    Raises
    ------
    ClipsafeError
        As in `ModelOutputs.read`.
    """
    stored = {images.dataset: outputs.predictions(images) for images in (home.images, *plan.ood.values())}
    by_set = []
    for name, classifiers in plan.prompt_sets.items():
        subsets = []
        for classifier in classifiers:
            known = outputs.outputs(stored[home.images.dataset], home.images, classifier)
            others = {
                other: outputs.outputs(stored[of_other.dataset], of_other, classifier)
                for other, of_other in plan.ood.items()
            }
            subsets.append(_of_classifier(known, others, plan, home, replicates))
        joined = xr.concat(subsets, "subset").assign_coords(subset=np.arange(len(subsets)))
        by_set.append(joined.expand_dims(prompt_set=[name]))
    table = xr.concat(by_set, "prompt_set", join="outer")
    table["images"] = table["images"].isel(prompt_set=0, subset=0, drop=True)
    kinds = (*SCHEMAS["prompts"].variables, *SCHEMAS["prompts"].optional)
    return table[[one.name for one in kinds if one.name in table]]


def _of_classifier(
    known: Outputs, others: Mapping[str, Outputs], plan: Plan, home: InDistribution, replicates: int
) -> xr.Dataset:
    tested, fitting = known.rows(~home.fits), known.rows(home.fits)
    weights = tested.weights(replicates)
    summary = summarise_logits(tested.logits, tested.labels)
    bins = reliability_bins(summary.confidence, summary.prediction == tested.labels, weights)
    measures = measures_of_bins(bins)
    fit = temperature_draws(fitting.logits, fitting.labels, fitting.weights(replicates))
    hits, images, factors = _factor_hits(known, plan, replicates)
    table = xr.Dataset(
        {
            "accuracy": ("draw", measures["accuracy"]),
            "ece": ("draw", measures["ece"]),
            "ece_debiased": ("draw", measures["ece_debiased"]),
            "nll": ("draw", negative_log_likelihood(summary.label_log_probability, weights)),
            "temperature": ("draw", fit.temperature),
            "hits": (("draw", "factor"), hits),
            "images": (("draw", "factor"), images),
        },
        coords={"draw": np.arange(1 + replicates), "factor": factors},
    )
    if others:
        unknown = {name: scored(outputs, replicates) for name, outputs in others.items()}
        table["auroc"] = areas_of_sets(scored(tested, replicates), unknown)
    return table


def _factor_hits(known: Outputs, plan: Plan, replicates: int) -> tuple[Counts, Counts, list[str]]:
    parts = plan.factors[plan.prompt_selection]
    shows = np.stack([part_rows(part, known.readable) for part in parts.values()], axis=1)
    weights = known.weights(replicates)
    return (
        drawn_sums(shows & hits_of(known)[:, None], weights),
        drawn_sums(shows, weights),
        list(parts),
    )

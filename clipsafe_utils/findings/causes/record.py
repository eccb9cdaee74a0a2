"""Chapter 7 in the record: pairs of CLIPs that differ in source, quantity, samples or encoder alone."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr

from clipsafe_utils.cubes.selection import of_source
from clipsafe_utils.findings import clip_pairs
from clipsafe_utils.findings.causes.filters import CLIP_LINE, batch_of, filter_pairs
from clipsafe_utils.findings.clip_pairs import LABEL_TRAINED, Pairs, compare_pairs
from clipsafe_utils.findings.shift.clouds import Clouds, of_real_models, read_clouds
from clipsafe_utils.registry.set_names import shift_title
from clipsafe_utils.say import Text, listed

KINDS = ("Quantity", "Samples seen", "Encoder", "Source", "Filter", "Fine-tuning")
QUANTITY, SAMPLES, ENCODER, SOURCE, FILTER, TUNING = KINDS

MEASURES: Mapping[str, str] = {
    "id": "in distribution",
    "shift": "under shift",
    "at_equal": "under shift, at equal accuracy",
}
"""What a change is read by: accuracies, and the height above the line of networks trained on labels."""

SAMPLE_STEPS = (3e9, 13e9, 34e9)
"""Samples seen of the grid of scaling laws (Cherti et al. 2023), as its authors round them."""

_COLUMNS = ["kind", "cause", "property", "value", "low", "high"]
_COLUMNS += ["families", "runs", "decided", "moves", "sure", "each", "stated", "unlike"]
_NEAR = 0.25
_LIKE = 0.05
_FEWEST = 3

Finder = Callable[[xr.Dataset], Pairs]


@dataclass(frozen=True)
class RecordCause:
    """A change between CLIPs of the record."""

    kind: str
    title: str
    find: Finder  # of pairs of a cloud, before and after the change
    line: Sequence[str] = LABEL_TRAINED  # groups that draw the line of what is at equal accuracy
    lineage: str = ""  # of all pairs, where families of one lineage are no independent witnesses


def _in_grid(column: str, before: object, after: object) -> Finder:
    """Pair runs of the grid that differ in one of encoder, training source and samples."""
    others = [name for name in ("encoder", "training_source", "samples") if name != column]

    def find(cloud: xr.Dataset) -> Pairs:
        rows = _grid(cloud)
        first, second = (rows[rows[column] == value] for value in (before, after))
        both = first.merge(second, on=others, suffixes=("_before", "_after"))
        return list(zip(both["model_before"].tolist(), both["model_after"].tolist(), strict=True))

    return find


def _grid(cloud: xr.Dataset) -> pd.DataFrame:
    rows = cloud.isel(model=cloud["in_grid"].values)
    seen = rows["samples_seen"].values[:, None]
    distance = np.abs(np.log(seen / np.array(SAMPLE_STEPS)))
    steps = np.array(SAMPLE_STEPS)[np.nan_to_num(distance, nan=np.inf).argmin(axis=1)]
    table = pd.DataFrame(
        {
            "model": rows["model"].values,
            "encoder": [str(name).split(".")[0] for name in rows["checkpoint"].values],
            "training_source": rows["training_source"].values,
            "samples": steps,
        }
    )
    kept: pd.DataFrame = table.loc[distance.min(axis=1) < _NEAR]
    return kept


def wit_pairs(cloud: xr.Dataset) -> Pairs:
    """Pair CLIPs of LAION-400M and of WIT, equal in encoder, image size, images and samples seen."""
    ours, others = (set(cloud["model"].values[of_source(cloud, name)]) for name in ("WIT", "LAION-400M"))
    return [
        (before, after)
        for before, after in clip_pairs.source_pairs(cloud)
        if before in others and after in ours
    ]


CAUSES = (
    RecordCause(QUANTITY, "LAION-80M to 400M", _in_grid("training_source", "LAION-80M", "LAION-400M")),
    RecordCause(QUANTITY, "LAION-400M to 2B", _in_grid("training_source", "LAION-400M", "LAION-2B")),
    RecordCause(SAMPLES, "3 to 13 billion", _in_grid("samples", *SAMPLE_STEPS[:2])),
    RecordCause(SAMPLES, "13 to 34 billion", _in_grid("samples", *SAMPLE_STEPS[1:])),
    RecordCause(ENCODER, "ViT-B/32 to ViT-B/16", _in_grid("encoder", "ViT-B-32", "ViT-B-16")),
    RecordCause(ENCODER, "ViT-B/16 to ViT-L/14", _in_grid("encoder", "ViT-B-16", "ViT-L-14")),
    RecordCause(SOURCE, "LAION-400M to WIT", wit_pairs),
    RecordCause(FILTER, "CommonPool, filtered", filter_pairs, CLIP_LINE, "CommonPool"),
    RecordCause(TUNING, "on ImageNet-1k", clip_pairs.zero_shot_pairs),
    RecordCause(TUNING, "by way of ImageNet-12k", clip_pairs.fine_tuning_pairs),
)
"""All that a public record lets us change alone. Chapter 3 draws the fine-tuning shift by shift."""


def read_record(studies: Sequence[str], groups: Sequence[str]) -> dict[str, Clouds]:
    """Read the clouds of the studies of real models, by study."""
    return {study: clouds for study, clouds in read_clouds(studies, groups).items() if of_real_models(clouds)}


def record_effects(clouds: Clouds, confidence: float) -> pd.DataFrame:
    """Say what each of `CAUSES` does to accuracy, as a mean over families of the pairs' differences.

    Columns kind, cause, property (of `MEASURES`), value, low, high, families, runs (the pairs), decided (four
    families or more), `moves` and `sure` (decided, and the interval leaves zero out) and `each`, a list; and
    how many pairs have two batch sizes `stated` in their names, and `unlike` ones.
    Means under shift are over `shifts_of`. At equal accuracy, pairs for which the line is not supported are
    left out, and everywhere causes with fewer than three pairs.
    """
    shifts = shifts_of(clouds)
    rows: list[dict[str, object]] = []
    for cause in CAUSES:
        compared = compare_pairs({name: clouds[name] for name in shifts}, cause.find, confidence, cause.line)
        for measure in MEASURES if compared.sizes["pair"] >= _FEWEST else ():
            differences = _of_measure(compared, measure, shifts)
            known = differences.dropna("pair")
            if known.sizes["pair"] >= _FEWEST:
                summary = _summary(known, confidence, cause.lineage) | _batches(known)
                rows.append({"kind": cause.kind, "cause": cause.title, "property": measure} | summary)
    return pd.DataFrame(rows, columns=_COLUMNS)


def shifts_of(clouds: Clouds) -> list[str]:
    """Return the shifts over which means are taken: those for which fine-tuned CLIPs are known as well.

    ObjectNet is left out where only zero-shot CLIPs have it, so that all causes are read by the same sets.
    """
    tuned = {name: bool((cloud["group"] == "clip_fine_tuned").any()) for name, cloud in clouds.items()}
    return [name for name in clouds if tuned[name]] or list(clouds)


def higher_and_lower(clouds: Clouds) -> tuple[Text, Text]:
    """Name the shifts on which WIT stands higher than LAION-400M at equal accuracy, and lower."""
    means = {}
    for name in shifts_of(clouds):
        # The level is that of intervals, which are not read.
        compared = compare_pairs({name: clouds[name]}, wit_pairs, confidence=0.95)
        if compared.sizes["pair"]:
            means[shift_title(name)] = compared["mean"].sel(shift=name, measure="at_equal").item()
    higher, lower = ([title for title, mean in means.items() if sign * mean > 0] for sign in (1, -1))
    return listed(higher), listed(lower)


def _of_measure(compared: xr.Dataset, measure: str, shifts: Sequence[str]) -> xr.DataArray:
    if measure == "id":
        return compared["difference"].sel(shift="id")
    name = "difference" if measure == "shift" else "at_equal"
    present = [shift for shift in shifts if shift in compared["shift"].values]
    return compared[name].sel(shift=present).mean("shift", skipna=False)


def _batches(known: xr.DataArray) -> dict[str, object]:
    before, after = (
        np.array([batch_of(str(name)) for name in known[end].values]) for end in ("before", "pair")
    )
    ratio = before / after
    stated = np.isfinite(ratio)
    return {"stated": int(stated.sum()), "unlike": int((np.abs(ratio[stated] - 1) > _LIKE).sum())}


def _summary(known: xr.DataArray, confidence: float, lineage: str) -> dict[str, object]:
    values, family = known.values.astype(np.float64), known["family"].values.astype(str)
    if lineage:
        family = np.full(values.size, lineage)
    mean = clip_pairs.mean_of_pairs(values, family, confidence)
    low, high = float(mean.low), float(mean.high)
    moves = mean.decided and not low <= 0 <= high
    return {
        "value": float(mean.estimate),
        "low": low,
        "high": high,
        "families": mean.families,
        "runs": values.size,
        "decided": mean.decided,
        "moves": moves,
        "sure": moves,
        "each": values.tolist(),
    }

"""Pairs of models that differ in one thing, found in any study from who its models are."""

from collections import Counter
from collections.abc import Mapping

import xarray as xr

from clipsafe_utils.findings.clip_pairs import Pairs, fine_tuning_pairs, source_pairs, zero_shot_pairs
from clipsafe_utils.registry.training_sources import SOURCES

IN_1K, BY_IN_12K = "fine-tuned on in1k", "fine-tuned on in12k, then in1k"
"""What can be made of a zero-shot CLIP outside the laboratory."""

GENTLE, STRONG, HALF_WAY = "fine-tuned gently", "fine-tuned strongly", "half-way average"
NEAR, FAR = "more classes first, near", "more classes first, far"
PROCEDURES: Mapping[str, str] = {
    GENTLE: "gently_tuned-",
    STRONG: "tuned-",
    HALF_WAY: "half_way-",
    NEAR: "tuned-wide_near-",
    FAR: "tuned-wide_far-",
}
"""What can be made of a zero-shot CLIP in the laboratory, and how the names of the results begin."""

STRENGTH, NEAR_FIRST, FAR_FIRST = "strong instead of gentle", "near classes first", "far classes first"
CONTRASTS: Mapping[str, tuple[str, str]] = {
    STRENGTH: (GENTLE, STRONG),
    NEAR_FIRST: (STRONG, NEAR),
    FAR_FIRST: (STRONG, FAR),
}
"""In the laboratory: what is compared with what, both made of the same CLIP."""

BY_WAY = "in12k first"  # the contrast of `IN_1K` and `BY_IN_12K`

CURATED: Mapping[str, str] = {
    "DataComp-1B": "LAION-2B",
    "DFN-2B": "LAION-2B",
    "DFN-5B": "LAION-2B",
    "MetaCLIP-2.5B": "LAION-2B",
    "MetaCLIP-400M": "LAION-400M",
}
"""Curated training sources, and the web source of like size that each is compared with.

LAION was filtered, too, but by one threshold on a CLIP's score; these were chosen to make a better CLIP.
"""

_CURATED_HERE, _WEB_HERE = "-labels-", "-wit-"
_RUNG_D = "clip-"
_LIKE = 0.05
_ENCODER = ("architecture", "parameters", "image_size")


def source_twins(models: xr.Dataset) -> tuple[Pairs, tuple[str, str]]:
    """Pair zero-shot CLIPs of the two training sources that have most pairs, and name the two sources.

    Pairs as of `source_pairs`; of several couples the first in the order of the book's colours, and without
    a pair two empty names.
    """
    source = _column(models, "training_source")
    pairs = source_pairs(models)
    couples = [(source[before], source[after]) for before, after in pairs]
    if not couples:
        return [], ("", "")
    order = list(SOURCES)
    number = Counter(couples)
    most = min(number, key=lambda couple: (-number[couple], *sorted(map(order.index, couple))))
    return [pair for pair, couple in zip(pairs, couples, strict=True) if couple == most], most


def laboratory_pairs(models: xr.Dataset) -> dict[str, Pairs]:
    """Pair zero-shot CLIPs of the laboratory with what was made of them, by `PROCEDURES` with a pair."""
    name = _named(models)
    starts = set(_of_group(models, "clip_zero_shot"))
    by_procedure = {
        procedure: [
            (name[start], name[f"{beginning}{start}"])
            for start in name
            if name[start] in starts and f"{beginning}{start}" in name
        ]
        for procedure, beginning in PROCEDURES.items()
    }
    return {procedure: pairs for procedure, pairs in by_procedure.items() if pairs}


def fine_tuned_pairs(models: xr.Dataset) -> dict[str, Pairs]:
    """Pair zero-shot CLIPs with what was made of them, by those procedures that have a pair.

    `PROCEDURES` in the laboratory; elsewhere `IN_1K`, and `BY_IN_12K` for runs that are also in the first.
    """
    by_procedure = laboratory_pairs(models)
    if _of_group(models, "clip_zero_shot") and _of_group(models, "clip_fine_tuned"):
        directly = zero_shot_pairs(models)
        by_way = dict(fine_tuning_pairs(models))
        by_procedure[IN_1K] = directly
        by_procedure[BY_IN_12K] = [(start, by_way[made]) for start, made in directly if made in by_way]
    return {procedure: pairs for procedure, pairs in by_procedure.items() if pairs}


def procedure_contrasts(models: xr.Dataset) -> dict[str, Pairs]:
    """Pair what two procedures made of the same zero-shot CLIP, by those contrasts that have a pair.

    `CONTRASTS` in the laboratory; `BY_WAY` elsewhere, where the zero-shot CLIP need not be in the study.
    """
    made = {procedure: dict(pairs) for procedure, pairs in laboratory_pairs(models).items()}
    by_contrast = {
        contrast: [
            (made[before][start], after_it)
            for start, after_it in made.get(after, {}).items()
            if start in made.get(before, {})
        ]
        for contrast, (before, after) in CONTRASTS.items()
    }
    if _of_group(models, "clip_fine_tuned"):
        by_contrast[BY_WAY] = fine_tuning_pairs(models)
    return {contrast: pairs for contrast, pairs in by_contrast.items() if pairs}


def curated_pairs(models: xr.Dataset) -> Pairs:
    """Pair CLIPs of a web source with those of a curated one, all else equal.

    In the laboratory the sources are `wit` and `labels`, of one seed; elsewhere those of `CURATED`, with the
    same architecture, parameters and image size, and samples seen, which must be stated, within 5 %.
    """
    name = _named(models)
    of_laboratory = [
        (name[web], name[checkpoint])
        for checkpoint in name
        if checkpoint.startswith(_RUNG_D)
        and _CURATED_HERE in checkpoint
        and (web := checkpoint.replace(_CURATED_HERE, _WEB_HERE)) in name
    ]
    columns = [*_ENCODER, "training_source", "samples_seen"]
    clips = models.sel(model=_of_group(models, "clip_zero_shot"))[columns].to_dataframe()
    clips = clips.dropna().rename_axis("name").reset_index()
    curated = clips.assign(training_source=clips["training_source"].map(CURATED)).dropna()
    both = clips.merge(curated, on=[*_ENCODER, "training_source"], suffixes=("", "_curated"))
    both = both[(both["samples_seen"] / both["samples_seen_curated"] - 1).abs() <= _LIKE]
    return of_laboratory + list(zip(both["name"].tolist(), both["name_curated"].tolist(), strict=True))


def families_of_pairs(models: xr.Dataset, pairs: Pairs) -> tuple[list[str], str]:
    """Return the family of the first of each pair, and what a family is: a training run, or a family.

    What was fine-tuned has the family of the CLIP that it was; in the laboratory each run is a family.
    """
    family, checkpoint = _column(models, "family"), _column(models, "checkpoint")
    first = [before for before, _ in pairs]
    is_run = all(checkpoint[name].endswith(family[name]) for name in first)
    return [family[name] for name in first], "training run" if is_run else "family"


def _column(models: xr.Dataset, name: str) -> dict[str, str]:
    return dict(zip(models["model"].values.tolist(), models[name].values.tolist(), strict=True))


def _named(models: xr.Dataset) -> dict[str, str]:
    """Return the name of the model of each checkpoint; a panel has each checkpoint once."""
    return dict(zip(models["checkpoint"].values.tolist(), models["model"].values.tolist(), strict=True))


def _of_group(models: xr.Dataset, group: str) -> list[str]:
    names: list[str] = models["model"].values[models["group"].values == group].tolist()
    return names

"""Chapter 4: how well models tell unfamiliar images apart, for studies that measured it.

A set in two versions, `fooling_labels` and `fooling_wit`, is one kind of set: each kind counts once.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
import xarray as xr

from clipsafe_utils.cubes import Study, find_study, select_models
from clipsafe_utils.cubes.panels import Panel, read_panels
from clipsafe_utils.cubes.selection import of_any_source
from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.findings.shift.clouds import Clouds, in_distribution, make_cloud, of_real_models
from clipsafe_utils.findings.shift.correlations import Correlations
from clipsafe_utils.findings.shift.sources import BESIDE_DETECTION, EVERYONE, STANDARD, of_set, within_sources
from clipsafe_utils.metrics.draws import centred_interval
from clipsafe_utils.metrics.families import mean_over_families
from clipsafe_utils.parameters import CheckedParameters
from clipsafe_utils.registry.set_names import DETECTION
from clipsafe_utils.say import Missing, Said, Text

_VERSIONS = ("fooling", "ninco_places", "ninco_species", "ninco_imagenet_o", "ninco_textures")
"""Kinds of set that stand there several times: chosen by several references, or whole and cleaned."""

_EVERY = "all"
_FEWEST_DRAWS = 3
_SCORES = ("auroc", "fpr95_id_positive", "fpr95_ood_positive")


@dataclass(frozen=True, eq=False)
class Detection:
    """Detection beside accuracy in distribution in one study; without a set where nothing was measured."""

    # Of `make_cloud`; `y` is the mean AUROC, with `low` and `high`, NaN without draws; `fpr` the mean rate.
    cloud: xr.Dataset
    by_set: Clouds  # the same of each set of unknown images, without intervals
    confidence: float
    sources: Sequence[str] = ()  # training sources shown

    @cached_property
    def correlations(self) -> Correlations:
        """Of AUROC with accuracy in distribution, by source and beside the sources."""
        return Correlations(self._within({DETECTION: self.cloud} if self.by_set else {}), self.sources)

    @property
    def is_real(self) -> bool:
        """Whether it speaks of real models."""
        return bool(self.by_set) and of_real_models({DETECTION: self.cloud})

    @property
    def samples(self) -> str | Missing:
        """Whether the zero-shot CLIPs shown saw the `same` number of samples, or `different` ones."""
        clips = of_any_source(self.cloud, self.sources) if self.by_set else np.zeros(0, dtype=bool)
        if not clips.any():
            return Missing("no zero-shot CLIP has detection scores")
        return "same" if np.ptp(self.cloud["samples_seen"].values[clips]) == 0 else "different"

    def _fixed(self, member: str, models: xr.Dataset) -> Said:
        stated = [models[name].notnull().values for name in ("samples_seen", "training_images")]
        if member == EVERYONE and not np.all(stated):
            return Missing("not all of these networks state what they saw")
        return self.correlations.value("fixed", member)

    @property
    def others_too(self) -> str:
        """Whether the correlation of standard networks, too, lies above zero: `yes`, `no` or `unknown`."""
        rank = self.correlations.value("rank", STANDARD)
        if isinstance(rank, Missing):
            return "unknown"
        return "yes" if rank.has_interval and rank.side == "up" else "no"

    @property
    def is_too_small(self) -> bool:
        """Whether no set of models but that of everyone has a network."""
        return all(member == EVERYONE for member, *_ in self._members(self.cloud))

    def models(self, member: str) -> Text:
        """Return how many models a set has."""
        models = int(of_set(self.cloud, member).sum()) if self.by_set else 0
        return Text(models) if models else Missing("no such models")

    @cached_property
    def by_member(self) -> pd.DataFrame:
        """A row a set of models: member, models, families, means `auroc` and `fpr`, and both correlations.

        The rate is NaN where not all of the models have one.
        """
        rows = [
            {
                "member": member,
                "models": family.size,
                "families": np.unique(family).size,
                "auroc": float(mean_over_families(models["y"].values, family)),
                "fpr": _mean_rate(models["fpr"].values, family),
                "rank": self.correlations.value("rank", member),
                "fixed": self._fixed(member, models),
            }
            for member, models, family in self._members(self.cloud)
        ]
        # As objects: of a column of missing values alone pandas would make plain text.
        return pd.DataFrame(rows, dtype=object)

    @cached_property
    def by_set_and_member(self) -> pd.DataFrame:
        """A row a set of unknown images and of models: ood_set, member, `auroc`, and `rank`, NaN without."""
        rank = self._within(self.by_set)["rank"]
        return pd.DataFrame(
            {
                "ood_set": ood_set,
                "member": member,
                "auroc": float(mean_over_families(models["y"].values, family)),
                "rank": rank.sel(shift=ood_set, set=member).item(),
            }
            for ood_set, cloud in self.by_set.items()
            for member, models, family in self._members(cloud)
        )

    def _members(self, cloud: xr.Dataset) -> Iterator[tuple[str, xr.Dataset, np.ndarray]]:
        """Give each set of models that is not empty, and the families of its models."""
        for member in (*self.sources, *BESIDE_DETECTION):
            models = cloud.isel(model=of_set(cloud, member))
            if models.sizes["model"]:
                yield member, models, models["family"].values

    def _within(self, clouds: Clouds) -> xr.Dataset:
        return within_sources(clouds, self.sources, self.confidence, BESIDE_DETECTION)


def read_detection(chosen: CheckedParameters) -> tuple[dict[str, Detection], list[str]]:
    """Put the mean AUROC over sets beside accuracy in distribution, by study.

    Returns also in words which studies with detection scores are not there, and why.
    """
    panels = {panel.study: panel for panel in read_panels(chosen.studies, "ood", chosen.groups)}
    _refuse_unknown_sets(list(panels.values()), chosen.ood_sets)
    detected, sentences = {}, []
    for study in map(find_study, chosen.studies):
        if study.name not in panels:
            continue
        cube = panels[study.name].cube
        names = sets_chosen(cube, chosen.ood_sets)
        missing = _what_is_missing(cube, names, chosen.score, study.has("shifts"))
        if missing:
            sentences.append(f"The study `{study.name}` has {missing}: its detection panel is left out.")
            continue
        detected[study.name] = detection_by(study, chosen.score, names, chosen)
    return detected, sentences


def detection_by(study: Study, score: str, names: list[str], chosen: CheckedParameters) -> Detection:
    """Put the mean AUROC by a score over some sets beside accuracy in distribution, in one study."""
    shifts, models = study.read("shifts"), study.read("models")
    scores = study.read("ood").sel(score=score, ood_set=names)
    cloud = make_cloud(shifts, models, chosen.groups, in_distribution(shifts)).assign_attrs(scores.attrs)

    def beside(measured: xr.Dataset) -> xr.Dataset:
        named = _named_as(cloud, measured, models, chosen.groups)
        return _beside(cloud, named, f"fpr95_{chosen.positive}_positive", chosen.confidence)

    # Draw 0 alone: nobody looks at an interval of each model and set.
    estimate = scores.isel(draw=[0])
    together = measured_together(scores["auroc"])
    return Detection(
        beside(mean_over_kinds(scores.sel(ood_set=together[0] if together else names))),
        {name: beside(estimate.sel(ood_set=name)) for name in names},
        chosen.confidence,
    )


def _named_as(cloud: xr.Dataset, scores: xr.Dataset, models: xr.Dataset, groups: Sequence[str]) -> xr.Dataset:
    """Keep what was measured of the networks of a cloud, under their names there: weights are what is joined.

    Those who measured detection and those who measured accuracy have rows of their own.
    """
    measured = scores.isel(model=scores["auroc"].notnull().all("draw").values)
    kept, who = select_models(measured, models, groups)
    names = dict(zip(cloud["checkpoint"].values.tolist(), cloud["model"].values.tolist(), strict=True))
    checkpoints = who["checkpoint"].values.tolist()
    known = [place for place, checkpoint in enumerate(checkpoints) if checkpoint in names]
    return kept.isel(model=known).assign_coords(model=[names[checkpoints[place]] for place in known])


def mean_over_kinds(detection: xr.Dataset) -> xr.Dataset:
    """Average over OOD sets, the versions of one kind first."""
    names = detection["ood_set"].values.tolist()
    kinds = [next((kind for kind in _VERSIONS if name.startswith(f"{kind}_")), name) for name in names]
    of_kinds = [
        detection.isel(ood_set=[place for place, one in enumerate(kinds) if one == kind]).mean(
            "ood_set", skipna=False
        )
        for kind in dict.fromkeys(kinds)
    ]
    return xr.concat(of_kinds, "kind").mean("kind", skipna=False)


def measured_together(area: xr.DataArray) -> list[list[str]]:
    """Part OOD sets by who measured them: sets with a model in common stand together, most models first.

    One source measured its networks on its own sets, and another others on others. A mean over sets compares
    two models only where both were measured on all of them. `area` has the dims model and ood_set, and
    perhaps others; a set that nobody measured stands nowhere.
    """
    others = [dim for dim in area.dims if dim not in ("model", "ood_set")]
    measured = area.notnull().all(others).transpose("ood_set", "model").values
    parts: list[tuple[list[str], np.ndarray]] = []
    for name, models in zip(area["ood_set"].values.tolist(), measured, strict=True):
        if models.any():
            joined = [part for part in parts if (part[1] & models).any()]
            parts = [part for part in parts if not (part[1] & models).any()]
            names = [one for part in joined for one in part[0]]
            parts.append(([*names, name], np.any([models, *(part[1] for part in joined)], axis=0)))
    return [names for names, _ in sorted(parts, key=lambda part: -int(part[1].sum()))]


def score_means(chosen: CheckedParameters) -> pd.DataFrame:
    """Average every score over the models of each group and over kinds of set.

    Columns study, group, score, models and `_SCORES`; without the scores that no model of a group has. The
    scores of a group are compared on the models that have all of them. Of sets that were not measured
    together those with most models count.
    """
    rows = []
    for panel in read_panels(chosen.studies, "ood", chosen.groups):
        names = sets_chosen(panel.cube, chosen.ood_sets)
        if not names:
            continue
        of_sets = panel.cube[list(_SCORES)].isel(draw=0).sel(ood_set=names)
        together = measured_together(of_sets["auroc"].max("score"))
        estimate = mean_over_kinds(of_sets.sel(ood_set=together[0] if together else names))
        for group in dict.fromkeys(panel.models["group"].values.tolist()):
            of_group = estimate.isel(model=(panel.models["group"] == group).values)
            measured = of_group["auroc"].notnull().any("model")
            of_group = of_group.isel(score=measured.values)
            of_group = of_group.isel(model=of_group["auroc"].notnull().all("score").values)
            for score in of_group["score"].values.tolist():
                means = of_group.sel(score=score).mean("model")
                row = panel.study, group, score, of_group.sizes["model"]
                rows.append((*row, *(means[name].item() for name in _SCORES)))
    return pd.DataFrame(rows, columns=["study", "group", "score", "models", *_SCORES])


def _mean_rate(rates: np.ndarray, families: np.ndarray) -> float:
    return float(mean_over_families(rates, families)) if np.isfinite(rates).all() else np.nan


def _refuse_unknown_sets(panels: Sequence[Panel], ood_sets: Sequence[str]) -> None:
    known = dict.fromkeys(str(name) for panel in panels for name in panel.cube["ood_set"].values)
    unknown = [name for name in ood_sets if name not in (_EVERY, *known)]
    if known and unknown:
        raise ClipsafeError(
            f"No study has the OOD set '{unknown[0]}'; the choices are {_EVERY}, {', '.join(known)}."
        )


def sets_chosen(cube: xr.Dataset, ood_sets: Sequence[str]) -> list[str]:
    """Return the sets of unknown images of a study that were asked for."""
    return [name for name in cube["ood_set"].values.tolist() if name in ood_sets or _EVERY in ood_sets]


def _what_is_missing(cube: xr.Dataset, names: Sequence[str], score: str, has_shifts: bool) -> str:
    if score not in cube["score"].values:
        return f"no detection by the score `{score}`"
    if not names:
        return "none of the OOD sets"
    return "" if has_shifts else "no accuracy in distribution beside its detection scores"


def _beside(cloud: xr.Dataset, detection: xr.Dataset, rate: str, confidence: float) -> xr.Dataset:
    # A study may score some of its models only.
    scored = set(detection["model"].values.tolist())
    both = [name for name in cloud["model"].values.tolist() if name in scored]
    cloud, measured = cloud.sel(model=both), detection.sel(model=both).transpose("draw", ...)
    area = measured["auroc"].values
    low = high = np.full(len(both), np.nan)
    if both and len(area) >= _FEWEST_DRAWS:
        low, high = centred_interval(area, confidence)
    detected = cloud.drop_vars("images").assign(
        y=("model", area[0]),
        low=("model", low),
        high=("model", high),
        fpr=("model", measured[rate].isel(draw=0).values),
    )
    return detected.isel(model=(area[0] > 0) & (area[0] < 1))

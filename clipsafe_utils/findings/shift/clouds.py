"""Chapter 3: accuracy under a shift against accuracy in distribution, one cloud of models a shift."""

from collections.abc import Collection, Mapping, Sequence

import numpy as np
import xarray as xr

from clipsafe_utils.cubes import Study, find_study
from clipsafe_utils.cubes.selection import CLIP_GROUPS, is_real, select_with_conditions
from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.registry.training_sources import SOURCES

ID = "id"
"""Accuracy in distribution, whatever a study calls it."""

IN_DISTRIBUTION = (ID, "natural")
"""Sets in distribution: the validation set of ImageNet, all 1,000 classes; that of the laboratory."""

SAME_CLASSES = {"r": "id_r200", "a": "id_a200", "objectnet": "id_objectnet113"}
"""Shifts that show some of the classes only, and the validation images of these classes."""

FEWEST_CLIPS = 5
"""With fewer CLIPs a shift is not shown, and a training source has no correlation."""

_NO_SHIFTS = (
    *("real", "imagenet_o", "v2_threshold_0_7", "v2_top_images"),
    *("redrawn_threshold", "redrawn_top", "sequences_pm0"),
)
"""Other labels for the same images; open-set images; V2 and what stands in for it count once, by the version
of matched frequency; and sequences count once, by all of their frames."""

_KEPT = (
    *("group", "training_source", "family", "checkpoint", "training_images", "samples_seen", "parameters"),
    *("architecture", "image_size", "fine_tuning"),
)
_GRID_SOURCE = "scaling-laws:"
_EVERY, _MAIN = "all", "main"

Clouds = Mapping[str, xr.Dataset]
"""By shift: who the models are, `x` and `y`, their accuracies in distribution and under the shift."""


def make_cloud(
    shifts: xr.Dataset, models: xr.Dataset, groups: Sequence[str], shift: str, reference: str | None = None
) -> xr.Dataset:
    """Put accuracy under a shift, `y`, beside accuracy in distribution, `x`, or on another reference.

    Dim model: each network once, with a row that reports both; without those that have no hit or no miss, for
    which probit axes have no place. `images` of `y`; `in_grid` marks the LAION runs of the scaling laws. Its
    attributes are those of the accuracies.
    """
    across = reference or in_distribution(shifts)
    counts, rows = select_with_conditions(shifts, models, groups, list(dict.fromkeys([across, shift])))
    share = counts["hits"] / counts["images"]
    x, y = (share.sel(condition=name).values for name in (across, shift))
    cloud = rows[list(_KEPT)].assign(
        x=("model", x),
        y=("model", y),
        images=("model", counts["images"].sel(condition=shift).values),
        in_grid=("model", np.isin(rows["checkpoint"].values, _grid_checkpoints(models))),
    )
    # Who the models are is a cube of its own; the numbers are those of the shifts.
    return cloud.isel(model=(x > 0) & (x < 1) & (y > 0) & (y < 1)).assign_attrs(shifts.attrs)


def in_distribution(shifts: xr.Dataset) -> str:
    """Return the name under which a cube `shifts` has accuracy in distribution."""
    for name in IN_DISTRIBUTION:
        if name in shifts["condition"].values:
            return name
    raise ClipsafeError(
        f"The cube `shifts` has no accuracy in distribution: no condition {' or '.join(IN_DISTRIBUTION)}."
    )


def read_clouds(studies: Sequence[str], groups: Sequence[str]) -> dict[str, dict[str, xr.Dataset]]:
    """Make the clouds of every shift under which a study has five CLIPs or more, by study and shift."""
    clouds = {}
    for study in map(find_study, studies):
        if study.has("shifts"):
            shown = {
                name: cloud
                for name, cloud in clouds_of(study, groups).items()
                if cloud["group"].isin(CLIP_GROUPS).sum() >= FEWEST_CLIPS
            }
            if shown:
                clouds[study.name] = shown
    return clouds


def clouds_of(
    study: Study, groups: Sequence[str], shifts: Collection[str] | None = None
) -> dict[str, xr.Dataset]:
    """Make the clouds of every shift of a study, or of those of some that it has."""
    counts, models = study.read("shifts"), study.read("models")
    names = [name for name in counts["condition"].values.tolist() if _is_shift(name)]
    return {
        name: make_cloud(counts, models, groups, name) for name in names if shifts is None or name in shifts
    }


def same_class_clouds(shifts: xr.Dataset, models: xr.Dataset, groups: Sequence[str]) -> dict[str, xr.Dataset]:
    """Make the clouds of `SAME_CLASSES`, with accuracy on the same classes as the reference."""
    known = shifts["condition"].values.tolist()
    return {
        name: make_cloud(shifts, models, groups, name, reference)
        for name, reference in SAME_CLASSES.items()
        if name in known and reference in known
    }


def without_clips(
    studies: Sequence[str], clouds: Mapping[str, Clouds], own: Collection[str] = ()
) -> list[str]:
    """Say in words which studies have accuracies under shift but too few CLIPs, and if none is left.

    Those of own models have no panel either, and stand in that of another.
    """
    sentences = [
        f"The study `{study.name}` has fewer than {FEWEST_CLIPS} CLIPs under any shift: "
        "its panel is left out."
        for study in map(find_study, studies)
        if study.has("shifts") and study.name not in {*clouds, *own}
    ]
    return sentences if clouds else [*sentences, "No study has accuracies of CLIPs under shift."]


def choose_sources(clouds: Mapping[str, Clouds], names: Sequence[str]) -> dict[str, list[str]]:
    """Return the training sources of zero-shot CLIPs that each study shows, in the order of the colours.

    `all` stands for every source that a study has, `main` for those with five zero-shot CLIPs or more. A
    study that has none of the names shows its main ones.
    """
    sizes = {study: _source_sizes(shifts) for study, shifts in clouds.items()}
    known = dict.fromkeys(name for by_source in sizes.values() for name in by_source)
    unknown = [name for name in names if name not in (_EVERY, _MAIN, *known)]
    if unknown and known:
        raise ClipsafeError(
            f"No study has zero-shot CLIPs of the training source '{unknown[0]}'; "
            f"the choices are {_MAIN}, {_EVERY}, {', '.join(sorted(known))}."
        )
    return {study: _chosen_sources(by_source, names) for study, by_source in sizes.items()}


def largest_source(cloud: xr.Dataset) -> int:
    """Return how many zero-shot CLIPs the training source has of which there are most."""
    return max(_source_sizes({"": cloud}).values(), default=0)


def _chosen_sources(by_source: Mapping[str, int], names: Sequence[str]) -> list[str]:
    order = list(SOURCES)
    ordered = sorted(by_source, key=lambda name: (order.index(name) if name in order else len(order), name))
    # Sources of the record say nothing of those of another study.
    main = _MAIN in names or not any(name in by_source for name in names)
    return [
        name
        for name in ordered
        if _EVERY in names or name in names or (main and by_source[name] >= FEWEST_CLIPS)
    ]


def _is_shift(condition: str) -> bool:
    return condition not in (*IN_DISTRIBUTION, *_NO_SHIFTS) and not condition.startswith("id_")


def _grid_checkpoints(models: xr.Dataset) -> np.ndarray:
    in_source = np.char.startswith(models["model"].values.astype(str), _GRID_SOURCE)
    on_laion = np.char.startswith(models["training_source"].values.astype(str), "LAION")
    return models["checkpoint"].values[in_source & on_laion]


def _source_sizes(clouds: Clouds) -> dict[str, int]:
    sizes: dict[str, int] = {}
    for cloud in clouds.values():
        sources = cloud["training_source"].values[(cloud["group"] == "clip_zero_shot").values]
        for name, size in zip(*np.unique(sources, return_counts=True), strict=True):
            sizes[str(name)] = max(sizes.get(str(name), 0), int(size))
    return sizes


def of_real_models(clouds: Clouds) -> bool:
    """Say whether clouds speak of real models on real data; those of a drawn world stand in for them."""
    return all(map(is_real, clouds.values()))

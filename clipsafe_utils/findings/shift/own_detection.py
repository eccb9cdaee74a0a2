"""A reader's own models beside the record's networks, on unknown images of both: they are counted nowhere."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import xarray as xr

from clipsafe_utils.cubes.selection import CLIP_GROUPS
from clipsafe_utils.cubes.studies import Study
from clipsafe_utils.findings.calibration.alike import LIKE
from clipsafe_utils.findings.own_models import draws_a_line, is_one_of, own_names, who_of
from clipsafe_utils.findings.shift.clouds import FEWEST_CLIPS, largest_source
from clipsafe_utils.findings.shift.detection import Detection, detection_by, measured_together, sets_chosen
from clipsafe_utils.findings.shift.study import RECORD
from clipsafe_utils.parameters import CheckedParameters
from clipsafe_utils.registry.set_names import ood_set_title
from clipsafe_utils.say import Missing, Text, Value, count, listed

_RIVALS = {"standard networks": ("standard",), "CLIPs": CLIP_GROUPS}


@dataclass(frozen=True, eq=False)
class OwnDetection:
    """Detection by an own model, and by the networks of the record on the same sets."""

    name: str
    study: str
    accuracy: float
    auroc: Value  # the mean over the sets
    beside: str  # the study whose networks it stands beside
    record: Detection  # these networks on the sets
    worse: Text  # how many of how many networks of like accuracy have a lower AUROC

    @property
    def who(self) -> Text:
        """The model and its study as a sentence names them."""
        return who_of(self.name, self.study)

    @property
    def sets(self) -> Text:
        """The sets, in words."""
        return listed(map(ood_set_title, self.record.by_set))

    @property
    def has_rivals(self) -> str:
        """Whether any network of the record is of like accuracy: `yes` or `no`."""
        return "no" if isinstance(self.worse, Missing) else "yes"

    @property
    def like(self) -> Text:
        """By how many points accuracies differ at most that are alike."""
        return Text(f"{100 * LIKE:.0f}")


def stands_alone(one: Detection) -> bool:
    """Say whether a study has CLIPs enough of one source, or standard networks enough to draw a line."""
    return largest_source(one.cloud) >= FEWEST_CLIPS or draws_a_line(one.cloud)


def own_studies(shown: Mapping[str, Detection], host: str) -> list[str]:
    """Return the studies of real models that are too small for a panel, if there is a study beside them."""
    real = [study for study, one in shown.items() if one.is_real and study not in (host, RECORD)]
    return [study for study in real if not stands_alone(shown[study])] if host else []


def own_detection(
    study: Study, host: Study, sources: Sequence[str], chosen: CheckedParameters
) -> Iterator[OwnDetection]:
    """Set each model of a study beside the networks of another, on sets that both were measured on.

    Of sets that were not measured together in the other study, those with most networks count. `sources` are
    the training sources shown of that study. A model that shares no set with it is not there.
    """
    models = study.read("models")
    rows = models["model"].values.tolist()
    names = dict(zip(rows, own_names(rows), strict=True))
    for shared, checkpoints in _by_sets(study, host, chosen).items():
        record = _on_some(host, shared, chosen)
        if record is None:
            continue
        cloud = detection_by(study, chosen.score, [*record.by_set], chosen).cloud
        rivals = record.cloud.isel(model=~is_one_of(models, record.cloud))
        for at in np.flatnonzero(cloud["checkpoint"].isin(checkpoints)):
            model = cloud.isel(model=at)
            yield OwnDetection(
                names[model["model"].item()],
                study.name,
                model["x"].item(),
                Value(*(model[end].item() for end in ("y", "low", "high"))),
                host.name,
                replace(record, sources=sources),
                _worse(model, rivals),
            )


def _by_sets(study: Study, host: Study, chosen: CheckedParameters) -> dict[tuple[str, ...], list[str]]:
    """Part own models, by checkpoint, by which of the sets of another study they were measured on."""
    cube, models = study.read("ood"), study.read("models")
    known = host.read("ood")["ood_set"].values
    both = [name for name in sets_chosen(cube, chosen.ood_sets) if name in known]
    measured = cube["auroc"].sel(score=chosen.score, ood_set=both).notnull().all("draw")
    parts: dict[tuple[str, ...], list[str]] = {}
    for row in cube["model"].values.tolist():
        sets = tuple(np.array(both)[measured.sel(model=row).values].tolist())
        parts.setdefault(sets, []).append(models["checkpoint"].sel(model=row).item())
    return parts


def _on_some(host: Study, names: Sequence[str], chosen: CheckedParameters) -> Detection | None:
    """Return detection on those of some sets that were measured together on most networks; None on none."""
    area = host.read("ood")["auroc"].sel(score=chosen.score, ood_set=list(names))
    parts = ([name for name in names if name in together] for together in measured_together(area))
    found = (detection_by(host, chosen.score, sets, chosen) for sets in parts)
    return next((one for one in found if one.cloud.sizes["model"]), None)


def _worse(model: xr.Dataset, rivals: xr.Dataset) -> Text:
    """Count the networks of like accuracy that have a lower AUROC; nobody is named of whom there is none."""
    near = rivals.isel(model=np.abs(rivals["x"].values - model["x"].item()) < LIKE)
    areas = {name: near["y"].values[near["group"].isin(groups).values] for name, groups in _RIVALS.items()}
    return listed(
        f"{count(int((area < model['y'].item()).sum()), area.size)} {name}"
        for name, area in areas.items()
        if area.size
    )

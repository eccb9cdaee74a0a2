"""What each world measures of a prediction: a study in, an effect with its interval out.

Most effects are the ledger's own evidence. A measure of this module says what else is compared.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import xarray as xr

from clipsafe_utils.claims.choices import Choices
from clipsafe_utils.claims.evidence import BINOMIAL, Case, Evidence, standard_error_of
from clipsafe_utils.claims.labels import plural
from clipsafe_utils.claims.populations import half_widths, mean_over_units
from clipsafe_utils.claims.reading import NotMeasuredError, Reader, refuse_without
from clipsafe_utils.claims.registry import find_claim
from clipsafe_utils.claims.statistics import STATISTICS
from clipsafe_utils.claims.statistics.calibration import log_temperature
from clipsafe_utils.claims.statistics.calibration_errors import at_home
from clipsafe_utils.claims.statistics.cases import LINEAGE, NETWORK, of_networks, short_names_of
from clipsafe_utils.claims.statistics.prompts import fewer_less_many, two_sets
from clipsafe_utils.claims.statistics.shape import shape_biases_with_errors
from clipsafe_utils.claims.worlds.outcomes import Interval
from clipsafe_utils.cubes import GROUPS
from clipsafe_utils.findings.calibration.bins import mean_gap, stored_bins
from clipsafe_utils.findings.calibration.temperatures import read_temperatures
from clipsafe_utils.findings.ladder import SOURCES
from clipsafe_utils.findings.prompts.real import real_prompts
from clipsafe_utils.findings.trainings import Trainings
from clipsafe_utils.metrics.families import FEWEST_UNITS, jackknife_over_families, mean_over_families
from clipsafe_utils.registry.training_sources import lineage_of
from clipsafe_utils.say import Missing

WEB_LABELS = ("IG-3.6B", "JFT-300M")
"""Sources of images from the web whose labels no hand has put there."""

_CLIP, _STANDARD = "clip_zero_shot", "standard"
_VIT, _RESNET = "vit", "resnet"
_CONVOLUTIONS = ("resnet", "cnn", "regnet", "efficientnet", "convnext")
_FEWEST_FAMILIES = 2
_BASE = "labels"


@dataclass(frozen=True)
class Measured:
    """An effect in one world, with its interval."""

    estimate: float
    interval: Interval
    counted: str  # What was counted, in words.


Measure = Callable[[Reader, float], Measured]
"""From a study and a level of confidence; NotMeasuredError says why there is no number."""

MEASURES: dict[str, Measure] = {}
"""What is measured otherwise than the ledger does, by name."""


def measure_of(name: str, claim: str) -> Measure:
    """Return a measure by its name; without one, that of a claim of the ledger."""
    return MEASURES[name] if name else lambda reader, confidence: of_claim(reader, claim, confidence)


def of_claim(reader: Reader, name: str, confidence: float) -> Measured:
    """Return the ledger's evidence on a claim as one effect."""
    return measured(_evidence_on(reader, name), confidence)


def measured(evidence: Evidence, confidence: float) -> Measured:
    """Bring evidence into one interval, in the ledger's order of populations.

    With as many independent units as the ledger asks for it is that of the mean over units, by Student's t.
    With fewer it is that of the networks measured: from the lowest to the highest end of their simultaneous
    band, so that all of it is beyond zero where every case is.
    """
    mean = mean_over_units(evidence)
    if mean.units >= FEWEST_UNITS:
        ends = Interval(*mean.interval(confidence))
        return Measured(mean.estimate, ends, f"mean of {_number(mean.units, evidence.unit)}")
    half = half_widths(evidence, 1 - confidence)
    ends = Interval(float((evidence.values - half).min()), float((evidence.values + half).max()))
    counted = _number(len(evidence.cases), evidence.case)
    return Measured(mean.estimate, ends, f"each of {counted}" if len(evidence.cases) > 1 else counted)


def _number(number: int, what: str) -> str:
    return f"{number} {what if number == 1 else plural(what)}"


def _evidence_on(reader: Reader, name: str) -> Evidence:
    claim = find_claim(name)
    refuse_without(reader, claim.cube, claim.groups, claim.training_sources)
    return STATISTICS[claim.statistic](reader, Choices())


def _measure(measure: Measure) -> Measure:
    """Enter a function among `MEASURES`."""
    MEASURES[measure.__name__] = measure
    return measure


@_measure
def shape_of_vits(reader: Reader, confidence: float) -> Measured:
    """Shape bias of CLIPs with a Vision Transformer less that of standard networks."""
    return measured(_clips_of_kind(reader, _VIT), confidence)


@_measure
def shape_of_resnets(reader: Reader, confidence: float) -> Measured:
    """Shape bias of CLIPs with a ResNet less that of standard networks."""
    return measured(_clips_of_kind(reader, _RESNET), confidence)


def _clips_of_kind(reader: Reader, kind: str) -> Evidence:
    evidence = _evidence_on(reader, "F5")
    _, _, models = shape_biases_with_errors(reader)
    clips = models.isel(model=models["group"].values == _CLIP)
    wanted = _names_of_kind(clips, (kind,))
    cases = tuple(case for case in evidence.cases if case.name in wanted)
    if not cases:
        raise NotMeasuredError(f"no zero-shot CLIP with an encoder of the kind {kind}")
    return replace(evidence, cases=cases)


def _names_of_kind(models: xr.Dataset, kinds: Sequence[str]) -> set[str]:
    is_kind = _of_kind(models, kinds).tolist()
    return {name for name, is_one in zip(short_names_of(models), is_kind, strict=True) if is_one}


def _of_kind(models: xr.Dataset, kinds: Sequence[str]) -> np.ndarray:
    names = models["architecture"].values.astype(str).tolist()
    return np.array([name.lower().startswith(tuple(kinds)) for name in names], bool)


@_measure
def shape_of_vits_beside_resnets(reader: Reader, confidence: float) -> Measured:
    """Shape bias of each CLIP with a Vision Transformer less the mean of the ResNets of its source.

    Of a source that was taken in several sizes, the largest counts: each encoder has it.
    """
    bias, error, models = shape_biases_with_errors(reader)
    models = models.isel(model=(models["group"] == _CLIP).values & _is_largest(models))
    vits, resnets = (models.isel(model=_of_kind(models, (kind,))) for kind in (_VIT, _RESNET))
    cases = []
    for name, row, source in zip(
        short_names_of(vits), vits["model"].values, vits["training_source"].values, strict=True
    ):
        beside = resnets["model"].values[resnets["training_source"].values == source]
        if beside.size:
            off = float(bias.sel(model=row) - bias.sel(model=beside).mean())
            own = float(error.sel(model=row))
            of_mean = float(((error.sel(model=beside) ** 2).sum() ** 0.5) / beside.size)
            family = str(vits["family"].sel(model=row).item())
            cases.append(Case(name, off, lineage_of(str(source)), (family,), float(np.hypot(own, of_mean))))
    if not cases:
        raise NotMeasuredError("no training source with a Vision Transformer and a ResNet")
    floor = reader.floor("shape_bias")
    return measured(Evidence(tuple(cases), NETWORK, LINEAGE, BINOMIAL, floor=floor, readings=1), confidence)


def _is_largest(models: xr.Dataset) -> np.ndarray:
    images = pd.Series(models["training_images"].values.astype(float)).fillna(0)
    largest = images.groupby([models["group"].values, models["training_source"].values]).transform("max")
    return np.asarray(images == largest)


@_measure
def web_images_for_convolutions(reader: Reader, confidence: float) -> Measured:
    """Take what images of the web do to the shape bias of convolutional networks that learn labels."""
    return _web_images(reader, _CONVOLUTIONS, confidence)


@_measure
def web_images_for_vits(reader: Reader, confidence: float) -> Measured:
    """Take what images of the web do to the shape bias of Vision Transformers that learn labels."""
    return _web_images(reader, (_VIT,), confidence)


def _web_images(reader: Reader, kinds: Sequence[str], confidence: float) -> Measured:
    """Read it off trainings that differ in the images alone, where a study has them.

    The laboratory has them of one ResNet, and its prediction is the same for every encoder.
    """
    if reader.is_proxy:
        return _by_training(reader, confidence)
    bias, error, models = shape_biases_with_errors(reader)
    here = _of_kind(models, kinds)
    group, source = models["group"].values, models["training_source"].values
    web = here & (group == "more_data") & np.isin(source, WEB_LABELS)
    standard = here & (group == _STANDARD)
    if not web.any() or not standard.any():
        raise NotMeasuredError("no networks on labelled images of the web beside standard ones of their kind")
    mean, of_mean = _mean_of_families(bias.values[standard], models["family"].values[standard])
    evidence = of_networks(
        bias.isel(model=web) - mean, models.isel(model=web), np.hypot(error.values[web], of_mean)
    )
    floor = reader.floor("shape_bias")
    return measured(replace(evidence, images_error=BINOMIAL, floor=floor, readings=1), confidence)


def _mean_of_families(values: np.ndarray, families: np.ndarray) -> tuple[float, float]:
    """Return the mean over families and its standard error: not known, and infinite, of one family."""
    if np.unique(families).size < _FEWEST_FAMILIES:
        return float(values.mean()), np.inf
    mean = jackknife_over_families(lambda keep: mean_over_families(values[keep], families[keep]), families)
    return float(mean.estimate), standard_error_of(mean)


def _by_training(reader: Reader, confidence: float) -> Measured:
    web = [source for source in SOURCES if source != _BASE]
    # Each step at a level at which all hold together (Bonferroni).
    trained = Trainings(reader.cube("causes"), 1 - (1 - confidence) / len(web))
    steps = [trained.step("shape_bias", ("a", source), ("a", _BASE)) for source in web]
    known = [step for step in steps if not isinstance(step, Missing)]
    if not known:
        raise NotMeasuredError("no trainings that differ in the images alone")
    ends = Interval(min(step.low for step in known), max(step.high for step in known))
    mean = float(np.mean([step.estimate for step in known]))
    return Measured(mean, ends, f"each of {_number(len(known), 'training source')}, {known[0].units} seeds")


@_measure
def one_template_on_accuracy(reader: Reader, confidence: float) -> Measured:
    """Accuracy of zero-shot CLIPs with one template less that with eighty."""
    if reader.is_proxy:
        panel = two_sets(reader)
        return measured(fewer_less_many(panel.cube["accuracy"], panel), confidence)
    found = real_prompts([str(reader.study.folder)], tuple(GROUPS), confidence)
    change = found.change("one template")
    if isinstance(change, Missing):
        raise NotMeasuredError(change.reason)
    counted = f"mean of {_number(change.units, 'family')}, {found.clips} networks"
    return Measured(change.estimate, Interval(change.low, change.high), counted)


@_measure
def confidence_less_accuracy(reader: Reader, confidence: float) -> Measured:
    """Mean confidence less accuracy of zero-shot CLIPs before scaling.

    Chance is binomial where the number of images is known, and that of reading a network again.
    """
    panel = at_home(reader)
    clips = np.flatnonzero(panel.models["group"].values == _CLIP)
    cube, models = panel.cube.isel(model=clips), panel.models.isel(model=clips)
    accuracy = cube["accuracy"].isel(draw=0)
    images = cube["bin_count"].sum("bin").where(lambda number: number > 0)
    if "mean_confidence" in cube:
        gap = cube["mean_confidence"].isel(draw=0) - accuracy
    else:
        gap = xr.DataArray(mean_gap(stored_bins(cube)), {"model": models["model"].values}, ("model",))
    error = ((accuracy * (1 - accuracy) / images) ** 0.5).fillna(0.0)
    evidence = of_networks(gap, models, error.transpose("model").values)
    floor = reader.floor("calibration")
    return measured(replace(evidence, images_error=BINOMIAL, floor=floor, readings=1), confidence)


@_measure
def temperature_of_clips(reader: Reader, confidence: float) -> Measured:
    """Logarithm of the temperature that suits each zero-shot CLIP: below 0 it is too unsure.

    Where two have fitted one CLIP, the median size of their difference is the floor.
    """
    refuse_without(reader, "calibration", (_CLIP,), 0)
    evidence = of_networks(*log_temperature(reader))
    twice = read_temperatures([str(reader.study.folder)], tuple(GROUPS)).twice
    one, other = (twice[name].to_numpy(float) for name in ("temperature", "temperature_other"))
    apart = np.abs(np.log(one / other))
    floor = float(np.median(apart)) if apart.size else 0.0
    return measured(replace(evidence, floor=floor, readings=1), confidence)


@_measure
def more_classes_first_on_detection(reader: Reader, confidence: float) -> Measured:
    """AUROC of what was fine-tuned on more classes first, less that of what was not."""
    evidence = _evidence_on(reader, "F15")
    cases = [
        case for name, one in evidence.alternatives.items() for case in one.cases if name.endswith("first")
    ]
    if not cases:
        raise NotMeasuredError("no CLIP that was fine-tuned with and without more classes first")
    return measured(replace(evidence, cases=tuple(cases), which="", alternatives={}), confidence)

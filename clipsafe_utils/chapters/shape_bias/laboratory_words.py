"""Chapter 2 in the laboratory, in words and numbers: every direction is chosen from sign and interval."""

from collections.abc import Mapping

import pandas as pd
import xarray as xr

from clipsafe_utils.chapters.formats import complete, interval, level, percent, points
from clipsafe_utils.figures.tables import ThemedTable, table
from clipsafe_utils.findings.ladder import SOURCES, dose, dose_difference, ladder
from clipsafe_utils.findings.model_pairs import STRONG
from clipsafe_utils.findings.shape.laboratory import (
    BASE,
    BIAS,
    LOSS_STEPS,
    TEXTURE,
    WHOLE,
    directions,
    half_way_between,
    image_steps,
    loss_steps,
    population,
    tuning,
    widest_gap,
)
from clipsafe_utils.metrics.families import MINIMUM_FAMILIES
from clipsafe_utils.metrics.runs import Estimate

KEYS = (
    "shape-bias-lab-verdict",
    "shape-bias-lab-reading",
    "shape-bias-lab-images-wit",
    "shape-bias-lab-images-laion",
    "shape-bias-lab-language-labels",
    "shape-bias-lab-language-wit",
    "shape-bias-lab-language-laion",
    "shape-bias-lab-names-wit",
    "shape-bias-lab-names-laion",
    "shape-bias-lab-captions-wit",
    "shape-bias-lab-captions-laion",
    "shape-bias-lab-labels",
    "shape-bias-lab-control",
    "shape-bias-lab-clip",
    "shape-bias-lab-dose-low",
    "shape-bias-lab-dose-high",
    "shape-bias-lab-dose-clip",
    "shape-bias-lab-dose-labels",
    "shape-bias-lab-dose-gap",
    "shape-bias-lab-dose-gap-at",
    "shape-bias-lab-tuned",
    "shape-bias-lab-tuned-runs",
    "shape-bias-lab-tuned-paper",
    "shape-bias-lab-half-way",
    "shape-bias-lab-population",
    "shape-bias-lab-population-paper",
)
"""Every number and verdict of the laboratory that the prose of the chapter glues."""

_IMAGES_MOVE = {
    "up": "raise shape bias",
    "down": "lower shape bias",
    "neither": "do not move shape bias one way",
}
_LANGUAGE_MOVES = {"up": "raises it", "down": "lowers it", "neither": "does not move it one way"}
_READINGS = {
    (True, False): "So it is the images that make these CLIPs lean to shape, not the language",
    (True, True): "So images and language both make these CLIPs lean to shape",
    (False, True): "So it is the language that makes these CLIPs lean to shape, not the images",
    (False, False): "So neither images nor language alone make these CLIPs lean to shape",
}
_STEPS = {WHOLE: "language", "c - a": "names", "d - c": "captions"}
_RUNG_A, _RUNG_D = "a", "d"
_LOSSES = {"clip": "CLIP's contrastive loss", "labels": "cross-entropy on true labels"}
_NONE = "–"


def numbers(
    causes: Mapping[str, xr.Dataset],
    described: Mapping[str, xr.Dataset],
    tables: Mapping[str, xr.Dataset],
    models: Mapping[str, xr.Dataset],
    confidence: float,
) -> dict[str, str]:
    """Return the numbers of the laboratory: of the first study with the cube `causes`.

    Parameters
    ----------
    causes, described : mapping of str to xarray.Dataset
        By study: the cube `causes`, and the whole cube `models`.
    tables, models : mapping of str to xarray.Dataset
        By study: `shape_bias_table`, and the cube `models` in the same order.
    confidence : float
        Level of the intervals.

    Returns
    -------
    dict of str to str
        Every key of `KEYS`; "not measured" where the trainings for it are absent.

    Examples
    --------
    >>> numbers({}, {}, {}, {}, 0.95)["shape-bias-lab-verdict"]
    'not measured'
    """
    found: dict[str, str] = {}
    for study, cube in list(causes.items())[:1]:
        found |= _of_ladder(cube, confidence) | _of_doses(cube, confidence)
        found |= _of_tuning(cube, described[study], confidence)
        if study in tables:
            found |= _of_population(tables[study], models[study], confidence)
    return complete(KEYS, found)


def moved(estimate: Estimate) -> str:
    """Write a difference of shares with its direction, or that there is none beyond the interval.

    Examples
    --------
    >>> moved(Estimate(-0.30, -0.32, -0.28, 3)), moved(Estimate(0.01, -0.01, 0.03, 3))
    ('lower by 30.0 points (28.0 to 32.0)', 'no different beyond the interval (−1.0 to +3.0 points)')
    """
    if not estimate.excludes(0):
        return f"no different beyond the interval ({interval(estimate.low, estimate.high)} points)"
    low, high = sorted((abs(estimate.low), abs(estimate.high)))
    direction = "higher" if estimate.value > 0 else "lower"
    return f"{direction} by {100 * abs(estimate.value):.1f} points ({100 * low:.1f} to {100 * high:.1f})"


def _of_ladder(cube: xr.Dataset, confidence: float) -> dict[str, str]:
    found = {
        f"shape-bias-lab-images-{source}": moved(estimate)
        for (rung, source), estimate in image_steps(cube, confidence).items()
        if rung == _RUNG_A
    }
    found |= {
        f"shape-bias-lab-{_STEPS[name]}-{source}": moved(estimate)
        for (name, source), estimate in loss_steps(cube, confidence).items()
        if name in _STEPS
    }
    cells = ladder(cube, BIAS, confidence).set_index(["rung", "source"])["value"]
    places = {"labels": (_RUNG_A, BASE), "control": (_RUNG_A, "wit"), "clip": (_RUNG_D, "wit")}
    found |= {
        f"shape-bias-lab-{name}": percent(cells[place]) for name, place in places.items() if place in cells
    }
    moves = directions(cube, confidence)
    if moves:
        images, language = moves
        found["shape-bias-lab-verdict"] = (
            f"web images {_IMAGES_MOVE[images]}, and CLIP's language on the same images "
            f"{_LANGUAGE_MOVES[language]}"
        )
        found["shape-bias-lab-reading"] = _READINGS[images == "up", language == "up"]
    return found


def _of_doses(cube: xr.Dataset, confidence: float) -> dict[str, str]:
    differences = dose_difference(cube, TEXTURE, BIAS, confidence)
    found: dict[str, str] = {}
    for name, loss in _LOSSES.items():
        if loss in differences:
            low, high, estimate = differences[loss]
            found |= {
                "shape-bias-lab-dose-low": percent(low, 0),
                "shape-bias-lab-dose-high": percent(high, 0),
                f"shape-bias-lab-dose-{name}": moved(estimate),
            }
    gap = widest_gap(dose(cube, TEXTURE, BIAS, confidence))
    if gap:
        found["shape-bias-lab-dose-gap"] = f"{100 * gap[0]:.1f}"
        found["shape-bias-lab-dose-gap-at"] = percent(gap[1], 0)
    return found


def _of_tuning(cube: xr.Dataset, described: xr.Dataset, confidence: float) -> dict[str, str]:
    rows = tuning(cube, described, confidence)
    found: dict[str, str] = {}
    for row in rows.to_dict("records"):
        if row["kind"] == STRONG:
            found |= {
                "shape-bias-lab-tuned": moved(row["change"]),
                "shape-bias-lab-tuned-runs": f"{row['lower']} of {row['runs']}",
                "shape-bias-lab-tuned-paper": _against_paper(row["change"], expected=-1),
            }
    between, averages = half_way_between(cube, described)
    if averages:
        found["shape-bias-lab-half-way"] = f"{between} of {averages}"
    return found


def _against_paper(change: Estimate, expected: int) -> str:
    if change.runs < MINIMUM_FAMILIES:
        return f"leaves the paper's finding undecided ({change.runs} runs)"
    if not change.excludes(0):
        return "leaves the paper's finding undecided"
    return "agrees with the paper" if change.value * expected > 0 else "contradicts the paper"


def _of_population(result: xr.Dataset, models: xr.Dataset, confidence: float) -> dict[str, str]:
    found = population(result, models, confidence)
    if found is None:
        return {}
    estimate = float(found.estimate)
    direction = "higher" if estimate > 0 else "lower"
    if found.decided:
        said = moved(Estimate(estimate, float(found.low), float(found.high), found.families))
    else:
        few = f"undecided: {found.families} {'source' if found.families == 1 else 'sources'}"
        said = f"{direction} by {100 * abs(estimate):.1f} points ({few}, and five are needed)"
    agrees = "agrees in sign with the paper" if estimate > 0 else "contradicts the paper in sign"
    return {"shape-bias-lab-population": said, "shape-bias-lab-population-paper": agrees}


def steps_table(cube: xr.Dataset, study: str, confidence: float) -> ThemedTable:
    """Tabulate the steps of the ladder in points of shape bias, a column a source.

    Parameters
    ----------
    cube : xarray.Dataset
        A cube `causes`.
    study : str
        Named in the caption.
    confidence : float
        Level of the intervals.
    """
    images, losses = image_steps(cube, confidence), loss_steps(cube, confidence)
    named = {
        f"web images, not {BASE}: cross-entropy ({_RUNG_A})": (images, _RUNG_A),
        f"web images, not {BASE}: CLIP ({_RUNG_D})": (images, _RUNG_D),
        **{f"{title} ({name.replace('-', '−')})": (losses, name) for name, title in LOSS_STEPS.items()},
    }
    rows = [
        {"Change": title, **{source: _cell(steps.get((name, source))) for source in SOURCES}}
        for title, (steps, name) in named.items()
    ]
    return table(
        pd.DataFrame(rows),
        f"What each change does to shape bias, in points, with {level(confidence)} intervals over seeds and "
        f"images; study {study}. Columns are the training images. – : the same training, or none.",
    )


def _cell(estimate: Estimate | None) -> str:
    return f"{points(estimate.value)} ({interval(estimate.low, estimate.high)})" if estimate else _NONE


def tuning_table(cube: xr.Dataset, described: xr.Dataset, study: str, confidence: float) -> ThemedTable:
    """Tabulate what was made of zero-shot CLIPs, each compared with the CLIP that it began as.

    Parameters
    ----------
    cube, described : xarray.Dataset
        The cubes `causes` and `models` of the study.
    study : str
        Named in the caption.
    confidence : float
        Level of the intervals.
    """
    rows = [
        {
            "Made of zero-shot CLIP": row["kind"],
            "Before": percent(row["before"]),
            "After": percent(row["after"]),
            "Change": _cell(row["change"]),
            "Lower in": f"{row['lower']} of {row['runs']}",
            "Decided": percent(row["decided"], 0),
            "Accuracy": f"{percent(row['accuracy_before'], 0)} to {percent(row['accuracy_after'], 0)}",
        }
        for row in tuning(cube, described, confidence).to_dict("records")
    ]
    columns = ["Made of zero-shot CLIP", "Before", "After", "Change", "Lower in", "Decided", "Accuracy"]
    return table(
        pd.DataFrame(rows, columns=columns),
        "Shape bias of zero-shot CLIPs before and after, paired by training run; change in points, with "
        f"{level(confidence)} intervals over runs and images; study {study}. The runs are of few sources, "
        "so the intervals speak of these sources. Accuracy is that on natural images.",
    )

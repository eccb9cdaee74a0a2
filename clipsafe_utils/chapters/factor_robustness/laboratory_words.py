"""Chapter 1 in the laboratory, in words and numbers."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import xarray as xr

from clipsafe_utils.chapters.causes.words import cell_of, is_measured, moved
from clipsafe_utils.chapters.factor_robustness.words import in_words, is_a_stand_in, measured_everywhere
from clipsafe_utils.chapters.formats import NOT_MEASURED, complete, level, points
from clipsafe_utils.cubes import clip_models
from clipsafe_utils.cubes.panels import Panel
from clipsafe_utils.figures.tables import ThemedTable, table
from clipsafe_utils.findings.factors.laboratory import (
    PUT_IN,
    STEPS,
    TEXTURES,
    dose_steps,
    steps,
)
from clipsafe_utils.findings.properties import Property
from clipsafe_utils.say import Value

KEYS = (
    "factors-lab-put-texture",
    "factors-lab-put-background",
    "factors-lab-put-rare",
    "factors-lab-put-rotation",
    "factors-lab-pose-images",
    "factors-lab-pose-images-random",
    "factors-lab-pose-language",
    "factors-lab-pose-language-random",
    "factors-lab-texture-images",
    "factors-lab-texture-language",
    "factors-lab-compared",
    "factors-lab-images-larger",
    "factors-lab-language-larger",
    "factors-lab-images-decided",
    "factors-lab-language-decided",
    "factors-lab-rotation-levels",
    "factors-lab-rotation",
    "factors-lab-rotation-random",
    "factors-lab-background-levels",
    "factors-lab-background",
    "factors-lab-background-random",
    "factors-lab-clips",
    "factors-lab-measured",
    "factors-lab-same-sign",
    "factors-lab-other-sign",
    "factors-lab-pose",
    "factors-lab-pose-alone",
    "factors-lab-pose-alone-random",
)
"""Every number that the prose on the laboratory glues."""

_TYPICAL, _RANDOM = TEXTURES
_KIND_KEYS = {_TYPICAL: "", _RANDOM: "-random"}
_ZERO_SHOT = "clip_zero_shot"


def numbers(
    cube: xr.Dataset | None,
    panels: list[Panel],
    results: Mapping[str, xr.Dataset],
    means: Mapping[str, xr.Dataset],
    alone: Mapping[str, xr.Dataset],
    confidence: float,
) -> dict[str, str]:
    r"""Return the numbers of the prose on the laboratory.

    Parameters
    ----------
    cube : Dataset or None
        The cube `causes`, if a study has it.
    panels : list of Panel
        Studies whose residuals are compared in sign: those on real models, then the laboratory.
    results, means : mapping of str to Dataset
        By study: `effective_robustness` and `group_residuals`.
    alone : mapping of str to Dataset
        `group_residuals` of the laboratory's one-factor sets, by kind of texture.
    confidence : float
        Level of the intervals.

    Returns
    -------
    dict of str to str
        Every key of `KEYS`; "not measured" where the models for it are absent.

    Examples
    --------
    >>> found = numbers(None, [], {}, {}, {}, 0.95)
    >>> found["factors-lab-put-texture"], found["factors-lab-rotation"]
    ('96.5, 50 and 40\xa0%', 'not measured')
    """
    found = _put_in()
    if cube is not None:
        found |= _of_steps(steps(cube, confidence)) | _of_doses(dose_steps(cube, confidence))
    laboratory = [panel for panel in panels if is_a_stand_in(panel)]
    real = [panel for panel in panels if not is_a_stand_in(panel)]
    if laboratory:
        study = laboratory[0].study
        found |= _of_support(laboratory[0], results[study])
        found |= _of_signs(means.get(study), means.get(real[0].study) if real else None)
    for kind, name in TEXTURES.items():
        found[f"factors-lab-pose-alone{_KIND_KEYS[kind]}"] = _mean_on_pose(alone.get(name))
    return complete(KEYS, found)


def _put_in() -> dict[str, str]:
    shares = {"texture": "texture_correlation", "background": "background_correlation", "rare": "rare_glyphs"}
    found = {
        f"factors-lab-put-{key}": _three([100 * share for share in PUT_IN[knob]]) + "\N{NO-BREAK SPACE}%"
        for key, knob in shares.items()
    }
    return found | {"factors-lab-put-rotation": _three(list(PUT_IN["rotation_sd"])) + " degrees"}


def _three(values: list[float]) -> str:
    return in_words([f"{value:g}" for value in values])


def _of_steps(found: Mapping[tuple[str, str, str], Value | None]) -> dict[str, str]:
    said = {}
    for change in STEPS:
        for kind, key in _KIND_KEYS.items():
            said[f"factors-lab-pose-{change}{key}"] = moved(found.get((change, "pose", kind)))
        said[f"factors-lab-texture-{change}"] = moved(found.get((change, "texture", _TYPICAL)))
    pairs = [
        (images, language)
        for (change, factor, kind), images in found.items()
        if change == "images"
        and is_measured(images)
        and is_measured(language := found[("language", factor, kind)])
    ]
    if pairs:
        wider = [
            abs(images.estimate) > abs(language.estimate) for images, language in pairs if images and language
        ]
        said |= {
            "factors-lab-compared": str(len(pairs)),
            "factors-lab-images-larger": str(sum(wider)),
            "factors-lab-language-larger": str(len(wider) - sum(wider)),
            "factors-lab-images-decided": str(sum(bool(one and one.excludes(0)) for one, _ in pairs)),
            "factors-lab-language-decided": str(sum(bool(one and one.excludes(0)) for _, one in pairs)),
        }
    return said


def _of_doses(found: Mapping[tuple[str, str], tuple[float, float, Value]]) -> dict[str, str]:
    said = {}
    units = {"rotation_sd": ("rotation", 1, " degrees"), "background_correlation": ("background", 100, " %")}
    for (knob, kind), (lowest, highest, estimate) in found.items():
        name, unit, word = units[knob]
        said[f"factors-lab-{name}-levels"] = f"from {unit * lowest:g} to {unit * highest:g}{word}"
        said[f"factors-lab-{name}{_KIND_KEYS[kind]}"] = moved(estimate)
    return said


def _of_support(panel: Panel, result: xr.Dataset) -> dict[str, str]:
    clips = clip_models(panel.models)["model"].values
    return {
        "factors-lab-clips": str(clips.size),
        "factors-lab-measured": str(int(measured_everywhere(result.sel(model=clips)).sum())),
    }


def _of_signs(laboratory: xr.Dataset | None, real: xr.Dataset | None) -> dict[str, str]:
    found = {"factors-lab-pose": _mean_on_pose(laboratory)}
    one, other = (_means_of_clips(means) for means in (laboratory, real))
    if one is None or other is None:
        return found
    one, other = xr.align(one, other, join="inner")
    same = np.sign(one.values) == np.sign(other.values)
    factors = one["factor"].values
    return found | {
        "factors-lab-same-sign": in_words(factors[same]),
        "factors-lab-other-sign": in_words(factors[~same]),
    }


def _mean_on_pose(means: xr.Dataset | None) -> str:
    of_clips = _means_of_clips(means)
    if of_clips is None or "pose" not in of_clips["factor"].values:
        return NOT_MEASURED
    return points(of_clips.sel(factor="pose").item())


def _means_of_clips(means: xr.Dataset | None) -> xr.DataArray | None:
    if means is None or _ZERO_SHOT not in means["group"].values:
        return None
    return means["mean"].sel(group=_ZERO_SHOT)


def steps_table(cube: xr.Dataset, confidence: float) -> ThemedTable:
    """Tabulate what images and language alone do to relative accuracy on each factor.

    Parameters
    ----------
    cube : Dataset
        A cube `causes`.
    confidence : float
        Level of the intervals.
    """
    found = steps(cube, confidence)
    factors = list(dict.fromkeys(factor for _, factor, _ in found))
    rows = [
        {"Factor": factor.replace("_", " ")}
        | {
            f"{change.capitalize()}, {TEXTURES[kind]}": cell_of(found.get((change, factor, kind)))
            for kind in TEXTURES
            for change in STEPS
        }
        for factor in factors
    ]
    return table(
        pd.DataFrame(rows),
        "Difference in relative accuracy on each one-factor set, in points. Images: cross-entropy on wit "
        "less cross-entropy on labels. Language: CLIP with whole captions less cross-entropy, both on wit. "
        f"In brackets: {level(confidence)} intervals over seeds and images.",
    )


def describe_rows(tables: Mapping[Property, pd.DataFrame], place: str, curve: str) -> str:
    """Say what a figure of the ladder or of a knob shows, for a reader who cannot see it.

    Examples
    --------
    >>> describe_rows({}, "rung", "source")
    'No study has these trainings.'
    """
    sentences = []
    for shown, rows in tables.items():
        said = [
            f"{row[curve]} at {row[place]} {shown.scale * row['value']:.0f}" for _, row in rows.iterrows()
        ]
        if said:
            sentences.append(f"{shown.title}: {', '.join(said)}.")
    return (
        " ".join(["Relative accuracy in percent.", *sentences])
        if sentences
        else "No study has these trainings."
    )

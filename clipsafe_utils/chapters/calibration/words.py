"""Chapter 4 in words and numbers."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import xarray as xr

from clipsafe_utils.chapters.formats import NOT_MEASURED, complete, level, percent, points
from clipsafe_utils.figures.tables import ThemedTable, table
from clipsafe_utils.findings.calibration.bins import CALIBRATED, SIZES, images_to_tell, stored_bins
from clipsafe_utils.findings.calibration.errors import ALL, LARGE, mean_gap
from clipsafe_utils.findings.calibration.views import View, short_name
from clipsafe_utils.metrics.calibration import debiased_interval
from clipsafe_utils.metrics.draws import reflected_interval
from clipsafe_utils.registry.set_names import condition_name

KEYS = (
    "calibration-models",
    "calibration-beyond-chance",
    "calibration-error-lowest",
    "calibration-error-highest",
    "calibration-best",
    "calibration-best-error",
    "calibration-best-gap",
    "calibration-best-sure",
    "calibration-worst",
    "calibration-worst-error",
    "calibration-worst-gap",
    "calibration-worst-sure",
    "calibration-orders",
    "calibration-floor-largest",
    "calibration-floor-largest-images",
    "calibration-floor-largest-name",
    "calibration-largest",
    "calibration-ranks-large",
    "calibration-ranks-large-parts",
    "calibration-ranks-all",
    "calibration-ranks-all-parts",
    "calibration-ranks-falling",
    "calibration-ranks-others",
    "calibration-small-perfect",
    "calibration-small-best",
    "calibration-tell-best",
    "calibration-tell-worst",
)
"""Every number that the prose glues about the models of a study; `digits_words` has the others."""

SURE_BIN = 12
"""Of the fifteen stored bins the one of confidences above 80 % up to 87 %."""
_VARIANTS = ("ece", "ece_equal_mass", "ece_rms", "ece_debiased")
_SCORES = {"nll": "NLL", "brier": "Brier", "ece_classwise": "Class-wise ECE"}


def numbers(
    shown: Sequence[View],
    judged: Mapping[str, xr.Dataset],
    ranks: Mapping[str, xr.Dataset],
    simulated: Mapping[str, xr.Dataset],
    confidence: float,
) -> dict[str, str]:
    """Return the numbers of the prose, those of the first view.

    Parameters
    ----------
    shown : sequence of View
        As `views` returns them.
    judged, ranks : mapping of str to xarray.Dataset
        By title of the view: `judge_view` and `rank_correlations`.
    simulated : mapping of str to xarray.Dataset
        `sample_sizes` of the first view.
    confidence : float
        Level of the intervals.

    Returns
    -------
    dict of str to str
        Every key of `KEYS`; "not measured" where the models for it are absent.

    Examples
    --------
    >>> numbers([], {}, {}, {}, 0.95)["calibration-best"]
    'not measured'
    """
    found: dict[str, str] = {}
    for view in shown[:1]:
        one = judged[view.title]
        found |= _of_models(view, one) | _of_conditions(one) | _of_ranks(ranks[view.title], confidence)
        found |= _of_sizes(simulated)
        low, _ = debiased_interval(_whole(view, "ece_debiased"), confidence)
        found["calibration-beyond-chance"] = str(int((low > 0).sum()))
    return complete(KEYS, found)


def _whole(view: View, name: str) -> np.ndarray:
    """Return the draws of one variable on the whole set, shape (draws, models)."""
    values: np.ndarray = view.cube[name].sel(condition=view.whole).transpose("draw", "model").values
    return values


def _of_models(view: View, judged: xr.Dataset) -> dict[str, str]:
    error = judged["error"].sel(condition=view.whole)
    order = np.argsort(_whole(view, "ece_debiased")[0])
    found = {
        "calibration-models": str(error.size),
        "calibration-error-lowest": percent(error.min().item()),
        "calibration-error-highest": percent(error.max().item()),
    }
    orders = {tuple(np.argsort(_whole(view, name)[0]).tolist()) for name in _VARIANTS}
    found["calibration-orders"] = "one order" if len(orders) == 1 else f"{len(orders)} orders"
    bins = stored_bins(view.cube.sel(condition=view.whole).transpose("model", ..., "bin"))
    gap = mean_gap(view)
    for role, row in zip(("best", "worst"), (order[0], order[-1]), strict=True):
        found |= {
            f"calibration-{role}": str(judged["name"].values[row]),
            f"calibration-{role}-error": percent(error.values[row]),
            f"calibration-{role}-gap": points(gap.values[row]),
        }
        if bins.count.shape[-1] > SURE_BIN and bins.count[row, SURE_BIN]:
            share = bins.hits[row, SURE_BIN] / bins.count[row, SURE_BIN]
            found[f"calibration-{role}-sure"] = percent(share)
    return found


def _of_conditions(judged: xr.Dataset) -> dict[str, str]:
    floor = judged["floor"].max("model")
    worst = floor.isel(condition=int(np.argmax(floor.values)))["condition"].item()
    found = {
        "calibration-floor-largest": percent(floor.max().item(), 0),
        "calibration-floor-largest-images": f"{judged['images'].sel(condition=worst).item():,.0f}",
        "calibration-floor-largest-name": condition_name(worst),
    }
    claimed = judged.isel(condition=judged["claimed"].values)
    if claimed.sizes["condition"]:
        error = claimed["error"].transpose("model", "condition").values
        row, column = np.unravel_index(np.argmax(error), error.shape)
        one = claimed.isel(model=int(row), condition=int(column))
        said = interval_of_shares(one["low"].item(), one["high"].item())
        found["calibration-largest"] = (
            f"{percent(one['error'].item())} ({said}; {one['name'].item()} on "
            f"{condition_name(one['condition'].item())})"
        )
    return found


def _of_ranks(ranks: xr.Dataset, confidence: float) -> dict[str, str]:
    every, large = (ranks.sel(choice=choice) for choice in (ALL, LARGE))
    found = {}
    if every["rho"].notnull().all():
        found["calibration-ranks-all"] = correlations(every)
        found["calibration-ranks-all-parts"] = str(every["parts"].item())
    if large["rho"].notnull().all():
        names = [short_name(name) for name in large["model"].values.tolist()]
        shares = large["falling"].values.tolist()
        clear = [share >= (1 + confidence) / 2 for share in shares]
        found |= {
            "calibration-ranks-large": "; ".join(
                f"{name} {_signed(rho)} ({percent(share, 0)} of the draws)"
                for name, rho, share in zip(names, large["rho"].values.tolist(), shares, strict=True)
            ),
            "calibration-ranks-large-parts": str(large["parts"].item()),
            "calibration-ranks-falling": str(sum(clear)),
            "calibration-ranks-others": ", ".join(
                name for name, is_clear in zip(names, clear, strict=True) if not is_clear
            )
            or "none",
        }
    return found


def correlations(ranks: xr.Dataset) -> str:
    """Write the rank correlation of each model with its interval.

    Parameters
    ----------
    ranks : xarray.Dataset
        `rank_correlations` over one choice of parts.
    """
    said = []
    for name in ranks["model"].values.tolist():
        rho, low, high = (_signed(ranks[key].sel(model=name).item()) for key in ("rho", "low", "high"))
        said.append(f"{short_name(name)} {rho} ({low} to {high})")
    return "; ".join(said)


def _signed(value: float) -> str:
    return f"{value:+.2f}".replace("-", "−")


def _of_sizes(simulated: Mapping[str, xr.Dataset]) -> dict[str, str]:
    found = {}
    for role, one in zip(("best", "worst"), simulated.values(), strict=False):
        size = images_to_tell(one)
        found[f"calibration-tell-{role}"] = f"{size:,}" if size else f"more than {SIZES[-1]:,}"
    for one in list(simulated.values())[:1]:
        smallest = one.isel(images=0)["mean"]
        found["calibration-small-perfect"] = percent(smallest.sel(truth=CALIBRATED).item())
        found["calibration-small-best"] = percent(smallest.drop_sel(truth=CALIBRATED).item())
    return found


def interval_of_shares(low: float, high: float) -> str:
    r"""Write an interval of shares in percent; plain ECE may reach below 0, where 0 is shown.

    Examples
    --------
    >>> interval_of_shares(-0.001, 0.0234)
    '0.0 to 2.3\xa0%'
    """
    return f"{100 * max(low, 0.0):.1f} to {percent(max(high, 0.0))}"


def variants_table(shown: Sequence[View], confidence: float) -> ThemedTable:
    """Tabulate every variant of the calibration error of each model on the whole set.

    Parameters
    ----------
    shown : sequence of View
        As `views` returns them.
    confidence : float
        Level of the intervals.
    """
    rows = []
    for view in shown:
        ece, debiased = (_whole(view, name) for name in ("ece", "ece_debiased"))
        intervals = [reflected_interval(ece, confidence), debiased_interval(debiased, confidence)]
        said = [[interval_of_shares(*ends) for ends in zip(*one, strict=True)] for one in intervals]
        for position, name in enumerate(view.cube["model"].values.tolist()):
            variants = {key: _whole(view, key)[0, position] for key in (*_VARIANTS, *_SCORES, "ece_floor")}
            rows.append(
                {
                    "Model": short_name(name),
                    "Study": view.study,
                    "Scaling": view.scaling,
                    "Accuracy": percent(_whole(view, "accuracy")[0, position]),
                    "ECE": f"{percent(variants['ece'])} ({said[0][position]})",
                    "Floor": _or_not_measured(variants["ece_floor"]),
                    "Equal mass": percent(variants["ece_equal_mass"]),
                    "RMS": percent(variants["ece_rms"]),
                    "Debiased": f"{percent(max(debiased[0, position], 0.0))} ({said[1][position]})",
                }
                | {title: _or_not_measured(variants[key], 3) for key, title in _SCORES.items()}
                | {"Temperature": _temperature(view, name)}
            )
    return table(
        pd.DataFrame(rows),
        f"Calibration on the whole set with 15 bins; {level(confidence)} intervals over images. ECE, with "
        "bins of equal width or mass, is a mean absolute gap; RMS and the debiased error are root mean "
        "squares.",
    )


def _or_not_measured(value: float, digits: int | None = None) -> str:
    if np.isnan(value):
        return NOT_MEASURED
    return percent(value) if digits is None else f"{value:.{digits}f}"


def _temperature(view: View, model: str) -> str:
    return _or_not_measured(float(view.cube["temperature"].sel(model=model).isel(draw=0)), 2)

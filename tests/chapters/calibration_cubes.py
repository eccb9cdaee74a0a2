"""Cubes `calibration`: of models that are too sure by a known temperature, by hand, and of the record."""

from functools import cached_property

import numpy as np
import xarray as xr

from clipsafe_utils.cubes import GROUPS, SCHEMAS
from clipsafe_utils.cubes.panels import Panel, read_panels
from clipsafe_utils.findings.calibration import errors
from clipsafe_utils.findings.calibration.views import View, views, with_bins
from clipsafe_utils.metrics.calibration_variants import classwise_calibration_error
from clipsafe_utils.metrics.draws import draw_weights
from clipsafe_utils.metrics.logits import summarise_logits
from clipsafe_utils.metrics.proper_scores import brier_score, negative_log_likelihood
from clipsafe_utils.record.confidences import measure
from tests.conftest import labelled
from tests.metrics.simulated import logits_and_labels, softmax

CONDITIONS = {"id": 6000, "factor_pose": 5000, "factor_color": 800, "v2": 400}
TEMPERATURES = {"a": 1.5, "b": 2.5}
REPLICATES = 20
HOW = {"n_bins": 15, "binning": "equal_width", "seed": 0, "confidence": 0.95}
BOTH = ["before", "after"]


class Record:
    """What is computed of the record, once for all tests."""

    @cached_property
    def panel(self) -> Panel:
        return with_bins(read_panels(["published"], "calibration", list(GROUPS))[0])

    @cached_property
    def view(self) -> View:
        return views([self.panel], ["all"], BOTH)[0]

    @cached_property
    def judged(self) -> xr.Dataset:
        return errors.judge_view(self.view, **HOW)

    @cached_property
    def ranks(self) -> xr.Dataset:
        return errors.rank_correlations(self.view, 0.95)

    @cached_property
    def simulated(self) -> dict[str, xr.Dataset]:
        return errors.sample_sizes(self.view, **HOW)


RECORD = Record()


def scaled_cube(scalings: tuple[str, ...] = ("before", "after")) -> xr.Dataset:
    """Two models, four sets of images, every variable measured; parts are the first images of the whole."""
    parts = [
        _condition(scaling, images).expand_dims(condition=[name], scaling=[scaling])
        for name, images in CONDITIONS.items()
        for scaling in scalings
    ]
    cube = xr.combine_by_coords(parts, combine_attrs="drop")
    assert isinstance(cube, xr.Dataset)
    cube = cube.sel(condition=list(CONDITIONS), scaling=list(scalings))
    temperature = np.tile(list(TEMPERATURES.values()), (1 + REPLICATES, 1))
    cube["temperature"] = (("draw", "model"), temperature)
    cube["ece_floor"] = cube["ece_floor"].isel(draw=0, drop=True).broadcast_like(cube["ece"])
    schema = SCHEMAS["calibration"]
    dims = {variable.name: variable.dims for variable in (*schema.variables, *schema.optional)}
    ordered = {name: array.transpose(*dims[str(name)]) for name, array in cube.data_vars.items()}
    return labelled(cube.assign(ordered), "calibration")


def scaled_panel(models: xr.Dataset, scalings: tuple[str, ...] = ("before", "after")) -> Panel:
    """The cube with the descriptions of its models."""
    return Panel("scaled", scaled_cube(scalings), models)


def _condition(scaling: str, images: int) -> xr.Dataset:
    summaries, scores = [], []
    weights = draw_weights("scaled", range(images), REPLICATES)
    for temperature in TEMPERATURES.values():
        logits, labels = logits_and_labels(images, 10, temperature)
        used = temperature if scaling == "after" else 1.0
        summary = summarise_logits(logits, labels, temperature=used)
        summaries.append((summary.confidence, summary.prediction == labels))
        probability = softmax(logits / used)
        scores.append(
            {
                "nll": negative_log_likelihood(summary.label_log_probability, weights),
                "brier": brier_score(summary.label_log_probability, summary.sum_squared_probability, weights),
                "ece_classwise": classwise_calibration_error(probability, labels, weights),
            }
        )
    confidence, correct = (np.stack(column) for column in zip(*summaries, strict=True))
    found = measure(confidence, correct, weights, list(TEMPERATURES))
    columns = {name: np.stack([score[name] for score in scores], axis=1) for name in scores[0]}
    return found.assign({name: (("draw", "model"), values) for name, values in columns.items()})

"""Figures of detection and of the laboratory: what their frames hold."""

import numpy as np
import pandas as pd
import pytest

from clipsafe_utils.chapters.ood_correlation import figures
from clipsafe_utils.findings.shift.controlled import Controlled
from clipsafe_utils.findings.shift.detection_record import ByScore, Changed, FirstSeen
from clipsafe_utils.findings.shift.result import OodCorrelation, ood_correlation
from clipsafe_utils.parameters import check_parameters


@pytest.fixture(scope="module")
def found() -> OodCorrelation:
    return ood_correlation(check_parameters("ood-correlation", {}))


def test_every_model_of_detection_has_its_interval(found: OodCorrelation) -> None:
    printed = figures.detection_frame(found.detected)
    every = figures.detection_frame(found.detected, everyone=True)
    models = sum(one.cloud.sizes["model"] for one in found.detected.values())
    assert len(printed) < len(every) == models
    printed, every = (frame[frame["study"] == "miniature"] for frame in (printed, every))
    assert list(dict.fromkeys(printed["look"])) == [
        "source/wit",
        "source/laion",
        "group/clip_fine_tuned",
        "group/standard",
    ]
    assert every["value"].between(every["low"], every["high"]).all()
    assert "study miniature, made by this project, CC BY 4.0" in figures.detection_drawn(found).markup


def test_what_was_made_of_clips_has_a_row_each(found: OodCorrelation) -> None:
    frame = figures.procedures_frame(found.lab)
    assert frame["side"].unique().tolist() == ["in distribution", "under shift", "AUROC"]
    assert frame["row"].unique().tolist()[:2] == ["fine-tuned gently (6)", "fine-tuned strongly (8)"]
    means = frame[frame["mark"] == "mean"]
    assert (means["decided"] == means["low"].notna()).all()
    strong = means[(means["row"] == "fine-tuned strongly (8)") & (means["look"] == "ink/equal")]
    expected = [found.lab.made("fine-tuned strongly")[name] for name in ("shifts_at_equal", "auroc_at_equal")]
    assert strong["value"].tolist() == pytest.approx([100 * one.estimate for one in expected])
    assert np.isfinite(frame["value"]).all()


def test_without_a_laboratory_figures_say_so() -> None:
    parts = ByScore(), FirstSeen(), Changed()
    nothing = OodCorrelation({}, [], pd.DataFrame(), *parts, Controlled(None, 0.95), 0.95)
    of_record = (figures.by_score, figures.first_seen, figures.changed, figures.histogram)
    for draw in (figures.detection, figures.detection_drawn, figures.ladder, figures.procedures, *of_record):
        assert "not measured yet" in draw(nothing).markup

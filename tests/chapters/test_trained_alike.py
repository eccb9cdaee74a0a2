"""CLIPs beside trained ones in chapter 5: the marks of the figure, the rows of the tables."""

import pytest

from clipsafe_utils.chapters.calibration import trained_alike
from clipsafe_utils.findings.calibration.alike import read_alike
from clipsafe_utils.findings.calibration.result import Calibration
from clipsafe_utils.findings.calibration.temperatures import read_temperatures
from clipsafe_utils.findings.experiments.cells import NONE, Experiments
from clipsafe_utils.findings.experiments.length import GAP_HARD
from clipsafe_utils.parameters import check_parameters
from tests.findings.experiment_cubes import experiments
from tests.findings.test_length_and_regime import MASKED, TRAINED, by_source, regime

REAL = (["published"], ["clip_zero_shot", "standard"])


def chapter(trained: Experiments = NONE) -> Calibration:
    chosen = check_parameters("calibration", {})
    return Calibration(
        *(chosen, [], [], [], {}), read_alike(*REAL), read_temperatures(*REAL), experiments=trained
    )


def test_the_figure_has_a_bar_of_the_rule_behind_each_cell_and_real_clips_beside() -> None:
    frame = trained_alike.cells_frame(chapter(experiments({MASKED: TRAINED})))
    gap = frame[(frame["side"] == "confidence less accuracy") & (frame["mark"] == "mean")]
    (one,) = gap.to_dict("records")
    assert (one["value"], one["band_low"], one["band_high"]) == pytest.approx((-2.0, -5.0, 5.0))
    single = frame[frame["mark"] == "single"]["row"].value_counts()
    assert single["×1, held at 100, masked"] == 9
    assert single["real CLIPs, ImageNet"] > 20


def test_the_table_says_what_was_not_trained_and_who_is_alike() -> None:
    trained = experiments({MASKED: TRAINED, "length-4-free-s{seed}": TRAINED | {GAP_HARD: -0.2}}, seeds=2)
    shown = trained_alike.cells_table(chapter(trained)).markup
    assert shown.count("<td>yes</td>") == shown.count("<td>no</td>") == 1
    assert "2 of 3" in shown
    assert "held at 50" not in shown


def test_claims_stand_by_source_and_a_source_without_labels_has_a_dash() -> None:
    found = regime(by_source(0.2, 0.3, 0.4), by_source(0.1, 0.1, 0.1), (0.1, 0.05))
    shown = trained_alike.claims_table(found, 0.95).markup
    assert shown.count("+10.0") == 1
    assert "–" in shown.split("mixed")[1]


def test_without_the_study_nothing_breaks() -> None:
    found = chapter()
    assert not found.length
    assert not found.regime.is_asked
    assert trained_alike.cells_frame(found)["row"].unique().tolist() == ["real CLIPs, ImageNet"]
    assert "real CLIPs, ImageNet" in trained_alike.cells_table(found).markup

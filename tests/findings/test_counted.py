"""Counted scores: by hand on a study made for the test, and on the record."""

from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from clipsafe_utils.chapters.ood_correlation import figures, tables
from clipsafe_utils.cubes import find_study, write_cube
from clipsafe_utils.findings.shift.counted import Counted, count_scores_of
from clipsafe_utils.metrics.score_counts import detection_of_counts
from clipsafe_utils.parameters import check_parameters
from clipsafe_utils.say import NOT_MEASURED
from tests.findings.test_detection import asked, write_study

BY_HAND = Counted(
    "energy",
    {"net": np.array([5, 15, 80])},
    {("net", "far_away"): np.array([38, 2, 0]), ("net", "near"): np.array([30, 8, 2])},
    {"net": np.array([0.0, 0.5, 1.0])},
    {
        ("net", "far_away"): {"auroc": 0.99, "fpr95_id_positive": 0.05, "fpr95_ood_positive": 0.05},
        ("net", "near"): {"auroc": 0.94, "fpr95_id_positive": 0.25, "fpr95_ood_positive": 0.2},
    },
)


@pytest.fixture(scope="module")
def record() -> Counted:
    chosen = check_parameters("ood-correlation", {"studies": ["published"]})
    return count_scores_of(find_study("published"), chosen)


def test_thresholds_by_hand() -> None:
    # 95 of 100 known images lie from 0.5 on; 38 of 40 near ones below 1, as many of those far away below 0.5.
    assert BY_HAND.thresholds("net", "near") == (0.5, 1.0)
    assert BY_HAND.thresholds("net", "far_away") == (0.5, 0.5)
    assert BY_HAND.hardest == "near"
    assert str(BY_HAND.accepted) == "25.0\N{NO-BREAK SPACE}%"
    assert str(BY_HAND.most_apart).endswith("(net on near)")


def test_heaps_join_bins_and_lose_no_image() -> None:
    ends = np.sort([*np.linspace(0, 1, 40, endpoint=False), 0.3101])
    counts = np.arange(41)
    one = Counted("energy", {"net": counts}, {}, {"net": ends})
    middles, shares = one.heap("net", "id")
    assert middles == pytest.approx([0.125, 0.375, 0.625, 0.875])
    # The cut at 0.3101 stands with the bins from 0.25 to 0.5: eleven in place of ten.
    parts = [counts[:10].sum(), counts[10:21].sum(), counts[21:31].sum(), counts[31:].sum()]
    assert shares == pytest.approx(np.array(parts) / counts.sum())


def test_the_record_says_by_counts_what_its_cube_says(record: Counted) -> None:
    assert record.networks == ["ViT-B-16.openai", "ViT-L-14.openai"]
    assert record.score == "maximum_concept_matching"
    assert len(record.pairs) == 8
    for pair, (known, unknown) in record.pairs.items():
        found, stated = detection_of_counts(known, unknown), record.stated[pair]
        assert known.sum() == 50_000
        assert abs(float(found.auroc) - stated["auroc"]) < 0.01 / 100
        for name in ("fpr95_id_positive", "fpr95_ood_positive"):
            assert float(getattr(found, name)) == pytest.approx(stated[name], abs=1e-8)


def test_the_thresholds_of_the_record_are_where_its_rates_are_read(record: Counted) -> None:
    for (name, ood_set), (known, unknown) in record.pairs.items():
        passed, failed = record.thresholds(name, ood_set)
        ends, stated = record.ends[name], record.stated[name, ood_set]
        assert known[ends >= passed].sum() == 47_500
        assert unknown[ends >= passed].sum() / unknown.sum() == pytest.approx(
            stated["fpr95_id_positive"], abs=1e-8
        )
        assert known[ends < failed].sum() / known.sum() == pytest.approx(
            stated["fpr95_ood_positive"], abs=1e-8
        )


def test_only_what_the_reader_asked_for_is_counted() -> None:
    study = find_study("published")
    asked_for = {"studies": ["published"], "ood_sets": ["sun", "cood"]}
    some = count_scores_of(study, check_parameters("ood-correlation", asked_for))
    assert {ood_set for _, ood_set in some.pairs} == {"sun"}
    nobody = {"studies": ["published"], "groups": ["standard"]}
    assert not count_scores_of(study, check_parameters("ood-correlation", nobody)).networks


def test_a_study_without_counts_says_so(tmp_path: Path) -> None:
    study = write_study(tmp_path / "made")
    none = count_scores_of(find_study(str(study)), asked(study))
    assert (none.networks, none.pairs) == ([], {})
    assert {none.hardest, none.most_apart, none.accepted} == {NOT_MEASURED}


def test_a_reader_who_counts_has_the_figure_and_the_table(tmp_path: Path) -> None:
    study = write_study(tmp_path / "made")
    ood = xr.load_dataset(study / "ood.nc", engine="h5netcdf")
    attributes = {"long_name": "of the test", "units": "1", "source": "test"}
    ood["score_count"] = (
        ("scored_model", "image_set", "score_bin"),
        [[[5, 15, 80], [30, 8, 2]]],
        attributes,
    )
    ood["score_from"] = (("scored_model", "score_bin"), [[0.0, 0.5, 1.0]], attributes)
    ood["counted_score"] = ("scored_model", ["energy"], attributes)
    ood = ood.assign_coords(scored_model=["clip0"], image_set=["id", "glyph"], score_bin=[0, 1, 2])
    # 5 * 15 + 15 * 34 + 80 * 39 of 4000 pairs.
    for name, value in (("auroc", 0.92625), ("fpr95_id_positive", 0.25), ("fpr95_ood_positive", 0.2)):
        ood[name].loc[{"draw": 0, "model": "clip0", "score": "energy", "ood_set": "glyph"}] = value
    write_cube(ood, study / "ood.nc")
    found = count_scores_of(find_study(str(study)), asked(study))
    assert found.networks == ["clip0"]
    frame = figures.histogram_frame(found)
    lines = frame[frame["mark"] == "none"]
    assert lines["x"].tolist() == [50.0, 100.0]
    assert lines["is_range"].tolist() == [False, True]
    heaps = frame[frame["mark"] == "mean"]
    assert heaps.groupby("look")["value"].sum().tolist() == pytest.approx([100, 100])
    shown = tables.counted_table(found, {("clip0", "glyph"): (0.92625, 0.25, 0.2)})
    assert shown.markup.count("92.62\N{NO-BREAK SPACE}%") == 2

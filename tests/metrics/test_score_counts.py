"""Counts of scores say what the scores say: by hand, and for any scores."""

from dataclasses import asdict

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clipsafe_utils.metrics.ood import detection
from clipsafe_utils.metrics.score_counts import WIDE_BINS, count_scores, detection_of_counts, score_bins

scores = st.lists(st.floats(-5, 5, allow_subnormal=False), min_size=1, max_size=40)


def test_three_bins_by_hand() -> None:
    # From low to high 1, 2 and 7 known images, and 4, 1 and 1 others.
    found = detection_of_counts([1, 2, 7], [4, 1, 1])
    # Each known image against those below it, and half of those in its bin.
    assert found.auroc == pytest.approx((1 * 2 + 2 * (4 + 0.5) + 7 * (5 + 0.5)) / (10 * 6))
    # 7 of 10 are no 95 %, nor are 9: all bins pass, and with them every other image.
    assert found.fpr95_id_positive == 1
    # 5 of 6 others are no 95 %: all bins fail.
    assert found.fpr95_ood_positive == 1


def test_thresholds_of_counts_by_hand() -> None:
    # 95 of 100 known images lie in the two upper bins; 38 of 40 others in the two lower ones.
    found = detection_of_counts([5, 15, 80], [30, 8, 2])
    assert found.fpr95_id_positive == pytest.approx(10 / 40)
    assert found.fpr95_ood_positive == pytest.approx(20 / 100)


def test_scores_are_counted_from_the_lower_end() -> None:
    assert count_scores([0.0, 0.3, 0.5, 0.5, 2.0], [0.0, 0.3, 0.3, 0.5]).tolist() == [1, 0, 1, 3]


@given(scores, scores, scores)
def test_rates_are_kept_and_the_area_nearly(known: list[float], one: list[float], two: list[float]) -> None:
    bins = score_bins(known, [one, two])
    assert bins.size == WIDE_BINS + 3
    counts = [count_scores(each, bins) for each in (known, one, two)]
    assert [own.sum() for own in counts] == [len(known), len(one), len(two)]
    for others, of_others in ((one, counts[1]), (two, counts[2])):
        counted, whole = detection_of_counts(counts[0], of_others), detection(known, others)
        assert counted.fpr95_id_positive == whole.fpr95_id_positive
        assert counted.fpr95_ood_positive == whole.fpr95_ood_positive
        # A pair in one bin counts half, so it is half wrong at most.
        together = (counts[0] * of_others).sum() / (len(known) * len(others))
        assert abs(counted.auroc - whole.auroc) <= together / 2 + 1e-12


def test_many_scores_lose_next_to_nothing() -> None:
    random = np.random.default_rng(0)
    known, other = random.normal(1, 1, 20_000), random.normal(0, 1, 8_000)
    bins = score_bins(known, [other])
    counted = asdict(detection_of_counts(count_scores(known, bins), count_scores(other, bins)))
    whole = asdict(detection(known, other))
    assert abs(counted["auroc"] - whole["auroc"]) < 1e-4
    assert abs(counted["aupr"] - whole["aupr"]) < 1e-3

"""Intervals over repeated trainings: worked by hand, against Student's and Welch's tests, in simulation."""

import numpy as np
import pytest
from scipy import stats

from clipsafe_utils.metrics.runs import contrast_of_runs, difference_of_runs, mean_of_runs
from clipsafe_utils.say import Value
from tests.metrics.test_coverage import assert_covers

SEEDS = np.array([0.93, 0.91, 0.90])
OTHER_SEEDS = np.array([0.80, 0.84, 0.85, 0.83])
NOISE = np.array([0.0, 0.01, -0.01, 0.02, -0.02])[:, None]
REPEATED = np.zeros((5, 1))
"""Replicates that all repeat the estimate: there is no chance in the images."""

REPETITIONS = 1000
IMAGES, DRAWS, RUNS = 5000, 200, 3


def half_width(found: Value) -> float:
    return (found.high - found.low) / 2


def test_a_mean_worked_by_hand() -> None:
    """Variance of images 1/4, of the mean of seeds 1/3, with two freedoms."""
    found = mean_of_runs([[1, 2, 3], [1.5, 2.5, 3.5], [0.5, 1.5, 2.5], [1, 2, 3]])
    assert (found.estimate, found.units) == (2.0, 3)
    assert half_width(found) == pytest.approx(np.sqrt(stats.t.ppf(0.975, 2) ** 2 / 3 + 1.959964**2 / 4))
    assert found.estimate - found.low == pytest.approx(found.high - found.estimate)


def test_with_equal_seeds_only_the_images_count() -> None:
    found = mean_of_runs(0.9 + NOISE + np.zeros(3))
    # The replicates 0.01, -0.01, 0.02, -0.02 have variance 0.001 / 3.
    assert half_width(found) == pytest.approx(1.959964 * np.sqrt(0.001 / 3), rel=1e-6)


def test_with_equal_draws_only_the_seeds_count() -> None:
    found = mean_of_runs(REPEATED + SEEDS)
    expected = stats.ttest_1samp(SEEDS, 0).confidence_interval(0.95)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high))


def test_with_equal_draws_a_difference_is_that_of_welch() -> None:
    found = difference_of_runs(REPEATED + SEEDS, REPEATED + OTHER_SEEDS, confidence=0.9)
    expected = stats.ttest_ind(SEEDS, OTHER_SEEDS, equal_var=False).confidence_interval(0.9)
    assert found.estimate == pytest.approx(SEEDS.mean() - OTHER_SEEDS.mean())
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high))
    assert found.units == 3


def test_a_contrast_worked_by_hand() -> None:
    """Half of two cells: variances of their means 1/3 and 1/4 count a quarter, with freedoms 2 and 3."""
    one, other = [1.0, 2.0, 3.0], [5.0, 5.0 + 2 / 3, 7.0, 7.0 + 2 / 3]
    cells = [np.tile(cell, (4, 1)) for cell in (one, other)]
    parts = [np.var(cell, ddof=1) / len(cell) / 4 for cell in (one, other)]
    freedom = sum(parts) ** 2 / (parts[0] ** 2 / 2 + parts[1] ** 2 / 3)
    found = contrast_of_runs(cells, [0.5, 0.5])
    assert found.estimate == pytest.approx(0.5 * 2 + 0.5 * np.mean(other))
    assert half_width(found) == pytest.approx(stats.t.ppf(0.975, freedom) * np.sqrt(sum(parts)))
    with pytest.raises(ValueError, match="as many draws"):
        contrast_of_runs([cells[0], cells[1][:3]], [1, 1])


def test_what_the_images_do_to_both_sides_drops_out_of_a_difference() -> None:
    with_noise = difference_of_runs(NOISE + SEEDS, NOISE + OTHER_SEEDS)
    without = difference_of_runs(REPEATED + SEEDS, REPEATED + OTHER_SEEDS)
    assert (with_noise.low, with_noise.high) == pytest.approx((without.low, without.high))
    assert half_width(mean_of_runs(NOISE + SEEDS)) > half_width(mean_of_runs(REPEATED + SEEDS))


def test_a_difference_turns_its_sign_with_its_sides() -> None:
    one, other = NOISE + SEEDS, 2 * NOISE + OTHER_SEEDS
    there, back = difference_of_runs(one, other), difference_of_runs(other, one)
    assert (there.estimate, there.low, there.high) == pytest.approx((-back.estimate, -back.high, -back.low))


def test_one_run_counts_the_images_alone() -> None:
    found = mean_of_runs(0.9 + NOISE)
    assert found.units == 1
    assert half_width(found) == pytest.approx(half_width(mean_of_runs(0.9 + NOISE + np.zeros(3))))


def test_a_higher_level_is_wider() -> None:
    widths = [half_width(mean_of_runs(NOISE + SEEDS, level)) for level in (0.5, 0.9, 0.95, 0.999)]
    assert widths == sorted(set(widths))


def test_an_interval_holds_its_ends() -> None:
    found = Value(0.5, 0.4, 0.6, units=3)
    assert [found.excludes(value) for value in (0.39, 0.4, 0.6, 0.61)] == [True, False, False, True]


@pytest.mark.parametrize("values", [[1.0, 2.0, 3.0], [[1.0], [2.0]], np.empty((5, 0))])
def test_values_without_replicates_or_runs_are_refused(values: object) -> None:
    with pytest.raises(ValueError, match=r"values: expected shape \(draws, runs\) with replicates"):
        mean_of_runs(values)  # type: ignore[arg-type]


def test_sides_of_other_draws_are_refused() -> None:
    with pytest.raises(ValueError, match="lower: expected 5 draws as in upper, got 4"):
        difference_of_runs(NOISE + SEEDS, NOISE[:4] + SEEDS)


def trainings(random: np.random.Generator, between_seeds: float, accuracy: float) -> np.ndarray:
    """Draw three seeds and 5,000 images they share, then 200 resamples; accuracies of shape (draws, runs).

    A fifth of the images is hard, and there the seeds differ. Which seeds are right on an image is one of
    eight patterns, so images are drawn, and drawn again, as counts of patterns.
    """
    hard = (accuracy - 0.8 * 0.99) / 0.2 + 5 * between_seeds * random.normal(size=RUNS)
    patterns = np.array(np.meshgrid(*[[0, 1]] * RUNS)).reshape(RUNS, -1).T
    chance = sum(
        weight * np.where(patterns, right, 1 - right).prod(axis=1)
        for weight, right in ((0.8, np.full(RUNS, 0.99)), (0.2, np.clip(hard, 0, 1)))
    )
    images = random.multinomial(IMAGES, chance)
    again = random.multinomial(IMAGES, images / IMAGES, size=DRAWS)
    return np.concatenate([images[None], again]) @ patterns / IMAGES


@pytest.mark.slow
@pytest.mark.parametrize(
    ("between_seeds", "lowest", "highest"), [(0.0, 0.975, 0.998), (0.003, 0.975, 0.998), (0.01, 0.955, 0.985)]
)
def test_coverage_of_a_mean(between_seeds: float, lowest: float, highest: float) -> None:
    """Where neither part rules, the interval is a little wide: each has its own quantile."""
    random = np.random.default_rng(1)
    found = [mean_of_runs(trainings(random, between_seeds, 0.90)) for _ in range(REPETITIONS)]
    assert_covers([not one.excludes(0.90) for one in found], lowest, highest)


@pytest.mark.slow
@pytest.mark.parametrize(("between_seeds", "highest"), [(0.0, 0.998), (0.01, 0.99)])
def test_coverage_of_a_difference(between_seeds: float, highest: float) -> None:
    """The two sides are tested on different images here: the harder case, as nothing drops out."""
    random = np.random.default_rng(2)
    found = [
        difference_of_runs(trainings(random, between_seeds, 0.92), trainings(random, between_seeds, 0.88))
        for _ in range(REPETITIONS)
    ]
    assert_covers([not one.excludes(0.04) for one in found], 0.95, highest)

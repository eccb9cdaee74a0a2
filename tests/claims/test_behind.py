"""What stands behind effects of the ledger: parts that add up to what the ledger has."""

from collections.abc import Callable

import numpy as np
import pytest

from clipsafe_utils.claims.behind import fine_tuning_cost, gain_within, read_twice
from clipsafe_utils.claims.choices import Choices
from clipsafe_utils.claims.populations import mean_over_units
from clipsafe_utils.claims.reading import Reader
from clipsafe_utils.claims.statistics.shifts import fine_tuning_by_shift, fine_tuning_under_shift
from clipsafe_utils.cubes import GROUPS, find_study
from clipsafe_utils.findings.shift.clouds import read_clouds
from clipsafe_utils.findings.shift.sources import COMPARED
from clipsafe_utils.metrics.correlation import rank_correlation
from clipsafe_utils.say import Missing


def test_the_mean_over_shifts_is_the_effect_of_s2() -> None:
    reader = Reader(find_study("published"))
    whole = mean_over_units(fine_tuning_under_shift(reader, Choices())).estimate
    parts = [mean_over_units(one).estimate for one in fine_tuning_by_shift(reader).values()]
    assert sum(parts) / len(parts) == pytest.approx(whole)
    said = fine_tuning_cost("published")
    assert said.whole == f"{100 * whole:.1f}".replace("-", "−")
    without = (sum(parts) - min(parts)) / (len(parts) - 1)  # ImageNet-A costs most.
    assert said.without_filtered == f"{100 * without:.1f}".replace("-", "−")


def test_the_gain_of_standard_networks_is_that_of_their_own_correlations() -> None:
    apart = []
    for cloud in read_clouds(["published"], tuple(GROUPS))["published"].values():
        x, y, group = (cloud[name].values for name in ("x", "y", "group"))
        standard, across = group == "standard", np.isin(group, COMPARED)
        apart.append(rank_correlation(x[standard], y[standard]) - rank_correlation(x[across], y[across]))
    gain = gain_within("published")
    assert float(gain.of_standard) == pytest.approx(float(np.mean(apart)), abs=0.01)
    assert gain.is_of_groups == "yes"


def test_who_read_twice_is_counted_by_the_first_two_rows() -> None:
    rows = Reader(find_study("published")).readings("shifts")
    teams = [{row.split(":")[0] for row in pair} for pair in zip(rows["first"], rows["second"], strict=True)]
    assert read_twice("published").of_one_team == f"{sum(len(one) == 1 for one in teams)} of {len(rows)}"


@pytest.mark.parametrize("ask", [fine_tuning_cost, gain_within, read_twice])
@pytest.mark.parametrize("study", [None, "field"])
def test_what_no_study_says_is_missing(ask: Callable[[str | None], object], study: str | None) -> None:
    assert all(isinstance(one, Missing) for one in vars(ask(study)).values())

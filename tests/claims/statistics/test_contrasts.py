"""Contrasts of sources and procedures, and correlations within a source less those across models."""

from typing import Any

import numpy as np
import pytest
import xarray as xr
from scipy.stats import spearmanr

from clipsafe_utils.claims.reading import NotMeasuredError
from clipsafe_utils.claims.statistics.cases import COUPLE, LINEAGE
from clipsafe_utils.claims.statistics.contrasts import (
    curated_contrast,
    fully_fine_tuned,
    source_contrast,
    within_less_across,
)
from tests.claims.statistics.small_studies import described, effects

WIT = [{"checkpoint": f"wit{place}", "family": family} for place, family in enumerate("aabbc")]
NETS = [{"checkpoint": f"net{place}", "group": "standard", "training_source": "IN-1k"} for place in range(2)]
X = np.array([1.0, 2, 3, 4, 5, 6, 7])
Y = np.array([1.0, 2, 3, 5, 4, 0.1, 0.2])
"""The two standard networks are best on x and worst on y."""

INSIDE = 1 - 6 * 2 / (5 * 24)
"""One swap of neighbours among five."""

ACROSS = 1 - 6 * (4 + 4 + 4 + 9 + 1 + 25 + 25) / (7 * 48)
"""Squared differences of the ranks 1 ... 7 and 3, 4, 5, 7, 6, 1, 2."""


def models(*rows: dict[str, Any]) -> xr.Dataset:
    return described([*WIT, *NETS, *rows])


def by_hand(x: np.ndarray, y: np.ndarray, inside: np.ndarray, family: np.ndarray) -> tuple[float, float]:
    """Difference and its jackknife over families, in another way."""

    def difference(keep: np.ndarray) -> float:
        here = keep & inside
        return spearmanr(x[here], y[here]).statistic - spearmanr(x[keep], y[keep]).statistic

    names = sorted(set(family[inside]))
    pseudo = [difference(family != name) for name in names]
    number = len(names)
    return difference(np.ones(x.size, bool)), np.sqrt((number - 1) * np.var(pseudo))


class TestWithinLessAcross:
    def test_by_hand(self) -> None:
        evidence = within_less_across(X, [Y], models())
        assert effects(evidence) == {"WIT": pytest.approx(INSIDE - ACROSS)}
        (case,) = evidence.cases
        assert (case.unit, case.families, case.networks, case.freedom) == ("WIT", ("a", "b", "c"), 5, 2)
        assert (evidence.case, evidence.unit, evidence.readings) == ("training source", LINEAGE, 0)

    def test_chance_is_a_jackknife_over_the_families_of_the_source(self) -> None:
        many = models()
        inside = np.arange(7) < 5
        value, error = by_hand(X, Y, inside, many["family"].values)
        (case,) = within_less_across(X, [Y], many).cases
        assert (case.value, case.error) == (pytest.approx(value), pytest.approx(error))
        assert error > 0

    def test_it_is_the_mean_over_what_is_held_against_accuracy(self) -> None:
        (case,) = within_less_across(X, [Y, X], models()).cases
        # Under the other all are in one order: 1 - 1.
        assert case.value == pytest.approx((INSIDE - ACROSS) / 2)

    def test_what_too_few_clips_met_is_left_out(self) -> None:
        few = X.copy()
        few[0] = np.nan
        (case,) = within_less_across(X, [Y, few], models()).cases
        assert (case.value, case.networks) == (pytest.approx(INSIDE - ACROSS), 5)

    def test_each_shift_compares_the_networks_that_met_it(self) -> None:
        without_a_net = np.where(np.arange(7) == 6, np.nan, X)
        (case,) = within_less_across(X, [Y, without_a_net], models()).cases
        # Under the other six are left, all in one order: 1 - 1.
        assert case.value == pytest.approx((INSIDE - ACROSS) / 2)

    def test_clips_of_each_shift_count_once(self) -> None:
        rows = [{"checkpoint": f"wit{place}", "family": f"{place}"} for place in range(8)]
        x = np.arange(10.0)
        first, second = (np.where(np.isin(np.arange(10), gone), np.nan, x) for gone in ([0, 1], [6, 7]))
        (case,) = within_less_across(x, [first, second], described([*rows, *NETS])).cases
        assert (case.value, case.networks) == (pytest.approx(0.0), 8)
        assert within_less_across(x, [first], described([*rows, *NETS])).cases[0].networks == 6

    def test_sources_of_one_lineage_are_cases_of_one_unit(self) -> None:
        rows = [
            {"checkpoint": f"{source}{place}", "training_source": source, "family": f"{source}{place}"}
            for source in ("LAION-400M", "LAION-2B", "DataComp-1B")
            for place in range(5)
        ]
        x = np.random.default_rng(0).permutation(15).astype(float)
        evidence = within_less_across(x, [x], described(rows))
        assert list(effects(evidence)) == ["LAION-400M", "LAION-2B", "DataComp-1B"]
        assert evidence.units == ["LAION", "CommonPool"]

    def test_where_a_family_left_out_leaves_two_the_error_has_no_end(self) -> None:
        rows = [row | {"family": family} for row, family in zip(WIT, "aaabc", strict=True)]
        (case,) = within_less_across(X, [Y], described([*rows, *NETS])).cases
        assert (case.value, case.error) == (pytest.approx(INSIDE - ACROSS), np.inf)

    @pytest.mark.parametrize("families", ["aaaa", "aaaaa"])
    def test_four_clips_or_one_family_are_no_source(self, families: str) -> None:
        rows = [row | {"family": family} for row, family in zip(WIT, families, strict=False)]
        here = [*range(len(rows)), 5, 6]
        with pytest.raises(
            NotMeasuredError, match=r"^no training source with 5 CLIPs beside networks of other sources$"
        ):
            within_less_across(X[here], [Y[here]], described([*rows, *NETS]))

    def test_what_is_the_same_for_all_has_no_ranks(self) -> None:
        perfect = np.where(np.arange(7) < 5, 1.0, Y)
        with pytest.raises(NotMeasuredError, match="no training source"):
            within_less_across(X, [perfect], models())
        # Without the family c the others are alike.
        but_one = np.where(np.arange(7) < 4, 1.0, Y)
        (case,) = within_less_across(X, [but_one], models()).cases
        assert np.isfinite(case.value)
        assert case.error == np.inf

    def test_alone_there_is_nothing_across(self) -> None:
        with pytest.raises(NotMeasuredError, match="beside networks of other sources"):
            within_less_across(X[:5], [Y[:5]], described(WIT))

    @pytest.mark.parametrize(
        ("group", "counts"),
        [
            ("control", False),
            ("robust_intervention", False),
            ("clip_fine_tuned", True),
            ("more_data", True),
            ("contrastive", True),
        ],
    )
    def test_across_models_are_groups_of_networks_that_people_use(self, group: str, counts: bool) -> None:
        more = models({"checkpoint": "more", "group": group, "training_source": "LAION-2B"})
        (case,) = within_less_across(np.append(X, 8), [np.append(Y, -1)], more).cases
        assert (case.value != pytest.approx(INSIDE - ACROSS)) == counts
        assert case.networks == 5


def twins(*sources: str) -> xr.Dataset:
    """For each source a CLIP of each of two encoders."""
    return described(
        {"checkpoint": f"{encoder}.{source}", "training_source": source, "parameters": parameters}
        for source in sources
        for encoder, parameters in (("B", 1e8), ("L", 4e8))
    )


def numbers(rows: xr.Dataset, values: list[float]) -> xr.DataArray:
    return xr.DataArray(values, {"model": rows["model"].values}, ("model",))


class TestSources:
    def test_twins_count_for_the_couple_of_their_lineages(self) -> None:
        rows = twins("WIT", "LAION-400M")
        evidence = source_contrast(numbers(rows, [0.5, 0.7, 0.2, 0.3]), rows)
        assert effects(evidence) == pytest.approx({"B.WIT": 0.3, "L.WIT": 0.4})
        assert (evidence.units, evidence.unit) == (["WIT less LAION"], COUPLE)
        assert (evidence.which, evidence.readings) == ("WIT less LAION-400M", 2)

    def test_without_twins_it_says_so(self) -> None:
        rows = twins("WIT")
        with pytest.raises(
            NotMeasuredError, match=r"^no two CLIPs that differ in the training source alone$"
        ):
            source_contrast(numbers(rows, [0.5, 0.7]), rows)

    def test_curated_count_for_their_lineage(self) -> None:
        rows = twins("LAION-2B", "DataComp-1B", "MetaCLIP-2.5B", "DFN-2B")
        evidence = curated_contrast(numbers(rows, [0.1, 0.2, 0.3, 0.5, 0.2, 0.2, 0.4, 0.6]), rows)
        assert effects(evidence) == pytest.approx(
            {
                "B.DataComp-1B": 0.2,
                "L.DataComp-1B": 0.3,
                "B.MetaCLIP-2.5B": 0.1,
                "L.MetaCLIP-2.5B": 0.0,
                "B.DFN-2B": 0.3,
                "L.DFN-2B": 0.4,
            }
        )
        assert sorted(evidence.units) == ["CommonPool", "MetaCLIP"]
        assert evidence.readings == 2

    def test_without_curated_ones_it_says_so(self) -> None:
        rows = twins("WIT", "LAION-400M")
        with pytest.raises(NotMeasuredError, match=r"^no two CLIPs that differ in the curation"):
            curated_contrast(numbers(rows, [0.0] * 4), rows)


class TestProcedures:
    @staticmethod
    def laboratory(*made: str) -> xr.Dataset:
        rows: list[dict[str, object]] = [{"checkpoint": f"clip-{place}"} for place in range(3)]
        rows += [{"checkpoint": name, "group": "clip_fine_tuned"} for name in made]
        return described(rows)

    def test_the_one_that_made_most_is_taken(self) -> None:
        rows = self.laboratory("tuned-clip-0", "tuned-wide_far-clip-1", "tuned-wide_far-clip-2")
        procedure, pairs = fully_fine_tuned(rows)
        assert procedure == "more classes first, far"
        assert pairs == [(f"test:clip-{place}", f"test:tuned-wide_far-clip-{place}") for place in (1, 2)]

    @pytest.mark.parametrize("made", [(), ("gently_tuned-clip-0", "half_way-clip-0")])
    def test_what_was_tuned_gently_or_averaged_is_not_tuned_in_full(self, made: tuple[str, ...]) -> None:
        with pytest.raises(
            NotMeasuredError, match=r"^no zero-shot CLIP with what was made of it by full fine-tuning$"
        ):
            fully_fine_tuned(self.laboratory(*made))

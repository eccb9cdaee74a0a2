"""The statistics on accuracy under shift, on studies worked out by hand and on those of the repository."""

from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from scipy.stats import spearmanr

from clipsafe_utils.claims.choices import Choices
from clipsafe_utils.claims.evidence import BINOMIAL, UNKNOWN
from clipsafe_utils.claims.reading import Reader
from clipsafe_utils.claims.statistics import shifts
from clipsafe_utils.claims.statistics.cases import LINEAGE
from clipsafe_utils.cubes import GROUPS, find_study
from clipsafe_utils.findings.clip_pairs import compare_pairs, zero_shot_pairs
from clipsafe_utils.findings.shift.clouds import read_clouds
from tests.claims.statistics.small_studies import described, effects, reader_of, reason, units
from tests.conftest import labelled

LOSS = 0.05
RUNS = 6
IMAGES = 10_000
CONDITIONS = ("id", "sketch", "adversarial_labels", "adversarial_wit")
LOSSES = np.array([0, 1, 2, 4]) * LOSS
"""What fine-tuning costs by condition; the last two are one kind of shift."""

Row = dict[str, object]


def study(folder: Path, rows: list[tuple[Row, np.ndarray]]) -> Reader:
    """Write networks, each with accuracies by condition."""
    hits = np.array([np.round(IMAGES * np.broadcast_to(shares, 4)) for _, shares in rows])
    models = described(row for row, _ in rows)
    dims = ("model", "condition")
    cube = xr.Dataset(
        {"hits": (dims, hits), "images": (dims, np.where(np.isfinite(hits), IMAGES, np.nan))},
        {"model": models["model"].values, "condition": list(CONDITIONS)},
    )
    made = labelled(cube, "shifts")
    for name in ("hits", "images"):
        made[name].attrs["not_measured"] = "not reported"
    return reader_of(folder, models=models, shifts=made)


def nets() -> list[tuple[Row, np.ndarray]]:
    """Twenty standard networks on the line y = x under every shift."""
    return [
        (
            {"checkpoint": f"net{place}", "group": "standard", "training_source": "IN-1k"},
            np.array(0.45 + 0.02 * place),
        )
        for place in range(20)
    ]


def tuned() -> list[tuple[Row, np.ndarray]]:
    """Zero-shot CLIPs on the line, two of them of LAION, and below it what fine-tuning made of them."""
    rows: list[tuple[Row, np.ndarray]] = []
    for place in range(RUNS):
        name = f"clip-{place}"
        of_run: Row = {"family": f"run {place}", "training_source": "WIT" if place < 4 else "LAION-2B"}
        rows.append(({"checkpoint": name, **of_run}, np.array(0.54 + 0.02 * place)))
        made = {"checkpoint": f"tuned-{name}", "group": "clip_fine_tuned", **of_run}
        rows.append((made, 0.65 + 0.02 * place - LOSSES))
    return rows


def binomial(share: np.ndarray) -> np.ndarray:
    return share * (1 - share) / IMAGES


class TestFineTuning:
    def test_heights_are_averaged_over_kinds_of_shift(self, tmp_path: Path) -> None:
        evidence = shifts.fine_tuning_under_shift(study(tmp_path, nets() + tuned()), Choices())
        expected = -LOSS * (1 + (2 + 4) / 2) / 2
        assert effects(evidence) == pytest.approx(
            {f"tuned-clip-{place}": expected for place in range(RUNS)}, abs=1e-4
        )
        assert evidence.which == "fine-tuned strongly"

    def test_a_pair_counts_for_the_lineage_of_the_clip_and_is_two_readings(self, tmp_path: Path) -> None:
        evidence = shifts.fine_tuning_under_shift(study(tmp_path, nets() + tuned()), Choices())
        assert (evidence.units, evidence.unit, evidence.readings) == (["WIT", "LAION"], LINEAGE, 2)
        assert list(units(evidence).values()) == ["WIT"] * 4 + ["LAION"] * 2
        assert (evidence.networks, evidence.families) == (RUNS, RUNS)

    def test_chance_is_binomial_over_kinds(self, tmp_path: Path) -> None:
        evidence = shifts.fine_tuning_under_shift(study(tmp_path, nets() + tuned()), Choices())
        first = evidence.cases[0]
        before, after = 0.54 * np.ones(3), 0.65 - LOSSES[1:]
        weight = np.array([1 / 2, 1 / 4, 1 / 4])
        variance = sum((weight**2 * binomial(share)).sum() for share in (before, after))
        assert first.error == pytest.approx(np.sqrt(variance))
        assert evidence.images_error == BINOMIAL

    def test_parts_are_of_one_shift_or_of_all_but_one(self, tmp_path: Path) -> None:
        reader = study(tmp_path, nets() + tuned())
        parts = {name: float(one.values.mean()) for name, one in shifts.fine_tuning_by_shift(reader).items()}
        losses = dict(zip(CONDITIONS[1:], (-LOSSES[1:]).tolist(), strict=True))
        assert parts == pytest.approx(losses, abs=1e-4)
        rest = shifts.fine_tuning_without(reader, "sketch")
        assert rest.values == pytest.approx([-LOSS * (2 + 4) / 2] * RUNS, abs=1e-4)

    def test_what_missed_a_shift_is_left_out(self, tmp_path: Path) -> None:
        rows = nets() + tuned()
        gap = np.array([1, 1, 1, np.nan])
        rows[21] = (rows[21][0], rows[21][1] * gap)
        evidence = shifts.fine_tuning_under_shift(study(tmp_path, rows), Choices())
        assert list(effects(evidence)) == [f"tuned-clip-{place}" for place in range(1, RUNS)]

    def test_a_shift_that_few_fine_tuned_clips_met_does_not_count(self, tmp_path: Path) -> None:
        gap = np.array([1, 1, np.nan, np.nan])
        rows = [
            (row, shares * gap) if place > 22 else (row, shares)
            for place, (row, shares) in enumerate(nets() + tuned())
        ]
        evidence = shifts.fine_tuning_under_shift(study(tmp_path, rows), Choices())
        assert evidence.values == pytest.approx([-LOSS] * RUNS, abs=1e-4)

    def test_a_network_that_was_read_twice_counts_once_and_makes_the_floor(self, tmp_path: Path) -> None:
        again = ({"checkpoint": "clip-0", "name": "again:clip-0", "family": "run 0"}, np.array(0.57))
        evidence = shifts.fine_tuning_under_shift(study(tmp_path, [*nets(), *tuned(), again]), Choices())
        assert evidence.networks == RUNS
        assert evidence.floor == pytest.approx(0.03)

    def test_it_is_the_mean_of_what_the_chapter_finds(self) -> None:
        evidence = shifts.fine_tuning_under_shift(Reader(find_study("published")), Choices())
        clouds = read_clouds(["published"], list(GROUPS))["published"]
        by_shift = compare_pairs(clouds, zero_shot_pairs, 0.95)["at_equal"].drop_sel(shift="id")
        complete = by_shift.dropna("shift", how="all").mean("shift", skipna=False).dropna("pair")
        assert sorted(evidence.values) == pytest.approx(sorted(complete.values))
        assert set(complete["family"].values) == {name for case in evidence.cases for name in case.families}

    def test_what_is_missing(self, tmp_path: Path) -> None:
        few = study(tmp_path / "few", nets() + tuned()[:8])
        assert reason(shifts.fine_tuning_under_shift, few) == (
            "no shift under which 5 fine-tuned CLIPs were measured"
        )
        unpaired = [(row, shares) for row, shares in nets() + tuned() if row["checkpoint"] != "tuned-clip-0"]
        unpaired = [
            (row | {"checkpoint": f"other{place}"} if row.get("group") == "clip_fine_tuned" else row, shares)
            for place, (row, shares) in enumerate(unpaired)
        ]
        assert reason(shifts.fine_tuning_under_shift, study(tmp_path / "unpaired", unpaired)) == (
            "no zero-shot CLIP with what was made of it by full fine-tuning"
        )
        lineless = [row for row in nets() + tuned() if row[0].get("group") != "standard"]
        assert reason(shifts.fine_tuning_under_shift, study(tmp_path / "lineless", lineless)) == (
            "no pair of which both networks were measured"
        )


class TestAccuracyAndShift:
    # Ranks of six CLIPs under sketches, and in the mean over the two adversarial sets.
    SKETCH = (1, 2, 3, 4, 6, 5)
    FIRST, SECOND = (3, 1, 2, 4, 5, 6), (1, 3, 2, 4, 5, 6)

    def rows(self) -> list[tuple[Row, np.ndarray]]:
        ranked = zip(range(6), self.SKETCH, self.FIRST, self.SECOND, strict=True)
        clips: list[tuple[Row, np.ndarray]] = [
            (
                {"checkpoint": f"clip-{place}", "family": f"run {place // 2}"},
                np.array([0.503 + 0.01 * place, *(0.403 + 0.01 * np.array([sketch, first, 3 * second]))]),
            )
            for place, sketch, first, second in ranked
        ]
        return clips + nets()

    def test_by_kind_within_the_source_less_across(self, tmp_path: Path) -> None:
        rows = self.rows()
        evidence = shifts.accuracy_and_shift(study(tmp_path, rows), Choices())
        table = np.array([np.broadcast_to(shares, 4) for _, shares in rows])
        x, y = table[:, 0], (table[:, 1], table[:, 2:].mean(axis=1))
        within = [spearmanr(x[:6], one[:6]).statistic for one in y]
        assert within[0] == pytest.approx(1 - 6 * 2 / (6 * 35))
        across = [spearmanr(x, one).statistic for one in y]
        assert effects(evidence) == {"WIT": pytest.approx(np.mean(np.subtract(within, across)))}
        assert shifts.rank_correlations_across(study(tmp_path / "again", rows)) == pytest.approx(across)

    def test_across_some_groups_alone_and_not_across_few(self, tmp_path: Path) -> None:
        reader = study(tmp_path, self.rows())
        assert shifts.rank_correlations_across(reader, ["standard"]) == pytest.approx([1.0, 1.0])
        assert np.isnan(shifts.rank_correlations_across(reader, ["more_data"])).all()

    def test_a_case_is_a_source_and_its_unit_the_lineage(self, tmp_path: Path) -> None:
        evidence = shifts.accuracy_and_shift(study(tmp_path, self.rows()), Choices())
        (case,) = evidence.cases
        assert (case.unit, case.networks, case.families) == ("WIT", 6, ("run 0", "run 1", "run 2"))
        assert (evidence.case, evidence.unit) == ("training source", LINEAGE)
        assert (evidence.images_error, evidence.floor, evidence.readings) == (UNKNOWN, 0, 0)
        assert 0 < case.error < np.inf

    def test_a_network_that_was_read_twice_counts_once(self, tmp_path: Path) -> None:
        again = ({"checkpoint": "clip-0", "name": "again:clip-0", "family": "run 0"}, np.array(0.8))
        one, two = (
            shifts.accuracy_and_shift(study(tmp_path / str(len(rows)), rows), Choices())
            for rows in (self.rows(), [*self.rows(), again])
        )
        assert one.cases == two.cases

    def test_the_record_has_six_sources_of_four_lineages(self) -> None:
        evidence = shifts.accuracy_and_shift(Reader(find_study("published")), Choices())
        assert len(evidence.cases) == 6
        assert sorted(evidence.units) == ["CommonPool", "LAION", "WIT", "WebLI"]

    def test_what_is_missing(self, tmp_path: Path) -> None:
        assert reason(shifts.accuracy_and_shift, study(tmp_path / "few", self.rows()[2:])) == (
            "no shift under which 5 CLIPs were measured"
        )
        of_two = [(row | {"training_source": f"{row['checkpoint']}"}, shares) for row, shares in self.rows()]
        assert reason(shifts.accuracy_and_shift, study(tmp_path / "apart", of_two)) == (
            "no training source with 5 CLIPs beside networks of other sources"
        )
        assert reason(shifts.accuracy_and_shift, Reader(find_study("field"))) == "no accuracy in distribution"

"""The statistics on accuracy under shift, on a study worked out by hand and on those of the repository."""

from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from clipsafe_utils.claims.effects import Effect

from clipsafe_utils.claims.choices import Choices
from clipsafe_utils.claims.reading import Reader
from clipsafe_utils.claims.statistics import shifts
from clipsafe_utils.cubes import GROUPS, find_study
from clipsafe_utils.findings.clip_pairs import compare_pairs, zero_shot_pairs
from clipsafe_utils.findings.shift.clouds import read_clouds
from tests.claims.statistics.small_studies import described, reader_of
from tests.conftest import labelled

LOSS = 0.1
RUNS = 6
CONDITIONS = ("id", "sketch", "r")


def study(folder: Path, swapped: bool = False) -> Reader:
    """Write standard networks on the line y = x, CLIPs on it, and below it what fine-tuning made of them."""
    rows: list[dict[str, object]] = []
    places: list[tuple[float, float]] = []
    for place in range(20):
        rows.append({"checkpoint": f"net{place}", "group": "standard", "training_source": "IN-1k"})
        places.append((0.45 + 0.02 * place, 0.45 + 0.02 * place))
    for place in range(RUNS):
        name = f"clip-run{place}"
        of_run = {"family": name, "training_source": "wit", "training_images": 1000.0 * (1 + place % 3)}
        rows.append({"checkpoint": name, **of_run})
        x, y = 0.54 + 0.02 * place, 0.54 + 0.02 * place
        places.append((x, y + 0.05 * (swapped and place == 0)))
        rows.append({"checkpoint": f"tuned-{name}", "group": "clip_fine_tuned", **of_run})
        places.append((0.6 + 0.02 * place, 0.6 + 0.02 * place - LOSS))
    hits = np.array([[round(10_000 * share) for share in (x, y, y)] for x, y in places])
    dims = ("model", "condition")
    cube = xr.Dataset(
        {"hits": (dims, hits), "images": (dims, np.full_like(hits, 10_000))},
        {"model": [f"test:{row['checkpoint']}" for row in rows], "condition": list(CONDITIONS)},
    )
    return reader_of(folder, models=described(rows), shifts=labelled(cube, "shifts"))


def effect(found: Effect | str) -> Effect:
    assert isinstance(found, Effect), found
    return found


class TestAccuracyAndShift:
    def test_clips_in_one_order_agree_in_full(self, tmp_path: Path) -> None:
        found = effect(shifts.accuracy_and_shift(study(tmp_path), Choices()))
        assert found.value == pytest.approx(1 - 6 / (RUNS * (RUNS**2 - 1)))
        assert (found.units, found.unit, found.which.split(",")[0]) == (RUNS, "training run", "wit")

    def test_one_out_of_order_lowers_it(self, tmp_path: Path) -> None:
        found = effect(shifts.accuracy_and_shift(study(tmp_path, swapped=True), Choices()))
        # The first of six passes two others: squares 4 + 1 + 1.
        assert found.value == pytest.approx(1 - 6 * 6 / (RUNS * (RUNS**2 - 1)))

    def test_quantities_can_be_held_fixed(self, tmp_path: Path) -> None:
        found = effect(shifts.accuracy_and_shift(study(tmp_path, swapped=True), Choices(quantity="fixed")))
        assert -1 <= found.value < 1

    def test_the_record_decides_within_its_one_large_source(self) -> None:
        found = effect(shifts.accuracy_and_shift(Reader(find_study("published")), Choices()))
        assert found.which.startswith("LAION-2B, ")
        assert found.units == 7

    def test_what_is_missing_is_a_sentence(self) -> None:
        found = shifts.accuracy_and_shift(Reader(find_study("field")), Choices())
        assert found == "no training source with 5 CLIPs under a shift"


class TestFineTuning:
    def test_what_is_lost_at_equal_accuracy_is_found(self, tmp_path: Path) -> None:
        found = effect(shifts.fine_tuning_under_shift(study(tmp_path), Choices()))
        assert found.value == pytest.approx(-LOSS, abs=1e-4)
        assert (found.units, found.which) == (RUNS, "fine-tuned strongly")

    def test_it_is_the_mean_of_what_chapter_three_finds(self) -> None:
        found = effect(shifts.fine_tuning_under_shift(Reader(find_study("published")), Choices()))
        clouds = read_clouds(["published"], list(GROUPS))["published"]
        by_shift = compare_pairs(clouds, zero_shot_pairs, 0.95)["at_equal"].drop_sel(shift="id")
        complete = by_shift.dropna("shift", how="all").mean("shift", skipna=False).dropna("pair")
        of_families = complete.groupby("family").mean()
        assert found.value == pytest.approx(of_families.mean().item())
        assert found.units == of_families.sizes["family"]

    def test_what_is_missing_is_a_sentence(self) -> None:
        found = shifts.fine_tuning_under_shift(Reader(find_study("field")), Choices())
        assert found == "no shift under which 5 fine-tuned CLIPs were measured"

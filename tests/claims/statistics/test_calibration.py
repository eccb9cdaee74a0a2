"""Calibration: effects that were put in, and those of the laboratory as chapter 5 reported them."""

import itertools

import numpy as np
import pytest
import xarray as xr
from clipsafe_utils.claims.effects import Effect
from scipy.stats import spearmanr

from clipsafe_utils.claims.choices import Choices
from clipsafe_utils.claims.reading import Reader
from clipsafe_utils.claims.statistics import calibration, calibration_errors
from clipsafe_utils.cubes import find_study
from clipsafe_utils.findings.calibration.scaling_change import SHIFTS, scaling_change
from tests.claims.statistics.given import Given
from tests.claims.statistics.small_studies import described
from tests.conftest import labelled

CONDITIONS = ["natural", "redrawn_top", "redrawn_plain", "sketches"]
NOISE = np.concatenate([[0.0], np.random.default_rng(0).normal(0, 0.004, 20)])
IMAGES, SURE = 1000, 0.98
"""Images of a condition, all of one confidence."""

ROWS = {
    "one": {"training_source": "WIT"},
    "two": {"training_source": "WIT"},
    "three": {"training_source": "LAION-400M"},
    "vgg": {"group": "standard", "training_source": "IN-1k", "family": "VGG"},
    "bit": {"group": "standard", "training_source": "IN-1k", "family": "BiT"},
    "net": {"group": "standard", "training_source": "IN-1k", "family": "ResNet"},
}
TWINS = {
    name: {"training_source": source, "architecture": name[0], "training_images": 4e8}
    for source in ("wit", "laion")
    for name in (f"a.{source}", f"b.{source}")
}
ACCURACY = (0.70, 0.71, 0.80, 0.69, 0.705, 0.815)
ERROR = (0.10, 0.02, 0.05, 0.06, 0.04, 0.03)
FIVE_BINS = Choices(error="five_bins")


def cube(accuracy: tuple[float, ...], error: tuple[float, ...], names: list[str]) -> xr.Dataset:
    """Errors of each kind are alike, with a noise of draws that grows with the model; NLL is ten times them.

    Scaling adds 0.01 to them under `redrawn_top`, 0.03 under `redrawn_plain`, and 0.1 under `sketches`. All
    images are in one bin, whose gap is the error.
    """
    growing = 1 + np.arange(len(error))
    values = np.array(error)[None, :] + NOISE[:, None] * growing
    added = np.array([-0.01, 0.01, 0.03, 0.1])
    four = np.broadcast_to(values[..., None, None], (*values.shape, len(CONDITIONS), 2)).copy()
    four[..., 1] += added
    dims = ("draw", "model", "condition", "scaling")
    hits = np.zeros((*four.shape[1:], 15))
    hits[..., -1] = np.round(IMAGES * (SURE - np.array(error)))[:, None, None]
    bins = (*dims[1:], "bin")
    made = xr.Dataset(
        {name: (dims, four.clip(0, 1)) for name in ("ece", "ece_equal_mass", "ece_rms", "ece_classwise")}
        | {"ece_debiased": (dims, four), "ece_floor": (dims, 0 * four), "brier": (dims, four.clip(0, 2))}
        | {"accuracy": (dims, np.broadcast_to(np.array(accuracy)[:, None, None], four.shape).copy())}
        | {"nll": (dims, 10 * four.clip(0)), "temperature": (dims[:2], np.ones(values.shape))}
        | {"bin_count": (bins, np.where(np.arange(15) == 14, IMAGES, 0) + 0 * hits), "bin_hits": (bins, hits)}
        | {"bin_confidence": (bins, np.where(np.arange(15) == 14, SURE, 0) + 0 * hits)},
        {"draw": range(NOISE.size), "model": names, "condition": CONDITIONS}
        | {"scaling": ["before", "after"], "bin": range(15)},
    )
    return labelled(made, "calibration")


def study(
    rows: dict[str, dict[str, object]] = ROWS,  # type: ignore[assignment]
    accuracy: tuple[float, ...] = ACCURACY,
    error: tuple[float, ...] = ERROR,
) -> Given:
    models = described([{"checkpoint": name} | row for name, row in rows.items()])
    return Given(models, calibration=cube(accuracy, error, models["model"].values.tolist()))


def part(given: Given, **selected: list[str]) -> Given:
    """Keep a part of the cube."""
    return Given(given.models, calibration=given.cubes["calibration"].sel(**selected))


def effect(found: Effect | str) -> Effect:
    assert isinstance(found, Effect), found
    return found


@pytest.fixture(scope="module")
def miniature() -> Reader:
    return Reader(find_study("miniature"))


class TestPairs:
    def test_share_of_pairs_within_two_points_by_hand(self) -> None:
        # one: vgg and bit, worse than both; two: bit alone, better (vgg is 2 points off); three: net, worse.
        found = effect(calibration.pairs_not_better_calibrated(study(), Choices()))
        assert found.value == pytest.approx(0.9 - 1 / 4)
        assert (found.units, found.unit) == (2, "training source")

    def test_consistently_worse_denies_it_where_that_counts(self) -> None:
        reader = study(error=(0.1, 0.1, 0.1, 0.01, 0.01, 0.01))
        either = Choices(consistency="either_way")
        assert effect(calibration.pairs_not_better_calibrated(reader, Choices())).value == pytest.approx(0.9)
        assert effect(calibration.pairs_not_better_calibrated(reader, either)).value == pytest.approx(-0.1)

    def test_consistently_better_denies_it_either_way(self) -> None:
        reader = study(error=(0.01, 0.01, 0.01, 0.1, 0.1, 0.1))
        for consistency in ("better", "either_way"):
            found = calibration.pairs_not_better_calibrated(reader, Choices(consistency=consistency))
            assert effect(found).value == pytest.approx(-0.1)

    def test_chance_is_counted_by_source_and_by_family(self) -> None:
        found = effect(calibration.pairs_not_better_calibrated(study(), Choices()))
        # Shares without WIT, LAION-400M; and without VGG, BiT, ResNet.
        sources, families = np.array([0 / 1, 1 / 3]), np.array([1 / 3, 0 / 2, 1 / 3])
        variance = sum(
            (len(one) - 1) / len(one) * ((one - one.mean()) ** 2).sum() for one in (sources, families)
        )
        assert found.error_of_units == pytest.approx(np.sqrt(variance))

    def test_who_is_in_no_pair_is_no_family(self) -> None:
        reader = study(accuracy=(0.70, 0.71, 0.30, 0.69, 0.705, 0.30))
        found = effect(calibration.pairs_not_better_calibrated(reader, Choices()))
        # three and net are a pair now, far below the others.
        assert (found.units, found.value) == (2, pytest.approx(0.9 - 1 / 4))
        reader = study(accuracy=(0.70, 0.71, 0.30, 0.69, 0.705, 0.40))
        found = effect(calibration.pairs_not_better_calibrated(reader, Choices()))
        assert (found.units, found.value) == (1, pytest.approx(0.9 - 1 / 3))

    def test_the_unit_is_what_there_is_least_of(self) -> None:
        rows = {
            name: row | {"training_source": name} if "group" not in row else row for name, row in ROWS.items()
        }
        rows |= {name: ROWS[name] | {"family": "VGG"} for name in ("vgg", "bit", "net")}
        found = effect(calibration.pairs_not_better_calibrated(study(rows), Choices()))
        assert (found.units, found.unit) == (1, "family")

    def test_no_pair_is_a_sentence(self) -> None:
        reader = study(accuracy=(0.2, 0.2, 0.2, 0.7, 0.7, 0.7))
        found = calibration.pairs_not_better_calibrated(reader, Choices())
        assert found == "no CLIP and standard network within 2 points of accuracy"

    def test_the_laboratory_has_what_chapter_4_counted(self, miniature: Reader) -> None:
        panel = miniature.panel("calibration")
        assert panel is not None
        at_home = panel.cube.sel(condition="natural", scaling="before").isel(draw=0)
        columns = (panel.models["group"], at_home["accuracy"], at_home["ece_debiased"])
        rows = list(zip(*(column.values.tolist() for column in columns), strict=True))
        better = [
            error < of_other
            for (group, accuracy, error), (other, its_accuracy, of_other) in itertools.product(rows, repeat=2)
            if (group, other) == ("clip_zero_shot", "standard") and abs(accuracy - its_accuracy) < 0.02
        ]
        assert (sum(better), len(better)) == (2, 88)
        found = effect(calibration.pairs_not_better_calibrated(miniature, Choices()))
        assert found.value == pytest.approx(0.9 - 2 / 88)


class TestWorst:
    def test_it_is_the_clip_furthest_above_the_median_standard_network(self) -> None:
        found = effect(calibration.worst_calibrated_clip(study(), Choices()))
        assert found.value == pytest.approx(0.10 - 0.04)
        assert (found.which, found.choices, found.units, found.unit) == ("one", 3, IMAGES, "image")

    @pytest.mark.parametrize("error", ["plain", "equal_mass", "root_mean_square"])
    def test_chance_is_that_of_paired_draws(self, error: str) -> None:
        found = effect(calibration.worst_calibrated_clip(study(), Choices(error=error)))
        # The noise of `one` is one-fold, that of the median network five-fold.
        assert found.error_of_images == pytest.approx(4 * NOISE[1:].std(ddof=1), rel=0.2)

    def test_draws_of_the_debiased_error_are_centred_on_its_square(self) -> None:
        reader = study(error=(0.10, 0.02, 0.05, -0.02, 0.04, 0.03))
        panel = calibration_errors.at_home(reader)
        assert panel is not None
        shown = calibration_errors.shown_errors(panel.cube, Choices())
        raw = panel.cube["ece_debiased"].values
        assert shown[0].tolist() == pytest.approx([0.10, 0.02, 0.05, 0.0, 0.04, 0.03])
        assert (shown[1:, 0] ** 2).mean() == pytest.approx(0.10**2)
        assert (shown[1:, 0] ** 2).std() == pytest.approx((raw[1:, 0] ** 2).std())

    def test_five_bins_have_no_draws(self) -> None:
        found = calibration.worst_calibrated_clip(study(), FIVE_BINS)
        assert found == "no draws of this error over the images"

    def test_without_standard_networks_there_is_no_median(self) -> None:
        reader = study()
        reader.groups = ("clip_zero_shot",)
        found = calibration.worst_calibrated_clip(reader, Choices())
        assert found == "no calibration error of a CLIP or of a standard network"


class TestSpread:
    @pytest.fixture
    def crossed(self) -> Reader:
        """Error moves by ±0.1 with the source, and by -0.1, 0, 0.1 with the quantity: 60 and 40 %."""
        levels = list(calibration.CROSSED.values())
        rows, errors = {}, []
        for source, images, architecture in itertools.product(*levels):
            rows[f"{architecture}-{source}-{images:.0f}"] = {
                "training_source": source,
                "training_images": images,
                "architecture": architecture,
            }
            errors.append(0.2 + 0.2 * levels[0].index(source) + 0.1 * levels[1].index(images))
        rows["beside"] = {"training_source": "mixed", "training_images": 4096.0, "architecture": "resnet_s"}
        return study(rows, (0.7,) * len(rows), (*errors, 0.7))

    @pytest.mark.parametrize("error", ["debiased", "plain", "equal_mass", "root_mean_square"])
    def test_main_effects_less_half(self, crossed: Reader, error: str) -> None:
        found = effect(calibration.source_and_quantity_beyond_half(crossed, Choices(error=error)))
        assert found.value == pytest.approx(0.5)
        assert (found.units, found.unit) == (IMAGES, "image")
        assert 0 < found.error_of_images < 0.05

    def test_without_draws_or_a_crossing_it_says_so(self, crossed: Reader) -> None:
        found = calibration.source_and_quantity_beyond_half(crossed, FIVE_BINS)
        assert found == "no draws of this error over the images"
        found = calibration.source_and_quantity_beyond_half(study(), Choices())
        assert found == "no CLIPs that cross training source, quantity and architecture"

    def test_the_laboratory_has_what_chapter_4_reported(self, miniature: Reader) -> None:
        found = effect(calibration.source_and_quantity_beyond_half(miniature, Choices()))
        assert found.value == pytest.approx(0.63 + 0.27 - 0.5, abs=0.01)


class TestUnderShift:
    def test_trend_is_a_rank_correlation_of_means_over_kinds(self) -> None:
        reader = study()
        whole = reader.cubes["calibration"]
        after = {"scaling": "after", "condition": "sketches"}
        whole["nll"].loc[after | {"draw": 0, "model": ["test:one", "test:two"]}] = [0.1, 3.0]
        found = effect(calibration.trend_after_scaling(reader, Choices()))
        # The orders are opposite; of three models that is half a swap of neighbours away from -1.
        assert spearmanr([0.1, 3.0, 1.5], [0.10, 0.02, 0.05]).statistic == pytest.approx(-1)
        assert found.value == pytest.approx(-(1 - 6 / (3 * 8)))
        assert (found.units, found.unit, found.is_correlation) == (3, "training run", True)

    def test_scaling_adds_ten_times_what_it_adds_to_the_error_each_kind_once(self) -> None:
        found = effect(calibration.scaling_under_shift(study(), Choices()))
        assert found.value == pytest.approx(10 * ((0.01 + 0.03) / 2 + 0.1) / 2)
        assert (found.units, found.unit) == (3, "training run")
        assert found.error_of_units == pytest.approx(0, abs=1e-9)

    def test_an_unmeasured_shift_is_left_out(self) -> None:
        reader = study()
        whole = reader.cubes["calibration"]
        whole["nll"].loc[{"condition": "sketches", "model": "test:one"}] = np.nan
        found = effect(calibration.scaling_under_shift(reader, Choices()))
        assert found.value == pytest.approx(10 * (0.01 + 0.03) / 2)

    @pytest.mark.parametrize("ask", [calibration.trend_after_scaling, calibration.scaling_under_shift])
    @pytest.mark.parametrize("selected", [{"scaling": ["before"]}, {"condition": ["natural"]}])
    def test_without_scaling_or_shifts_nothing_is_measured(self, ask, selected) -> None:
        found = ask(part(study(), **selected), Choices())
        assert found == "no CLIP with calibration under shift before and after temperature scaling"

    def test_two_clips_have_no_trend(self) -> None:
        reader = part(study(), model=["test:one", "test:two", "test:vgg"])
        found = calibration.trend_after_scaling(reader, Choices())
        assert found == "fewer than 3 CLIPs with calibration under shift"

    def test_the_laboratory_has_what_chapter_4_shows(self, miniature: Reader) -> None:
        panel = miniature.panel("calibration")
        assert panel is not None
        change = scaling_change([panel], 0.95)["miniature"].sel(condition=SHIFTS)
        clips = change.isel(model=(change["group"] == "clip_zero_shot").values)
        rank = spearmanr(clips["after"].sel(score="nll"), clips["after"].sel(score="ece_debiased")).statistic
        assert effect(calibration.trend_after_scaling(miniature, Choices())).value == pytest.approx(rank)
        moved = (clips["after"] - clips["before"]).sel(score="nll").mean().item()
        assert effect(calibration.scaling_under_shift(miniature, Choices())).value == pytest.approx(moved)


class TestSource:
    @pytest.mark.parametrize("error", ["debiased", "plain", "equal_mass", "root_mean_square", "five_bins"])
    def test_twins_differ_by_what_was_put_in(self, error: str) -> None:
        reader = study(TWINS, (0.7,) * 4, (0.10, 0.20, 0.13, 0.21))
        found = effect(calibration.source_on_calibration(reader, Choices(error=error)))
        assert found.value == pytest.approx(-(0.03 + 0.01) / 2)
        assert (found.which, found.units) == ("wit less laion", 2)
        assert (found.error_of_images > 0) == (error != "five_bins")

    def test_without_twins_it_says_so(self) -> None:
        reader = part(study(), model=["test:one", "test:two", "test:vgg"])
        found = calibration.source_on_calibration(reader, Choices())
        assert found == "no two CLIPs that differ in the training source alone"


@pytest.mark.parametrize(
    "ask",
    [
        calibration.pairs_not_better_calibrated,
        calibration.worst_calibrated_clip,
        calibration.source_and_quantity_beyond_half,
        calibration.source_on_calibration,
    ],
)
def test_a_study_that_was_only_scaled_says_what_it_lacks(ask) -> None:
    reader = part(study(), scaling=["after"])
    assert ask(reader, Choices()) == "no calibration error before temperature scaling"


def test_each_kind_of_shift_counts_once() -> None:
    names = ["v2_a", "v2_b", "sketch"]
    cube = xr.Dataset({"nll": ("condition", [1.0, 3.0, 4.0])}, {"condition": names})
    assert calibration_errors.mean_of_shifts(cube, lambda of_shift: of_shift["nll"].values) == 3.0

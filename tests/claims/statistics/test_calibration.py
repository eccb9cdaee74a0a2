"""Calibration: effects that were put in, worked out by hand."""

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any

import numpy as np
import pytest
import xarray as xr

from clipsafe_utils.claims.choices import ALTERNATIVES, Choices
from clipsafe_utils.claims.evidence import JOINT, UNKNOWN, Evidence
from clipsafe_utils.claims.reading import Reader
from clipsafe_utils.claims.statistics import calibration, calibration_errors
from clipsafe_utils.claims.statistics.cases import COUPLE, LINEAGE
from clipsafe_utils.claims.statistics.register import Statistic
from clipsafe_utils.cubes import find_study
from clipsafe_utils.findings.calibration.scaling_change import SHIFTS, scaling_change
from tests.claims.statistics.given import Given
from tests.claims.statistics.small_studies import described, effects, reason, units
from tests.conftest import labelled

CONDITIONS = ["natural", "redrawn_top", "redrawn_plain", "sketches"]
NOISE = np.concatenate([[0.0], np.random.default_rng(0).normal(0, 0.004, 20)])
IMAGES, SURE = 1000, 0.98
"""Images of a condition, all of one confidence."""

SIZES = {"plain": 1.0, "equal_mass": 0.9, "root_mean_square": 1.1, "debiased": 1.2, "five_bins": 1.0}
"""How large each error is, to the plain one. The bins of five hold the same single gap."""

AT_HOME = (
    calibration.not_consistently_better_calibrated,
    calibration.worst_calibrated_clip,
    calibration.clips_apart_after_scaling,
)
WARMTH = (calibration.source_and_quantity_beyond_half, calibration.source_on_calibration)

Row = dict[str, Any]


def clip(checkpoint: str, **more: Any) -> Row:
    return {"checkpoint": checkpoint, "accuracy": 0.7, "error": 0.05} | more


def net(checkpoint: str, **more: Any) -> Row:
    return clip(checkpoint, group="standard", training_source="IN-1k", **more)


def study(rows: Sequence[Row], one_noise: bool = False) -> Given:
    """Make a study of rows with an accuracy and an error, which scaling leaves as it is at home.

    The noise of draws is that of the first row alone, or the same for all. NLL is ten times the error;
    scaling adds 0.01 to it under `redrawn_top`, 0.03 under `redrawn_plain`, and 0.1 under `sketches`. All
    images are in one bin, whose gap is the error.
    """
    own = ("accuracy", "error", "temperature")
    models = described([{name: row[name] for name in row if name not in own} for row in rows])
    error, accuracy = (np.array([row[name] for row in rows]) for name in ("error", "accuracy"))
    temperature = np.array([row.get("temperature", 1.0) for row in rows])
    noisy = NOISE[:, None] * (one_noise | (np.arange(len(rows)) == 0))
    whole = (NOISE.size, len(rows), len(CONDITIONS), 2)
    errors = np.broadcast_to((error + noisy)[..., None, None], whole)
    nll = errors + np.array([0, 0.01, 0.03, 0.1])[:, None] * np.array([0, 1])
    dims = ("draw", "model", "condition", "scaling")
    bins = (*dims[1:], "bin")
    last = np.arange(15) == 14
    hits = np.broadcast_to(np.round(IMAGES * (SURE - error))[:, None, None, None], (*whole[1:], 15)) * last
    columns = {
        "ece": SIZES["plain"],
        "ece_equal_mass": SIZES["equal_mass"],
        "ece_rms": SIZES["root_mean_square"],
        "ece_debiased": SIZES["debiased"],
        "ece_classwise": 0.5,
        "ece_floor": 0.0,
    }
    cube = xr.Dataset(
        {
            name: (dims, (size * errors).clip(-1 * (name == "ece_debiased"), 1))
            for name, size in columns.items()
        }
        | {"accuracy": (dims, np.broadcast_to(accuracy[:, None, None], whole).copy())}
        | {"nll": (dims, 10 * nll.clip(0)), "brier": (dims, errors.clip(0, 2))}
        | {"temperature": (dims[:2], temperature * np.exp(noisy))}
        | {"bin_count": (bins, (IMAGES * last + 0 * hits)), "bin_hits": (bins, hits)}
        | {"bin_confidence": (bins, SURE * last + 0 * hits)},
        {"draw": range(NOISE.size), "model": models["model"].values, "condition": CONDITIONS}
        | {"scaling": ["before", "after"], "bin": range(15)},
    )
    return Given(models, calibration=labelled(cube, "calibration"))


def part(given: Given, **selected: list[str]) -> Given:
    """Keep a part of the cube."""
    return Given(given.models, calibration=given.cubes["calibration"].sel(**selected))


def spread(draws: np.ndarray) -> float:
    return float(draws[1:].std(ddof=1))


class TestConsistentlyBetter:
    ELEVEN = tuple(net(f"net{place}", error=0.01 * (1 + place)) for place in range(11))
    """Errors of 0.01 to 0.11, of which a tenth are at most 0.02."""

    def test_by_hand(self) -> None:
        rows = [clip("good", error=0.015), clip("bad", error=0.05, training_source="LAION-2B"), *self.ELEVEN]
        evidence = calibration.not_consistently_better_calibrated(study(rows), Choices())
        assert effects(evidence) == pytest.approx({"good": -0.005, "bad": 0.03})
        assert (units(evidence), evidence.unit) == ({"good": "WIT", "bad": "LAION"}, LINEAGE)
        assert evidence.readings == 1

    def test_only_networks_within_two_points_are_alike(self) -> None:
        far = [net(f"far{place}", error=0.001, accuracy=0.7 + 0.0201 * (-1) ** place) for place in range(9)]
        rows = [clip("one"), *self.ELEVEN, *far, clip("alone", accuracy=0.5)]
        evidence = calibration.not_consistently_better_calibrated(study(rows), Choices())
        assert effects(evidence) == pytest.approx({"one": 0.03})

    def test_chance_is_in_the_images_that_all_see(self) -> None:
        rows = [clip("one"), *self.ELEVEN]
        evidence = calibration.not_consistently_better_calibrated(study(rows), Choices())
        assert evidence.images_error == JOINT
        assert [case.error for case in evidence.cases] == pytest.approx([spread(NOISE)])
        together = calibration.not_consistently_better_calibrated(study(rows, one_noise=True), Choices())
        # What moves the CLIP moves those that it is held against.
        assert [case.error for case in together.cases] == pytest.approx([0], abs=1e-9)

    def test_without_a_network_alike_there_is_nothing(self) -> None:
        rows = [clip("one", accuracy=0.5), *self.ELEVEN]
        assert reason(calibration.not_consistently_better_calibrated, study(rows)) == (
            "no CLIP and standard network within 2 points of accuracy"
        )


class TestWorst:
    ROWS = (
        clip("one", error=0.10),
        clip("two", error=0.02, training_source="LAION-2B"),
        net("a", error=0.06),
        net("b", error=0.04),
        net("c", error=0.03),
    )

    def test_it_is_above_the_median_standard_network(self) -> None:
        evidence = calibration.worst_calibrated_clip(study(self.ROWS), Choices())
        assert effects(evidence) == pytest.approx({"one": 0.06, "two": -0.02})
        assert (units(evidence), evidence.readings) == ({"one": "WIT", "two": "LAION"}, 1)

    @pytest.mark.parametrize("error", SIZES)
    def test_the_error_is_chosen(self, error: str) -> None:
        evidence = calibration.worst_calibrated_clip(study(self.ROWS), Choices(error=error))
        assert effects(evidence)["one"] == pytest.approx(SIZES[error] * 0.06)

    def test_every_choice_of_error_is_tried_here(self) -> None:
        assert {Choices().error, *ALTERNATIVES["error"]} == set(SIZES)

    def test_chance_is_paired_and_unknown_without_draws(self) -> None:
        evidence = calibration.worst_calibrated_clip(study(self.ROWS), Choices())
        assert [case.error for case in evidence.cases] == pytest.approx([spread(NOISE), 0])
        together = calibration.worst_calibrated_clip(study(self.ROWS, one_noise=True), Choices())
        assert [case.error for case in together.cases] == pytest.approx([0, 0], abs=1e-9)
        # Bins are stored without draws.
        few = calibration.worst_calibrated_clip(study(self.ROWS), Choices(error="five_bins"))
        assert (few.images_error, [case.error for case in few.cases]) == (UNKNOWN, [0, 0])

    def test_a_network_that_was_read_twice_counts_once_and_makes_the_floor(self) -> None:
        again = clip("one", error=0.07, name="again:one")
        evidence = calibration.worst_calibrated_clip(study([*self.ROWS, again]), Choices())
        assert effects(evidence) == pytest.approx({"one": 0.06, "two": -0.02})
        assert evidence.floor == pytest.approx(0.03)

    def test_beside_a_row_of_a_table_chance_over_images_is_not_stated(self) -> None:
        given = study([*self.ROWS, clip("absent")])
        cube = given.cubes["calibration"]
        for name in ("ece", "accuracy"):
            cube[name][1:, 1] = np.nan  # quoted: an estimate alone
            cube[name][:, -1] = np.nan  # not measured at all: it says nothing of the draws of others
        evidence = calibration.worst_calibrated_clip(given, Choices())
        assert effects(evidence) == pytest.approx({"one": 0.06, "two": -0.02})
        assert (evidence.images_error, [case.error for case in evidence.cases]) == (UNKNOWN, [0, 0])

    def test_what_is_missing(self) -> None:
        assert reason(calibration.worst_calibrated_clip, study(self.ROWS[:2])) == (
            "no calibration error of a standard network"
        )
        assert reason(calibration.worst_calibrated_clip, study(self.ROWS[2:])) == (
            "no network that was measured"
        )


def test_draws_of_the_debiased_error_are_centred_on_its_square() -> None:
    given = study([clip("one", error=0.1), clip("two", error=-0.02)])
    raw = given.cubes["calibration"]["ece_debiased"]
    raw[1:] += 0.03
    shown = calibration_errors.errors(calibration_errors.at_home(given).cube, Choices(error="debiased"))
    assert shown.values[0].tolist() == pytest.approx([0.12, 0.0])
    assert (shown.values[1:, 0] ** 2).mean() == pytest.approx(0.12**2)
    drawn = raw.sel(condition="natural", scaling="before").values[1:, 0]
    assert (shown.values[1:, 0] ** 2).std() == pytest.approx((drawn**2).std())


class TestCrossing:
    SOURCES: Mapping[str, dict[str, Any]] = {
        "WIT": {"training_source": "WIT", "training_images": 4e8},
        "LAION": {"training_source": "LAION-2B", "training_images": 2e9},
        "small": {"training_source": "LAION-400M", "training_images": 4e8},
    }

    def rows(self, cells: Mapping[str, str], warmth: Mapping[str, float] | None = None) -> list[Row]:
        """By source the letters of its encoders; a temperature is the exponential of `warmth` of both."""
        by_place = {f"{source}{letter}": 0.0 for source, letters in cells.items() for letter in letters}
        return [
            clip(place, architecture=place[-1], temperature=np.exp((warmth or by_place)[place]))
            | self.SOURCES[place[:-1]]
            for place in by_place
        ]

    def evidence(self, rows: Sequence[Row]) -> Evidence:
        return calibration.source_and_quantity_beyond_half(study(rows), Choices())

    def test_shares_by_hand(self) -> None:
        # Sources differ by 0.2, encoders by 0.1: squares 0.01 and 0.0025; and a rest of none.
        warmth = {"WITb": 0.0, "WITc": 0.1, "LAIONb": 0.2, "LAIONc": 0.3}
        evidence = self.evidence(self.rows({"WIT": "bc", "LAION": "bc"}, warmth))
        (case,) = evidence.cases
        assert case.value == pytest.approx(0.8 - 0.5)
        assert (case.name, case.families) == ("2 sources by 2 encoders", ("b", "c"))
        assert (case.unit, evidence.unit) == ("WIT and LAION", "set of lineages")
        assert (case.networks, case.freedom) == (4, 1)
        # Two encoders, one of them left out, have no spread.
        assert case.error == np.inf

    def test_chance_is_a_jackknife_over_encoders(self) -> None:
        table = np.random.default_rng(2).normal(0, 0.1, (2, 4)) + np.array([[0], [0.2]])
        cells = {"WIT": "abcd", "LAION": "abcd"}
        warmth = {
            f"{source}{letter}": table[row, column]
            for row, source in enumerate(cells)
            for column, letter in enumerate("abcd")
        }
        (case,) = self.evidence(self.rows(cells, warmth)).cases

        def share(kept: np.ndarray) -> float:
            of_rows = ((kept.mean(axis=1) - kept.mean()) ** 2).mean()
            return float(of_rows / ((kept - kept.mean()) ** 2).mean())

        without = [share(np.delete(table, column, axis=1)) for column in range(4)]
        assert case.value == pytest.approx(share(table) - 0.5)
        assert case.error == pytest.approx(np.sqrt(3 * np.var(without)))
        assert case.freedom == 3

    def test_the_encoder_is_what_the_checkpoint_begins_with(self) -> None:
        # Real ones share an architecture: ViT.
        rows = [
            clip(f"{encoder}.{source}", temperature=1.0) | self.SOURCES[source]
            for source in ("WIT", "LAION")
            for encoder in ("ViT-B-32", "ViT-B-16", "ViT-L-14")
        ]
        (case,) = self.evidence(rows).cases
        assert (case.name, case.families) == ("2 sources by 3 encoders", ("ViT-B-16", "ViT-B-32", "ViT-L-14"))

    def test_two_quantities_of_a_lineage_are_two_rows_of_one_unit(self) -> None:
        (case,) = self.evidence(self.rows({"LAION": "bc", "small": "bc"})).cases
        assert (case.name, case.unit) == ("2 sources by 2 encoders", "LAION")

    @pytest.mark.parametrize(
        ("cells", "name", "encoders"),
        [
            ({"WIT": "abcd", "LAION": "ab", "small": "ab"}, "3 sources by 2 encoders", "ab"),
            ({"WIT": "abcd", "LAION": "abcd", "small": "ab"}, "2 sources by 4 encoders", "abcd"),
            ({"WIT": "acd", "LAION": "bcd"}, "2 sources by 2 encoders", "cd"),
            ({"WIT": "abd", "LAION": "bcd", "small": "bd"}, "3 sources by 2 encoders", "bd"),
        ],
    )
    def test_the_largest_complete_table_is_taken(
        self, cells: Mapping[str, str], name: str, encoders: str
    ) -> None:
        (case,) = self.evidence(self.rows(cells)).cases
        assert (case.name, case.families) == (name, tuple(encoders))

    def test_no_table_is_larger(self) -> None:
        random = np.random.default_rng(3)
        for _ in range(30):
            has = random.random((4, 5)) < 0.6
            rows = [
                clip(f"{row}{column}", training_source=f"source {row}", architecture=f"{column}")
                for row, column in np.argwhere(has)
            ]
            sizes = [
                number * int(has[:, list(columns)].all(axis=1).sum())
                for number in range(2, 6)
                for columns in combinations(range(5), number)
                if has[:, list(columns)].all(axis=1).sum() > 1
            ]
            if sizes:
                assert self.evidence(rows).cases[0].networks == max(sizes)
            else:
                assert reason(calibration.source_and_quantity_beyond_half, study(rows)).startswith(
                    "no CLIPs that cross"
                )

    def test_of_two_clips_in_a_cell_the_first_counts(self) -> None:
        warmth = {"WITb": 0.0, "WITc": 0.1, "LAIONb": 0.2, "LAIONc": 0.3}
        rows = self.rows({"WIT": "bc", "LAION": "bc"}, warmth)
        other = rows[0] | {"checkpoint": "another run", "temperature": 9.0}
        assert self.evidence([*rows, other]).cases == self.evidence(rows).cases

    def test_only_zero_shot_clips_with_a_temperature_are_crossed(self) -> None:
        rows = self.rows({"WIT": "bc", "LAION": "bc"})
        rows[0]["group"] = "clip_fine_tuned"
        assert reason(calibration.source_and_quantity_beyond_half, study(rows)) == (
            "no CLIPs that cross training sources with encoders, with a temperature"
        )


class TestApart:
    def rows(self, near: float = 0.01, far: float = 0.0, families: int = 8) -> list[Row]:
        """Errors of standard networks are 0.3 less 0.2 times accuracy, and by turns so much more or less."""
        return [
            net(f"{family}-{place}", family=f"{family}", accuracy=at, error=0.3 - 0.2 * at + sign * turn)
            for family in range(families)
            for sign in [(-1) ** family]
            for place, (at, turn) in enumerate(((0.4, far), (0.65, near), (0.75, near), (0.9, far)))
        ]

    def test_it_is_the_residual_from_the_line_of_error_on_accuracy(self) -> None:
        clips = [clip("on", error=0.16), clip("above", error=0.20, training_source="LAION-2B")]
        evidence = calibration.clips_apart_after_scaling(study([*clips, *self.rows()]), Choices())
        assert effects(evidence) == pytest.approx({"on": 0, "above": 0.04}, abs=1e-6)
        assert (units(evidence), evidence.unit) == ({"on": "WIT", "above": "LAION"}, LINEAGE)
        assert evidence.readings == 1

    @pytest.mark.parametrize(("near", "far"), [(0.01, 0.05), (0.01, 0.0), (0.03, 0.01)])
    def test_chance_is_that_of_families_near_the_accuracy(self, near: float, far: float) -> None:
        rows = [clip("one", error=0.2), *self.rows(near, far)]
        (case,) = calibration.clips_apart_after_scaling(study(rows), Choices()).cases
        # A left-out family has its turn, and a line that is a little further off.
        assert near < case.error < 1.6 * near
        assert case.freedom == 7

    def test_error_and_accuracy_are_those_after_scaling(self) -> None:
        given = study([clip("one", error=0.2), *self.rows()])
        cube = given.cubes["calibration"]
        cube["ece"].loc[{"scaling": "before"}] = 0.5
        cube["accuracy"].loc[{"scaling": "before"}] = 0.7
        assert calibration.clips_apart_after_scaling(given, Choices()).values == pytest.approx(0.04, abs=1e-6)
        cube["ece"].loc[{"scaling": "after", "model": "test:one", "condition": "natural"}] += 0.1
        again = part(given)
        assert calibration.clips_apart_after_scaling(again, Choices()).values == pytest.approx(0.14, abs=1e-6)

    def test_the_error_is_chosen(self) -> None:
        rows = [clip("one", error=0.2), *self.rows()]
        for error, size in SIZES.items():
            evidence = calibration.clips_apart_after_scaling(study(rows), Choices(error=error))
            assert evidence.values == pytest.approx(size * 0.04, abs=1e-3)

    def test_what_is_missing(self) -> None:
        rows = [clip("one", error=0.2), *self.rows(families=1)]
        assert reason(calibration.clips_apart_after_scaling, study(rows)) == (
            "fewer than two families of standard networks with calibration after scaling"
        )
        for alone in ([clip("one", accuracy=0.2), *self.rows()], [clip("one"), *self.rows(families=4)]):
            assert reason(calibration.clips_apart_after_scaling, study(alone)) == (
                "no zero-shot CLIP where the line is supported"
            )

    def test_standard_networks_that_were_not_scaled_draw_no_line(self) -> None:
        given = study([clip("one", error=0.2), *self.rows()])
        unknown = [f"test:{family}-{place}" for family in range(1, 8) for place in range(4)]
        cube = given.cubes["calibration"]
        cube["ece"].loc[{"scaling": "after", "model": unknown}] = np.nan
        assert reason(calibration.clips_apart_after_scaling, given).startswith("fewer than two families")


class TestUnderShift:
    ROWS = (
        clip("sharpened", temperature=0.8),
        clip("softened", temperature=1.5, training_source="LAION-2B"),
        net("vgg"),
    )

    def test_each_kind_of_shift_counts_once(self) -> None:
        evidence = calibration.scaling_under_shift(study(self.ROWS), Choices())
        expected = 10 * ((0.01 + 0.03) / 2 + 0.1) / 2
        assert effects(evidence) == pytest.approx({"sharpened": expected, "softened": expected})
        assert units(evidence) == {"sharpened": "WIT", "softened": "LAION"}
        # Before and after see the same images; nats are not what the floor is in.
        assert [case.error for case in evidence.cases] == pytest.approx([0, 0], abs=1e-9)
        assert (evidence.images_error, evidence.readings) == (JOINT, 0)

    def test_the_temperature_at_home_parts_them(self) -> None:
        evidence = calibration.scaling_under_shift(study(self.ROWS), Choices())
        assert [case.stratum for case in evidence.cases] == [
            "temperature below 1 at home",
            "temperature above 1 at home",
        ]

    def test_where_it_is_not_stated_nothing_parts_them(self) -> None:
        given = study(self.ROWS)
        given.cubes["calibration"]["temperature"].loc[{"model": "test:softened"}] = np.nan
        evidence = calibration.scaling_under_shift(given, Choices())
        assert [case.stratum for case in evidence.cases] == ["temperature below 1 at home", ""]

    def test_chance_is_that_of_the_change(self) -> None:
        given = study(self.ROWS)
        given.cubes["calibration"]["nll"].loc[{"scaling": "after", "condition": "sketches"}] += xr.DataArray(
            NOISE, dims="draw"
        )
        evidence = calibration.scaling_under_shift(given, Choices())
        # Sketches are one kind of two.
        assert [case.error for case in evidence.cases] == pytest.approx([spread(NOISE) / 2] * 2)

    def test_a_shift_that_some_clip_did_not_meet_is_left_out(self) -> None:
        given = study(self.ROWS)
        given.cubes["calibration"]["nll"].loc[{"condition": "sketches", "model": "test:softened"}] = np.nan
        evidence = calibration.scaling_under_shift(given, Choices())
        assert evidence.values == pytest.approx([10 * (0.01 + 0.03) / 2] * 2)

    @pytest.mark.parametrize(
        "selected",
        [
            {"scaling": ["before"]},
            {"scaling": ["after"]},
            {"condition": ["natural"]},
            {"model": ["test:vgg"]},
        ],
    )
    def test_without_scaling_shifts_or_clips_nothing_is_measured(self, selected: Any) -> None:
        assert reason(calibration.scaling_under_shift, part(study(self.ROWS), **selected)) == (
            "no CLIP with calibration under shift before and after temperature scaling"
        )

    def test_the_laboratory_has_what_its_chapter_shows(self) -> None:
        reader = Reader(find_study("miniature"))
        change = scaling_change([reader.needed("calibration")], 0.95)["miniature"].sel(condition=SHIFTS)
        clips = change.isel(model=(change["group"] == "clip_zero_shot").values)
        moved = (clips["after"] - clips["before"]).sel(score="nll").values
        assert calibration.scaling_under_shift(reader, Choices()).values == pytest.approx(moved)


class TestSource:
    ROWS = tuple(
        clip(f"{encoder}.{source}", training_source=source, architecture=encoder, temperature=temperature)
        for source, temperatures in (("WIT", (2.0, 3.0)), ("LAION-400M", (1.0, 2.0)))
        for encoder, temperature in zip("ab", temperatures, strict=True)
    )

    def test_log_temperatures_of_twins(self) -> None:
        evidence = calibration.source_on_calibration(study(self.ROWS), Choices())
        assert effects(evidence) == pytest.approx({"a.WIT": np.log(2), "b.WIT": np.log(1.5)})
        assert (evidence.units, evidence.unit) == (["WIT less LAION"], COUPLE)
        assert (evidence.which, evidence.readings) == ("WIT less LAION-400M", 2)
        # The floor is one of errors, not of temperatures.
        assert evidence.floor == 0

    def test_chance_is_in_the_draws(self) -> None:
        evidence = calibration.source_on_calibration(study(self.ROWS), Choices())
        assert [case.error for case in evidence.cases] == pytest.approx([spread(NOISE), 0])
        assert evidence.error_of_images == pytest.approx(spread(NOISE) / 2)

    def test_without_twins_it_says_so(self) -> None:
        assert reason(calibration.source_on_calibration, study(self.ROWS[:2])) == (
            "no two CLIPs that differ in the training source alone"
        )


@pytest.mark.parametrize("ask", [*AT_HOME, *WARMTH, calibration.scaling_under_shift])
def test_without_the_cube_nothing_is_measured(ask: Statistic) -> None:
    assert reason(ask, Given(study(TestWorst.ROWS).models)) == "no cube calibration"


@pytest.mark.parametrize(
    ("ask", "scaling", "other"),
    [(AT_HOME[0], "before", "after"), (AT_HOME[1], "before", "after"), (AT_HOME[2], "after", "before")],
)
def test_each_needs_its_own_scaling(ask: Statistic, scaling: str, other: str) -> None:
    given = part(study(TestWorst.ROWS), scaling=[other])
    assert reason(ask, given) == f"no calibration {scaling} temperature scaling"


@pytest.mark.parametrize("ask", WARMTH)
def test_without_a_temperature_nothing_is_measured(ask: Statistic) -> None:
    given = study(TestSource.ROWS)
    given.cubes["calibration"]["temperature"][:] = np.nan
    assert reason(ask, given) == "no temperature of a zero-shot CLIP"

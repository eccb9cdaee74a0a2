"""Real CLIPs beside standard networks of like accuracy, and their temperatures: by hand."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from clipsafe_utils.chapters.calibration import tables
from clipsafe_utils.claims.registry import claims
from clipsafe_utils.cubes import find_study
from clipsafe_utils.findings.calibration.alike import (
    MATTERS,
    Alike,
    alike_of,
    nobody,
    read_alike,
)
from clipsafe_utils.findings.calibration.real_clips import rule_on_real
from clipsafe_utils.findings.calibration.temperatures import Temperatures, read_temperatures
from clipsafe_utils.say import Missing

CLIP, TUNED, STANDARD = "clip_zero_shot", "clip_fine_tuned", "standard"


def networks(*rows: tuple[str, str, float, float, float, float]) -> Alike:
    """Name, group, accuracy, ECE before, ECE after, gap before; after scaling the gap is 0.01."""
    parts = [
        {"scaling": scaling, "name": name, "group": group, "accuracy": accuracy, "ece": ece, "gap": gap}
        for name, group, accuracy, before, after, gap_before in rows
        for scaling, ece, gap in (("before", before, gap_before), ("after", after, 0.01))
    ]
    return Alike("mine", pd.DataFrame(parts))


STANDARDS = (
    ("s1", STANDARD, 0.60, 0.05, 0.02, -0.05),
    ("s2", STANDARD, 0.61, 0.07, 0.03, 0.07),
    ("s3", STANDARD, 0.70, 0.09, 0.02, -0.09),
)


class TestBeside:
    def test_who_is_alike_and_how_far_a_clip_is_from_their_median(self) -> None:
        found = networks(
            *STANDARDS, ("c1", CLIP, 0.605, 0.04, 0.03, 0.02), ("c2", CLIP, 0.69, 0.10, 0.02, 0.1)
        )
        row, alone = found.beside.to_dict("records")
        assert (row["name"], row["alike"], row["worse_before"], row["worse_after"]) == ("c1", 2, 2, 0)
        assert (row["median_before"], row["median_after"]) == pytest.approx((0.06, 0.025))
        assert (alone["name"], alone["alike"], alone["worse_before"]) == ("c2", 1, 0)
        assert (found.alone, found.are_alone) == ("c2", "some")
        before, after = found.differences("before"), found.differences("after")
        assert (before.enough, before.less, before.more, before.differences) == (
            "1",
            "1 of 1",
            "0 of 1",
            "−2.00",
        )
        assert (after.less, after.more, after.differences) == ("0 of 1", "0 of 1", "+0.50")
        assert (before.sides, after.sides) == ("less", "none")
        assert found.story == "evened"

    def test_a_clip_beside_one_network_and_the_largest_error(self) -> None:
        found = networks(
            *STANDARDS, ("c1", CLIP, 0.605, 0.04, 0.03, 0.02), ("c2", CLIP, 0.69, 0.10, 0.03, 0.1)
        )
        one = found.beside_one
        assert (found.others, found.others_err, one.enough, one.differences) == ("1", "more", "1", "+1.00")
        worst = found.worst  # 0.10 less 0.07, the median of the three, and less 0.09
        assert (worst.name, worst.off_all, worst.off_alike, worst.alike) == ("c2", "+3.00", "+1.00", "1")
        assert [found.differences("after", least).more for least in (0.004, 0.006)] == ["1 of 1", "0 of 1"]
        assert networks(*STANDARDS, ("c", CLIP, 0.605, 0.04, 0.03, 0.0)).others_err == "nobody"

    @pytest.mark.parametrize(
        ("before", "after", "story", "sides"),
        [
            (0.06, 0.025, "alike", "none"),
            (0.09, 0.025, "evened", "more"),
            (0.06, 0.05, "apart", "none"),
        ],
    )
    def test_the_story(self, before: float, after: float, story: str, sides: str) -> None:
        found = networks(*STANDARDS, ("c", CLIP, 0.605, before, after, 0.0))
        assert (found.story, found.differences("before").sides) == (story, sides)

    def test_clips_may_differ_to_both_sides(self) -> None:
        clips = (("c", CLIP, 0.605, 0.02, 0.025, 0.0), ("d", CLIP, 0.604, 0.10, 0.025, 0.0))
        assert networks(*STANDARDS, *clips).differences("before").sides == "both"

    def test_without_neighbours_and_without_clips(self) -> None:
        far = networks(*STANDARDS, ("c", CLIP, 0.9, 0.04, 0.03, 0.0))
        assert far.story == "unknown"
        assert isinstance(far.differences("before").enough, Missing)
        assert networks(*STANDARDS).story == nobody().story == "none"
        assert isinstance(nobody().are_incomplete, Missing)
        assert networks(*STANDARDS, ("c", CLIP, 0.605, 0.04, 0.03, 0.0)).are_alone == "no"

    def test_what_matters_is_what_the_claims_say(self) -> None:
        asked = [one.smallest_effect for one in claims() if one.id in ("F9", "F11")]
        assert asked == [MATTERS, MATTERS]
        assert nobody().matters == "1.4"

    def test_errors_of_a_group(self) -> None:
        found = networks(*STANDARDS)
        errors = found.errors(STANDARD, "before")
        assert (errors.unsure, errors.unsure_names, errors.sides) == ("2 of 3", "s1 and s3", "both")
        assert (errors.gaps, errors.surest) == ("−9.0 to +7.0", "+7.0 points for s2")
        assert str(errors.median) == "7.0\N{NO-BREAK SPACE}%"
        assert found.errors(STANDARD, "after").sides == "all sure"
        assert isinstance(found.errors(TUNED, "before").sides, Missing)


def test_a_network_counts_by_its_first_complete_row() -> None:
    names = ["a:r", "b:r", "b:c", "b:x"]
    table = np.full((4, 2), 0.5)
    table[0, 1] = np.nan  # The image-level row has nothing after scaling.
    table[3] = [0.5, np.nan]
    values = (("draw", "model", "condition", "scaling"), table[None, :, None])
    cube = xr.Dataset(
        dict.fromkeys(("accuracy", "ece", "mean_confidence"), values),
        {"draw": [0], "model": names, "condition": ["id"], "scaling": ["before", "after"]},
        {"study": "mine"},
    )
    columns = {"group": [STANDARD, STANDARD, CLIP, STANDARD], "checkpoint": ["r", "r", "c", "x"]}
    models = xr.Dataset({name: ("model", column) for name, column in columns.items()}, {"model": names})
    found = alike_of(cube, models, [STANDARD, CLIP])
    assert found.rows["name"].tolist() == ["r", "c"] * 2
    assert (found.incomplete, found.are_incomplete) == (1, "one")


def fitted(*rows: tuple[str, str, str, float, float]) -> Temperatures:
    """Fitter, encoder, source, images in millions, temperature."""
    return Temperatures(
        pd.DataFrame(
            {
                "study": "mine",
                "fitter": fitter,
                "name": f"{encoder}.{source}",
                "encoder": encoder,
                "source": source,
                "images": 1e6 * images,
                "temperature": temperature,
            }
            for fitter, encoder, source, images, temperature in rows
        )
    )


FITTED = fitted(
    ("one", "B", "WIT", 400, 1.0),
    ("one", "L", "WIT", 400, 1.0),
    ("one", "B", "LAION-400M", 407, 2.0),
    ("one", "L", "LAION-400M", 407, 4.0),
    ("one", "B", "LAION-2B", 2320, 8.0),
    ("other", "B", "WIT", 400, 0.8),
    ("other", "H", "WIT", 400, 1.5),
)


class TestRuleOnReal:
    def test_a_clip_passes_if_each_fit_does(self) -> None:
        alike = networks(*STANDARDS, ("c", CLIP, 0.6, 0.1, 0.1, 0.04), ("d", CLIP, 0.6, 0.1, 0.1, 0.06))
        found = rule_on_real(alike, FITTED)  # of WIT, H has 1.5; B and L pass, both of LAION's do not
        assert (found.by_temperature, found.by_gap, found.parted) == ("2 of 6", "1 of 2", "none")
        inside = Temperatures(FITTED.rows[FITTED.rows["temperature"] != 1.5])
        found = rule_on_real(alike, inside)
        assert (found.by_temperature, found.parted) == ("2 of 5", "some")
        assert (found.within, found.outside) == ("WIT", "LAION-400M or LAION-2B")
        assert isinstance(rule_on_real(alike, Temperatures(FITTED.rows[:0])).parted, Missing)


class TestTemperatures:
    def test_the_fitter_of_most_sources_and_its_sources(self) -> None:
        assert (FITTED.widest, FITTED.several_sources, FITTED.apart) == ("one", True, "yes")
        assert FITTED.by_source == (
            "1.00 in 2 networks of WIT, 2.00 to 4.00 in 2 networks of LAION-400M and "
            "8.00 in one network of LAION-2B"
        )
        assert FITTED.others == "0.80 to 1.50 (other, 2 networks of WIT)"

    def test_two_fitters_of_one_clip(self) -> None:
        assert (FITTED.number_twice, FITTED.has_twice) == ("1", "yes")
        assert FITTED.fitters_differ == "25\N{NO-BREAK SPACE}%"

    def test_pairs_of_like_quantity(self) -> None:
        assert (
            FITTED.pairs_alike
            == "1.00 (WIT) and 2.00 (LAION-400M) for B and 1.00 (WIT) and 4.00 (LAION-400M) for L"
        )
        assert FITTED.alike_differ == "100\N{NO-BREAK SPACE}% to 300\N{NO-BREAK SPACE}%"

    def test_the_fullest_crossing(self) -> None:
        # Logs of 2 by 2: 0, 0 and 1, 2. Means of rows 0 and 1.5; of columns 0.5 and 1. Rows: 2.25 of 2.75.
        (crossing,) = FITTED.crossings
        assert (crossing.sources, crossing.encoders, crossing.cells) == (("WIT", "LAION-400M"), ("B", "L"), 4)
        assert (crossing.share, crossing.of_encoder) == pytest.approx((2.25 / 2.75, 0.25 / 2.75))
        assert (
            FITTED.crossed.replace("\N{NO-BREAK SPACE}", " ")
            == "82 % and 9 % over WIT and LAION-400M by 2 encoders"
        )

    def test_one_source_alone_and_all_of_them(self) -> None:
        # 4 above 2, and 8 above 1.
        assert (FITTED.within_a_source, FITTED.across_sources) == tuple(
            f"{share}\N{NO-BREAK SPACE}%" for share in (100, 700)
        )
        markup = tables.crossing_table(FITTED).markup
        assert markup.index("WIT") < markup.index("LAION-400M") < markup.index("LAION-2B")
        assert "2,320" in markup
        assert "–" in markup

    def test_overlapping_sources_and_one_source(self) -> None:
        assert (
            fitted(
                ("one", "B", "WIT", 400, 1.0), ("one", "L", "WIT", 400, 3.0), ("one", "B", "LAION-2B", 1, 2.0)
            ).apart
            == "no"
        )
        alone = fitted(("one", "B", "WIT", 400, 1.0))
        assert (alone.apart, alone.has_twice, alone.has_alike) == ("one source", "no", "no")
        assert isinstance(alone.crossed, Missing)
        none = Temperatures(alone.rows[:0])
        assert isinstance(none.within_a_source, Missing)
        assert isinstance(none.across_sources, Missing)


class TestRecord:
    """What page sentences below `% fact` say of the record."""

    def test_clips_beside_standard_networks(self) -> None:
        found = read_alike(["published", "miniature"], [CLIP, TUNED, STANDARD])
        assert [found.number(group) for group in (CLIP, TUNED, STANDARD)] == ["9", "32", "67"]
        assert found.story == "evened"
        assert (found.beside["alike"] < 2).sum() == 4
        assert read_alike(["published"], [STANDARD]).story == "none"
        assert read_alike(["miniature"], [CLIP, STANDARD]).study is None

    def test_two_crossings_are_equally_full(self) -> None:
        found = read_temperatures(["published"], [CLIP])
        assert found.fitter == "CLIP_Calibration"
        shapes = [(len(one.sources), len(one.encoders)) for one in found.crossings]
        assert shapes == [(2, 3), (3, 2)]
        assert len(found.of_widest) == 10
        by_source = found.of_widest.groupby("source")["temperature"]
        assert by_source.max()["LAION-2B"] < by_source.min()["LAION-400M"]

    def test_other_groups_and_drawn_worlds_have_none(self) -> None:
        assert read_temperatures(["published"], [STANDARD]).rows.empty
        assert isinstance(read_temperatures(["miniature"], [CLIP]).fitter, Missing)


def test_without_the_quoted_part_nobody_is_there(tmp_path: Path) -> None:
    study = find_study("published")
    for name in ("calibration", "models"):
        (tmp_path / f"{name}.nc").symlink_to(study.folder / f"{name}.nc")
    groups = [CLIP, TUNED, STANDARD]
    assert read_alike([str(tmp_path)], groups).study is None
    assert read_temperatures([str(tmp_path)], groups).rows.empty

"""Detection by score and by pairs: by hand on studies made for the test, and on the record."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from clipsafe_utils.chapters.ood_correlation import figures
from clipsafe_utils.claims.statistics.contrasts import COMPARED as OF_THE_LEDGER
from clipsafe_utils.cubes import find_study, write_cube
from clipsafe_utils.findings.shift.detection_record import ByScore, Changed, FirstSeen, changed, first_seen
from clipsafe_utils.findings.shift.result import OodCorrelation, ood_correlation
from clipsafe_utils.findings.shift.sources import COMPARED, EVERYONE, STANDARD
from clipsafe_utils.parameters import check_parameters
from clipsafe_utils.say import NOT_MEASURED, Missing
from tests.findings.test_detection import asked, write_study

NETS = slice(12, 18)  # The standard networks of the study made.


@pytest.fixture(scope="module")
def found() -> OodCorrelation:
    return ood_correlation(check_parameters("ood-correlation", {"studies": ["published"]}))


def changed_study(folder: Path, *, last: float | None = None, turned: bool = False) -> Path:
    """Write the study with its standard networks turned round, or with the last of them more accurate.

    The last then has the lowest AUROC of all.
    """
    study = write_study(folder)
    ood, shifts = (xr.load_dataset(study / f"{name}.nc", engine="h5netcdf") for name in ("ood", "shifts"))
    for name in ("auroc", "aupr"):
        values = ood[name].values
        if turned:
            values[:, NETS] = values[:, NETS][:, ::-1]
        if last is not None:
            values[:, 17] = 0.3
    if last is not None:
        shifts["hits"].values[17, 0] = 1000 * last
    write_cube(ood, study / "ood.nc")
    write_cube(shifts, study / "shifts.nc")
    return study


def test_everyone_is_who_the_ledger_compares() -> None:
    assert COMPARED == OF_THE_LEDGER


def test_within_is_closer_only_where_others_are_not_in_order(tmp_path: Path) -> None:
    # Accuracy and AUROC of all are in one order: 1 within, 1 across.
    same = ood_correlation(asked(write_study(tmp_path / "made"))).by_score
    assert (same.closer, same.some_fall, same.range_explains) == ("none", "no", "no")
    turned = ood_correlation(asked(changed_study(tmp_path / "turned", turned=True))).by_score
    assert turned.ranks["energy", "wit"].estimate == pytest.approx(1)
    assert turned.ranks["energy", STANDARD].estimate == pytest.approx(-1)
    assert (turned.closer, turned.number, turned.within) == ("every", "5", "1.000")
    assert turned.clips == "6 zero-shot CLIPs of wit and 6 zero-shot CLIPs of web"
    assert turned.few_families == "no"
    # In the CLIPs' range, which is that of all, standard networks are turned, too.
    assert turned.in_range["energy"].estimate == pytest.approx(-1)
    assert turned.range_explains == "no"


def test_a_gap_of_range_is_told_from_one_of_the_source(tmp_path: Path) -> None:
    one = ood_correlation(asked(changed_study(tmp_path / "range", last=0.95))).by_score
    # Ranks 1 to 6 against 2 to 6 and 1: 1 - 6 * 30 / (6 * 35).
    assert one.ranks["energy", STANDARD].estimate == pytest.approx(1 / 7)
    # Without the one beyond the CLIPs' range five are left, in order.
    assert one.in_range["energy"].estimate == pytest.approx(1)
    assert one.range_explains == "yes"
    frame = figures.by_score_frame(one)
    energy = frame[frame["row"] == "energy"]
    assert energy["look"].tolist() == [
        *("source/wit", "source/another source", "group/standard", "ink", "ink/equal"),
    ]
    assert energy["value"].tolist()[-1] == pytest.approx(1)


def test_without_sources_nothing_is_said_of_scores() -> None:
    none = ByScore()
    assert (none.closer, none.range_explains, none.some_fall) == ("nobody", "unknown", "no")
    assert {
        none.number,
        none.within,
        none.across,
        none.of_standard,
        none.like,
        none.like_span,
        none.counted,
        none.clips,
    } == {NOT_MEASURED}
    assert none.few_families == "nobody"


def test_the_record_by_score_is_what_the_ledger_judges(found: OodCorrelation) -> None:
    ranks = found.by_score.ranks
    apart = [
        ranks[score, "WIT"].estimate - ranks[score, EVERYONE].estimate
        for score in ("maximum_softmax", "maximum_logit", "negative_entropy")
    ]
    assert apart == pytest.approx([0.378, 0.886, 0.597], abs=2e-3)
    assert (found.by_score.range_explains, found.by_score.few_families) == ("yes", "yes")
    # Whatever score and sources the reader chose, the record has these CLIPs by three.
    asked = {"studies": ["published", "miniature"], "score": "energy", "training_sources": ["wit"]}
    by_score = ood_correlation(check_parameters("ood-correlation", asked)).by_score
    assert (by_score.number, by_score.clips) == ("3", "9 zero-shot CLIPs of WIT")
    in_words = [by_score.within, by_score.span_of(STANDARD), by_score.like_span]
    assert in_words == ["0.900 to 1.000", "−0.255 to 0.478", "0.579 to 0.867"]
    cloud = by_score.scores["maximum_logit"].cloud["group"].to_series()
    by_logit = (
        f"{cloud.isin(COMPARED).sum()} by maximum logit ({(cloud == 'standard').sum()} of them standard)"
    )
    assert by_logit in by_score.counted
    assert found.order_changes == "yes"
    assert (found.best_score("clip_zero_shot"), found.best_score("human")) == ("maximum logit", NOT_MEASURED)


def test_means_of_pairs_count_a_kind_once(found: OodCorrelation) -> None:
    cube = find_study("published").read("ood")["auroc"].isel(draw=0).sel(score="maximum_softmax")
    names = [f"ninco:vit_base_patch16_384_openai_{end}" for end in ("in1k", "in21k_in1k")]
    before, after = (cube.sel(model=name) for name in names)
    gain = (after - before).to_series().dropna()
    kinds = [gain["ninco"]] + [
        (gain[f"ninco_{kind}_full"] + gain[f"ninco_{kind}_cleaned"]) / 2
        for kind in ("places", "species", "imagenet_o", "textures")
    ]
    assert found.first_seen.means["WIT"] == pytest.approx(np.mean(kinds))
    own = found.first_seen.table[found.first_seen.table["source"] == "WIT"].set_index("ood_set")
    assert own["gain"].to_dict() == pytest.approx(gain.to_dict())
    assert (own["error"] > 0).all()
    assert (found.first_seen.side, found.first_seen.pairs) == ("up", "2")
    assert "imagenet o" in found.first_seen.most


def test_pairs_in_words_by_hand() -> None:
    rows = [("A", "x", 0.01, 0.01), ("A", "y", 0.05, 0.01), ("B", "x", -0.03, 0.01), ("B", "y", 0.07, 0.01)]
    table = pd.DataFrame(rows, columns=["source", "ood_set", "gain", "error"])
    one = FirstSeen(table, {"A": 0.03, "B": 0.02}, {"A": 0.01, "B": -0.01})
    assert (one.most, one.least) == ("y (+5.0 to +7.0)", "x (−3.0 to +1.0)")
    assert one.gains == "+3.0 points (CLIP of A) and +2.0 points (CLIP of B)"
    assert (one.side, one.accuracy) == ("up", "+1.0 and −1.0")
    assert FirstSeen(table, {"A": 0.03, "B": -0.02}).side == "neither"
    frame = figures.first_seen_frame(one, 0.95)
    assert frame["high"].tolist()[0] == pytest.approx(1 + 1.96, abs=1e-3)
    none = FirstSeen()
    assert isinstance(none.side, Missing)
    assert {none.pairs, none.most, none.gains} == {NOT_MEASURED}


def test_changes_of_a_run_by_hand() -> None:
    rows = [
        *[("e", "zero-shot", "x", 0.90, 0.88, 0.92), ("e", "zero-shot", "y", 0.80, 0.79, 0.81)],
        *[("e", "slow", "x", 0.91, np.nan, np.nan), ("e", "slow", "y", 0.805, np.nan, np.nan)],
        *[("e", "fast", "x", 0.95, np.nan, np.nan), ("e", "fast", "y", 0.77, np.nan, np.nan)],
    ]
    one = Changed(pd.DataFrame(rows, columns=["encoder", "method", "ood_set", "auroc", "low", "high"]))
    assert one.gains["gain"].tolist() == pytest.approx([0.01, 0.005, 0.05, -0.03])
    assert one.ranges == "+0.50 to +1.00 points by slow and −3.00 to +5.00 points by fast"
    assert one.inside == "2 of 2 by slow and 0 of 2 by fast"
    assert one.below == "0 of 2 by slow and 1 of 2 by fast"
    assert one.some_help == "some"
    assert (one.most, one.least) == ("+5.0 points by fast of e on x", "−3.0 points by fast of e on y")
    frame = figures.changed_frame(one)
    assert frame["panel"].tolist() == ["x"] * 3 + ["y"] * 3
    assert frame["row"].tolist() == ["zero-shot", "slow", "fast"] * 2
    none = Changed()
    assert (none.methods, none.some_help, none.most) == ([], NOT_MEASURED, NOT_MEASURED)


def test_runs_of_the_record_keep_their_own_zero_shot_row(found: OodCorrelation) -> None:
    table = found.changed.table
    assert found.changed.score == "maximum_concept_matching"
    # Of these weights another source has a row, too, with other prompts.
    assert set(table["encoder"]) == {"ViT-B-16.openai", "ViT-L-14.openai"}
    assert len(table) == 2 * 4 * 4
    cube = (
        find_study("published").read("ood").sel(score="maximum_concept_matching", ood_set="sun").isel(draw=0)
    )
    own = cube.sel(model="setar:clip_base/Vanilla_MCM")
    row = table[(table["encoder"] == "ViT-B-16.openai") & (table["ood_set"] == "sun")].iloc[0]
    assert row["auroc"] == own["auroc"].item()
    assert row["high"] - row["low"] == pytest.approx(2 * 1.959964 * own["auroc_error"].item())


def test_sets_and_groups_are_the_readers() -> None:
    study = find_study("published")
    alone = check_parameters("ood-correlation", {"groups": ["clip_zero_shot"], "studies": ["published"]})
    assert first_seen(study, alone).table.empty
    assert changed(study, alone).table.empty
    few = check_parameters("ood-correlation", {"ood_sets": ["ninco", "textures"], "studies": ["published"]})
    assert set(first_seen(study, few).table["ood_set"]) == {"ninco"}
    assert set(changed(study, few).table["ood_set"]) == {"textures"}

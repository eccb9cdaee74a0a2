"""The chapter says what the record says of distribution shift, and never more than its families allow."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
import xarray as xr
from scipy.stats import norm, spearmanr

from clipsafe_utils.chapters.distribution_shift import tables
from clipsafe_utils.cubes import find_study
from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.findings.shift import clouds as read
from clipsafe_utils.findings.shift import sources as chapter
from clipsafe_utils.findings.shift.changes import PairChanges
from clipsafe_utils.findings.shift.correlations import Correlations
from clipsafe_utils.findings.shift.result import DistributionShift, distribution_shift
from clipsafe_utils.findings.shift.study import UnderShift
from clipsafe_utils.parameters import check_parameters
from clipsafe_utils.say import NOT_MEASURED, Missing

STUDY = "published"
SHIFTS = ["v2_matched_frequency", "r", "a", "sketch", "objectnet"]
DECIDING = ["LAION-400M", "LAION-2B", "DataComp-1B"]
MAIN = ["WIT", "LAION-80M", "LAION-400M", "LAION-2B", "DataComp-1B", "WebLI"]


def found_with(**values: object) -> DistributionShift:
    return distribution_shift(check_parameters("distribution-shift", {"studies": [STUDY], **values}))


@pytest.fixture(scope="module")
def results() -> UnderShift:
    return found_with().record


@pytest.fixture(scope="module")
def clouds(results: UnderShift) -> read.Clouds:
    return results.clouds


@pytest.fixture(scope="module")
def raw() -> pd.DataFrame:
    """All rows of the record with their accuracies, in the order of preference."""
    study = find_study(STUDY)
    shifts = study.read("shifts")
    accuracy = (shifts["hits"] / shifts["images"]).to_pandas()
    described = study.read("models").to_dataframe()
    return described.loc[[name for name in described.index if name in accuracy.index]].join(accuracy)


def rows_of(raw: pd.DataFrame, source: str, shift: str) -> pd.DataFrame:
    here = (raw["group"] == "clip_zero_shot") & (raw["training_source"] == source)
    return raw[here].dropna(subset=["id", shift]).drop_duplicates("checkpoint")


def test_shifts_are_those_with_clips_and_v2_counts_once(clouds: read.Clouds) -> None:
    assert list(clouds) == SHIFTS


@pytest.mark.parametrize("shift", SHIFTS)
def test_a_network_counts_once_and_with_a_row_that_reports_the_shift(
    clouds: read.Clouds, raw: pd.DataFrame, shift: str
) -> None:
    checkpoints = clouds[shift]["checkpoint"].values
    assert len(set(checkpoints)) == checkpoints.size
    complete = raw.dropna(subset=["id", shift])
    complete = complete[complete[shift] > 0].drop_duplicates("checkpoint")
    assert checkpoints.tolist() == complete["checkpoint"].tolist()
    np.testing.assert_allclose(clouds[shift]["y"].values, complete[shift])


def test_objectnet_has_the_networks_whose_preferred_row_lacks_it(clouds: read.Clouds) -> None:
    cloud = clouds["objectnet"]
    resnet = cloud.isel(model=cloud["checkpoint"].values == "vgg16")
    assert resnet["model"].values.tolist() == ["imagenet-testbed:vgg16"]
    assert clouds["r"]["model"].values[clouds["r"]["checkpoint"].values == "vgg16"] == [
        "timm:vgg16.tv_in1k@224"
    ]


def test_rank_correlation_agrees_with_scipy(results: UnderShift, raw: pd.DataFrame) -> None:
    for source in MAIN:
        rows = rows_of(raw, source, "sketch")
        expected = spearmanr(rows["id"], rows["sketch"]).statistic
        found = results.correlations.value("rank", source, "sketch").estimate
        assert found == pytest.approx(expected)


def test_correlation_at_fixed_quantity_agrees_with_statsmodels(
    results: UnderShift, raw: pd.DataFrame
) -> None:
    rows = rows_of(raw, "LAION-2B", "a").dropna(subset=["samples_seen"])
    design = sm.add_constant(np.log(rows["samples_seen"]))
    left = [sm.OLS(norm.ppf(rows[name]), design).fit().resid for name in ("id", "a")]
    found = results.correlations.table.sel(shift="a", set="LAION-2B")
    assert found["fixed"].item() == pytest.approx(np.corrcoef(left)[0, 1])
    assert found["stated"] == len(rows) == 26


def test_only_sources_with_four_families_decide(results: UnderShift) -> None:
    within = results.correlations.table.sel(set=MAIN)
    assert (within["rank_decided"] == (within["families"] >= 4)).all()
    assert within["families"].sel(shift="r").values.tolist() == [3, 2, 4, 7, 4, 3]
    for decided in within["rank_decided"].transpose("shift", "set"):
        assert [name in DECIDING for name in MAIN] == decided.values.tolist()


def test_quantities_that_nobody_states_are_not_held_fixed(results: UnderShift) -> None:
    assert results.correlations.table["fixed"].sel(set="WebLI").isnull().all()
    assert results.correlations.table["fixed"].sel(set=chapter.STANDARD).isnull().all()
    assert results.correlations.table["fixed"].sel(set="DataComp-1B").isnull().all()
    assert results.correlations.table["fixed"].sel(set=chapter.GRID).notnull().all()


def test_offset_from_other_sources_agrees_with_statsmodels(results: UnderShift, raw: pd.DataFrame) -> None:
    rows = pd.concat([rows_of(raw, source, "sketch") for source in MAIN])
    own = rows["training_source"] == "WIT"
    x, y = norm.ppf(rows["id"]), norm.ppf(rows["sketch"])
    line = sm.RLM(y[~own], sm.add_constant(x[~own]), M=sm.robust.norms.HuberT(1.345)).fit()
    residual = rows["sketch"][own] - norm.cdf(line.predict(sm.add_constant(x[own])))
    expected = residual.groupby(rows["family"][own]).mean().mean()
    found = results.heights.table.sel(shift="sketch", source="WIT", line="other sources")
    assert found["measured"] == 9
    assert found["mean"].item() == pytest.approx(expected, abs=1e-5)


def test_offsets_come_with_a_range_and_a_verdict(results: UnderShift) -> None:
    others = results.heights.table.sel(line="other sources")
    assert ((others["outside"] > 0).sum("source") <= 1).all()
    assert others["outside"].sel(shift="sketch", source="WIT") == 6
    assert (results.heights.table["mean"].sel(line="standard") > 0).all()
    assert (results.heights.table["measured"] <= results.heights.table["clips"]).all()


def test_what_the_record_says(results: UnderShift) -> None:
    within, heights = results.correlations, results.heights
    assert (results.who, results.shifts, results.image_interval.size()) == ("the record", "5", "1.1")
    assert (within.decided, within.families, within.few) == (DECIDING, "4 to 7", "WIT, LAION-80M and WebLI")
    assert [str(within.least("rank", names)) for names in (DECIDING, within.clear)] == ["0.915", "0.982"]
    assert within.direction == "some"
    assert (within.sure, within.unsure) == ("LAION-400M and LAION-2B", "DataComp-1B")
    assert within.names_with("fixed") == "LAION-400M and LAION-2B"
    assert (within.all_are_close, within.sources_are_close, within.standard_says) == ("yes", "yes", "less")
    assert heights.all_above == "yes"
    assert next(iter(heights.above_standard)) == "ImageNet-V2"
    assert (heights.of("WIT", "sketch").mean.points(), heights.of("WIT", "a").above) == ("−6.6", "9 of 9")
    assert heights.of("WebLI", "objectnet").side == "below"
    assert (heights.highest("a"), heights.lowest("sketch"), results.source_of_height) == ("WIT", "WIT", "one")
    assert (results.twins.encoder, results.twins.other) == ("ViT-B-32", "LAION-400M")
    assert results.twins.changes["sketch"].points() == "−8.0"
    assert results.twins.parts_shifts == "yes"
    assert results.tuned.falls == "yes"
    assert results.by_way.gains == "no"
    assert results.by_way.supported("down") == "ImageNet-V2, ImageNet-R and ImageNet-Sketch"
    assert list(results.by_way.undecided) == ["ImageNet-A"]
    assert (results.like.decides, results.beyond_standard) == ("no", "5 of 10")
    assert (results.equal_samples, results.with_encoder("ResNet")) == ("WIT", "WIT")
    assert results.evaluated_twice.network == "efficientnet-b5"
    assert results.evaluated_twice.largest.size() == "2.5"


def test_without_a_study_everything_is_missing() -> None:
    nobody = UnderShift("", {}, [], 0.95)
    said = (
        nobody.who,
        nobody.image_interval.size(),
        nobody.correlations.rank_of("WIT"),
        nobody.correlations.least("rank"),
        nobody.correlations.direction,
        nobody.correlations.grid_clips,
        nobody.heights.highest("a"),
        nobody.heights.of("WIT", "sketch").mean.points(),
        nobody.heights.all_above,
        nobody.twins.changes["id"].points(),
        nobody.twins.parts_shifts,
        nobody.tuned.falls,
        nobody.tuned.pairs,
        nobody.tuned.change().with_interval,
        nobody.beyond_standard,
        nobody.evaluated_twice.where,
        nobody.equal_samples,
        nobody.heights_are_larger,
        nobody.tuned_against_standard,
    )
    assert set(said) == {NOT_MEASURED}
    assert not nobody.is_real
    assert nobody.tuned.changes("at_equal") == {}


@pytest.mark.parametrize("group", ["clip_zero_shot", "clip_fine_tuned"])
def test_numbers_of_absent_groups_are_missing(group: str) -> None:
    record = found_with(groups=[group]).record
    assert isinstance(record.heights.all_above, Missing)
    assert record.tuned.change("r").points() == NOT_MEASURED
    assert isinstance(record.correlations.least("rank"), Missing) == (group == "clip_fine_tuned")
    assert isinstance(record.by_way.change("r"), Missing) == (group == "clip_zero_shot")


@pytest.mark.parametrize(
    ("sources", "answer"),
    [
        (["WIT", "LAION-400M"], "up"),
        (["LAION-400M", "LAION-2B"], "up"),
        (["LAION-2B", "DataComp-1B"], "some"),
        (["DataComp-1B", "WebLI"], "open"),
    ],
)
def test_the_answer_is_that_of_the_sources_that_decide(
    results: UnderShift, sources: list[str], answer: str
) -> None:
    within = Correlations(results.correlations.table, sources)
    lows = within.table["rank_low"].sel(set=within.decided).min("shift")
    assert within.direction == answer
    assert sorted([*within.clear, *within.unclear]) == sorted(within.decided)
    assert (lows > 0).values.tolist() == [name in str(within.sure) for name in within.decided]


def test_sources_that_decide_nothing_are_not_said_to_decide() -> None:
    found = found_with(training_sources=["WIT", "LAION-80M"])
    within = found.record.correlations
    assert within.standard_says == "alone"
    assert (within.few, within.few_ranks) == ("WIT and LAION-80M", "0.933 to 1.000")
    assert isinstance(within.direction, Missing)
    assert isinstance(found.record.heights.of("WIT", "sketch").is_outside, Missing)
    assert isinstance(found.record.heights.of("WebLI", "objectnet").mean, Missing)
    assert isinstance(found.most_inside, Missing)
    with_laboratory = found_with(studies=[STUDY, "miniature"], training_sources=["WIT", "LAION-80M"])
    assert isinstance(with_laboratory.most_inside, Missing)
    assert found.record.has_source("WebLI") == NOT_MEASURED


def test_a_study_without_the_sources_named_shows_its_main_ones() -> None:
    found = found_with(studies=["miniature", STUDY], training_sources=["WIT"])
    assert {study: one.sources for study, one in found.shifts.items()} == {
        "miniature": ["wit", "laion"],
        STUDY: ["WIT"],
    }


def test_the_record_speaks_whatever_study_stands_first() -> None:
    found = found_with(studies=["miniature", STUDY])
    assert found.like_pairs == "14 of the drawn world and 4 of the record"
    assert (found.record.study, found.drawn.study) == (STUDY, "miniature")
    assert isinstance(found_with(studies=["miniature"]).record.who, Missing)


def test_the_level_moves_intervals_and_no_verdict() -> None:
    narrow, wide = (found_with(confidence=level).record for level in (0.5, 0.999))
    ends = [one.tuned.change() for one in (narrow, wide)]
    assert ends[0].estimate == ends[1].estimate
    assert ends[0].low > ends[1].low
    outside = [one.heights.of("WIT", "sketch").outside for one in (narrow, wide)]
    assert outside == ["6 of 9"] * 2


def test_a_page_without_any_data_is_refused() -> None:
    with pytest.raises(ClipsafeError, match="Nothing to show: the study field has no model"):
        found_with(studies=["field"])


def test_sources_are_chosen_by_name_or_number(clouds: read.Clouds) -> None:
    assert read.choose_sources({STUDY: clouds}, ["main"]) == {STUDY: MAIN}
    assert len(read.choose_sources({STUDY: clouds}, ["all"])[STUDY]) == 42
    assert read.choose_sources({STUDY: clouds}, ["YFCC-15M", "WIT"]) == {STUDY: ["WIT", "YFCC-15M"]}
    with pytest.raises(ClipsafeError, match="source 'WITT'; the choices are main, all, CC-12M"):
        read.choose_sources({STUDY: clouds}, ["WITT"])


def test_clouds_follow_the_groups_and_the_classes_shown() -> None:
    assert list(read.read_clouds([STUDY], ["clip_fine_tuned"])[STUDY]) == SHIFTS[:-1]
    study = find_study(STUDY)
    same = read.same_class_clouds(study.read("shifts"), study.read("models"), ["standard"])
    assert list(same) == ["r", "a", "objectnet"]


def test_a_study_without_clips_is_left_out_in_words() -> None:
    assert read.read_clouds([STUDY], ["standard"]) == {}
    said = read.without_clips([STUDY], {})
    assert "fewer than 5 CLIPs" in said[0]
    assert said[1:] == ["No study has accuracies of CLIPs under shift."]
    assert read.without_clips([STUDY], {STUDY: {}}) == []


def test_no_line_is_drawn_through_too_few_families(clouds: read.Clouds) -> None:
    cloud = clouds["objectnet"]
    few = cloud.isel(model=cloud["family"].isin(["VGG", "ResNet"]).values)
    assert chapter.line_of_standard(few).size == 0
    assert chapter.line_of_standard(cloud).size > 0
    assert (chapter.line_of_standard(cloud).diff("x") > 0).all()


def test_families_are_counted_where_either_line_has_something_to_say() -> None:
    record = found_with(training_sources=["WIT", "LAION-400M"]).record
    assert '<td>WIT</td><td class="number">3</td>' in tables.offset_table(record).markup


def test_two_evaluations_are_compared_in_the_groups_shown(results: UnderShift) -> None:
    clips = found_with(groups=["clip_zero_shot"]).record.evaluated_twice
    assert clips.pairs != results.evaluated_twice.pairs


def test_models_have_intervals_over_images_and_heights_above_the_line(results: UnderShift) -> None:
    cloud = results.clouds["sketch"]
    low, high = results.intervals("sketch")
    assert ((low < cloud["y"].values) & (cloud["y"].values < high)).all()
    height = results.above_standard("sketch")
    standard = (cloud["group"] == "standard").values
    assert abs(np.nanmedian(height[standard])) < 0.01
    assert np.nanmin(height[(cloud["group"] == "clip_zero_shot").values]) > 0.05
    beyond = cloud["x"].values > cloud["x"].values[standard].max()
    assert beyond.any()
    assert np.isnan(height[beyond]).all()
    alone = found_with(groups=["clip_zero_shot"]).record
    assert np.isnan(alone.above_standard("sketch")).all()
    assert (isinstance(alone.has_lines, Missing), results.has_lines) == (True, "yes")


def test_tables_have_a_row_for_each_case(results: UnderShift) -> None:
    def rows(shown: tables.Shown) -> int:
        return shown.markup.count('<th scope="row">')

    assert rows(tables.correlation_table(results)) == len(SHIFTS) * (len(MAIN) + 3)
    laboratory = found_with(studies=["miniature"]).record
    assert "0 (0)" not in tables.correlation_table(laboratory).markup
    assert rows(tables.offset_table(results)) == len(SHIFTS) * len(MAIN)
    assert rows(tables.pair_table(results.by_way, "Pairs.")) == 10
    assert rows(tables.line_table({"one": results.by_way}, "Lines.")) == 4
    assert rows(tables.evaluation_table(results)) == 8
    nested = tables.source_table(results).markup
    assert '<td class="prose">ResNet 5, ViT-B 2, ViT-L 2</td>' in nested
    assert "not stated" in nested


def test_a_gain_and_a_loss_are_told_apart() -> None:
    """Two shifts, of which one gains and one loses surely, and a third that is open."""
    shifts = ["r", "a", "sketch"]
    ends = {"mean": [0.02, -0.02, 0.01], "low": [0.01, -0.03, -0.01], "high": [0.03, -0.01, 0.03]}
    table = xr.Dataset(
        {name: (("shift", "measure"), np.array(values)[:, None]) for name, values in ends.items()},
        coords={"shift": shifts, "measure": ["at_equal"], "pair": ["x"]},
    ).assign(
        families=(("shift", "measure"), np.full((3, 1), 6)),
        supported=(("shift", "measure"), np.array([[True], [True], [False]])),
    )
    pairs = PairChanges(table)
    assert (pairs.supported("up"), pairs.supported("down")) == ("ImageNet-R", "ImageNet-A")
    assert list(pairs.undecided) == ["ImageNet-Sketch"]
    assert (pairs.gains, pairs.falls) == ("yes", "no")

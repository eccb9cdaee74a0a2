"""Chapter 3 says what the record says of distribution shift, and never more than its families allow."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
import xarray as xr
from scipy.stats import norm, spearmanr

from clipsafe_utils.chapters.formats import NOT_MEASURED
from clipsafe_utils.chapters.ood_correlation import descriptions as alt
from clipsafe_utils.chapters.ood_correlation import tables, words
from clipsafe_utils.cubes import GROUPS, find_study
from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.figures import ood_correlation as figures
from clipsafe_utils.figures import ood_offsets as offset_figures
from clipsafe_utils.findings import clip_pairs as pairs
from clipsafe_utils.findings.shift import clouds as read
from clipsafe_utils.findings.shift import sources as chapter

STUDY = "published"
SHIFTS = ["v2_matched_frequency", "r", "a", "sketch", "objectnet"]
MAIN = ["WIT", "LAION-80M", "LAION-400M", "LAION-2B", "DataComp-1B", "WebLI"]
LEVEL = 0.95


def results_of(clouds: dict[str, xr.Dataset], sources: list[str]) -> words.Results:
    return words.Results(
        clouds,
        sources,
        chapter.within_sources(clouds, sources, LEVEL),
        chapter.offsets(clouds, sources, LEVEL),
        *(
            pairs.compare_pairs(clouds, find, LEVEL)
            for find in (pairs.fine_tuning_pairs, pairs.zero_shot_pairs, pairs.source_pairs)
        ),
        read.read_evaluations([STUDY])[STUDY],
    )


@pytest.fixture(scope="module")
def clouds() -> dict[str, xr.Dataset]:
    return read.read_clouds([STUDY], list(GROUPS))[STUDY]


@pytest.fixture(scope="module")
def results(clouds: dict[str, xr.Dataset]) -> words.Results:
    return results_of(clouds, MAIN)


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


def test_shifts_are_those_with_clips_and_v2_counts_once(clouds: dict[str, xr.Dataset]) -> None:
    assert list(clouds) == SHIFTS


@pytest.mark.parametrize("shift", SHIFTS)
def test_a_network_counts_once_and_with_a_row_that_reports_the_shift(
    clouds: dict[str, xr.Dataset], raw: pd.DataFrame, shift: str
) -> None:
    checkpoints = clouds[shift]["checkpoint"].values
    assert len(set(checkpoints)) == checkpoints.size
    complete = raw.dropna(subset=["id", shift])
    complete = complete[complete[shift] > 0].drop_duplicates("checkpoint")
    assert checkpoints.tolist() == complete["checkpoint"].tolist()
    np.testing.assert_allclose(clouds[shift]["y"].values, complete[shift])


def test_objectnet_has_the_networks_whose_preferred_row_lacks_it(clouds: dict[str, xr.Dataset]) -> None:
    cloud = clouds["objectnet"]
    resnet = cloud.isel(model=cloud["checkpoint"].values == "vgg16")
    assert resnet["model"].values.tolist() == ["imagenet-testbed:vgg16"]
    assert clouds["r"]["model"].values[clouds["r"]["checkpoint"].values == "vgg16"] == [
        "timm:vgg16.tv_in1k@224"
    ]


def test_rank_correlation_agrees_with_scipy(results: words.Results, raw: pd.DataFrame) -> None:
    for source in MAIN:
        rows = rows_of(raw, source, "sketch")
        expected = spearmanr(rows["id"], rows["sketch"]).statistic
        assert results.within["rank"].sel(shift="sketch", set=source).item() == pytest.approx(expected)


def test_correlation_at_fixed_quantity_agrees_with_statsmodels(
    results: words.Results, raw: pd.DataFrame
) -> None:
    rows = rows_of(raw, "LAION-2B", "a").dropna(subset=["samples_seen"])
    design = sm.add_constant(np.log(rows["samples_seen"]))
    left = [sm.OLS(norm.ppf(rows[name]), design).fit().resid for name in ("id", "a")]
    found = results.within.sel(shift="a", set="LAION-2B")
    assert found["fixed"].item() == pytest.approx(np.corrcoef(left)[0, 1])
    assert found["stated"] == len(rows) == 26


def test_only_sources_with_five_families_decide(results: words.Results) -> None:
    within = results.within.sel(set=MAIN)
    assert (within["rank_decided"] == (within["families"] >= 5)).all()
    assert within["families"].sel(set="LAION-2B", shift="r") == 7
    assert not within["rank_decided"].sel(set=[name for name in MAIN if name != "LAION-2B"]).any()


def test_quantities_that_nobody_states_are_not_held_fixed(results: words.Results) -> None:
    assert results.within["fixed"].sel(set="WebLI").isnull().all()
    assert results.within["fixed"].sel(set=chapter.STANDARD).isnull().all()
    assert results.within["fixed"].sel(set="DataComp-1B").isnull().all()
    assert results.within["fixed"].sel(set=chapter.GRID).notnull().all()


def test_offset_from_other_sources_agrees_with_statsmodels(results: words.Results, raw: pd.DataFrame) -> None:
    rows = pd.concat([rows_of(raw, source, "sketch") for source in MAIN])
    own = rows["training_source"] == "WIT"
    x, y = norm.ppf(rows["id"]), norm.ppf(rows["sketch"])
    line = sm.RLM(y[~own], sm.add_constant(x[~own]), M=sm.robust.norms.HuberT(1.345)).fit()
    residual = rows["sketch"][own] - norm.cdf(line.predict(sm.add_constant(x[own])))
    expected = residual.groupby(rows["family"][own]).mean().mean()
    found = results.offsets.sel(shift="sketch", source="WIT", line="other sources")
    assert found["measured"] == 9
    assert found["mean"].item() == pytest.approx(expected, abs=1e-5)


def test_offsets_come_with_a_range_and_a_verdict(results: words.Results) -> None:
    others = results.offsets.sel(line="other sources")
    assert ((others["outside"] > 0).sum("source") <= 1).all()
    assert others["outside"].sel(shift="sketch", source="WIT") == 7
    assert (results.offsets["mean"].sel(line="standard") > 0).all()
    assert (results.offsets["measured"] <= results.offsets["clips"]).all()


def test_every_number_of_the_prose_is_there(results: words.Results) -> None:
    numbers = words.numbers({STUDY: results}, LEVEL)
    assert tuple(numbers) == words.KEYS
    assert NOT_MEASURED not in numbers.values()
    assert numbers["ood-clips"] == "129"
    assert numbers["ood-decided-names"] == "LAION-2B"
    assert numbers["ood-rank-least"] == "0.989"
    assert numbers["ood-wit-sketch"] == "−6.6"
    assert numbers["ood-like-sketch"] == "−8.0"
    assert set(words.numbers({}, LEVEL).values()) == {NOT_MEASURED}


@pytest.mark.parametrize("group", ["clip_zero_shot", "clip_fine_tuned"])
def test_numbers_of_absent_groups_are_not_measured(group: str) -> None:
    clouds = read.read_clouds([STUDY], [group])[STUDY]
    sources = read.choose_sources({STUDY: clouds}, ["main"])[STUDY]
    numbers = words.numbers({STUDY: results_of(clouds, sources)}, LEVEL)
    assert numbers["ood-above-r"] == numbers["ood-tuning-r"] == NOT_MEASURED
    assert (numbers["ood-rank-least"] == NOT_MEASURED) == (group == "clip_fine_tuned")
    assert (numbers["ood-12k-r"] == NOT_MEASURED) == (group == "clip_zero_shot")


def test_no_correlation_is_rounded_up() -> None:
    assert words.three_digits(0.9999) == "0.999"
    assert words.three_digits(-0.9999) == "−0.999"


def test_sources_are_chosen_by_name_or_number(clouds: dict[str, xr.Dataset]) -> None:
    assert read.choose_sources({STUDY: clouds}, ["main"]) == {STUDY: MAIN}
    assert len(read.choose_sources({STUDY: clouds}, ["all"])[STUDY]) == 39
    assert read.choose_sources({STUDY: clouds}, ["YFCC-15M", "WIT"]) == {STUDY: ["WIT", "YFCC-15M"]}
    with pytest.raises(ClipsafeError, match="source 'WITT'; the choices are main, all, CC-12M"):
        read.choose_sources({STUDY: clouds}, ["WITT"])


def test_a_study_without_clips_is_left_out_in_words() -> None:
    assert read.read_clouds([STUDY], ["standard"]) == {}
    said = read.without_clips([STUDY], {})
    assert "fewer than 5 CLIPs" in said[0]
    assert said[1:] == ["No study has accuracies of CLIPs under shift."]
    assert read.without_clips([STUDY], {STUDY: {}}) == []


def test_figures_draw_every_shift_source_and_study(
    clouds: dict[str, xr.Dataset], results: words.Results
) -> None:
    lines = {shift: chapter.line_of_standard(cloud) for shift, cloud in clouds.items()}
    twice = {STUDY: clouds, "again": clouds}
    drawn = figures.clouds(twice, dict.fromkeys(twice, lines), dict.fromkeys(twice, MAIN))
    titles = [axes.get_title("left") for axes in drawn.axes if axes.get_visible()]
    assert titles[:2] == ["ImageNet-V2", "ImageNet-R"]
    assert len(titles) == 2 * len(SHIFTS)
    assert [part.get_suptitle() for part in drawn.subfigs] == [STUDY, "again"]
    assert {text.get_text() for text in drawn.legends[0].get_texts()} >= {*MAIN, "CLIP, fine-tuned"}
    assert len(figures.within({STUDY: results.within, "again": results.within}).axes) == 4
    assert len(offset_figures.offsets({STUDY: results.offsets, "again": results.offsets}).axes) == 4
    compared = {"a": results.by_way, "b": results.tuned}
    assert [axes.get_title("left") for axes in offset_figures.pairs(compared).axes] == ["a", "b"]


def test_undecided_marks_are_hollow(results: words.Results) -> None:
    axes = figures.within({STUDY: results.within}).axes[0]
    wit, laion = MAIN.index("WIT"), MAIN.index("LAION-2B")
    marks = [one for one in axes.collections if len(one.get_offsets()) == len(SHIFTS)]
    filled = [len(one.get_facecolor()) > 0 and one.get_facecolor()[0][3] > 0 for one in marks]
    assert (filled[wit], filled[laion]) == (False, True)


def test_no_line_is_drawn_through_too_few_families(clouds: dict[str, xr.Dataset]) -> None:
    cloud = clouds["objectnet"]
    few = cloud.isel(model=cloud["family"].isin(["VGG", "ResNet"]).values)
    assert chapter.line_of_standard(few).size == 0
    assert chapter.line_of_standard(cloud).size > 0
    assert (chapter.line_of_standard(cloud).diff("x") > 0).all()


def test_tables_have_a_row_for_each_case(clouds: dict[str, xr.Dataset], results: words.Results) -> None:
    def rows(shown: tables.ThemedTable) -> int:
        return shown.markup.count('<th scope="row">')

    assert rows(tables.correlation_table(results.within, STUDY)) == len(SHIFTS) * (len(MAIN) + 3)
    assert rows(tables.offset_table(results.offsets, STUDY)) == len(SHIFTS) * len(MAIN)
    assert rows(tables.pair_table(results.by_way, "Pairs.")) == 10
    assert rows(tables.line_table({"one": results.by_way}, "Lines.")) == 4
    assert rows(tables.evaluation_table(results.evaluations, STUDY)) == 8
    nested = tables.source_table(clouds, MAIN, STUDY).markup
    assert "<td>ResNet 5, ViT-B 2, ViT-L 2</td>" in nested
    assert "not stated" in nested


def test_alternative_texts_name_what_is_drawn(clouds: dict[str, xr.Dataset], results: words.Results) -> None:
    assert "ObjectNet: zero-shot CLIPs 33" in alt.describe_clouds(clouds, MAIN, STUDY)
    assert "LAION-2B, families: 7, rank correlation 0.989 to 0.998" in alt.describe_within(
        results.within, STUDY
    )
    assert "WIT +31.9 and −6.6" in alt.describe_offsets(results.offsets, STUDY)
    assert "x, ImageNet-A: +4.3 (+2.0 to +6.6)" in alt.describe_pairs({"x": results.by_way})

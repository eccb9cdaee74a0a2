"""Chapter 6 in the record: pairs that differ in one thing, counted by family, and what is nested in what."""

import re

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from clipsafe_utils.chapters.causes import needs, nesting, record_words, views
from clipsafe_utils.chapters.formats import NOT_MEASURED
from clipsafe_utils.cubes import GROUPS
from clipsafe_utils.findings.causes import record
from clipsafe_utils.findings.causes.effects import read_laboratories
from clipsafe_utils.findings.shift.clouds import Clouds

LEVEL = 0.95


@pytest.fixture(scope="module")
def clouds() -> Clouds:
    return record.read_record(["published", "miniature"], list(GROUPS))["published"]


@pytest.fixture(scope="module")
def found(clouds: Clouds) -> pd.DataFrame:
    return record.record_effects(clouds, LEVEL)


def test_pairs_of_the_grid_differ_in_one_thing(clouds: Clouds) -> None:
    cloud = clouds["r"]
    rows = cloud.to_dataframe()
    rows["encoder"] = rows["checkpoint"].str.partition(".")[0]
    steps = np.log(np.array(record.SAMPLE_STEPS))
    held = {
        record.QUANTITY: ("encoder", "samples"),
        record.SAMPLES: ("encoder", "training_source"),
        record.ENCODER: ("training_source", "samples"),
        record.SOURCE: ("encoder", "samples"),
    }
    for cause in record.CAUSES:
        pairs = cause.find(cloud)
        assert len(pairs) == {record.SOURCE: 3, record.TUNING: 10}.get(cause.kind, 9), cause.title
        for before, after in pairs if cause.kind != record.TUNING else ():
            pair = rows.loc[[before, after]]
            nearest = np.abs(np.log(pair["samples_seen"].to_numpy())[:, None] - steps).argmin(axis=1)
            pair = pair.assign(samples=nearest)
            changed = {name for name in ("encoder", "training_source", "samples") if pair[name].nunique() > 1}
            assert changed.isdisjoint(held[cause.kind])
            assert len(changed) == 1


def test_a_cause_of_the_record_is_a_mean_over_families(clouds: Clouds, found: pd.DataFrame) -> None:
    cloud = clouds["sketch"]
    (cause,) = (one for one in record.CAUSES if one.title == "3 to 13 billion")
    x, family = cloud["x"].to_series(), cloud["family"].to_series()
    gains = pd.Series({before: x[after] - x[before] for before, after in cause.find(cloud)})
    by_family = gains.groupby(family[gains.index].to_numpy()).mean()
    row = found[(found["cause"] == cause.title) & (found["property"] == "id")].iloc[0]
    assert row["value"] == pytest.approx(by_family.mean())
    assert sorted(row["each"]) == pytest.approx(sorted(gains))
    # Each family is one mean: the jackknife of a mean of means is Student's interval.
    half = stats.t.ppf(0.975, len(by_family) - 1) * by_family.std() / np.sqrt(len(by_family))
    assert row["high"] - row["value"] == pytest.approx(half)
    assert (row["families"], row["runs"], row["decided"], row["moves"]) == (6, 9, True, True)


def test_fewer_than_five_families_decide_nothing(found: pd.DataFrame) -> None:
    few = found[found["families"] < 5]
    assert set(few["kind"]) == {record.QUANTITY, record.ENCODER, record.SOURCE}
    assert not few["decided"].any()
    assert not few["moves"].any()
    assert not few["sure"].any()


def test_means_under_shift_are_over_the_sets_that_all_have(clouds: Clouds, found: pd.DataFrame) -> None:
    assert record.shifts_of(clouds) == ["v2_matched_frequency", "r", "a", "sketch"]
    assert record.shifts_of({"objectnet": clouds["objectnet"]}) == ["objectnet"]
    row = found[(found["cause"] == "LAION-400M to WIT") & (found["property"] == "shift")].iloc[0]
    pair = record.wit_pairs(clouds["r"])[0]
    gains = [np.subtract(*clouds[name]["y"].sel(model=list(pair[::-1])).values) for name in ("r", "a")]
    assert len(row["each"]) == 3
    rest = [
        np.subtract(*clouds[name]["y"].sel(model=list(pair[::-1])).values)
        for name in ("v2_matched_frequency", "sketch")
    ]
    assert any(np.isclose(one, np.mean(gains + rest)) for one in row["each"])


def test_without_a_line_nothing_is_at_equal_accuracy(clouds: Clouds) -> None:
    clips = {
        name: cloud.isel(model=(cloud["group"] == "clip_zero_shot").values) for name, cloud in clouds.items()
    }
    bare = record.record_effects(clips, LEVEL)
    assert set(bare["property"]) == {"id", "shift"}
    assert record.TUNING not in set(bare["kind"])
    assert record.record_effects({}, LEVEL).empty


def test_encoders_and_sources_are_counted_once(clouds: Clouds) -> None:
    counts = nesting.nesting(clouds)
    clips = clouds["sketch"]["group"].values == "clip_zero_shot"
    assert counts.to_numpy().sum() == clips.sum()
    assert counts.loc["ResNet", "WIT"] == 5
    assert counts.loc["ResNet"].drop(["WIT", nesting.OTHERS]).sum() == 0
    single = nesting.on_one_crawl(counts)
    assert "ConvNeXt" in single["LAION"]
    assert single["WIT"] == ["ResNet"]
    assert nesting.shared(counts)[:2] == ["ViT-B", "ViT-L"]
    lines = [line for of_crawl in single.values() for line in of_crawl]
    assert sorted([*nesting.shared(counts), *lines]) == sorted(counts.index)
    shown = nesting.nesting_table(counts, "published").markup
    assert '<th scope="row">ResNet</th>' in shown
    assert "<td>0</td>" not in shown


def test_a_line_of_small_sources_stands_nowhere() -> None:
    counts = pd.DataFrame({"WIT": [0], nesting.OTHERS: [3]}, index=["ResNet"])
    assert nesting.on_one_crawl(counts) == {}
    assert nesting.shared(counts) == []
    assert nesting.written(counts) == "none"


def test_the_prose_of_the_record_says_what_is_undecided(clouds: Clouds, found: pd.DataFrame) -> None:
    said = record_words.numbers(clouds, found)
    assert list(said) == list(record_words.KEYS)
    assert NOT_MEASURED not in said.values()
    assert re.fullmatch(
        r"\+7\.7 points \(undecided, 2 families; same sign in 9 of 9 pairs\)", said["causes-record-small-id"]
    )
    assert re.fullmatch(r"\+4\.2 points \(\+3\.1 to \+5\.4\)", said["causes-record-samples-id"])
    assert said["causes-record-decided"] == "samples seen and fine-tuning"
    assert said["causes-record-undecided"] == "quantity, encoder and source"
    assert "ImageNet-Sketch" in said["causes-record-wit-down"]
    assert set(record_words.numbers(None, found).values()) == {NOT_MEASURED}
    some = {name: cloud.isel(model=slice(0, 40)) for name, cloud in clouds.items()}
    few = record_words.numbers(some, record.record_effects(some, LEVEL))
    assert few["causes-record-wit-up"] == few["causes-record-small-id"] == NOT_MEASURED


def test_titles_of_the_prose_are_causes() -> None:
    assert set(record_words.TITLES.values()) <= {cause.title for cause in record.CAUSES}


def test_a_need_is_met_by_the_strongest_sure_cause(clouds: Clouds, found: pd.DataFrame) -> None:
    drawn = read_laboratories(["miniature"])
    by_study = needs.read_needs({"real": clouds}, drawn, found, LEVEL)
    assert by_study["miniature"]["shape_bias"].startswith("typical textures 20 to 95 % (images): −82.8 (")
    assert by_study["real"]["accuracy"].startswith("on ImageNet-1k (fine-tuning): +13.2 (")
    assert by_study["miniature"]["at_equal"].startswith("curated to web, classifier (images): +")
    assert set(by_study["real"]) == {"accuracy", "accuracy_shifts", "at_equal"}
    assert needs.read_needs({"real": clouds, "bare": {}}, {}, found, LEVEL)["bare"] == {}
    shown = needs.needs_table(by_study, LEVEL).markup
    assert shown.count("<tr>") == 1 + len(needs.ROWS)
    assert f"<td>{needs.NOT_KNOWN}</td>" in shown


def test_words_say_what_is_undecided(found: pd.DataFrame) -> None:
    assert "LAION-80M to 400M +7.7 (undecided)" in views.describe_effects(found, record.MEASURES)

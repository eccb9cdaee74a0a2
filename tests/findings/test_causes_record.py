"""Chapter 7 in the record: pairs that differ in one thing, counted by family, and what is nested in what."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from clipsafe_utils.cubes import GROUPS
from clipsafe_utils.findings.causes import nesting, record
from clipsafe_utils.findings.causes.in_record import InRecord, in_words
from clipsafe_utils.findings.causes.needs import record_needs
from clipsafe_utils.findings.shift.clouds import Clouds
from clipsafe_utils.say import NOT_MEASURED

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
        number = {record.SOURCE: 4, record.TUNING: 10, record.FILTER: 20}
        assert len(pairs) == number.get(cause.kind, 9), cause.title
        for before, after in pairs if cause.kind in held else ():
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
    assert set(few["kind"]) == {record.QUANTITY, record.ENCODER, record.SOURCE, record.FILTER}
    assert not few["decided"].any()
    assert not few["moves"].any()
    assert not few["sure"].any()


def test_means_under_shift_are_over_the_sets_that_all_have(clouds: Clouds, found: pd.DataFrame) -> None:
    assert record.shifts_of(clouds) == ["v2_matched_frequency", "r", "a", "sketch"]
    assert record.shifts_of({"objectnet": clouds["objectnet"]}) == ["objectnet"]
    row = found[(found["cause"] == "LAION-400M to WIT") & (found["property"] == "shift")].iloc[0]
    pair = record.wit_pairs(clouds["r"])[0]
    gains = [np.subtract(*clouds[name]["y"].sel(model=list(pair[::-1])).values) for name in ("r", "a")]
    assert len(row["each"]) == 4
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
    # Zero-shot CLIPs draw the line of filters themselves.
    assert set(bare["property"][bare["kind"] != record.FILTER]) == {"id", "shift"}
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


def test_a_line_of_small_sources_stands_nowhere() -> None:
    counts = pd.DataFrame({"WIT": [0], nesting.OTHERS: [3]}, index=["ResNet"])
    assert nesting.on_one_crawl(counts) == {}
    assert nesting.shared(counts) == []
    assert nesting.written(counts) == NOT_MEASURED
    lines = ["ResNet", "ViT-B", "ConvNeXt"]
    several = pd.DataFrame({"WIT": [5, 2, 0], "LAION-2B": [0, 9, 8], nesting.OTHERS: [3, 27, 3]}, lines)
    assert nesting.written(several) == "ResNet on WIT; ConvNeXt on LAION"


def test_the_record_says_what_is_undecided(clouds: Clouds) -> None:
    of_all = InRecord("published", clouds, LEVEL)
    small = of_all.changes["LAION-80M to 400M"]
    assert small.id == "+7.7 points (undecided, 2 families; same sign in 9 of 9 pairs)"
    # Of nine pairs one has no batch size in its names: 32 against 86 or 88 thousand in three.
    assert small.unlike_batches == "3 of 8"
    filtered = of_all.changes["CommonPool, filtered"]
    assert filtered.id == "+6.8 points (undecided, 1 family; same sign in 20 of 20 pairs)"
    assert filtered.unlike_batches == "0 of 20"
    assert of_all.changes["3 to 13 billion"].id == "+4.2 points (+3.1 to +5.4)"
    assert (of_all.causes, of_all.decides) == ("10", "some")
    assert of_all.decided == "samples seen and fine-tuning"
    assert of_all.decided_here == "samples seen"
    assert of_all.undecided == "quantity, encoder, source and filter"
    assert "ImageNet-Sketch" in of_all.wit_lower
    assert "ImageNet-A" in of_all.wit_higher
    assert len(of_all.image_steps) == 2
    assert set(of_all.zero_shot["kind"]) == {*record.KINDS} - {record.TUNING}


def test_few_models_of_the_record_leave_values_missing(clouds: Clouds) -> None:
    few = {name: cloud.isel(model=slice(0, 40)) for name, cloud in clouds.items()}
    pools = {name: cloud["training_source"].str.contains("Pool").values for name, cloud in few.items()}
    few = {name: cloud.isel(model=~pools[name]) for name, cloud in few.items()}
    some = InRecord("few", few, LEVEL)
    assert some.wit_higher == some.causes == some.decides == NOT_MEASURED
    small = some.changes["LAION-80M to 400M"]
    assert small.id == small.unlike_batches == NOT_MEASURED


def test_without_zero_shot_clips_there_is_nothing_nested(clouds: Clouds) -> None:
    tuned = InRecord(
        "tuned",
        {
            name: cloud.isel(model=(cloud["group"] != "clip_zero_shot").values)
            for name, cloud in clouds.items()
        },
        LEVEL,
    )
    assert not tuned.has_zero_shot
    assert tuned.on_one_crawl == tuned.on_several_crawls == NOT_MEASURED
    assert set(tuned.effects["kind"]) <= {record.TUNING}


def test_without_a_record_everything_is_missing() -> None:
    none = InRecord("", {}, LEVEL)
    texts = (
        none.name,
        none.shifts,
        none.decided,
        none.decided_here,
        none.undecided,
        none.causes,
        none.wit_lower,
        none.decides,
    )
    assert {*texts, none.changes["3 to 13 billion"].id} == {NOT_MEASURED}
    assert none.image_steps == []


def test_pairs_that_share_the_sign_are_counted() -> None:
    few = {"families": 1, "decided": False, "each": [0.1, -0.05], "runs": 2, "low": -0.07, "high": 0.22}
    row = pd.Series({"value": 0.025} | few)
    assert in_words(row) == "+2.5 points (undecided, 1 family; same sign in 1 of 2 pairs)"


def test_a_need_is_met_by_the_strongest_sure_cause(found: pd.DataFrame) -> None:
    needs = record_needs(found)
    assert set(needs) == {"accuracy", "accuracy_shifts", "at_equal"}
    first = needs["accuracy"]
    assert (first.cause, first.kind, str(first.change)) == ("on ImageNet-1k", "Fine-tuning", "+13.2")

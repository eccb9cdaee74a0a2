"""Source against encoder, beside labels at random: by hand, and in the record."""

import numpy as np
import pandas as pd
import pytest
from scipy.special import ndtri

from clipsafe_utils.chapters.distribution_shift import figures, tables
from clipsafe_utils.findings.prompts.real import NO_REAL, RealPrompts
from clipsafe_utils.findings.shift.clouds import ID
from clipsafe_utils.findings.shift.result import distribution_shift
from clipsafe_utils.findings.shift.source_shares import (
    ENCODER,
    EVERY,
    LARGE,
    SIZE,
    SOURCE,
    SourceShares,
    chosen,
    source_shares,
)
from clipsafe_utils.parameters import check_parameters
from clipsafe_utils.say import Missing, Value

CLIPS = {
    # checkpoint: source, images, in distribution, on R, on Sketch
    "A.one": ("one", 1e6, 0.20, 0.30, 0.20),
    "B.one": ("one", 1e6, 0.30, 0.40, 0.30),
    "A.two": ("two", 1e9, 0.60, 0.50, 0.40),
    "B.two": ("two", 1e9, 0.70, 0.60, 0.50),
    "A.three": ("three", 1e9, 0.60, 0.70, 0.55),
    "B.three": ("three", 1e9, 0.70, 0.80, 0.65),
}


def asked(clips: dict[str, tuple[str, float, float, float, float]]) -> RealPrompts:
    rows = [
        {"checkpoint": name, "source": source, "images": images, "family": source}
        | {"prompt_set": prompts, "condition": condition, "before": before}
        | {"change": -0.01, "height": np.nan, "accuracy": before - 0.01}
        for name, (source, images, *shares) in clips.items()
        for prompts in ("one template", "bare name")
        for condition, before in zip(("id", "r", "sketch"), shares, strict=True)
    ]
    return RealPrompts("mine", pd.DataFrame(rows), 0.95)


@pytest.fixture(scope="module")
def record() -> SourceShares:
    return distribution_shift(check_parameters("distribution-shift", {"studies": ["published"]})).shares


def value(said: object) -> float:
    assert isinstance(said, Value)
    return said.estimate


def test_shares_by_hand() -> None:
    found = source_shares(asked(CLIPS), 0)
    # Means of sources .25, .65, .65 and of encoders 7/15, 17/30 about 31/60; the squares of all sum to .2283.
    total = 2 * (4 / 15) ** 2 + 4 * (2 / 15) ** 2 + 6 * 0.05**2
    assert value(found.share(SOURCE)) == pytest.approx(1 - 6 * 0.05**2 / total)
    assert value(found.share(ENCODER)) == pytest.approx(6 * 0.05**2 / total)
    # The large sources have too few CLIPs to be parted.
    assert isinstance(found.share(SOURCE, clips=LARGE), Missing)
    assert found.number("checkpoint") == "6"
    assert isinstance(found.on_one_source, Missing)


def test_size_is_one_number() -> None:
    found = source_shares(asked(CLIPS), 0)
    # The two large sources are alike in accuracy: their size says as much as their names.
    assert value(found.share(SIZE)) == pytest.approx(value(found.share(SOURCE)))
    assert value(found.by_chance(SIZE)) < value(found.by_chance(SOURCE))


def test_without_clips_all_is_missing() -> None:
    for found in (source_shares(NO_REAL, 0), source_shares(asked({"A.one": CLIPS["A.one"]}), 0)):
        assert not found
        missing = (found.share(SOURCE), found.beyond_chance(SOURCE), found.number("source"))
        assert all(isinstance(one, Missing) for one in missing)
    assert isinstance(source_shares(NO_REAL, 0).on_one_source, Missing)


def test_the_record_has_clips_of_eight_sources(record: SourceShares) -> None:
    # Two of the twenty-one ran with a wrong activation.
    assert (record.number("checkpoint"), record.number("source"), record.number("encoder")) == (
        "19",
        "8",
        "7",
    )
    assert (record.number("checkpoint", LARGE), record.number("source", LARGE)) == ("11", "3")
    assert "ViT-bigG-14" in record.on_one_source


def test_shares_of_the_record_are_those_of_group_means(record: SourceShares) -> None:
    for clips in (EVERY, LARGE):
        who = chosen(record.who, clips)
        for by, column in ((SOURCE, "source"), (ENCODER, "encoder")):
            means = who.groupby(column)[ID].transform("mean")
            share = ((means - who[ID].mean()) ** 2).sum() / ((who[ID] - who[ID].mean()) ** 2).sum()
            assert value(record.share(by, clips=clips)) == pytest.approx(share)


def test_at_equal_accuracy_another_line_says_the_same(record: SourceShares) -> None:
    who = record.who
    for shift in ("r", "sketch"):
        x, y = ndtri(who[ID]), ndtri(who[shift])
        off = pd.Series(y - np.polyval(np.polyfit(x, y, 1), x), who.index)
        for by, column in ((SOURCE, "source"), (ENCODER, "encoder")):
            means = off.groupby(who[column]).transform("mean")
            share = float((means**2).sum() / (off**2).sum())
            assert value(record.share(by, shift)) == pytest.approx(share, abs=0.1)
    assert record.beyond_chance(SOURCE, "r", "sketch") == "yes"
    assert record.beyond_chance(ENCODER, "r", "sketch") == record.beyond_chance(SIZE, "r", "sketch") == "no"
    assert record.beyond_chance(SOURCE, clips=LARGE) == "no"
    assert record.beyond_chance(SOURCE, "r", "sketch", clips=LARGE) == "some"


def test_chance_is_high_where_sources_have_few_clips(record: SourceShares) -> None:
    assert value(record.by_chance(SOURCE)) == pytest.approx(7 / 18, abs=0.03)
    assert value(record.most_by_chance(SOURCE)) > 0.6
    row = record.table[(record.table["by"] == SOURCE) & (record.table["outcome"] == ID)].iloc[0]
    assert row["p_value"] < 0.001


def test_figure_and_table_show_every_share(record: SourceShares) -> None:
    frame = figures.shares_frame(record)
    assert len(frame) == len(record.table) == 18
    assert (frame["band_low"] < frame["band_high"]).all()
    assert set(frame["panel"]) == {"19 CLIPs of every source", "11 CLIPs of large sources"}
    assert "97.4" in tables.share_table(record).markup
    assert "<svg" in figures.shares(record).markup

"""Real CLIPs under three sets of prompts: by hand, and against the record."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm, spearmanr

from clipsafe_utils.chapters.prompts.figures import real_frame
from clipsafe_utils.cubes import GROUPS
from clipsafe_utils.cubes.studies import find_study
from clipsafe_utils.findings.prompts import changes
from clipsafe_utils.findings.prompts.own_clips import own_clips
from clipsafe_utils.findings.prompts.real import CONDITIONS, FEWER, MANY, NO_REAL, RealPrompts, real_prompts
from clipsafe_utils.say import NOT_MEASURED, Missing
from clipsafe_utils.show.encoding import is_own
from tests.findings.prompt_cubes import make_models, make_prompts, write_study

BARE = "bare name"


def made(changes: dict[str, tuple[str, str, float, float, float]]) -> RealPrompts:
    """Of each CLIP: source, family, images, accuracy under many templates, change under the bare name."""
    rows = [
        {
            "checkpoint": name,
            "source": source,
            "family": family,
            "images": images,
            "prompt_set": BARE,
            "condition": condition,
            "accuracy": before + change,
            "before": before,
            "change": change * (2 if condition == "r" else 1),
            "height": change / 10 if before > 0.5 else np.nan,
        }
        for name, (source, family, images, before, change) in changes.items()
        for condition in CONDITIONS
    ]
    return RealPrompts("mine", pd.DataFrame(rows), 0.95)


@pytest.fixture
def four() -> RealPrompts:
    return made(
        {
            "a": ("CC-3M", "x", 3e6, 0.2, -0.08),
            "b": ("CC-3M", "y", 3e6, 0.3, -0.04),
            "c": ("LAION-2B", "z", 2e9, 0.6, -0.02),
            "d": ("LAION-2B", "z", 2e9, 0.7, 0.01),
        }
    )


def test_means_count_a_family_once(four: RealPrompts) -> None:
    mean = four.change(BARE)
    assert mean.estimate == pytest.approx((-0.08 - 0.04 - 0.005) / 3)
    assert mean.units == 3
    assert four.change(BARE, "r").estimate == pytest.approx(2 * mean.estimate)
    # At equal accuracy: of those that have a line alone.
    assert four.change(BARE, "r", at_equal=True).estimate == pytest.approx(-0.0005)
    assert four.supported == "2 of 4"


def test_who_loses_is_counted_over_all_sets_of_images(four: RealPrompts) -> None:
    assert four.lose(BARE) == "3 of 4"
    assert four.all_lose == "no"
    assert four.range(BARE) == "−8.0 to +1.0"
    assert four.range(BARE, lineage="LAION") == "−2.0 to +1.0"
    assert four.of_lineage("LAION") == "2"
    assert four.furthest(BARE) == "CC-3M"


def test_small_sources_are_held_against_large_ones(four: RealPrompts) -> None:
    assert four.by_size(BARE, small=True).estimate == pytest.approx(-0.06)
    assert four.by_size(BARE, small=False).estimate == pytest.approx(-0.005)
    assert four.size_gap(BARE).estimate == pytest.approx(-0.055)
    assert four.small == "CC-3M"
    # CLIPs in order of accuracy are in order of their change, too.
    assert four.with_accuracy(BARE).estimate == pytest.approx(1)


def test_without_such_a_study_all_is_missing() -> None:
    assert not NO_REAL
    for said in (
        NO_REAL.clips,
        NO_REAL.change(BARE),
        NO_REAL.lose(BARE),
        NO_REAL.all_lose,
        NO_REAL.range(BARE),
    ):
        assert isinstance(said, Missing)
    for said in (NO_REAL.size_gap(BARE), NO_REAL.with_accuracy(BARE), NO_REAL.moves_at_equal, NO_REAL.small):
        assert said == NOT_MEASURED
    assert real_frame(NO_REAL).empty
    assert not real_prompts(["miniature"], list(GROUPS), 0.95)
    assert not real_prompts(["published"], ["standard"], 0.95)


@pytest.fixture(scope="module")
def raw() -> dict[str, pd.DataFrame]:
    """Accuracy of the zero-shot CLIPs of the source, by set of prompts."""
    shifts, models = (find_study("published").read(name) for name in ("shifts", "models"))
    names = [name for name in shifts["model"].values if name.startswith("frequency:")]
    table = (shifts["hits"] / shifts["images"]).sel(model=names, condition=list(CONDITIONS)).to_pandas()
    described = models.sel(model=names).to_dataframe()
    table = table.join(described).assign(prompt_set=shifts["prompt_set"].sel(model=names).values)
    clips = table[table["group"] == "clip_zero_shot"]
    return {str(name): rows.set_index("checkpoint") for name, rows in clips.groupby("prompt_set")}


@pytest.mark.parametrize("prompt_set", FEWER)
@pytest.mark.parametrize("condition", CONDITIONS)
def test_the_record_says_the_same(raw: dict[str, pd.DataFrame], prompt_set: str, condition: str) -> None:
    found = real_prompts(["published"], list(GROUPS), 0.95)
    change = raw[prompt_set][condition] - raw[MANY][condition]
    family = raw[MANY]["family"]
    assert found.clips == str(change.size)
    expected = change.groupby(family).mean().mean()
    assert found.change(prompt_set, condition).estimate == pytest.approx(expected)
    rho = spearmanr(raw[MANY]["id"].loc[change.index], change).statistic
    assert found.with_accuracy(prompt_set, condition).estimate == pytest.approx(rho)


def test_the_figure_has_a_mark_a_clip_and_the_mean(raw: dict[str, pd.DataFrame]) -> None:
    frame = real_frame(real_prompts(["published"], list(GROUPS), 0.95))
    of_one = frame[(frame["panel"].str.startswith(BARE)) & (frame["side"] == "ImageNet-R")]
    assert of_one["row"].iloc[0] == "all CLIPs"
    assert len(of_one) == 1 + len(raw[MANY])
    least = 100 * (raw[BARE]["r"] - raw[MANY]["r"]).min()
    assert of_one["value"].min() == pytest.approx(least)


def test_one_template_in_place_of_eighty_is_read_of_each_own_clip(tmp_path: Path) -> None:
    found = list(own_clips(prompted(tmp_path), "published", 0.95))
    assert [(one.name, one.study) for one in found] == [("near", "mine"), ("far", "mine")]
    assert found[1].who == "`far` of the study `mine`"
    near, far = (one.change for one in found)
    assert (near.estimate, far.estimate) == pytest.approx((-0.02, -0.02), abs=1e-6)
    # Replicates, which are kept rounded, are a point more and less in turn for the first.
    assert near.low == pytest.approx(-0.02 - norm.ppf(0.975) * 0.01 * np.sqrt(8 / 7), abs=1e-4)
    assert far.low == pytest.approx(far.high, abs=1e-4)


@pytest.mark.parametrize(
    ("sets", "evidence", "clips", "host"),
    [
        (("5", "80"), "measured", 2, "published"),
        (("1", "80"), "proxy", 2, "published"),
        (("1", "80"), "measured", 5, "published"),
        (("1", "80"), "measured", 2, "mine"),
    ],
    ids=["without one template", "drawn", "a study with curves of its own", "the study of the panel"],
)
def test_who_is_no_own_clip_is_no_star(
    sets: tuple[str, str], evidence: str, clips: int, host: str, tmp_path: Path
) -> None:
    assert not list(own_clips(prompted(tmp_path, sets, evidence, clips), host, 0.95))


def prompted(
    root: Path, sets: tuple[str, str] = ("1", "80"), evidence: str = "measured", clips: int = 2
) -> list[changes.Tested]:
    """Read own CLIPs: the first set takes two points of each, of the first one more or less by draw."""
    names = ["own:near", "own:far", "own:c", "own:d", "own:e"][:clips]
    cube = make_prompts(names, dict(zip(sets, (-0.02, 0.0), strict=True)), draws=9)
    accuracy = cube["accuracy"].astype(np.float64)
    accuracy.values[1:, 0, 0] += np.tile([[0.01], [-0.01]], (4, 1))
    # Without unknown images, as where ImageNet alone was shown.
    cube = cube.assign(accuracy=accuracy).drop_dims(["score", "ood_set"])
    models = make_models(dict.fromkeys(names, "WIT"), dict.fromkeys(names, "own"))
    folder = write_study(root / "mine", models=models.assign_attrs(evidence=evidence), prompts=cube)
    return changes.read_tested([folder], list(GROUPS))[0]


def test_an_own_clip_has_a_row_below_those_of_one_template(tmp_path: Path) -> None:
    real = real_prompts(["published"], list(GROUPS), 0.95)
    alone = real_frame(real)
    frame = real_frame(real, list(own_clips(prompted(tmp_path), real.study, 0.95)))
    own = frame[frame["look"].map(is_own)]
    assert own["look"].tolist() == ["yours/0", "yours/1"]
    assert set(own["row"]) == {"your models"}
    assert set(own["panel"] + own["side"]) == {"one template in place of eightyImageNet"}
    assert own["value"].tolist() == pytest.approx([-2.0, -2.0], abs=1e-4)
    assert own["low"].iloc[0] < own["value"].iloc[0] < own["high"].iloc[0]
    pd.testing.assert_frame_equal(frame[~frame["look"].map(is_own)].reset_index(drop=True), alone)

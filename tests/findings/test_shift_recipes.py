"""One CLIP fine-tuned by many recipes: by hand, and against the record."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import spearmanr

from clipsafe_utils.chapters.distribution_shift import figures, tables
from clipsafe_utils.cubes.studies import find_study
from clipsafe_utils.findings.shift.recipes import HEIGHT, MEAN, NO_RECIPES, SETTINGS, Recipes
from clipsafe_utils.findings.shift.result import DistributionShift, distribution_shift
from clipsafe_utils.parameters import check_parameters
from clipsafe_utils.say import NOT_MEASURED, Missing

SHIFTS = ["v2_matched_frequency", "r", "a", "sketch", "objectnet"]


def made() -> Recipes:
    """Nine runs: a tenth more of the learning rate costs a point under shift, and nothing in distribution."""
    rate = np.arange(1, 10) * 1e-6
    table = pd.DataFrame({name: np.zeros(9) for name in SETTINGS}, index=[f"run_{n}" for n in range(9)])
    table = table.assign(learning_rate=rate, epochs=[4, 8, 6, 4, 8, 6, 4, 8, 6])
    table = table.assign(id=[0.75, 0.76, 0.77, 0.77, 0.76, 0.75, 0.76, 0.75, 0.77])
    table[MEAN] = table["r"] = 0.6 - 1e4 * rate
    table[HEIGHT] = table["r"] - 0.5
    start = {"id": 0.63, "r": 0.575, MEAN: 0.575, HEIGHT: 0.2}
    return Recipes("mine", table, ["r"], 0.95, {"id": 0.74, "r": 0.6, MEAN: 0.6, HEIGHT: np.nan}, start)


def test_runs_are_parted_into_thirds_by_learning_rate() -> None:
    found = made()
    assert found.third.tolist() == ["low"] * 3 + ["middle"] * 3 + ["high"] * 3
    assert found.rates("high") == "7 to 9"
    assert found.of_third("low", "r").estimate == pytest.approx(0.58)
    assert found.high_less_low("r").estimate == pytest.approx(-0.06)
    # Means 0.76 on both sides.
    assert found.high_less_low("id").estimate == pytest.approx(0)
    assert found.high_less_low("id").side == "neither"


def test_settings_that_vary_are_correlated_with_what_came_of_them() -> None:
    found = made()
    assert found.correlation(HEIGHT).estimate == pytest.approx(-1)
    assert found.correlation("id").side == "neither"
    assert isinstance(found.correlation(HEIGHT, "mixup"), Missing)
    assert found.supported(HEIGHT) == "learning rate"
    assert isinstance(found.supported("id"), Missing)


def test_runs_are_held_against_what_they_began_with() -> None:
    found = made()
    assert found.above_start("r") == "2 of 9"
    assert found.began("r").estimate == 0.575
    assert found.began("id", probe=True).estimate == 0.74
    assert isinstance(found.began(HEIGHT, probe=True), Missing)
    assert found.differ_more_under_shift == "yes"
    assert found.span(HEIGHT) == "+1.0 to +9.0"


def test_without_such_runs_all_is_missing() -> None:
    assert not NO_RECIPES
    for said in (
        *(
            NO_RECIPES.runs,
            NO_RECIPES.span("id"),
            NO_RECIPES.correlation(HEIGHT),
            NO_RECIPES.supported(HEIGHT),
        ),
        *(NO_RECIPES.rates("low"), NO_RECIPES.of_third("low", "r"), NO_RECIPES.high_less_low("r")),
        *(NO_RECIPES.above_start("r"), NO_RECIPES.began("r"), NO_RECIPES.differ_more_under_shift),
    ):
        assert said == NOT_MEASURED
    assert figures.recipes_frame(NO_RECIPES).empty
    drawn = distribution_shift(check_parameters("distribution-shift", {"studies": ["miniature"]}))
    assert not drawn.recipes
    assert "not measured yet" in figures.recipes(drawn).markup


@pytest.fixture(scope="module")
def found() -> DistributionShift:
    return distribution_shift(check_parameters("distribution-shift", {"studies": ["published"]}))


def test_the_record_says_the_same(found: DistributionShift) -> None:
    cube = find_study("published").read("recipes")
    accuracy = (cube["hits"] / cube["images"]).to_pandas()
    rate = cube["learning_rate"].to_series()
    tuned = rate.notna()
    recipes = found.recipes
    assert recipes.runs == str(tuned.sum())
    mean = pd.Series(accuracy[SHIFTS].to_numpy().mean(axis=1), accuracy.index)
    for what, outcome in (("id", accuracy["id"]), (MEAN, mean)):
        rho = spearmanr(rate[tuned], outcome[tuned]).statistic
        assert recipes.correlation(what).estimate == pytest.approx(rho)
    assert recipes.began(MEAN, probe=True).estimate == pytest.approx(mean[~tuned].item())
    shifts, models = (find_study("published").read(name) for name in ("shifts", "models"))
    clip = models["model"].values[(models["checkpoint"] == "ViT-B-32.openai").values]
    of_clip = (shifts["hits"] / shifts["images"]).sel(condition=["id", *SHIFTS])
    before = of_clip.sel(model=[name for name in clip if name in shifts["model"].values]).dropna("model")
    assert recipes.began("r").estimate in before.sel(condition="r").values


def test_heights_are_above_the_line_that_the_figure_draws(found: DistributionShift) -> None:
    recipes = found.recipes
    line = np.interp(recipes.table["id"], recipes.line["x"], recipes.line[MEAN])
    np.testing.assert_allclose(recipes.table[HEIGHT], recipes.table[MEAN] - line, atol=5e-4)


def test_the_figure_has_a_mark_a_run_and_both_beginnings(found: DistributionShift) -> None:
    frame = figures.recipes_frame(found.recipes)
    assert frame.groupby("panel").size().tolist() == [int(found.recipes.runs) + 2] * 2
    assert frame["look"].iloc[0] == "rate/low"
    assert {"rate/none", "group/clip_zero_shot"} <= set(frame["look"])
    assert '<th scope="row">learning rate</th>' in tables.recipe_table(found.recipes).markup

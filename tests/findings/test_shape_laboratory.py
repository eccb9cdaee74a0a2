"""What chapter 2 says of the laboratory, on cubes whose every value is known."""

import tomllib
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from clipsafe_utils.chapters.shape_bias import figures, tables
from clipsafe_utils.cubes.panels import Panel
from clipsafe_utils.cubes.studies import REPOSITORY
from clipsafe_utils.findings.model_pairs import GENTLE, HALF_WAY, STRONG
from clipsafe_utils.findings.shape import laboratory
from clipsafe_utils.findings.shape.laboratory import laboratory_of
from clipsafe_utils.findings.shape.result import ShapeBias
from clipsafe_utils.metrics.labelled import shape_bias_table
from clipsafe_utils.say import NOT_MEASURED, Missing, percent
from tests.chapters.synthetic_causes import CLIP, SEED_STEPS, synthetic_causes
from tests.markup import cells_of

PROPERTIES = list(laboratory.PROPERTIES)
OF_SOURCE = {"labels": 0.2, "wit": 0.7, "laion": 0.8}
OF_RUNG = {"d": -0.05}
OF_KIND = {"": 0.0, "tuned-": -0.2, "half_way-": -0.1, "gently_tuned-": -0.03}
CLIPS = [f"clip-{place}-wit" for place in range(6)]


def valued(value: Callable[[pd.Series], float]) -> xr.Dataset:
    """The cube of the fixture with values of our own: those of a training plus the step of its seed."""
    cube = synthetic_causes(dict.fromkeys(PROPERTIES, 1.0))
    rows = cube[["rung", "knob", "level", "seed", "loss", "source"]].to_dataframe()
    values = [value(row) + SEED_STEPS[int(row["seed"])] for _, row in rows.iterrows()]
    return cube.assign(value=cube["value"] * 0 + xr.DataArray(values, dims="model"))


def images_decide(row: pd.Series) -> float:
    """Shape bias by source, five points lower on rung d; 0.95 less the dose where one is turned."""
    if row["knob"] == laboratory.TEXTURE:
        return 0.95 - float(row["level"]) + 0.04 * bool(row["loss"] == CLIP)
    return OF_SOURCE[str(row["source"])] + OF_RUNG.get(str(row["rung"]), 0.0)


@pytest.fixture(scope="module")
def cube() -> xr.Dataset:
    """The ladder and the doses, and six CLIPs with what was made of them."""
    trained = valued(images_decide)
    names = [f"test:{kind}{clip}" for kind in OF_KIND for clip in CLIPS]
    # Runs differ by 0 to 5 points, in all that was made of them alike.
    values = [0.7 + step + 0.01 * place for step in OF_KIND.values() for place in range(len(CLIPS))]
    made = trained.isel(model=np.zeros(len(names), int)).assign_coords(model=names)
    made["value"] = made["value"] * 0 + xr.DataArray(values, dims="model")
    made["rung"] = ("model", ["none"] * len(names))
    return xr.concat([trained, made], "model")


@pytest.fixture(scope="module")
def described(cube: xr.Dataset) -> xr.Dataset:
    checkpoint = [name.removeprefix("test:") for name in cube["model"].values.tolist()]
    family = [next((clip for clip in CLIPS if name.endswith(clip)), name) for name in checkpoint]
    groups = {True: "clip_zero_shot", False: "clip_fine_tuned"}
    group = [
        groups[name == run] if run in CLIPS else "control"
        for name, run in zip(checkpoint, family, strict=True)
    ]
    columns = {"checkpoint": checkpoint, "family": family, "group": group}
    return xr.Dataset({name: ("model", values) for name, values in columns.items()}, {"model": cube["model"]})


@pytest.mark.parametrize(
    ("of_source", "of_rung", "expected"),
    [
        ({"labels": 0.2, "wit": 0.7, "laion": 0.8}, {"d": -0.05}, ("up", "down")),
        ({"labels": 0.2, "wit": 0.21, "laion": 0.4}, {"d": 0.6}, ("neither", "up")),
        ({"labels": 0.6, "wit": 0.5, "laion": 0.2}, {"d": 0.01}, ("down", "neither")),
    ],
)
def test_images_and_language_move_shape_bias_where_all_steps_agree(
    of_source: dict[str, float], of_rung: dict[str, float], expected: tuple[str, str]
) -> None:
    # A step of one point lies within the interval of two sets of three seeds: 2.3 points to each side.
    made = valued(lambda row: of_source[row["source"]] + of_rung.get(row["rung"], 0.0))
    lab = laboratory_of(made, None, Missing("no population"), 0.95)
    assert (lab.images_move, lab.language_moves) == expected
    without = laboratory_of(
        made.isel(model=made["source"].values != "laion"), None, Missing("no population"), 0.95
    )
    assert isinstance(without.images_move, Missing)
    assert isinstance(without.language_moves, Missing)


def test_what_was_made_of_a_clip_is_compared_with_that_clip(cube: xr.Dataset, described: xr.Dataset) -> None:
    rows = laboratory.tuning(cube, described, 0.95)
    assert rows["kind"].tolist() == [HALF_WAY, GENTLE, STRONG]
    assert [row.estimate for row in rows["change"]] == pytest.approx([-0.1, -0.03, -0.2])
    assert [row.high - row.low for row in rows["change"]] == pytest.approx([0, 0, 0])
    assert rows["runs"].tolist() == rows["lower"].tolist() == [6, 6, 6]
    assert rows["before"].tolist() == pytest.approx([0.725] * 3)
    assert rows["after"].tolist() == pytest.approx([0.625, 0.695, 0.525])
    assert laboratory.half_way_between(cube, described) == (6, 6)


def test_tables_name_their_study_and_leave_out_what_was_not_trained(
    cube: xr.Dataset, described: xr.Dataset
) -> None:
    found = ShapeBias([], [], {}, {}, {"mine": cube}, {"mine": described}, 0.95)
    steps = cells_of(tables.steps_table(found, "mine"))
    assert "study mine" in steps
    assert steps.count('<th scope="row">') == 6
    assert "+50.0 (+47.7 to +52.3)" in steps
    assert steps.count(">–<") == 3
    tuned = tables.tuning_table(cube, described, "mine", 0.95).markup
    assert '<th scope="row">fine-tuned gently</th>' in tuned
    nothing = described.isel(model=described["group"].values == "control")
    assert "<tbody></tbody>" in tables.tuning_table(cube, nothing, "mine", 0.95).markup


def test_figures_of_the_laboratory_and_their_texts(cube: xr.Dataset) -> None:
    cube = cube.assign_attrs(study="mine", licence="CC0: made here")
    shown = ShapeBias([], [], {}, {}, {"mine": cube}, {}, 0.95)
    assert "Shape bias: labels: a: labels 20.0" in figures.ladder(shown).markup
    both = replace(shown, causes={"mine": cube, "yours": cube})
    markup = figures.doses(both).markup
    assert "Shape bias (mine): CLIP" in markup
    assert "Share decided (yours): CLIP" in markup
    nothing = replace(shown, causes={})
    assert all(table.empty for table in (*nothing.ladder.values(), *nothing.doses.values()))
    assert "not measured yet: the ladder" in figures.ladder(nothing).markup
    assert "not measured yet" in figures.doses(nothing).markup


def test_the_widest_gap_is_where_two_losses_have_the_same_dose() -> None:
    doses = pd.DataFrame({"loss": ["a", "b", "a"], "level": [0.2, 0.2, 0.8], "value": [0.9, 0.8, 0.1]})
    gap, level = laboratory.widest_gap(doses)
    assert (gap.estimate, level.estimate) == (pytest.approx(0.1), 0.2)
    assert isinstance(laboratory.widest_gap(doses.iloc[1:])[0], Missing)


def test_the_prose_says_what_was_put_in() -> None:
    data = REPOSITORY / "clipsafe_utils" / "registry" / "world" / "sources.toml"
    images = tomllib.loads(data.read_text(encoding="utf-8"))["images"]
    labels, wit, laion = (images[name] for name in ("labels", "wit", "laion"))
    kept = labels["texture_correlation"]
    whole = kept * labels["pattern_correlation"] * labels["colour_correlation"]
    put_in = (
        f"{kept:.1%} in `labels` ({whole:.1%} wholly, {kept - whole:.1%} in part), "
        f"{wit['texture_correlation']:.0%} in `wit`, {laion['texture_correlation']:.0%} in `laion`"
    )
    chapter = (REPOSITORY / "notebooks" / "02-shape-bias.md").read_text(encoding="utf-8")
    assert put_in.replace("%", " %") in chapter


class TestResult:
    """Every value of the result follows from the cube."""

    def test_steps_doses_and_tuning(self, cube: xr.Dataset, described: xr.Dataset) -> None:
        lab = ShapeBias([], [], {}, {}, {"mine": cube}, {"mine": described}, 0.95).lab
        assert lab.images.wit.moved.startswith("higher by 50.0 points (")
        assert lab.language.labels.moved.startswith("lower by 5.0 points (")
        assert lab.names.wit.moved.startswith("not clearly different (")
        assert lab.captions.laion.moved.startswith("lower by 5.0 points (")
        assert isinstance(lab.images.labels, Missing)
        assert (lab.images_move, lab.language_moves, lab.raised_by) == ("up", "down", "images")
        assert [str(one) for one in (lab.on_labels, lab.on_wit)] == [percent(0.2), percent(0.7)]
        assert lab.doses.clip.moved.startswith("lower by 75.0 points (")
        assert lab.doses.low.percent(0) == percent(0.2, 0)
        # At the usual level stand the rungs d and a, 5 points apart; elsewhere it is 4.
        assert (lab.doses.gap.size(), lab.doses.gap_at.percent(0)) == ("5.0", percent(0.5, 0))
        assert lab.tuning.change.moved == "lower by 20.0 points (20.0 to 20.0)"
        assert (lab.tuning.lower, lab.tuning.half_way) == ("6 of 6", "6 of 6")
        assert isinstance(lab.population, Missing)

    def test_without_trainings_everything_is_missing_and_nothing_is_misspelt(self) -> None:
        lab = ShapeBias([], [], {}, {}, {}, {}, 0.95).lab
        assert str(lab.images.wit.moved) == str(lab.tuning.lower) == NOT_MEASURED
        assert isinstance(lab.raised_by, Missing)
        with pytest.raises(AttributeError, match="no 'mowed'"):
            lab.images.wit.mowed  # noqa: B018

    @pytest.mark.parametrize(
        ("images", "language", "expected"),
        [
            ("up", "up", "both"),
            ("down", "up", "language"),
            ("neither", "down", "open"),
            ("up", "neither", "images"),
        ],
    )
    def test_what_raises_shape_bias(
        self, images: str, language: str, expected: str, cube: xr.Dataset, described: xr.Dataset
    ) -> None:
        lab = ShapeBias([], [], {}, {}, {"mine": cube}, {"mine": described}, 0.95).lab
        assert replace(lab, images_move=images, language_moves=language).raised_by == expected

    @pytest.mark.parametrize("zero_shot", [0.9, 0.1])
    def test_sources_count_once_in_the_population(
        self, zero_shot: float, cube: xr.Dataset, described: xr.Dataset
    ) -> None:
        names = [f"clip-{place}" for place in range(3)] + [f"labels-{place}" for place in range(5)]
        columns = {
            "group": ["clip_zero_shot"] * 3 + ["standard"] * 5,
            "family": names,
            "training_source": ["wit"] * 3 + ["labels"] * 5,
        }
        models = xr.Dataset({name: ("model", values) for name, values in columns.items()}, {"model": names})
        hits = 100 * np.array([zero_shot] * 3 + [0.3] * 5)
        counts = np.stack([[hits, 100 - hits, 0 * hits]] * 2).transpose(2, 0, 1)
        decisions = {"model": names, "cue_class": ["cat", "dog"], "decision": ["shape", "texture", "other"]}
        whole = xr.Dataset({"count": (("model", "cue_class", "decision"), counts)}, decisions)
        found = ShapeBias([], [], {}, {}, {"mine": cube}, {"mine": described}, 0.95)
        found = replace(found, whole={"mine": Panel("mine", whole, models)})
        assert found.lab.population.estimate == pytest.approx(zero_shot - 0.3)
        assert found.lab.population.units == 1
        assert found.lab.population.interval == "unbounded"
        result = shape_bias_table(whole)
        alone = result.isel(model=slice(3)), models.isel(model=slice(3))
        assert laboratory.population(*alone, 0.95) is None

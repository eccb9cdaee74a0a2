"""Prompts: effects of fewer templates that were put in."""

import numpy as np
import pytest
import xarray as xr

from clipsafe_utils.claims.choices import Choices
from clipsafe_utils.claims.evidence import JOINT
from clipsafe_utils.claims.reading import Reader
from clipsafe_utils.claims.statistics import prompts
from clipsafe_utils.claims.statistics.cases import LINEAGE
from clipsafe_utils.claims.statistics.register import Statistic
from clipsafe_utils.cubes import HEADLINE_FACTORS, find_study
from clipsafe_utils.metrics.ood_scores import SCORES
from tests.claims.statistics.given import Given
from tests.claims.statistics.small_studies import described, effects, reason, units
from tests.conftest import labelled

OOD_SETS = ["scenes", "fooling_labels", "fooling_wit"]
IMAGES = 1000.0
NOISE = np.concatenate([[0.0], np.random.default_rng(0).normal(0, 0.01, 10)])
GAIN = np.array([0.01, 0.02, 0.06])
"""What one template adds to the first, second and third CLIP."""

ROWS = [
    {"checkpoint": "one"},
    {"checkpoint": "two"},
    {"checkpoint": "three", "training_source": "LAION-2B"},
]
QUESTIONS = (
    prompts.fewer_prompts_on_detection,
    prompts.fewer_prompts_on_calibration,
    prompts.fewer_prompts_on_factors,
)


def cube(names: list[str], gains: np.ndarray, sets: tuple[str, ...], subsets: int) -> xr.Dataset:
    """Under the first set AUROC and ECE are up by the gain, hits on pose by ten times it, in a share.

    The noise of a draw is that of the first set alone. The gain in AUROC is twice as large on `fooling_wit`;
    the debiased error has half the gain.
    """
    first = np.arange(len(sets)) == 0
    gain = (gains + NOISE[:, None])[:, :, None, None] * first[:, None] * np.ones((subsets,))
    dims = ("draw", "model", "prompt_set", "subset")
    area = 0.7 + gain[..., None, None] * np.array([1, 1, 2]) * np.ones((len(SCORES), 1))
    share = np.full((*gain.shape, len(HEADLINE_FACTORS) + 1), 0.5)
    share[..., 0] += 5 * gain.clip(-0.09, 0.09)
    made = labelled(
        xr.Dataset(
            {"accuracy": (dims, 0.5 + 0 * gain), "ece": (dims, 0.1 + gain), "nll": (dims, 1 + 0 * gain)}
            | {"temperature": (dims, 1 + 0 * gain), "auroc": ((*dims, "score", "ood_set"), area)}
            | {"hits": ((*dims, "factor"), np.round(IMAGES * share))}
            | {"images": (("draw", "factor"), np.full((NOISE.size, share.shape[-1]), IMAGES))},
            {"draw": range(NOISE.size), "model": names, "prompt_set": list(sets), "subset": range(subsets)}
            | {"score": list(SCORES), "ood_set": OOD_SETS, "factor": [*HEADLINE_FACTORS, "overall"]},
        ),
        "prompts",
    )
    made["ece_debiased"] = 0.2 + gain / 2 + 0 * made["ece"]
    made["ece_debiased"].attrs = dict(made["ece"].attrs)
    return made


def study(sets: tuple[str, ...] = ("one", "five", "eighty"), subsets: int = 1) -> Given:
    models = described(ROWS)
    return Given(models, prompts=cube(models["model"].values.tolist(), GAIN, sets, subsets))


def spread(draws: np.ndarray) -> float:
    return float(draws[1:].std(ddof=1))


@pytest.mark.parametrize(("ask", "size"), list(zip(QUESTIONS, (1.25, 1.0, 0.5), strict=True)))
def test_each_question_gets_what_was_put_in(ask: Statistic, size: float) -> None:
    # Two versions of one set are 1.5 times the gain, the other set is it; pose is one factor of ten.
    evidence = ask(study(), Choices())
    expected = dict(zip(("one", "two", "three"), size * GAIN, strict=True))
    assert effects(evidence) == pytest.approx(expected, abs=1e-6)
    assert units(evidence) == {"one": "WIT", "two": "WIT", "three": "LAION"}
    assert (evidence.which, evidence.unit, evidence.images_error) == ("one less eighty", LINEAGE, JOINT)
    # Both sets of prompts are asked of one reading.
    assert (evidence.floor, evidence.readings) == (0, 0)


def test_chance_is_that_of_the_change() -> None:
    evidence = prompts.fewer_prompts_on_calibration(study(), Choices())
    assert [case.error for case in evidence.cases] == pytest.approx([spread(NOISE)] * 3)
    assert evidence.error_of_images == pytest.approx(spread(NOISE))


@pytest.mark.parametrize(("filtered_by", "size"), [("both", 1.25), ("labels", 1.0), ("wit", 1.5)])
def test_the_version_of_a_set_can_be_chosen(filtered_by: str, size: float) -> None:
    evidence = prompts.fewer_prompts_on_detection(study(), Choices(filtered_by=filtered_by))
    assert evidence.values == pytest.approx(size * GAIN)


def test_the_score_can_be_chosen() -> None:
    given = study()
    given.cubes["prompts"]["auroc"].loc[{"score": "energy"}] = 0.5
    energy = prompts.fewer_prompts_on_detection(given, Choices(score="energy"))
    assert energy.values == pytest.approx([0, 0, 0])
    said = reason(prompts.fewer_prompts_on_detection, given, Choices(score="loudness"))
    assert said == "no detection by the score loudness"


def test_the_error_can_be_chosen_where_the_cube_has_it() -> None:
    evidence = prompts.fewer_prompts_on_calibration(study(), Choices(error="debiased"))
    assert evidence.values == pytest.approx(GAIN / 2)
    for error in ("equal_mass", "five_bins"):
        said = reason(prompts.fewer_prompts_on_calibration, study(), Choices(error=error))
        assert said == f"no {error.replace('_', ' ')} error in the cube prompts"
    given = study()
    bare = Given(given.models, prompts=given.cubes["prompts"].drop_vars("ece_debiased"))
    said = reason(prompts.fewer_prompts_on_calibration, bare, Choices(error="debiased"))
    assert said == "no debiased error in the cube prompts"


@pytest.mark.parametrize(
    ("sets", "which"),
    [
        (("one", "default", "eighty"), "one less eighty"),
        (("one", "default", "five"), "one less default"),
        (("1", "5", "30", "80"), "1 less 80"),
    ],
)
def test_names_of_the_sets_are_those_of_a_study(sets: tuple[str, ...], which: str) -> None:
    assert prompts.fewer_prompts_on_calibration(study(sets), Choices()).which == which


def test_drawn_subsets_of_a_set_are_averaged() -> None:
    given = study(subsets=2)
    error = given.cubes["prompts"]["ece"]
    error.loc[{"prompt_set": "one", "subset": 0}] += 0.04
    error.loc[{"prompt_set": "eighty", "subset": 1}] = np.nan
    evidence = prompts.fewer_prompts_on_calibration(given, Choices())
    assert evidence.values == pytest.approx(GAIN + 0.02)


def test_who_is_no_zero_shot_clip_or_was_not_measured_is_left_out() -> None:
    rows = [*ROWS, {"checkpoint": "tuned", "group": "clip_fine_tuned"}]
    models = described(rows)
    whole = cube(models["model"].values.tolist(), np.append(GAIN, 0.03), ("one", "eighty"), 1)
    whole["ece"].loc[{"model": "test:three"}] = np.nan
    whole["ece"].attrs["not_measured"] = "not tried"
    evidence = prompts.fewer_prompts_on_calibration(Given(models, prompts=whole), Choices())
    assert effects(evidence) == pytest.approx({"one": 0.01, "two": 0.02})
    whole["ece"][:] = np.nan
    said = reason(prompts.fewer_prompts_on_calibration, Given(models, prompts=whole))
    assert said == "no network that was measured"


def test_a_network_that_was_read_twice_counts_once() -> None:
    models = described([*ROWS, {"checkpoint": "one", "name": "again:one"}])
    whole = cube(models["model"].values.tolist(), np.append(GAIN, 0.09), ("one", "eighty"), 1)
    for ask in QUESTIONS:
        assert ask(Given(models, prompts=whole), Choices()).cases == ask(study(), Choices()).cases


@pytest.mark.parametrize("ask", QUESTIONS)
def test_what_is_missing_is_said(ask: Statistic) -> None:
    assert reason(ask, Given(study().models)) == "no cube prompts"
    for sets in (("one", "name_only"), ("five", "eighty")):
        assert reason(ask, study(sets)) == "no set of one template beside one of many"


def test_detection_needs_unknown_images() -> None:
    given = study()
    known = Given(given.models, prompts=given.cubes["prompts"].drop_dims("ood_set"))
    assert reason(prompts.fewer_prompts_on_detection, known) == "no detection in the cube prompts"


def test_factors_need_their_images_and_an_overall_accuracy() -> None:
    given = study()
    whole = given.cubes["prompts"]
    lacking = "no factors and overall accuracy in the cube prompts"
    for cut, said in (
        (whole.drop_vars("images"), "no number of images of each factor in the cube prompts"),
        (whole.drop_sel(factor="overall"), lacking),
        (whole.sel(factor=["overall"]), lacking),
    ):
        assert reason(prompts.fewer_prompts_on_factors, Given(given.models, prompts=cut)) == said


def test_the_laboratory_by_hand() -> None:
    reader = Reader(find_study("miniature"))
    whole = reader.cube("prompts")
    assert whole is not None
    few, many = prompts.fewer_prompts_on_factors(reader, Choices()).which.split(" less ")
    clips = [
        name for name in whole["model"].values if reader.models["group"].sel(model=name) == "clip_zero_shot"
    ]
    one = whole.isel(draw=0, subset=0).sel(model=clips)
    error = (one["ece"].sel(prompt_set=few) - one["ece"].sel(prompt_set=many)).values
    measured = prompts.fewer_prompts_on_calibration(reader, Choices()).values
    assert sorted(measured) == pytest.approx(sorted(error), abs=1e-6)
    share = one["hits"] / one["images"]
    gap = share.sel(factor=list(HEADLINE_FACTORS)).mean("factor") - share.sel(factor="overall")
    change = (gap.sel(prompt_set=few) - gap.sel(prompt_set=many)).values
    assert sorted(prompts.fewer_prompts_on_factors(reader, Choices()).values) == pytest.approx(
        sorted(change), abs=1e-6
    )

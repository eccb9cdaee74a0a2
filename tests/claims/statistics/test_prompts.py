"""Prompts: effects of fewer templates that were put in."""

import numpy as np
import pytest
import xarray as xr
from clipsafe_utils.claims.effects import Effect

from clipsafe_utils.claims.choices import Choices
from clipsafe_utils.claims.reading import Reader
from clipsafe_utils.claims.statistics import prompts
from clipsafe_utils.cubes import HEADLINE_FACTORS, find_study
from clipsafe_utils.metrics.ood_scores import SCORES
from tests.claims.statistics.given import Given
from tests.claims.statistics.small_studies import described
from tests.conftest import labelled

OOD_SETS = ["scenes", "fooling_labels", "fooling_wit"]
IMAGES = 1000.0
NOISE = np.concatenate([[0.0], np.random.default_rng(0).normal(0, 0.01, 10)])
GAIN = np.array([0.01, 0.02, 0.06])
"""What one template adds to the first, second and third CLIP."""

QUESTIONS = (
    prompts.fewer_prompts_on_detection,
    prompts.fewer_prompts_on_calibration,
    prompts.fewer_prompts_on_factors,
)


def cube(sets: tuple[str, ...], subsets: int = 1) -> xr.Dataset:
    """Under the first set AUROC and ECE are up by the gain, hits on pose by ten times it, in a share.

    The noise of a draw is that of the first set alone. The gain in AUROC is twice as large on `fooling_wit`.
    """
    first = np.arange(len(sets)) == 0
    gain = (GAIN + NOISE[:, None])[:, :, None, None] * first[:, None] * np.ones((subsets,))
    names = [f"test:{name}" for name in ("one", "two", "three")]
    dims = ("draw", "model", "prompt_set", "subset")
    area = 0.7 + gain[..., None, None] * np.array([1, 1, 2]) * np.ones((len(SCORES), 1))
    share = np.full((*gain.shape, len(HEADLINE_FACTORS) + 1), 0.5)
    share[..., 0] += 10 * gain.clip(-0.04, 0.04)
    found = xr.Dataset(
        {"accuracy": (dims, 0.5 + 0 * gain), "ece": (dims, 0.1 + gain), "nll": (dims, 1 + 0 * gain)}
        | {"temperature": (dims, 1 + 0 * gain), "auroc": ((*dims, "score", "ood_set"), area)}
        | {"hits": ((*dims, "factor"), np.round(IMAGES * share))}
        | {"images": (("draw", "factor"), np.full((NOISE.size, share.shape[-1]), IMAGES))},
        {"draw": range(NOISE.size), "model": names, "prompt_set": list(sets), "subset": range(subsets)}
        | {"score": list(SCORES), "ood_set": OOD_SETS, "factor": [*HEADLINE_FACTORS, "overall"]},
    )
    made = labelled(found, "prompts")
    made["images"].attrs = dict(made["hits"].attrs)
    made["ece_debiased"] = made["ece"] + 0.01
    made["ece_debiased"].attrs = dict(made["ece"].attrs)
    return made


def study(sets: tuple[str, ...] = ("one", "five", "eighty"), subsets: int = 1) -> Given:
    families = {"one": "a", "two": "a", "three": "b"}
    rows = [{"checkpoint": name, "family": family} for name, family in families.items()]
    return Given(described(rows), prompts=cube(sets, subsets))


def effect(found: Effect | str) -> Effect:
    assert isinstance(found, Effect), found
    return found


def mean_of_families(each: np.ndarray) -> float:
    return float((each[:2].mean() + each[2]) / 2)


def test_each_question_gets_what_was_put_in_each_family_once() -> None:
    area, error, factors = (effect(ask(study(), Choices())) for ask in QUESTIONS)
    assert area.value == pytest.approx(1.25 * mean_of_families(GAIN))
    assert error.value == pytest.approx(mean_of_families(GAIN))
    assert factors.value == pytest.approx(mean_of_families(10 * GAIN.clip(max=0.04)) / 10)
    for found in (area, error, factors):
        assert (found.units, found.unit, found.which) == (2, "family", "one less eighty")
    assert error.error_of_images == pytest.approx(NOISE[1:].std(ddof=1))


@pytest.mark.parametrize(("filtered_by", "size"), [("labels", 1.0), ("wit", 1.5)])
def test_the_version_of_a_set_can_be_chosen(filtered_by: str, size: float) -> None:
    found = effect(prompts.fewer_prompts_on_detection(study(), Choices(filtered_by=filtered_by)))
    assert found.value == pytest.approx(size * mean_of_families(GAIN))


def test_the_score_can_be_chosen() -> None:
    given = study()
    given.cubes["prompts"]["auroc"].loc[{"score": "energy"}] = 0.5
    assert effect(prompts.fewer_prompts_on_detection(given, Choices(score="energy"))).value == 0
    found = prompts.fewer_prompts_on_detection(given, Choices(score="loudness"))
    assert found == "no detection by the score loudness"


@pytest.mark.parametrize(
    ("sets", "which"),
    [
        (("one", "default", "eighty"), "one less eighty"),
        (("one", "default", "five"), "one less default"),
        (("1", "5", "30", "80"), "1 less 80"),
    ],
)
def test_names_of_the_sets_are_those_of_a_study(sets: tuple[str, ...], which: str) -> None:
    assert effect(prompts.fewer_prompts_on_calibration(study(sets), Choices())).which == which


def test_drawn_subsets_of_a_set_are_averaged() -> None:
    given = study(subsets=2)
    error = given.cubes["prompts"]["ece_debiased"]
    error.loc[{"prompt_set": "one", "subset": 0}] += 0.04
    error.loc[{"prompt_set": "eighty", "subset": 1}] = np.nan
    found = effect(prompts.fewer_prompts_on_calibration(given, Choices()))
    assert found.value == pytest.approx(mean_of_families(GAIN) + 0.02)


def test_a_clip_that_was_not_measured_is_left_out() -> None:
    given = study()
    given.cubes["prompts"]["ece_debiased"].loc[{"model": "test:three"}] = np.nan
    assert effect(prompts.fewer_prompts_on_calibration(given, Choices())).value == pytest.approx(0.015)
    given = study()
    given.cubes["prompts"]["ece_debiased"][:] = np.nan
    assert prompts.fewer_prompts_on_calibration(given, Choices()) == "no model that was measured"


@pytest.mark.parametrize("ask", QUESTIONS)
def test_what_is_missing_is_a_sentence(ask) -> None:
    assert ask(Given(study().models), Choices()) == "no cube prompts"
    for sets in (("one", "name_only"), ("five", "eighty")):
        assert ask(study(sets), Choices()) == "no set of one template beside one of many"


def test_the_error_can_be_chosen_where_the_cube_has_it() -> None:
    plain = effect(prompts.fewer_prompts_on_calibration(study(), Choices(error="plain")))
    assert plain.value == pytest.approx(mean_of_families(GAIN))
    found = prompts.fewer_prompts_on_calibration(study(), Choices(error="equal_mass"))
    assert found == "no equal mass error in the cube prompts"


def test_factors_need_their_images_and_an_overall_accuracy() -> None:
    given = study()
    whole = given.cubes["prompts"]
    given = Given(given.models, prompts=whole.drop_vars("images"))
    found = prompts.fewer_prompts_on_factors(given, Choices())
    assert found == "no number of images of each factor in the cube prompts"
    given = Given(given.models, prompts=whole.drop_sel(factor="overall"))
    found = prompts.fewer_prompts_on_factors(given, Choices())
    assert found == "no factors and overall accuracy in the cube prompts"


def test_the_laboratory_by_hand() -> None:
    reader = Reader(find_study("miniature"))
    whole = reader.cube("prompts")
    assert whole is not None
    few, many = effect(prompts.fewer_prompts_on_factors(reader, Choices())).which.split(" less ")
    clips = [
        name for name in whole["model"].values if reader.models["group"].sel(model=name) == "clip_zero_shot"
    ]
    one = whole.isel(draw=0, subset=0).sel(model=clips)
    error = (one["ece_debiased"].sel(prompt_set=few) - one["ece_debiased"].sel(prompt_set=many)).mean().item()
    assert effect(prompts.fewer_prompts_on_calibration(reader, Choices())).value == pytest.approx(
        error, abs=1e-6
    )
    share = one["hits"] / one["images"]
    gap = share.sel(factor=list(HEADLINE_FACTORS)).mean("factor") - share.sel(factor="overall")
    change = (gap.sel(prompt_set=few) - gap.sel(prompt_set=many)).mean().item()
    assert effect(prompts.fewer_prompts_on_factors(reader, Choices())).value == pytest.approx(change)

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from clipsafe_utils.cubes.schema import SCHEMAS
from clipsafe_utils.cubes.validation import validate
from clipsafe_utils.metrics.draws import draw_weights
from clipsafe_utils.metrics.labelled import detection_of_scores
from clipsafe_utils.metrics.ood import AUPR_RULE, FPR_RULE, detection
from tests.conftest import labelled

SIZES = {"textures": 40, "inaturalist": 60}
SCORES = ("energy", "maximum_softmax")
REPLICATES = 4


def scores(images: int, centre: float, seed: int) -> dict[str, np.ndarray]:
    random = np.random.default_rng(seed)
    return {name: random.normal(centre, 1, images).round(1) for name in SCORES}


KNOWN, KNOWN_WEIGHTS = scores(80, 1.0, 0), draw_weights("id", range(80), REPLICATES)
OTHER = {name: scores(size, 0.0, size) for name, size in SIZES.items()}
OTHER_WEIGHTS = {name: draw_weights(name, range(size), REPLICATES) for name, size in SIZES.items()}


def arguments(**changes):
    good = {
        "id_scores": KNOWN,
        "ood_scores": OTHER,
        "id_weights": KNOWN_WEIGHTS,
        "ood_weights": OTHER_WEIGHTS,
    }
    return good | changes


@pytest.fixture(scope="module")
def found() -> xr.Dataset:
    return detection_of_scores(**arguments())


def test_each_value_is_that_of_its_score_and_set(found):
    assert found["auroc"].dims == ("draw", "score", "ood_set")
    assert found["draw"].values.tolist() == list(range(1 + REPLICATES))
    for name in SIZES:
        for score in SCORES:
            one = detection(KNOWN[score], OTHER[name][score], KNOWN_WEIGHTS, OTHER_WEIGHTS[name])
            for variable in found:
                values = found[variable].sel(score=score, ood_set=name)
                np.testing.assert_array_equal(values, getattr(one, variable))


def test_two_images_a_side_by_hand():
    once = np.ones((1, 2), dtype=int)
    found = detection_of_scores(
        {"energy": [3.0, 2.0]}, {"textures": {"energy": [1.0, 2.5]}}, once, {"textures": once}
    ).isel(draw=0, score=0, ood_set=0)
    assert found["auroc"] == 3 / 4
    assert found["aupr"] == pytest.approx((1 + 2 / 3) / 2)
    assert found["fpr95_id_positive"] == 1 / 2
    assert found["fpr95_ood_positive"] == 1 / 2


def test_a_cube_made_of_it_is_valid_and_says_its_rules(found):
    assert found["aupr"].attrs["rule"] == AUPR_RULE
    assert found["fpr95_id_positive"].attrs["rule"] == FPR_RULE
    for variable in SCHEMAS["ood"].variables:
        assert found[variable.name].attrs["long_name"] == variable.long_name
    cube = found.expand_dims(model=["a"]).transpose("draw", "model", "score", "ood_set")
    validate(labelled(cube, "ood"), "ood")


@settings(max_examples=25)  # each makes a Dataset
@given(st.integers(1, 60), st.integers(1, 60))
def test_sets_that_are_wholly_apart_stay_within_the_range_of_the_schema(known, other):
    weights = {"far": np.ones((1, other), dtype=int)}
    found = detection_of_scores(
        {"energy": np.linspace(2, 3, known)},
        {"far": {"energy": np.linspace(0, 1, other)}},
        np.ones((1, known), dtype=int),
        weights,
    )
    for name, value in {"auroc": 1, "aupr": 1, "fpr95_id_positive": 0, "fpr95_ood_positive": 0}.items():
        assert found[name].item() == value, name


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"id_scores": {}}, "id_scores: expected at least one score"),
        ({"ood_scores": {}}, "ood_scores: expected at least one set"),
        ({"ood_weights": {"textures": OTHER_WEIGHTS["textures"]}}, "ood_weights: .* got 'inaturalist'"),
        (
            {"ood_scores": OTHER | {"textures": {"energy": np.zeros(40)}}},
            "ood_scores of textures: .* got 'maximum_softmax'",
        ),
        (
            {"id_scores": KNOWN | {"energy": np.zeros(79)}},
            "id_scores: expected one number for each image and score",
        ),
        ({"id_scores": {"energy": np.zeros((2, 80))}}, "id_scores: expected one number for each image"),
        ({"id_scores": KNOWN | {"energy": np.full(80, np.nan)}}, "id_scores: energy: expected finite"),
        ({"id_weights": KNOWN_WEIGHTS[:2]}, "ood_weights: expected 2 draws"),
        ({"id_weights": KNOWN_WEIGHTS[:, :79]}, r"id_weights: expected the shape \(draws, 80\)"),
    ],
)
def test_wrong_arguments_are_named(changes, message):
    with pytest.raises(ValueError, match=f"^{message}"):
        detection_of_scores(**arguments(**changes))

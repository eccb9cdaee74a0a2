"""Every rule of a cube is broken once; the message names the file, the variable and the rule."""

from collections.abc import Callable

import numpy as np
import pytest
import xarray as xr

from clipsafe_utils.cubes import validate
from clipsafe_utils.cubes.schema import SCHEMAS
from clipsafe_utils.errors import ClipsafeError

Change = Callable[[xr.Dataset], xr.Dataset]


def _with_nan(cube: xr.Dataset) -> xr.Dataset:
    hits = cube["hits"].astype(float)
    hits[0, 0, 0] = np.nan
    return cube.assign(hits=hits.assign_attrs(cube["hits"].attrs))


def _without_attribute(cube: xr.Dataset) -> xr.Dataset:
    del cube["hits"].attrs["units"]
    return cube


def _changed(cube: xr.Dataset, name: str, change: Callable[[xr.DataArray], xr.DataArray]) -> xr.Dataset:
    return cube.assign({name: change(cube[name]).assign_attrs(cube[name].attrs)})


FACTOR_FAULTS: dict[str, tuple[Change, str]] = {
    "missing variable": (lambda cube: cube.drop_vars("images"), "variable 'images' is missing"),
    "negative counts": (lambda cube: _changed(cube, "hits", lambda a: a - 100), "must lie in"),
    "not whole": (lambda cube: _changed(cube, "hits", lambda a: a * 0.3), "whole numbers"),
    "duplicate models": (lambda cube: cube.assign_coords(model=["a", "a"]), "'a' more than once"),
    "NaN without a reason": (_with_nan, "not_measured"),
    "infinite": (lambda cube: _changed(cube, "hits", lambda a: a / 0.0), "infinite"),
    "text for numbers": (lambda cube: _changed(cube, "hits", lambda a: a.astype(str)), "must hold numbers"),
    "renamed dim": (lambda cube: cube.rename(selection="choice"), "lacks the dim 'selection'"),
    "unknown label": (lambda cube: cube.assign_coords(selection=["top", "best"]), "holds 'best'"),
    "no overall": (lambda cube: cube.sel(factor=["pose"]), "lacks 'overall'"),
    "more hits than images": (lambda cube: _changed(cube, "hits", lambda a: a + 60), "exceeds 'images'"),
    "more images than overall": (
        lambda cube: _changed(cube, "images", lambda a: a.where(a["factor"] != "pose", 200)),
        "exceeds that of 'overall'",
    ),
    "no coordinate": (lambda cube: cube.drop_vars("model"), "coordinate 'model' is missing"),
    "empty": (lambda cube: cube.isel(model=[]), "coordinate 'model' is empty"),
    "attribute of a variable": (_without_attribute, "no attribute 'units'"),
    "attribute of the cube": (lambda cube: cube.drop_attrs(deep=False), "attribute 'study'"),
    "evidence": (lambda cube: cube.assign_attrs(evidence="hearsay"), "'evidence' must be one of"),
}


@pytest.mark.parametrize("fault", FACTOR_FAULTS)
def test_fault_is_named(factors: xr.Dataset, fault: str) -> None:
    change, words = FACTOR_FAULTS[fault]
    with np.errstate(divide="ignore", invalid="ignore"):
        broken = change(factors)
    with pytest.raises(ClipsafeError, match=r"^there/factors\.nc: ") as raised:
        validate(broken, "factors", "there/factors.nc")
    assert words in str(raised.value)
    assert "\n" not in str(raised.value)


def test_good_cubes_pass(factors: xr.Dataset, shape_bias_cube: xr.Dataset, models: xr.Dataset) -> None:
    for name, cube in (("factors", factors), ("shape_bias", shape_bias_cube), ("models", models)):
        validate(cube, name)


def test_extra_dim_is_allowed(factors: xr.Dataset) -> None:
    validate(factors.expand_dims(world=["natural"]), "factors")


def test_missing_values_with_a_reason_are_allowed(factors: xr.Dataset) -> None:
    cube = _with_nan(factors)
    cube["hits"].attrs["not_measured"] = "the source has no such images"
    validate(cube, "factors")


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [("group", "best", "'best'"), ("family", "", "empty text"), ("group", 1, "text")],
)
def test_text_is_checked(models: xr.Dataset, name: str, value: object, words: str) -> None:
    models[name] = ("model", [value, value], models[name].attrs)
    with pytest.raises(ClipsafeError, match=words):
        validate(models, "models")


def test_decisions_must_add_up(shape_bias_cube: xr.Dataset) -> None:
    shape_bias_cube["count"][0, 0, 0] += 1
    with pytest.raises(ClipsafeError, match="same images of a class for every model"):
        validate(shape_bias_cube, "shape_bias")
    shape_bias_cube["count"][:, 0] = 0
    with pytest.raises(ClipsafeError, match="without any image"):
        validate(shape_bias_cube, "shape_bias")


def _example(name: str) -> xr.Dataset:
    """Build the smallest cube that keeps a schema's rules: one label a dim, zero everywhere."""
    schema = SCHEMAS[name]
    labels = {dim: list(schema.vocabulary.get(dim, ("only",))) for dim in schema.dims}
    if "draw" in labels:
        labels["draw"] = [0, 1]  # type: ignore[list-item]
    cube = xr.Dataset(coords=labels)
    for variable in schema.variables:
        text = variable.choices[0] if variable.choices else "some"
        value = text if variable.kind == "text" else 0
        shape = [len(labels[dim]) for dim in variable.dims]
        attributes = {"long_name": variable.long_name, "units": variable.units, "source": "test"}
        cube[variable.name] = (variable.dims, np.full(shape, value), attributes)
    return cube.assign_attrs(study="test", evidence="proxy", licence="CC0")


@pytest.mark.parametrize("name", sorted(set(SCHEMAS) - {"shape_bias"}))
def test_every_schema_accepts_its_smallest_cube(name: str) -> None:
    validate(_example(name), name)


def test_draws_begin_with_the_estimate() -> None:
    with pytest.raises(ClipsafeError, match="begin with 0"):
        validate(_example("ood").assign_coords(draw=[1, 2]), "ood")


def test_bins_must_add_up() -> None:
    cube = _example("calibration")
    cube["bin_hits"] += 1
    with pytest.raises(ClipsafeError, match="exceeds 'bin_count'"):
        validate(cube, "calibration")
    cube["bin_count"][..., 0, :] += 1
    cube["bin_hits"] -= 1
    with pytest.raises(ClipsafeError, match="before and after scaling"):
        validate(cube, "calibration")


def _with_scores() -> xr.Dataset:
    """Add counts to the smallest cube: one bin for all images, so that every pair is a tie."""
    cube = _example("ood").assign_coords(scored_model=["only"], image_set=["id", "only"], score_bin=[0, 1])
    attributes = {"long_name": "of the test", "units": "1", "source": "test"}
    cube["score_count"] = (("scored_model", "image_set", "score_bin"), [[[0, 3], [0, 2]]], attributes)
    cube["score_from"] = (("scored_model", "score_bin"), [[0.0, 0.5]], attributes)
    cube["counted_score"] = ("scored_model", ["only"], attributes)
    for name, value in (("auroc", 0.5), ("fpr95_id_positive", 1.0), ("fpr95_ood_positive", 1.0)):
        cube[name] = (cube[name].dims, np.full(cube[name].shape, value), cube[name].attrs)
    cube["id_images"] = ("ood_set", [3], attributes)
    return cube


def _counts(counts: object) -> Change:
    return lambda cube: _changed(cube, "score_count", lambda a: a.copy(data=[counts]))


SCORE_FAULTS: dict[str, tuple[Change, str]] = {
    "no ends of bins": (lambda cube: cube.drop_vars("score_from"), "'score_count' needs 'score_from'"),
    "no name of the score": (lambda cube: cube.drop_vars("counted_score"), "needs 'counted_score'"),
    "nothing in distribution": (lambda cube: cube.assign_coords(image_set=["ood", "only"]), "lacks 'id'"),
    "unknown score": (
        lambda cube: _changed(cube, "counted_score", lambda a: a.copy(data=["best"])),
        "is of 'best', which the dim 'score' lacks",
    ),
    "unknown set": (
        lambda cube: cube.assign_coords(image_set=["id", "other"]),
        "is of 'other', which the dim 'ood_set' lacks",
    ),
    "falling bins": (lambda cube: _changed(cube, "score_from", lambda a: -a), "must not fall"),
    "an empty set": (_counts([[0, 3], [0, 0]]), "was not counted"),
    "images that are not there": (_counts([[0, 4], [0, 2]]), "does not add up to 'id_images'"),
    "another area": (_counts([[0, 3], [1, 1]]), "of 'only' and 'only' does not say the same as 'auroc'"),
    "parts of images": (_counts([[0, 3], [0.5, 1.5]]), "whole numbers"),
}


@pytest.mark.parametrize("fault", SCORE_FAULTS)
def test_counts_of_scores_say_what_the_cube_says(fault: str) -> None:
    change, words = SCORE_FAULTS[fault]
    with pytest.raises(ClipsafeError, match=r"^ood\.nc: ") as raised:
        validate(change(_with_scores()), "ood", "ood.nc")
    assert words in str(raised.value)


def test_counts_of_scores_pass_and_may_be_left_out() -> None:
    validate(_with_scores(), "ood")
    validate(_with_scores().drop_dims("score_bin"), "ood")
    # Whoever takes models away need not know that some have counts.
    validate(_with_scores().assign_coords(model=["another"]), "ood")


def test_counts_need_the_value_that_they_are_held_against() -> None:
    cube = _with_scores()
    cube["auroc"] = cube["auroc"] * np.nan
    cube["auroc"].attrs = _with_scores()["auroc"].attrs | {"not_measured": "no reason"}
    with pytest.raises(ClipsafeError, match="does not say the same as 'auroc'"):
        validate(cube, "ood")


def test_unknown_cube_lists_the_known_ones() -> None:
    with pytest.raises(ClipsafeError, match="the cubes are models, factors"):
        validate(xr.Dataset(), "factor")


def _with_alone(factors: xr.Dataset) -> xr.Dataset:
    alone = factors.sel(selection=["top"]).assign_coords(selection=["alone_random"])
    return xr.concat([factors, alone], "selection")


def test_factors_alone_are_no_parts_of_the_plain_set(factors: xr.Dataset) -> None:
    cube = _with_alone(factors)
    for selection, is_fine in (("alone_random", True), ("top", False)):
        changed = cube.copy(deep=True)
        here = {"selection": selection, "factor": "pose"}
        changed["images"].loc[here] = 110
        changed["hits"].loc[here] = 105
        if is_fine:
            validate(changed, "factors")
        else:
            with pytest.raises(ClipsafeError, match="exceeds that of 'overall'"):
                validate(changed, "factors")
    cube["hits"].loc[{"selection": "alone_random"}] += 200
    with pytest.raises(ClipsafeError, match="'hits' exceeds 'images'"):
        validate(cube, "factors")


def _inside(factors: xr.Dataset) -> xr.Dataset:
    hits, images = (factors[name].sel(selection="top", drop=True) for name in ("hits", "images"))
    inside = {"hits_inside": hits, "images_inside": images.isel(model=0, drop=True)}
    return factors.assign({name: one.expand_dims(metaclass=["dog"]) for name, one in inside.items()})


def test_label_rules_have_names_that_are_known(factors: xr.Dataset) -> None:
    validate(factors.assign(hits=factors["hits"].expand_dims(label_rule=["class", "real"])), "factors")
    with pytest.raises(
        ClipsafeError, match="coordinate 'label_rule' holds 'friendly'; it may hold class, real"
    ):
        validate(factors.expand_dims(label_rule=["friendly"]), "factors")


def test_hits_inside_a_group_are_a_part_of_its_images(factors: xr.Dataset) -> None:
    cube = _inside(factors).copy(deep=True)
    validate(cube, "factors")
    with pytest.raises(ClipsafeError, match="'hits_inside' needs 'images_inside', of which it is a part"):
        validate(cube.drop_vars("images_inside"), "factors")
    cube["hits_inside"].values[...] = 101
    with pytest.raises(ClipsafeError, match="'hits_inside' exceeds 'images_inside'"):
        validate(cube, "factors")


def test_another_study_may_have_other_cue_classes(shape_bias_cube: xr.Dataset) -> None:
    validate(shape_bias_cube.isel(cue_class=[0]).assign_coords(cue_class=["umbrella"]), "shape_bias")


def _shifts_with_draws() -> xr.Dataset:
    cube = _example("shifts")
    attributes = cube["hits"].attrs
    cube["images"] += 5
    cube["draw_hits"] = (("draw", *cube["hits"].dims), np.array([0, 4]).reshape(2, 1, 1), attributes)
    cube["draw_images"] = (("draw", "condition"), np.array([[5], [6]]), attributes)
    return cube.assign_coords(draw=[0, 1])


DRAW_FAULTS: dict[str, tuple[Change, str]] = {
    "another estimate": (
        lambda cube: _changed(cube, "draw_hits", lambda a: a + 1),
        "must equal 'hits' in draw 0",
    ),
    "too many": (lambda cube: _changed(cube, "draw_hits", lambda a: a * 2), "exceeds 'draw_images'"),
    "nothing to hold against": (lambda cube: cube.drop_vars("draw_images"), "needs 'draw_images'"),
    "negative": (lambda cube: _changed(cube, "draw_images", lambda a: a - 9), "must lie in"),
    "no estimate": (lambda cube: cube.assign_coords(draw=[1, 2]), "begin with 0"),
    "no draws": (lambda cube: cube.drop_vars("draw"), "coordinate 'draw' is missing"),
    "renamed dim": (lambda cube: cube.rename(draw="replicate"), "lacks the dim 'draw'"),
}


@pytest.mark.parametrize("fault", DRAW_FAULTS)
def test_optional_variables_are_checked_where_they_are(fault: str) -> None:
    change, words = DRAW_FAULTS[fault]
    with pytest.raises(ClipsafeError, match=words):
        validate(change(_shifts_with_draws()), "shifts")


def test_optional_variables_pass() -> None:
    validate(_shifts_with_draws(), "shifts")
    validate(_example("shifts"), "shifts")
    partly = _shifts_with_draws()
    partly["hits"] = (
        partly["hits"]
        .astype(float)
        .where(False)
        .assign_attrs(partly["hits"].attrs, not_measured="not reported")
    )
    validate(partly, "shifts")


def _retrieval() -> xr.Dataset:
    cube = _example("retrieval")
    for name, value in (("recall_at_1", 0.4), ("recall_at_5", 0.7), ("queries", 1000)):
        cube[name] = cube[name].astype(float).copy(data=np.full(cube[name].shape, float(value)))
    return cube


RETRIEVAL_FAULTS: dict[str, tuple[Change, str]] = {
    "per cent": (lambda cube: _changed(cube, "recall_at_1", lambda a: 100 * a), "must lie in [0, 1]"),
    "first above the first five": (
        lambda cube: _changed(cube, "recall_at_5", lambda a: a / 2),
        "variable 'recall_at_1' exceeds 'recall_at_5'",
    ),
    "part of a query": (lambda cube: _changed(cube, "queries", lambda a: a + 0.5), "whole numbers"),
    "no number of queries": (lambda cube: cube.drop_vars("queries"), "'queries' is missing"),
    "another direction": (
        lambda cube: cube.assign_coords(direction=["image_for_text", "both"]),
        "coordinate 'direction' holds 'both'; it may hold image_for_text, text_for_image",
    ),
    "no set": (lambda cube: cube.isel(set=0, drop=True), "lacks the dim 'set'"),
    "a gap without a reason": (
        lambda cube: _changed(cube, "recall_at_1", lambda a: a.where(a["direction"] == "image_for_text")),
        "not_measured",
    ),
}


@pytest.mark.parametrize("fault", RETRIEVAL_FAULTS)
def test_faults_of_retrieval_are_named(fault: str) -> None:
    change, words = RETRIEVAL_FAULTS[fault]
    with pytest.raises(ClipsafeError) as raised:
        validate(change(_retrieval()), "retrieval")
    assert words in str(raised.value)


def test_retrieval_passes_and_one_direction_may_not_have_been_asked() -> None:
    cube = _retrieval()
    validate(cube, "retrieval")
    validate(cube.sel(direction=["text_for_image"]), "retrieval")
    gap = _changed(cube, "recall_at_1", lambda a: a.where(a["direction"] == "image_for_text"))
    gap["recall_at_1"].attrs["not_measured"] = "not asked"
    validate(gap, "retrieval")

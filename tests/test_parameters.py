"""The parameters of the chapters: what is let through, and what is said of the rest."""

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clipsafe_utils.cubes import GROUPS, HEADLINE_FACTORS
from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.parameters import CHAPTER_PARAMETERS, Parameter, check_parameters

ALL = [
    pytest.param(chapter, parameter, id=f"{chapter}-{parameter.name}")
    for chapter, parameters in CHAPTER_PARAMETERS.items()
    for parameter in parameters
]


@pytest.mark.parametrize(("chapter", "parameter"), ALL)
def test_the_default_is_allowed(chapter: str, parameter: Parameter) -> None:
    assert parameter.problem(parameter.default) is None
    assert parameter.name in vars(check_parameters(chapter, {}))


@pytest.mark.parametrize(("chapter", "parameter"), ALL)
def test_a_value_of_another_type_is_refused(chapter: str, parameter: Parameter) -> None:
    wrong = ["text"] if parameter.kind != "list of text" else 3
    with pytest.raises(ClipsafeError, match=f"Parameter '{parameter.name}'"):
        check_parameters(chapter, {parameter.name: wrong})


def test_every_chapter_has_the_common_parameters_first() -> None:
    for parameters in CHAPTER_PARAMETERS.values():
        names = [parameter.name for parameter in parameters]
        assert names[:4] == ["studies", "groups", "confidence", "seed"]


def test_what_is_not_given_has_its_default() -> None:
    chosen = check_parameters("factor-robustness", {"selection": "multi"})
    assert chosen.selection == "multi"
    assert chosen.factors == list(HEADLINE_FACTORS)
    assert chosen.groups == list(GROUPS)


def test_shorthands_stand_for_their_choices() -> None:
    chosen = check_parameters("factor-robustness", {"factors": ["headline", "darker"]})
    assert chosen.factors == [*HEADLINE_FACTORS, "darker"]
    assert len(check_parameters("factor-robustness", {"factors": ["all"]}).factors) == 16


def test_an_unknown_name_lists_the_valid_ones() -> None:
    with pytest.raises(ClipsafeError) as error:
        check_parameters("shape-bias", {"classes": ["bear"]})
    assert str(error.value) == (
        "Chapter 'shape-bias' has no parameter 'classes'; the parameters are "
        "studies, groups, confidence, seed, cue_classes, decision_rule."
    )


def test_a_chapter_without_parameters_takes_none() -> None:
    with pytest.raises(ClipsafeError, match=r"no parameter 'seed'; it has no parameters\."):
        check_parameters("intro", {"seed": 1})


def test_each_problem_has_its_own_sentence() -> None:
    with pytest.raises(ClipsafeError) as error:
        check_parameters("shape-bias", {"seed": -1, "decision_rule": "median", "colour": "red"})
    assert str(error.value).count(".") == 3


@pytest.mark.parametrize(
    ("value", "how_to_write_it"),
    [
        ("pose", "{factors: [pose]}"),
        ("[pose, color]", "{factors: [pose, color]}"),
        ("['pose', 'color']", "{factors: [pose, color]}"),
        ("all", "{factors: [all]}"),
        ("wolf", "{factors: [pose, background]}"),
        (7, "{factors: [pose, background]}"),
    ],
)
def test_a_string_where_a_list_belongs_says_how_to_write_it(value: object, how_to_write_it: str) -> None:
    with pytest.raises(ClipsafeError) as error:
        check_parameters("factor-robustness", {"factors": value})
    assert str(error.value).endswith(f"write a list as {how_to_write_it}.")


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ([], "is an empty list"),
        (["pose", 1], "holds 1; each entry must be text"),
        (["wolf"], "holds 'wolf'; the choices are headline, all, pose, background"),
        (["all", "pose"], "holds 'pose' more than once"),
        (["pose", "pose"], "holds 'pose' more than once"),
    ],
)
def test_a_list_is_looked_at_entry_by_entry(value: list[object], reason: str) -> None:
    with pytest.raises(ClipsafeError, match=reason):
        check_parameters("factor-robustness", {"factors": value})


@pytest.mark.parametrize("prompt", ["a photo of a dog", "{} or {}", "a{}"])
def test_a_prompt_without_a_place_for_the_class_is_refused_with_the_other_parameters(prompt: str) -> None:
    with pytest.raises(ClipsafeError) as error:
        check_parameters("prompts", {"prompts": ["a {}", prompt]})
    assert str(error.value) == f"Parameter 'prompts' holds '{prompt}'; each entry has one {{}} as a word."
    assert check_parameters("prompts", {"prompts": ["a {}"]}).prompts == ["a {}"]


def test_studies_may_be_paths() -> None:
    assert check_parameters("shape-bias", {"studies": ["published", "./mine"]}).studies == [
        "published",
        "./mine",
    ]


@given(st.floats())
def test_confidence_is_let_through_exactly_inside_its_range(value: float) -> None:
    confidence = next(p for p in CHAPTER_PARAMETERS["shape-bias"] if p.name == "confidence")
    assert (confidence.problem(value) is None) == (0.5 <= value <= 0.999)


@pytest.mark.parametrize("value", [True, 1.0, "1"])
def test_an_integer_is_not_a_truth_value_a_float_or_text(value: object) -> None:
    with pytest.raises(ClipsafeError, match="takes an integer from 0 to 4,294,967,295"):
        check_parameters("shape-bias", {"seed": value})


@pytest.mark.parametrize("bins", range(1, 17))
def test_bins_are_a_number_that_every_binning_has(bins: int) -> None:
    problem = next(p for p in CHAPTER_PARAMETERS["calibration"] if p.name == "n_bins").problem(bins)
    expected = f"Parameter 'n_bins' is {bins}; it takes one of 15, 5, 3."
    assert problem == (None if bins in (3, 5, 15) else expected)


def test_checked_values_cannot_be_changed() -> None:
    given_classes = ["bear"]
    chosen = check_parameters("shape-bias", {"cue_classes": given_classes})
    given_classes.append("cat")
    assert chosen.cue_classes == ["bear"]
    with pytest.raises(AttributeError, match="set in the cell tagged 'parameters'"):
        chosen.seed = 4


@pytest.mark.parametrize(
    ("minimum", "maximum", "expectation"),
    [
        (0, float("inf"), "a number, 0 or more"),
        (0.5, 2, "a number from 0.5 to 2"),
        (float("-inf"), float("inf"), "a number"),
    ],
)
def test_the_range_is_named(minimum: float, maximum: float, expectation: str) -> None:
    parameter = Parameter("x", "number", 1, "", minimum=minimum, maximum=maximum)
    assert parameter.problem("one") == f"Parameter 'x' is 'one'; it takes {expectation}."


def test_a_parameter_is_a_value_that_cannot_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        CHAPTER_PARAMETERS["shape-bias"][0].name = "other"  # type: ignore[misc]

"""The statistics on the cubes of the repository, to three digits: what a change of code may not move."""

import time

import numpy as np
import pytest

from clipsafe_utils.claims.choices import Choices, one_at_a_time
from clipsafe_utils.claims.evidence import IMAGES_ERRORS, Evidence
from clipsafe_utils.claims.reading import NotMeasuredError, Reader
from clipsafe_utils.claims.registry import claims
from clipsafe_utils.claims.statistics import STATISTICS
from clipsafe_utils.cubes import find_study

MEASURED = {
    "published": {
        "accuracy_and_detection": "0.377 1/9/3, WIT",
        "accuracy_and_shift": "0.270 6/83/23, WIT LAION WebLI CommonPool",
        "accuracy_predicts_retrieval": "0.716 8/114/44, WIT YFCC Conceptual Captions MetaCLIP LAION "
        "CommonPool WebLI SynthCI",
        "clips_apart_after_scaling": "0.004 8/8/3, WIT",
        "curated_on_accuracy": "0.060 3/3/2, CommonPool",
        "fine_tuning_under_shift": "-0.269 10/10/6, LAION WIT: fine-tuned on in1k",
        "not_consistently_better_calibrated": "-0.034 8/8/3, WIT",
        "procedure_on_detection": "0.064 2/2/2, LAION WIT: in12k first",
        "residual_on_partial_view": "-0.019 3/3/2, WIT",
        "residual_on_pose": "-0.028 3/3/2, WIT",
        "shape_bias_after_fine_tuning": "-0.163 1/1/1, WIT: fine-tuned on in1k",
        "shape_bias_of_clip": "0.262 10/10/7, WIT LAION",
        "share_of_factors_above": "2.333 3/3/2, WIT",
        "source_and_quantity_beyond_half": "0.460 1/6/3, WIT and LAION",
        "source_on_calibration": "-0.494 2/2/2, WIT less LAION: WIT less LAION-400M",
        "worst_calibrated_clip": "-0.032 9/9/3, WIT",
    },
    "miniature": {
        "accuracy_and_detection": "0.172 2/20/20, wit laion",
        "accuracy_and_shift": "0.091 2/20/20, wit laion",
        "clips_apart_after_scaling": "0.011 21/21/21, wit laion mixed",
        "curated_on_accuracy": "0.024 1/1/1, labels",
        "curated_on_detection": "-0.037 1/1/1, labels",
        "curated_on_factors": "-0.030 1/1/1, labels",
        "fewer_prompts_on_calibration": "-0.004 22/22/22, wit laion mixed: one less eighty",
        "fewer_prompts_on_detection": "-0.000 22/22/22, wit laion mixed: one less eighty",
        "fewer_prompts_on_factors": "0.000 22/22/22, wit laion mixed: one less eighty",
        "fine_tuning_under_shift": "-0.069 6/6/6, wit laion: fine-tuned strongly",
        "not_consistently_better_calibrated": "0.161 20/20/20, wit laion mixed",
        "procedure_on_detection": "0.020 6/6/6, wit laion: strong instead of gentle",
        "residual_on_partial_view": "-0.077 21/21/21, wit laion mixed",
        "residual_on_pose": "-0.057 21/21/21, wit laion mixed",
        "scaling_under_shift": "0.547 22/22/22, wit laion mixed",
        "shape_bias_after_fine_tuning": "-0.223 8/8/8, wit laion: fine-tuned strongly",
        "shape_bias_of_clip": "0.548 22/22/22, wit laion mixed",
        "share_of_factors_above": "-0.762 21/21/21, wit laion mixed",
        "source_and_quantity_beyond_half": "0.478 1/18/3, wit and laion",
        "source_on_calibration": "0.305 10/10/10, wit less laion: wit less laion",
        "source_on_detection": "0.079 10/10/10, wit less laion: wit less laion",
        "source_on_factors": "0.199 9/9/9, wit less laion: color, wit less laion",
        "worst_calibrated_clip": "0.192 22/22/22, wit laion mixed",
    },
}
"""Mean over cases; numbers of cases, networks and families; units, and which of several."""

NOT_MEASURED = {
    "published": {
        "curated_on_detection": "no two CLIPs that differ in the curation of the source alone",
        "curated_on_factors": "no two CLIPs that differ in the curation of the source alone",
        "fewer_prompts_on_calibration": "no cube prompts",
        "fewer_prompts_on_detection": "no cube prompts",
        "fewer_prompts_on_factors": "no cube prompts",
        "scaling_under_shift": "no CLIP with calibration under shift before and after temperature scaling",
        "source_on_detection": "no two CLIPs that differ in the training source alone",
        "source_on_factors": "no two CLIPs that differ in the training source alone",
    },
    "miniature": {"accuracy_predicts_retrieval": "no cube retrieval"},
}
SECONDS = 30
"""In which a study answers all, ten times what it takes on two cores."""

Answers = dict[str, Evidence | str]


def answers(study: str, choices: Choices) -> Answers:
    reader = Reader(find_study(study))
    said: Answers = {}
    for name, measure in STATISTICS.items():
        try:
            said[name] = measure(reader, choices)
        except NotMeasuredError as reason:
            said[name] = str(reason)
    return said


@pytest.fixture(scope="module", params=list(MEASURED))
def study(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def headline(study: str) -> Answers:
    return answers(study, Choices())


def in_short(evidence: Evidence) -> str:
    numbers = f"{len(evidence.cases)}/{evidence.networks}/{evidence.families}"
    which = f": {evidence.which}" if evidence.which else ""
    return f"{evidence.values.mean():.3f} {numbers}, {' '.join(evidence.units)}{which}"


def test_numbers_and_units(study: str, headline: Answers) -> None:
    measured = {name: in_short(one) for name, one in headline.items() if isinstance(one, Evidence)}
    assert measured == MEASURED[study]
    assert {name: one for name, one in headline.items() if isinstance(one, str)} == NOT_MEASURED[study]


def test_what_is_returned_can_be_judged(headline: Answers) -> None:
    for name, evidence in headline.items():
        if isinstance(evidence, Evidence):
            for one in (evidence, *evidence.alternatives.values()):
                assert np.isfinite(one.values).all(), name
                assert (one.errors() >= 0).all(), name
                assert one.images_error in IMAGES_ERRORS
                assert all(case.unit and case.families and case.freedom >= 1 for case in one.cases)
                names = [case.name for case in one.cases]
                assert len(set(names)) == len(names)


def test_the_floor_is_that_of_the_cube_or_none(study: str, headline: Answers) -> None:
    reader = Reader(find_study(study))
    for claim in claims():
        evidence = headline.get(claim.statistic)
        if isinstance(evidence, Evidence):
            in_its_quantity = evidence.readings > 0 and claim.id != "F16c"
            assert evidence.floor == (reader.floor(claim.cube) if in_its_quantity else 0), claim.id


def test_every_claim_has_its_statistic() -> None:
    assert {claim.statistic for claim in claims() if claim.is_asked} == set(STATISTICS)


@pytest.mark.parametrize("name", ["published", "miniature"])
def test_a_study_answers_in_time(name: str) -> None:
    start = time.perf_counter()
    answers(name, Choices())
    assert time.perf_counter() - start < SECONDS


@pytest.mark.slow
@pytest.mark.parametrize(
    "choice",
    ["axes", "fit", "selection", "reference", "spread", "score", "detection", "filtered_by", "error"],
)
def test_only_choices_that_the_claims_name_bear_on_a_statistic(choice: str) -> None:
    headline = answers("miniature", Choices())
    moved = set()
    for _, _, choices in one_at_a_time((choice,)):
        other = answers("miniature", choices)
        moved |= {name for name in STATISTICS if other[name] != headline[name]}
    named = {claim.statistic for claim in claims() if choice in claim.choices}
    assert moved == named

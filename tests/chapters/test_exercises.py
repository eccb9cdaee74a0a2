"""Exercises that check themselves: what is right, worked out by hand, and what a wrong answer is told."""

from collections.abc import Callable

import numpy as np
import pytest
from scipy import stats

from clipsafe_utils.chapters import exercises
from clipsafe_utils.chapters.exercises import NOT_YET, RIGHT, Check

SEEDS = range(12)
SEVERAL_VARIANTS = [
    *(exercises.residuals_but_one, exercises.decisions, exercises.above_a_probit_line),
    *(exercises.area_to_reach, exercises.bins_of_a_model, exercises.two_templates),
    *(exercises.clips_in_pairs, exercises.effects_of_lineages),
]


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (..., "put your answer, 2 numbers, in place of the dots"),
        ("a half", "the answer is 2 numbers"),
        (None, "the answer is 2 numbers"),
        (0.25, "the answer is 2 numbers"),
        ((0.25, 4.0, 1.0), "the answer is 2 numbers"),
        ((0.3, 4.0), "number 1 is not right"),
        ((0.3, np.nan), "numbers 1 and 2 are not right"),
        ((0.25, -4.0), "number 2 has the wrong sign"),
        ((25.0, 400.0), "numbers 1 and 2 are off by a factor of 100: mind the unit"),
        ((4.0, 0.25), "numbers 1 and 2 are right in the other order"),
    ],
)
def test_a_wrong_answer_is_told_what_is_wrong_with_it_and_no_more(
    answer: object, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    check = Check((0.25, 4.0), 0.01)
    check(answer)
    told = capsys.readouterr().out
    assert told == f"{NOT_YET}: {said}.\n"
    assert "0.25" not in told + repr(check)


@pytest.mark.parametrize("answer", [(0.25, 4), [0.259, 3.995], np.array([0.241, 4.009])])
def test_an_answer_is_right_within_the_tolerance(answer: object, capsys: pytest.CaptureFixture[str]) -> None:
    Check((0.25, 4.0), 0.01)(answer)
    assert capsys.readouterr().out == f"{RIGHT}.\n"


@pytest.mark.parametrize("seed", SEEDS)
def test_what_is_right_is_what_a_hand_finds(seed: int) -> None:
    given, check = exercises.residuals_but_one(seed)
    (pose,) = check.right
    assert given["share"] @ given["residual"].fillna(pose) == pytest.approx(0, abs=1e-9)
    assert given["share"].sum() == pytest.approx(1, abs=0.002)

    given, check = exercises.decisions(seed)
    decided = given["shape"] + given["texture"]
    assert check.right == pytest.approx((given["shape"] / decided, decided / 1200))
    assert given.sum() == 1200

    given, check = exercises.above_a_probit_line(seed)
    inside, outside = stats.norm.ppf(given).T
    line = stats.linregress(inside[:-1], outside[:-1])
    expected = stats.norm.cdf(line.intercept + line.slope * inside[-1])
    assert 100 * (given["under shift"]["CLIP"] - expected) == pytest.approx(*check.right, abs=0.05)

    area, check = exercises.area_to_reach(seed)
    assert stats.norm.cdf(check.right[0] / np.sqrt(2)) == pytest.approx(area)

    given, check = exercises.bins_of_a_model(seed)
    gaps = given["images"] * given["mean confidence"] - given["hits"]
    total = given["images"].sum()
    assert check.right == pytest.approx((gaps.abs().sum() / total, abs(gaps.sum()) / total))
    assert check.right[1] < check.right[0]

    given, check = exercises.two_templates(seed)
    first, second, alike = given
    templates = np.array([[1, 0, 0], [alike, np.sqrt(1 - alike**2), 0]])
    across = (second - first * alike) / templates[1, 1]
    image = np.array([first, across, np.sqrt(1 - first**2 - across**2)])
    average = templates.mean(axis=0) / np.linalg.norm(templates.mean(axis=0))
    assert templates @ image == pytest.approx([first, second])
    assert check.right == pytest.approx([average @ image])

    given, check = exercises.clips_in_pairs(seed)
    rows = {(row.source, row.samples, row.encoder): row.accuracy for row in given.itertuples()}
    gains = [
        accuracy - rows[source, samples, "ViT-B/32"]
        for (source, samples, encoder), accuracy in rows.items()
        if encoder == "ViT-B/16" and (source, samples, "ViT-B/32") in rows
    ]
    assert check.right == pytest.approx((len(gains), np.mean(gains)))

    given, check = exercises.effects_of_lineages(seed)
    means = [given["effect"][given["lineage"] == name].mean() for name in ("lineage 1", "lineage 2")]
    interval = stats.ttest_1samp(means, 0).confidence_interval(0.95)
    assert check.right == pytest.approx((interval.low, interval.high))


@pytest.mark.parametrize("exercise", SEVERAL_VARIANTS)
def test_a_seed_gives_the_same_again_and_another_seed_another(exercise: Callable) -> None:
    rights = [exercise(seed)[1].right for seed in (0, 0, 1)]
    assert rights[0] == rights[1]
    assert np.abs(np.subtract(rights[0], rights[2])).max() > exercise(0)[1].tolerance

from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, roc_auc_score, roc_curve

from clipsafe_utils.metrics.draws import draw_weights
from clipsafe_utils.metrics.ood import Detection, auroc_error, detection

# Few distinct scores, so that ties are common.
scores = st.lists(st.sampled_from([-3.5, 0.0, 0.1, 2.0, 8.0]), min_size=1, max_size=25)


def values(result: Detection) -> dict[str, np.ndarray]:
    return {field.name: getattr(result, field.name) for field in fields(result)}


def by_pairs(id_scores, ood_scores):
    pairs = np.subtract.outer(np.array(id_scores), np.array(ood_scores))
    return (pairs > 0).mean() + (pairs == 0).mean() / 2


def by_scikit_learn(id_scores, ood_scores, weights=None):
    truth = np.append(np.ones(len(id_scores)), np.zeros(len(ood_scores)))
    pooled = np.append(id_scores, ood_scores)
    fpr, tpr, _ = roc_curve(truth, pooled, sample_weight=weights, drop_intermediate=False)
    fnr_ood, tpr_ood, _ = roc_curve(1 - truth, -pooled, sample_weight=weights, drop_intermediate=False)
    return {
        "auroc": roc_auc_score(truth, pooled, sample_weight=weights),
        "aupr": average_precision_score(truth, pooled, sample_weight=weights),
        "fpr95_id_positive": fpr[np.argmax(tpr >= 0.95)],
        "fpr95_ood_positive": fnr_ood[np.argmax(tpr_ood >= 0.95)],
    }


def test_five_images_by_hand():
    result = detection([0.9, 0.8, 0.4], [0.5, 0.4])
    assert result.auroc == pytest.approx((2 + 2 + 0.5) / 6)
    assert result.aupr == pytest.approx((1 + 1 + 3 / 5) / 3)
    assert result.fpr95_id_positive == 1
    assert result.fpr95_ood_positive == pytest.approx(1 / 3)


def test_the_two_directions_differ_on_the_same_scores():
    # The wide spread of OOD reaches high: to keep 95 % of ID lets few in, to reject 95 % of OOD costs many.
    random = np.random.default_rng(0)
    result = detection(random.normal(2, 0.5, 5000), random.normal(0, 2, 5000))
    assert result.fpr95_id_positive < 0.3
    assert result.fpr95_ood_positive > 0.9


def test_twenty_images_put_the_threshold_at_exactly_95_percent():
    # 19 of 20 is 0.95: the last of the 20 need not be kept.
    id_scores = np.arange(20.0)
    assert detection(id_scores, [0.5, 25.0]).fpr95_id_positive == 0.5
    assert detection(np.append(id_scores, 20.0), [0.5, 25.0]).fpr95_id_positive == 0.5
    assert detection(id_scores[1:], [0.5, 1.5, 25.0]).fpr95_id_positive == pytest.approx(2 / 3)
    assert detection([18.5, 17.5], id_scores).fpr95_ood_positive == 0.5


def test_ends():
    apart, reversed_, equal = detection([1, 2], [0]), detection([0], [1, 2]), detection([1, 1], [1, 1, 1])
    assert list(values(apart).values()) == [1, 1, 0, 0]
    assert list(values(reversed_).values()) == [0, pytest.approx(1 / 3), 1, 1]
    assert list(values(equal).values()) == [0.5, pytest.approx(2 / 5), 1, 1]


@settings(max_examples=40)  # scikit-learn's curves are slow
@given(scores, scores)
def test_agrees_with_all_pairs_and_with_scikit_learn(id_scores, ood_scores):
    result = values(detection(id_scores, ood_scores))
    assert result["auroc"] == pytest.approx(by_pairs(id_scores, ood_scores), abs=1e-12)
    for name, value in by_scikit_learn(id_scores, ood_scores).items():
        assert result[name] == pytest.approx(value, abs=1e-12), name


@given(scores, scores, st.randoms(use_true_random=False))
def test_order_copies_and_rising_functions_change_nothing(id_scores, ood_scores, random):
    shuffled = id_scores * 2
    random.shuffle(shuffled)
    plain = values(detection(id_scores, ood_scores))
    again = values(detection(np.exp(shuffled) * 7 - 1, np.exp(ood_scores * 2) * 7 - 1))
    assert again == pytest.approx(plain, abs=1e-12)


@given(scores, scores)
def test_turning_scores_and_roles_swaps_the_directions(id_scores, ood_scores):
    plain = detection(id_scores, ood_scores)
    turned = detection(-np.array(ood_scores), -np.array(id_scores))
    assert turned.auroc == pytest.approx(plain.auroc, abs=1e-12)
    assert turned.fpr95_id_positive == pytest.approx(plain.fpr95_ood_positive, abs=1e-12)
    assert turned.fpr95_ood_positive == pytest.approx(plain.fpr95_id_positive, abs=1e-12)


def test_weights_count_as_copies():
    random = np.random.default_rng(0)
    id_scores, ood_scores = random.normal(1, 1, 150).round(1), random.normal(0, 1, 90).round(1)
    id_weights, ood_weights = draw_weights("id", range(150), 6), draw_weights("ood", range(90), 6)
    result = values(detection(id_scores, ood_scores, id_weights, ood_weights))
    plain = values(detection(id_scores, ood_scores))
    for draw in range(7):
        copies = np.repeat(id_scores, id_weights[draw]), np.repeat(ood_scores, ood_weights[draw])
        pooled = np.append(id_weights[draw], ood_weights[draw])
        for name, value in by_scikit_learn(*copies).items():
            assert result[name][draw] == pytest.approx(value, abs=1e-12), name
        assert by_scikit_learn(id_scores, ood_scores, pooled)["auroc"] == pytest.approx(result["auroc"][draw])
    assert {name: column[0] for name, column in result.items()} == plain


def test_leading_axes():
    random = np.random.default_rng(0)
    id_scores, ood_scores = random.normal(1, 1, (2, 3, 30)), random.normal(0, 1, (2, 3, 20))
    plain = values(detection(id_scores, ood_scores))
    drawn = values(
        detection(id_scores, ood_scores, draw_weights("id", range(30), 4), draw_weights("ood", range(20), 4))
    )
    single = values(detection(id_scores[1, 2], ood_scores[1, 2]))
    for name, column in plain.items():
        assert column.shape == (2, 3)
        assert drawn[name].shape == (5, 2, 3)
        np.testing.assert_array_equal(drawn[name][0], column)
        assert single[name].shape == ()
        assert single[name] == column[1, 2]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([0.1, np.nan], [0.1]), "id_scores: expected finite"),
        (([0.1], []), "ood_scores: expected at least one"),
        ((0.1, [0.1]), "id_scores: expected an axis of images"),
        (([[0.1]], [0.1]), r"ood_scores: expected the leading axes \(1,\)"),
        (([0.1], [0.1], [[1]]), "id_weights and ood_weights: expected both or neither"),
        (([0.1], [0.1], [[1]], [[1], [1]]), "ood_weights: expected 1 draws"),
        (([0.1], [0.1], [[1]], [[1, 1]]), r"ood_weights: expected the shape \(draws, 1\)"),
    ],
)
def test_wrong_arguments_are_named(arguments, message):
    with pytest.raises(ValueError, match=f"^{message}"):
        detection(*arguments)


def test_the_error_of_an_area_by_hand() -> None:
    # A = 0.9, 51 known and 41 other images: Q1 = 0.9 / 1.1, Q2 = 1.62 / 1.9.
    squared = (0.09 + 50 * (0.9 / 1.1 - 0.81) + 40 * (1.62 / 1.9 - 0.81)) / (51 * 41)
    assert auroc_error(0.9, 51, 41) == pytest.approx(np.sqrt(squared))
    assert auroc_error(1.0, 50, 50) == 0


def test_the_error_of_an_area_is_its_spread_where_scores_are_exponential() -> None:
    random = np.random.default_rng(3)
    # Scores of other images fall off three times as fast: a known image lies higher in 3 of 4 pairs.
    known, other = random.exponential(3.0, (2000, 60)), random.exponential(1.0, (2000, 40))
    areas = detection(known, other).auroc
    assert areas.mean() == pytest.approx(0.75, abs=0.005)
    assert areas.std() == pytest.approx(float(auroc_error(0.75, 60, 40)), rel=0.06)

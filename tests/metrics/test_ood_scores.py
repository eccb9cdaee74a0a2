import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from clipsafe_utils.metrics import ood_scores
from clipsafe_utils.metrics.logits import summarise_logits
from clipsafe_utils.metrics.ood_scores import (
    SCORES,
    energy,
    maximum_concept_matching,
    maximum_logit,
    maximum_softmax,
    negative_entropy,
)


def test_scores_by_hand():
    summary = summarise_logits(np.log([[6.0, 2.0]]))
    assert maximum_softmax(summary) == pytest.approx(0.75)
    assert maximum_logit(summary) == pytest.approx(np.log(6))
    assert energy(summary) == pytest.approx(np.log(8))
    assert negative_entropy(summary) == pytest.approx(0.75 * np.log(0.75) + 0.25 * np.log(0.25))


def test_concept_matching_is_a_softmax_of_the_cosines_themselves():
    cosines = np.array([[0.3, 0.1, -0.2]])
    powers = np.exp(cosines)
    assert maximum_concept_matching(cosines) == pytest.approx(powers.max() / powers.sum())


@pytest.mark.parametrize("name", SCORES)
def test_each_name_is_a_function(name):
    logits = np.array([[1.0, 0.0]])
    argument = logits if name == "maximum_concept_matching" else summarise_logits(logits)
    assert getattr(ood_scores, name)(argument).shape == (1,)


@given(hnp.arrays(np.float64, 4, elements=st.floats(-0.9, 0.9)), st.floats(0.01, 0.1))
def test_an_image_nearer_to_its_class_scores_higher(logits, step):
    nearer = logits.copy()
    nearer[logits.argmax()] += step
    pair = np.stack([logits, nearer])
    summary = summarise_logits(pair)
    columns = [score(summary) for score in (maximum_softmax, maximum_logit, energy, negative_entropy)]
    for known, other in (*columns, maximum_concept_matching(pair)):
        assert other >= known


@pytest.mark.parametrize("cosines", [[[27.0, 25.0]], [[0.3, -3.0]]])
def test_scaled_cosines_are_refused(cosines):
    with pytest.raises(ValueError, match=r"^similarities: expected cosines from -1 to 1"):
        maximum_concept_matching(np.array(cosines))


def test_concept_matching_takes_half_precision_and_names_what_it_does_not_take():
    half = np.array([[0.31, 0.22, -0.1], [0.05, 0.27, 0.26]], dtype=np.float16)
    np.testing.assert_allclose(
        maximum_concept_matching(half), maximum_concept_matching(half.astype(np.float32)), rtol=1e-12
    )
    with pytest.raises(ValueError, match=r"^similarities: expected float16, float32 or float64, got int64"):
        maximum_concept_matching(np.zeros((2, 3), dtype=np.int64))

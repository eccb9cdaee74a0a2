import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clipsafe_utils.metrics.logits import summarise_logits
from clipsafe_utils.metrics.temperature_bands import (
    HALF_WIDTH,
    NODES,
    chebyshev_nodes,
    polynomial_shares,
    temperature_bands,
)
from tests.metrics.simulated import logits_and_labels

temperatures = st.lists(st.floats(1e-3, 1e3), min_size=1, max_size=40)


def test_a_polynomial_of_lower_degree_than_there_are_nodes_is_exact():
    nodes, at = chebyshev_nodes(-2, 3), np.linspace(-2, 3, 17)
    polynomial = np.polynomial.Polynomial([1.0, -2, 0.5, 3, -1, 0.2, 0.7])
    np.testing.assert_allclose(polynomial_shares(nodes, at) @ polynomial(nodes), polynomial(at), rtol=1e-11)


def test_chebyshev_nodes_are_cosines_of_equally_spaced_angles():
    np.testing.assert_allclose(chebyshev_nodes(-1, 1)[[0, 2, 3]], [-0.974928, -0.433884, 0], atol=1e-6)


def test_each_point_may_have_nodes_of_its_own():
    nodes = np.array([[0.0, 1.0, 3.0], [1.0, 2.0, 5.0]])
    shares = polynomial_shares(nodes, np.array([2.0, 2.0]))
    np.testing.assert_allclose((shares * nodes**2).sum(axis=1), 4)
    np.testing.assert_array_equal(shares[1], [0, 1, 0])


@given(temperatures)
def test_every_draw_is_in_one_band_and_near_its_temperatures(values):
    bands = temperature_bands(values)
    np.testing.assert_array_equal(np.sort(np.concatenate([b.draws for b in bands])), np.arange(len(values)))
    assert bands[0].draws.tolist() == [0]
    assert bands[0].temperatures.tolist() == values[:1]
    for band in bands:
        assert band.temperatures.size <= NODES
        assert band.shares.shape == (band.draws.size, band.temperatures.size)
        np.testing.assert_allclose(band.shares.sum(axis=1), 1)
        logs = np.log(np.array(values)[band.draws])
        assert np.ptp(logs) <= 2 * HALF_WIDTH + 1e-11
        np.testing.assert_allclose(band.shares @ np.log(band.temperatures), logs, atol=1e-9)


def test_few_temperatures_are_measured_where_they_are():
    bands = temperature_bands([1.0, 1.02, 1.0, 1.01, 1.02])
    assert len(bands) == 2
    np.testing.assert_allclose(bands[1].temperatures, [1, 1.01, 1.02], rtol=1e-11)
    np.testing.assert_array_equal(np.sort(bands[1].shares, axis=1), np.tile([0, 0, 1], (4, 1)))


def test_temperatures_that_differ_by_rounding_alone_do_not_make_nodes_that_coincide():
    bands = temperature_bands(1.3 + 1e-15 * np.arange(100))
    assert len(bands) == 2
    assert bands[1].temperatures.size <= 2
    assert set(bands[1].shares.ravel()) <= {0.0, 1.0}


def largest_error(half_width: float) -> float:
    """Of an interpolated probability: one class against up to 20,000 others, at any distance from them."""
    gaps = np.linspace(0, 60, 241)[:, None]
    band = temperature_bands(np.exp(np.linspace(-half_width, half_width, 101)))[1]
    logs = np.log(band.temperatures)
    errors = []
    for others in (1, 10, 1000, 20_000):
        # In terms of the distance from 0, which keeps its digits where the probability is nearly 1.
        at_nodes, exact = (
            1 / (1 + np.exp(gaps * np.exp(-at)) / others)
            for at in (logs, np.linspace(-half_width, half_width, 101)[band.draws])
        )
        errors.append(np.abs(at_nodes @ band.shares.T - exact).max())
    return max(errors)


def test_probabilities_are_interpolated_as_near_as_is_said():
    assert 1e-9 < largest_error(HALF_WIDTH) < 1e-7
    assert largest_error(0.02) < 1e-10


@settings(max_examples=20)
@given(st.integers(0, 1000), st.floats(0.2, 5))
def test_so_are_those_of_random_logits(seed, centre):
    logits, labels = logits_and_labels(60, 100, 1.2, seed)
    double = logits.astype(np.float64)
    drawn = centre * np.exp(np.linspace(-HALF_WIDTH, HALF_WIDTH, 20))
    band = temperature_bands(drawn)[1]

    def summaries(values):
        found = [summarise_logits(double, labels, temperature=value) for value in values]
        names = ("confidence", "label_log_probability", "sum_squared_probability")
        return [np.stack([getattr(summary, name) for summary in found]) for name in names]

    for exact, at_nodes in zip(summaries(drawn[band.draws]), summaries(band.temperatures), strict=True):
        np.testing.assert_allclose(band.shares @ at_nodes, exact, atol=2e-7)


@pytest.mark.parametrize("wrong", [[1.0, 0.0], [1.0, -1.0], [1.0, np.nan], [1.0, np.inf], [[1.0]], []])
def test_wrong_temperatures_are_named(wrong):
    with pytest.raises(ValueError, match=r"^temperature: expected"):
        temperature_bands(wrong)

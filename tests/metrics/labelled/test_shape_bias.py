import numpy as np
import pytest
import xarray as xr

from clipsafe_utils.metrics.cue_decisions import shape_bias_interval
from clipsafe_utils.metrics.labelled import shape_bias_by_class, shape_bias_table

MODELS = [f"model {i}" for i in range(4)]


@pytest.fixture
def decisions():
    count = np.random.default_rng(1).multinomial(75, [0.3, 0.5, 0.2], (4, 3))
    return xr.Dataset(
        {"count": (("model", "cue_class", "decision"), count)},
        {
            "model": MODELS,
            "cue_class": ["cat", "dog", "knife"],
            "decision": ["shape", "texture", "other"],
        },
    )


def test_shape_bias_by_hand():
    count = [[[30, 40, 5], [20, 50, 5]]]
    decisions = xr.Dataset(
        {"count": (("model", "cue_class", "decision"), count)},
        {"model": ["m"], "cue_class": ["cat", "dog"], "decision": ["shape", "texture", "other"]},
    )
    table = shape_bias_table(decisions).isel(model=0)
    assert table.shape_bias == 50 / 140
    assert table.share_decided == 140 / 150
    assert (table.shape_hits, table.texture_hits, table.images) == (50, 90, 150)
    assert shape_bias_by_class(decisions).shape_bias.values.tolist() == [[30 / 70, 20 / 70]]


def test_a_table_of_some_classes_is_that_of_a_cube_of_them(decisions):
    some = shape_bias_table(decisions, ["knife", "cat"], confidence=0.8)
    xr.testing.assert_identical(
        some, shape_bias_table(decisions.sel(cue_class=["cat", "knife"]), confidence=0.8)
    )
    assert (some.images == 150).all()
    count = decisions["count"].sel(cue_class=["cat", "knife"])
    low, high = shape_bias_interval(count.sel(decision="shape"), count.sel(decision="texture"), -1, 0.8)
    np.testing.assert_array_equal(some.low, low)
    np.testing.assert_array_equal(some.high, high)


def test_tables_do_not_depend_on_the_order_of_dims(decisions):
    turned = decisions.transpose("decision", "cue_class", "model")
    xr.testing.assert_allclose(shape_bias_table(turned), shape_bias_table(decisions))
    by_class = shape_bias_by_class(turned).transpose("model", "cue_class")
    xr.testing.assert_allclose(by_class, shape_bias_by_class(decisions))


def test_a_class_in_which_nothing_was_decided_is_nan_and_the_rest_is_not(decisions):
    decisions["count"][2, 1] = [0, 0, 75]
    by_class = shape_bias_by_class(decisions)
    for name in ("shape_bias", "low", "high"):
        missing = by_class[name].isnull()
        assert missing.sum() == 1
        assert missing[2, 1]
    assert by_class.share_decided[2, 1] == 0
    assert (by_class.low <= by_class.shape_bias).sum() == 11
    assert np.isfinite(shape_bias_table(decisions).low).all()


def test_shape_bias_tables_describe_themselves(decisions):
    for table in (shape_bias_table(decisions), shape_bias_by_class(decisions)):
        assert {variable.attrs["units"] for variable in table.values()} == {"1"}
        assert all(variable.attrs["long_name"] for variable in table.values())
        assert table.attrs == {"confidence": 0.95}


def test_bad_decisions_are_named(decisions):
    with pytest.raises(ValueError, match=r"^cue_classes: .*'cow'"):
        shape_bias_table(decisions, ["cat", "cow"])
    for wrong in (np.nan, -1, 0.5):
        spoilt = decisions.where(decisions.model != MODELS[0], wrong)
        for table in (shape_bias_table, shape_bias_by_class):
            with pytest.raises(ValueError, match=r"^count: expected"):
                table(spoilt)
    decisions["count"][0] = [0, 0, 75]
    with pytest.raises(ValueError, match="expected at least one decision"):
        shape_bias_table(decisions)

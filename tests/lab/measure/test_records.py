from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("zarr")

from clipsafe_engine.lab.measure.records import causes_table, check_records, models_table
from clipsafe_utils.cubes.schema import SCHEMAS
from clipsafe_utils.errors import ClipsafeError
from tests.lab.measure.laboratories import Laboratory
from tests.lab.measure.stand_ins import record

pytestmark = pytest.mark.xdist_group("laboratory")  # made once, in one worker


def test_records_fill_both_cubes() -> None:
    records = [record("a", parameters=230_400, knob="batch", level=64), record("b", seed=np.nan)]
    models = models_table(records)
    assert set(models) == {variable.name for variable in SCHEMAS["models"].variables}
    assert models["parameters"].values.tolist()[0] == 230_400
    causes = causes_table(records)
    assert causes["knob"].values.tolist() == ["batch", "none"]
    assert causes["source"].values.tolist() == ["labels", "labels"]


@pytest.mark.parametrize(
    ("records", "words"),
    [
        ([], "There is no model to measure"),
        ([record("a"), record("b"), record("a")], "Model 'a' has 2 records; expected one"),
        ([record("a", family="")], "Model 'a' has an empty 'family' in its record"),
    ],
)
def test_bad_records_are_refused(records: list, words: str) -> None:  # type: ignore[type-arg]
    with pytest.raises(ClipsafeError, match=words):
        check_records(records)


def test_a_group_that_no_cube_knows_changes_nothing(laboratory: Laboratory) -> None:
    records = tuple(replace(one, group="best") for one in laboratory.records)
    with pytest.raises(ClipsafeError, match=r"models\.nc: variable 'group' holds 'best'"):
        laboratory.measure("spoilt", records=records)
    assert not (laboratory.folder / "spoilt").exists()


def test_weights_of_the_record_must_be_those_of_the_predictions(laboratory: Laboratory) -> None:
    records = tuple(replace(one, weights="trained anew") for one in laboratory.records)
    with pytest.raises(ClipsafeError, match="'clip-a' on 'natural' was made with weights hash of clip, exp"):
        laboratory.measure("spoilt", records=records)
    with pytest.raises(ClipsafeError, match="made with seed unknown, expected 4093"):
        laboratory.measure("spoilt", expected={"seed": "4093"})
    with pytest.raises(ClipsafeError, match="no predictions of 'absent'"):
        laboratory.measure("spoilt", records=(record("absent"),))
    assert not (laboratory.folder / "spoilt").exists()

"""Accuracy where little but shape is left, worked out by hand and on the record."""

import numpy as np
import pytest
import xarray as xr

from clipsafe_utils.cubes.panels import Panel
from clipsafe_utils.findings.shape.result import shape_bias
from clipsafe_utils.findings.shape.skill import SETS, Skill
from clipsafe_utils.parameters import check_parameters
from clipsafe_utils.say import Missing

NAMES = ("clip", "labels", "more", "stylised", "person 1", "person 2")
GROUPS = ("clip_zero_shot", "standard", "more_data", "robust_intervention", "human", "human")
HITS = {  # of 100 images, by set
    "edge": (80, 15, 85, 45, 90, np.nan),
    "sketch": (95, 60, 90, 75, np.nan, 93),
}
BIAS = {"clip": 0.6, "labels": 0.2, "more": 0.3, "stylised": 0.8}


def skill_of(**hits: tuple[float, ...]) -> Skill:
    table = np.array(list(hits.values()), float).T
    dims = ("model", "set")
    cube = xr.Dataset(
        {"hits": (dims, table), "images": (dims, np.where(np.isnan(table), np.nan, 100.0))},
        {"model": list(NAMES), "set": list(hits)},
    )
    models = xr.Dataset(
        {"group": ("model", list(GROUPS)), "checkpoint": ("model", list(NAMES))}, {"model": list(NAMES)}
    )
    return Skill(Panel("mine", cube, models), BIAS, 0.95)


def test_sets_stand_in_their_order_without_those_that_an_observer_did_not_see() -> None:
    frame = skill_of(**HITS).frame
    assert frame["set"].drop_duplicates().tolist() == ["sketch", "edge"]
    assert len(frame) == 10
    assert frame.set_index(["set", "name"]).loc[("edge", "person 1"), "accuracy"] == pytest.approx(0.9)


def test_who_names_how_many() -> None:
    found = skill_of(**HITS)
    edge = found.sets["edge"]
    highs = [edge.standard_high.estimate, edge.stylised_high.estimate]
    assert [edge.people.estimate, edge.clips_low.estimate, *highs] == [0.9, 0.8, 0.15, 0.45]
    assert edge.others_high.estimate == pytest.approx(0.85)
    assert isinstance(found.sets["silhouette"].people, Missing)
    assert found.clips == "1"


def test_on_which_sets_one_is_as_good_as_another() -> None:
    found = skill_of(**HITS)
    assert found.ahead == "sketches and edges"
    assert found.like_people == "sketches"
    assert found.matched == "edges"
    worse = skill_of(edge=(10, 15, 5, 45, 90, 90))
    assert isinstance(worse.ahead, Missing)
    assert worse.matched == "edges"


def test_preference_is_held_against_skill() -> None:
    found = skill_of(**HITS)
    pair = found.contrasted
    assert (pair.preferring, pair.skilled) == ("stylised", "more")
    assert (pair.preference.estimate, pair.its_accuracy.estimate) == (0.8, 0.45)
    assert (pair.its_preference.estimate, pair.accuracy.estimate) == (0.3, 0.85)
    assert found.parts == "parted"
    assert skill_of(edge=(80, 15, 85, 95, 90, 90)).parts == "together"


@pytest.mark.parametrize("edge", [(np.nan, 15, 85, 45, 90, 90), (80, 15, 70, 45, 90, 90)])
def test_without_two_such_networks_nothing_is_said(edge: tuple[float, ...]) -> None:
    found = skill_of(edge=edge)
    assert isinstance(found.contrasted.accuracy, Missing)
    assert found.parts == "open"


def test_a_study_without_the_cube_has_an_empty_frame() -> None:
    none = Skill(None, {}, np.nan)
    assert len(none.frame) == 0
    assert isinstance(none.ahead, Missing)
    assert isinstance(none.clips, Missing)
    assert set(none.sets) == set(SETS)
    assert none.parts == "open"


def test_what_the_record_says_of_skill() -> None:
    found = shape_bias(check_parameters("shape-bias", {"studies": ["published"]})).skill
    assert found.ahead == "sketches, edges, silhouettes and stylised photographs"
    assert found.clips == "3"
    assert found.parts == "parted"
    seen = found.frame[found.frame["group"] != "human"]
    assert seen["bias"].notna().all()

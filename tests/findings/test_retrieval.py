"""Accuracy beside retrieval: by hand, and against the record."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from scipy.stats import spearmanr

from clipsafe_utils.chapters.causes.figures import retrieval_frame
from clipsafe_utils.cubes import GROUPS
from clipsafe_utils.cubes.studies import find_study
from clipsafe_utils.findings.own_retrieval import own_recalls
from clipsafe_utils.findings.retrieval import EVERY, NO_RETRIEVAL, TASKS, Retrieval, read_retrieval
from clipsafe_utils.say import NOT_MEASURED, percent
from clipsafe_utils.show.encoding import is_own
from tests.conftest import labelled
from tests.findings.prompt_cubes import make_models, write_study

FLICKR = TASKS["flickr30k", "image_for_text"]


def made() -> Retrieval:
    """Six CLIPs of WIT on a line of slope 1; six of LAION-2B a tenth above it."""
    x = np.array([0.4, 0.45, 0.55, 0.6, 0.65, 0.7])
    rows = [
        {
            "checkpoint": f"{source} {number}",
            "source": source,
            "lineage": source.partition("-")[0],
            "family": f"{source} {number % 5}",
            "accuracy": accuracy,
            "task": FLICKR,
            "recall": accuracy - 0.2 + above,
        }
        for source, above in (("WIT", 0.0), ("LAION-2B", 0.1))
        for number, accuracy in enumerate(x)
    ]
    return Retrieval("mine", pd.DataFrame(rows), 0.95)


def test_sources_are_held_against_the_line_of_the_others() -> None:
    found = made()
    assert found.sources == ["WIT", "LAION-2B"]
    assert found.offsets["LAION-2B"].estimate == pytest.approx(0.1)
    assert found.offsets["WIT"].estimate == pytest.approx(-0.1)
    assert found.source_shows == "yes"
    assert found.off_line.startswith("WIT by −10.0")
    assert found.undecided == NOT_MEASURED


def test_within_a_source_order_is_equal_and_across_sources_it_is_not() -> None:
    found = made()
    assert found.within == "WIT 1.000 and LAION-2B 1.000"
    table = found.table
    rho = spearmanr(table["accuracy"], table["recall"]).statistic
    assert found.correlation(FLICKR).estimate == pytest.approx(rho)
    # Two lineages: one left out leaves six CLIPs, and two units decide nothing.
    assert found.correlation(FLICKR).units == 2
    assert (found.clips, found.lineages, found.upper.clips) == ("12", "2", "8")


def test_without_retrieval_all_is_missing() -> None:
    assert not NO_RETRIEVAL
    nothing = NO_RETRIEVAL
    for said in (nothing.clips, nothing.across, nothing.decided, nothing.within, nothing.off_line):
        assert said == NOT_MEASURED
    assert nothing.upper.across == nothing.source_shows == nothing.undecided == nothing.least_bound
    assert retrieval_frame(nothing).empty
    assert not read_retrieval(["miniature"], list(GROUPS), 0.95)
    assert not read_retrieval(["published"], ["standard"], 0.95)


@pytest.fixture(scope="module")
def found() -> Retrieval:
    return read_retrieval(["published"], list(GROUPS), 0.95)


@pytest.mark.parametrize("task", TASKS)
def test_the_record_says_the_same(found: Retrieval, task: tuple[str, str]) -> None:
    cube, models, shifts = (find_study("published").read(name) for name in ("retrieval", "models", "shifts"))
    recall = cube["recall_at_1"].sel(set=task[0], direction=task[1], drop=True).to_series().dropna()
    share = (shifts["hits"] / shifts["images"]).sel(condition="id").to_series().dropna()
    described = models[["group", "checkpoint"]].to_dataframe()
    rows = (
        described.join(recall, how="inner").query("group == 'clip_zero_shot'").drop_duplicates("checkpoint")
    )
    of_shifts = described.join(share.rename("share"), how="inner").drop_duplicates("checkpoint")
    both = rows.merge(of_shifts[["checkpoint", "share"]], on="checkpoint")
    assert found.clips == str(len(both))
    rho = spearmanr(both["share"], both["recall_at_1"]).statistic
    assert found.correlation(TASKS[task], EVERY).estimate == pytest.approx(rho)


def test_the_figure_has_a_mark_a_clip_in_each_panel(found: Retrieval) -> None:
    frame = retrieval_frame(found)
    assert list(dict.fromkeys(frame["panel"])) == list(TASKS.values())
    assert set(frame.groupby("panel").size()) == {int(found.clips)}
    assert frame["look"].iloc[0] == "source/WIT"


@pytest.fixture
def finder(tmp_path: Path) -> str:
    """Two CLIPs that were asked for images of Flickr30k alone: one names 70 % of ImageNet, one 99 %."""
    names = ["own:near", "own:far"]
    models = make_models({"own:near": "WIT", "own:far": "WIT"}, dict.fromkeys(names, "own"))
    coordinates = {"model": names, "set": ["flickr30k"], "direction": ["image_for_text"]}
    dims = tuple(coordinates)
    recall = {name: (dims, [[[0.8]], [[0.3]]]) for name in ("recall_at_1", "recall_at_5")}
    retrieval = xr.Dataset({**recall, "queries": (dims, np.full((2, 1, 1), 1000))}, coordinates)
    at_home = ("model", "condition"), [[700], [990]]
    shifts = xr.Dataset({"hits": at_home, "images": (("model", "condition"), [[1000], [1000]])})
    return write_study(
        tmp_path / "mine",
        models=models.assign_attrs(evidence="measured"),
        retrieval=labelled(retrieval, "retrieval"),
        shifts=labelled(shifts.assign_coords(model=names, condition=["id"]), "shifts"),
    )


def test_an_own_clip_recalls_beside_those_of_similar_accuracy(finder: str) -> None:
    alone, beside = (read_retrieval(["published", *own], list(GROUPS), 0.95) for own in ([], [finder]))
    assert alone.own_recalls == []
    pd.testing.assert_frame_equal(beside.table, alone.table)
    near, far = beside.own_recalls
    rows = alone.table[alone.table["task"] == "Flickr30k, image for text"]
    others = rows[(rows["accuracy"] > 0.68) & (rows["accuracy"] < 0.72)]["recall"]
    assert 0 < (others < 0.8).sum() <= others.size
    less = f"{(others < 0.8).sum()} of {others.size}"
    assert near.recalls == f"Flickr30k, image for text {percent(0.8)} ({less})"
    assert far.recalls == f"Flickr30k, image for text {percent(0.3)} (no CLIP is that near)"
    frame = retrieval_frame(beside)
    stars = frame[frame["look"].map(is_own)]
    assert stars["look"].tolist() == ["yours/0", "yours/1"]
    np.testing.assert_allclose(stars[["x", "value"]], [[70.0, 80.0], [99.0, 30.0]], rtol=1e-6)
    rest = frame[~frame["look"].map(is_own)].reset_index(drop=True)
    pd.testing.assert_frame_equal(rest, retrieval_frame(alone))


def test_a_network_is_not_beside_itself() -> None:
    rows = [
        {"model": f"m:{name}", "checkpoint": name, "accuracy": 0.6, "task": "t", "recall": recall}
        for name, recall in (("net", 0.4), ("less", 0.3), ("more", 0.5))
    ]
    (one,) = own_recalls({"mine": pd.DataFrame(rows[:1])}, pd.DataFrame(rows))
    assert one.recalls.endswith("(1 of 2)")

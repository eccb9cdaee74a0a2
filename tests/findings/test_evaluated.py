"""Who was evaluated: counts by cube and lineage, each network once, and what has accuracies alone."""

import pandas as pd
import pytest

from clipsafe_utils.chapters.claims import open_tables
from clipsafe_utils.cubes import find_study
from clipsafe_utils.findings.evaluated import Evaluated, clips_evaluated
from clipsafe_utils.parameters import parameters_of
from clipsafe_utils.say import Missing

_MADE = [
    *(("ood", "a", "WIT", "x:a"), ("ood", "a", "WIT", "x:a"), ("ood", "b", "LAION", "x:b")),
    *(("shifts", "a", "WIT", "x:a"), ("shifts", "b", "LAION", "x:b")),
    *(("shifts", "c", "LAION", "x:c"), ("shifts", "d", "WebLI", "x:d")),
]


@pytest.fixture
def made() -> Evaluated:
    return Evaluated("mine", pd.DataFrame(_MADE, columns=["cube", "checkpoint", "lineage", "asked"]))


def test_by_hand(made: Evaluated) -> None:
    counts = made.by_cube
    assert counts.columns.tolist() == ["WIT", "LAION", "WebLI"]
    assert counts.loc["ood"].tolist() == [1, 1, 0]
    assert counts.loc["shifts"].tolist() == [1, 2, 1]
    assert made.by_accuracy == "4 zero-shot CLIPs of 3 training lineages, 1 of them of WIT"
    assert made.by_answers == "2 zero-shot CLIPs of 2 training lineages, 1 of them of WIT"
    assert made.accuracy_alone == "WebLI"
    assert made.most_read == "a and b have 3 of 3"
    assert made.by_prompts == "2 are of 1 networks asked with several sets of prompts"


def test_the_table_has_a_row_a_cube(made: Evaluated) -> None:
    markup = open_tables.evaluated(made).markup
    assert markup.count("<tr>") == 1 + 2
    assert "50\N{NO-BREAK SPACE}%" in markup


def test_a_drawn_world_was_evaluated_by_nobody_else() -> None:
    nobody = clips_evaluated(parameters_of("what-we-cannot-say", {"studies": ["miniature"]}))
    assert (nobody.study, len(nobody.rows)) == ("", 0)
    assert isinstance(nobody.most_read, Missing)


def test_counts_of_the_record_are_those_of_its_cubes() -> None:
    found = clips_evaluated(parameters_of("what-we-cannot-say", {"studies": ["miniature", "published"]}))
    study = find_study("published")
    models = study.read("models")
    for cube, counts in found.by_cube.iterrows():
        here = models.sel(model=study.read(str(cube))["model"].values)
        is_clip = (here["group"] == "clip_zero_shot").values
        assert counts.sum() == len(set(here["checkpoint"].values[is_clip]))
        of_wit = is_clip & (here["training_source"] == "WIT").values
        assert counts["WIT"] == len(set(here["checkpoint"].values[of_wit]))
    retrieval = study.read("retrieval")
    clips = models.sel(model=retrieval["model"].values)
    clips = clips.where(clips["group"] == "clip_zero_shot", drop=True)["checkpoint"].to_series()
    recall = retrieval["recall_at_1"].max(["set", "direction"]).to_series().reindex(clips.index)
    assert int(found.in_five_alone) == recall.groupby(clips).max().isna().sum() > 0

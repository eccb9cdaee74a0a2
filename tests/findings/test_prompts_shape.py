"""What fewer templates change in the shape bias of real CLIPs, on the page of prompts."""

import pytest

from clipsafe_utils.chapters.prompts import tables
from clipsafe_utils.cubes import find_study
from clipsafe_utils.findings.prompts.result import OtherPrompts, other_prompts
from clipsafe_utils.findings.shape.result import shape_bias
from clipsafe_utils.parameters import check_parameters
from clipsafe_utils.say import Missing

SETS = ("one template", "bare name")


@pytest.fixture(scope="module")
def found() -> OtherPrompts:
    return other_prompts(check_parameters("prompts", {"studies": ["published"]}), lambda *_: {})


def test_changes_are_those_of_the_counts(found: OtherPrompts) -> None:
    study = find_study("published")
    cube, models = study.read("shape_bias"), study.read("models")
    count = cube["count"].sum("cue_class").to_pandas()
    bias = count["shape"] / (count["shape"] + count["texture"])
    checkpoint = models["checkpoint"].to_series()[bias.index]
    own = bias[checkpoint == "RN50.openai"].groupby(cube["prompt_set"].to_series()).first()
    table = found.shape_bias.set_index(["checkpoint", "prompt_set"])
    assert len(table) == 14
    for prompts in SETS:
        row = table.loc[("RN50.openai", prompts)]
        assert row["before"] == pytest.approx(own["80 templates"])
        assert row["change"].estimate == pytest.approx(own[prompts] - own["80 templates"])


def test_both_chapters_say_the_same(found: OtherPrompts) -> None:
    chapter = shape_bias(check_parameters("shape-bias", {"studies": ["published"]})).evaluations
    for prompts in SETS:
        theirs = chapter.moves("other prompts", prompts)
        assert found.bias(prompts).sizes == theirs.sizes
        assert found.bias(prompts).beyond == theirs.beyond
    assert found.moves_bias == "some"


def test_the_table_has_a_row_a_clip(found: OtherPrompts) -> None:
    markup = tables.shape_table(found).markup
    assert markup.count("<tr>") == 8
    assert "Bare name" in markup


def test_without_real_decisions_all_is_missing() -> None:
    none = other_prompts(check_parameters("prompts", {"studies": ["miniature"]}), lambda *_: {})
    assert none.shape_bias.empty
    assert isinstance(none.moves_bias, Missing)
    assert isinstance(none.bias("bare name").largest, Missing)

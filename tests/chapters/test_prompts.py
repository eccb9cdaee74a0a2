"""What chapter 5 shows: its figures, tables and alternative texts, of a study that is worked by hand."""

import numpy as np
import pytest
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure

from clipsafe_utils.chapters.prompts import descriptions, tables
from clipsafe_utils.figures import prompts as figures
from clipsafe_utils.findings.prompts import panels
from clipsafe_utils.findings.prompts.changes import PROPERTIES
from clipsafe_utils.findings.prompts.result import OtherPrompts, other_prompts
from clipsafe_utils.parameters import check_parameters
from tests.findings.prompt_cubes import make_embeddings, make_models, write_study
from tests.findings.test_prompts import FAMILIES, SHIFTS, SOURCES, TEMPLATES, make_prompts


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> OtherPrompts:
    study = write_study(
        tmp_path_factory.mktemp("studies") / "mine",
        models=make_models(SOURCES, FAMILIES),
        prompts=make_prompts(list(SOURCES), SHIFTS),
        embeddings=make_embeddings(["a", "d"], TEMPLATES),
    )
    chosen = {"studies": [study], "prompts": ["my {}"], "n_subsets": 5}
    return other_prompts(check_parameters("prompts", chosen))


def intervals(drawn: Figure) -> list[np.ndarray]:
    return [
        segment
        for axes in drawn.axes
        for one in axes.collections
        if isinstance(one, LineCollection)
        for segment in one.get_segments()
    ]


def test_figures_have_a_panel_a_property_and_hide_intervals_of_few_families(found: OtherPrompts) -> None:
    drawn = figures.by_number(found.by_number)
    assert len(drawn.axes) == len(PROPERTIES)
    assert not intervals(drawn)
    assert len(figures.by_wording(found.by_wording).axes) == len(PROPERTIES)
    assert len(figures.by_subset(found.by_subset).axes) == 3


def test_figures_show_the_intervals_of_many_families(found: OtherPrompts) -> None:
    many = found.changes["mine"].assign(families=5)
    drawn = figures.by_number(panels.number_tables({"mine": many}))
    wit = many[(many["source"] == "wit") & (many["property"] == "accuracy") & (many["prompt_set"] == "one")]
    wanted = 100 * wit[["low", "high"]].to_numpy()[0]
    assert any(np.allclose(segment[:, 1], wanted) for segment in intervals(drawn))


def test_without_a_study_figures_and_texts_say_so() -> None:
    for drawn in (figures.by_number({}), figures.by_wording({}), figures.by_subset({})):
        assert drawn.texts[0].get_text().startswith("not measured yet: ")
    assert descriptions.describe_numbers({}).startswith("No study has")
    assert descriptions.describe_wordings({}).startswith("No study has")
    assert descriptions.describe_subsets({}).startswith("No study has")


def test_texts_say_the_largest_change(found: OtherPrompts) -> None:
    said = descriptions.describe_numbers(found.by_number)
    assert "accuracy, wit: largest change −1.00 points (80 templates)." in said
    assert "temperature, laion: largest change −0.010 (80 templates)." in said
    said = descriptions.describe_wordings(found.by_wording)
    assert "accuracy, laion: largest change −20.00 points (a drawing of a …)." in said
    assert "accuracy, wit: subsets of 1 lie from " in descriptions.describe_subsets(found.by_subset)


def test_tables_say_what_the_changes_are(found: OtherPrompts) -> None:
    usual = tables.usual_table(found, found.tested[0]).markup
    assert "<td>−1.20 points" not in usual
    assert '<th scope="row">all sources</th><td class="number">3</td>' in usual
    shown = tables.number_table(found, "mine").markup
    assert "1 less 80 (95\N{NO-BREAK SPACE}% interval)" in shown
    assert "+1.2 points" in shown
    scores = tables.scores_table(found, found.tested[0]).markup
    assert '<th scope="row">energy</th>' in scores
    assert '<th scope="row">maximum softmax</th>' in scores
    assert "−20.0 points" in scores
    assert "my {}" in tables.own_table(found, "mine").markup

"""What chapter 6 shows: its figures and tables, of a study that is worked by hand."""

from dataclasses import replace

import pytest

from clipsafe_utils.chapters.prompts import figures, tables
from clipsafe_utils.findings.prompts.changes import PROPERTIES, TITLES
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
    return other_prompts(check_parameters("prompts", chosen), text_towers=lambda *_: {})


def test_curves_of_few_families_are_hollow_and_have_no_interval(found: OtherPrompts) -> None:
    frame = figures.number_frame(found)
    assert list(dict.fromkeys(frame["panel"])) == [panel.title for panel in PROPERTIES.values()]
    assert frame.groupby(["panel", "look"])["x"].apply(list).map(tuple).unique().tolist() == [(1, 10, 80)]
    assert set(frame["look"]) == {"source/wit", "source/laion"}
    assert not frame["decided"].any()
    assert frame[["low", "high"]].isna().all(axis=None)


def test_curves_of_many_families_have_intervals(found: OtherPrompts) -> None:
    many = replace(found)
    vars(many)["changes"] = {"mine": found.changes["mine"].assign(families=5)}
    accuracy = figures.number_frame(many).query("panel == 'accuracy' and look == 'source/wit' and x == 1")
    changes = found.changes["mine"].query(
        "source == 'wit' and property == 'accuracy' and prompt_set == 'one'"
    )
    assert accuracy["decided"].all()
    assert accuracy[["value", "low", "high"]].to_numpy() == pytest.approx(
        100 * changes[["value", "low", "high"]].to_numpy()
    )


def test_a_wording_has_a_row_and_a_property_a_side_with_what_is_too_small(found: OtherPrompts) -> None:
    frame = figures.wording_frame(found)
    assert list(dict.fromkeys(frame["side"])) == list(TITLES.values())
    assert set(frame["row"]) == {"a drawing of a …"}
    assert set(frame["panel"]) == {""}
    of_accuracy = frame[(frame["side"] == "accuracy") & (frame["look"] == "source/laion")]
    assert of_accuracy["value"].item() == pytest.approx(-20, abs=0.1)
    assert of_accuracy[["band_low", "band_high"]].to_numpy().tolist() == [[-0.5, 0.5]]
    of_temperature = frame[(frame["side"] == "temperature") & (frame["look"] == "source/laion")]
    assert of_temperature["value"].item() == pytest.approx(-0.2, abs=0.001)


def test_two_studies_have_panels_of_their_own(found: OtherPrompts) -> None:
    both = replace(found)
    vars(both)["changes"] = dict.fromkeys(("mine", "yours"), found.changes["mine"])
    assert set(figures.wording_frame(both)["panel"]) == {"mine", "yours"}
    assert "accuracy (yours)" in set(figures.number_frame(both)["panel"])


def test_subsets_have_a_range_from_lowest_to_highest(found: OtherPrompts) -> None:
    frame = figures.subset_frame(found)
    assert set(frame["panel"]) == {PROPERTIES[name].title for name in ("accuracy", "auroc", "ece")}
    of_one = (frame["panel"] == "accuracy") & (frame["look"] == "source/wit") & (frame["x"] == 1)
    single = frame[of_one & (frame["mark"] == "single")]["value"]
    mean = frame[of_one & (frame["mark"] == "mean")].iloc[0]
    assert mean["is_range"]
    assert (mean["value"], mean["low"], mean["high"]) == (single.mean(), single.min(), single.max())
    whole = frame[frame["x"] == frame["x"].max()]
    assert whole["low"].isna().all()  # All templates are one subset.


def test_figures_say_what_they_show(found: OtherPrompts) -> None:
    assert "wit: a drawing of a … −20.0, bar −0.5 to 0.5, undecided." in figures.by_wording(found).markup
    assert "laion: 0.002, undecided at 1" in figures.by_number(found).markup
    assert "Source: study " in figures.by_subset(found).markup


def test_without_a_study_figures_say_so(found: OtherPrompts) -> None:
    nothing = replace(found, tested=[], kept=[])
    for draw in (figures.by_number, figures.by_wording, figures.by_subset):
        assert "not measured yet: " in draw(nothing).markup


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

"""The page of the student's laboratory: knobs, mistakes, and what is trained."""

import importlib.util
import re
from pathlib import Path

import pytest

from clipsafe_utils.chapters.student_laboratory import mistakes, tables, training
from clipsafe_utils.cubes.studies import Study
from clipsafe_utils.lab.student.knobs import MEANINGS
from clipsafe_utils.lab.world.world import load_world
from clipsafe_utils.parameters import check_parameters


def test_every_knob_stands_in_the_table_with_its_range() -> None:
    markup = tables.knobs_table(load_world()).markup
    for knob in MEANINGS:
        assert f">{knob}</th>" in markup
    assert re.search(r">wrong</th><td>[^<]*</td><td>0 to 1</td><td[^>]*>0</td><td[^>]*>0\.05</td>", markup)
    assert "<td>256 to 1,000,000</td>" in markup


def test_each_mistake_gets_the_sentence_of_its_own() -> None:
    markup = mistakes.mistakes_table().markup
    for said in (
        "did you mean",
        "expected a number from 0 to 1.",
        "this source has no captions",
        "must not be more than 1 together",
        "is more than the 512 training images",
        "not in the vocabulary",
        "has no glyphs",
        "there is no known background",
    ):
        assert said in markup
    assert str(load_world().folder) not in markup
    assert "/tmp" not in markup


def test_a_mistake_that_is_none_is_found() -> None:
    with pytest.raises(AssertionError, match="is none"):
        mistakes._sentence(str)


def test_nothing_is_trained_unasked() -> None:
    chosen = check_parameters("student-laboratory", {"train": "no", "knob": "wrong", "level": 0.2})
    done = training.train_if_asked(chosen)
    assert (done.case, done.chosen, done.change.name) == ("not asked", chosen, "wit-wrong_0.2-s0")


@pytest.mark.parametrize("has_torch", [True, False])
def test_a_training_is_shown_alone(has_torch: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: object() if has_torch else None)
    monkeypatch.setattr(training, "make_mine", lambda *_: Study("mine", tmp_path))
    done = training.train_if_asked(check_parameters("student-laboratory", {"train": "yes", "level": 0.1}))
    assert done.case == ("trained" if has_torch else "without torch")
    assert done.chosen.studies == ([str(tmp_path.resolve())] if has_torch else ["miniature"])
    assert done.change.name == "wit-texture_correlation_0.1-s0"
    assert done.chosen.knob == "texture_correlation"

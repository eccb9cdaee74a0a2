"""The predictions as data: complete, and of the direction that the laboratory gives."""

import re

from clipsafe_utils.claims.registry import find_claim
from clipsafe_utils.claims.worlds.measures import MEASURES
from clipsafe_utils.claims.worlds.predictions import FIRST, REASONS, left_out, predictions
from clipsafe_utils.cubes.studies import REPOSITORY
from clipsafe_utils.findings.prompts.changes import PROPERTIES
from clipsafe_utils.parameters import CHAPTER_PARAMETERS


def test_each_prediction_is_complete() -> None:
    ids = [one.id for one in predictions()]
    assert len(ids) == len(set(ids))
    for one in predictions():
        assert one.direction in {"up", "down", "none"}
        assert one.first in FIRST
        assert one.chapter in CHAPTER_PARAMETERS
        assert one.unit
        assert one.because
        assert one.sentence.endswith(".")
        assert one.differs.endswith(".")
        assert one.measure or one.claim
    assert {one.measure for one in predictions()} - {""} == set(MEASURES)
    assert {one.why for one in left_out()} == set(REASONS)


def test_a_claim_gives_its_smallest_effect() -> None:
    for one in predictions():
        if one.claim:
            assert one.smallest_effect == find_claim(one.claim).smallest_effect
    (prompts,) = (one for one in predictions() if not one.claim)
    assert prompts.smallest_effect == PROPERTIES["accuracy"].smallest


def test_the_page_has_a_sentence_on_each_prediction() -> None:
    page = (REPOSITORY / "notebooks" / "against-the-record.md").read_text(encoding="utf-8")
    said = re.findall(r"^- \*(.+?)\* \{eval\}`fares\[\"([\w-]+)\"\]`.*\(\{ref\}`ch-([\w-]+)`\)", page, re.M)
    assert sorted(said) == sorted((one.sentence, one.id, one.chapter) for one in predictions())

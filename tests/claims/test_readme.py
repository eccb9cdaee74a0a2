"""The README says what the chapters and the ledger say, and goes with them."""

import re

import pytest

from clipsafe_utils.chapters.quoted import results_of
from clipsafe_utils.claims.result import claims_ledger
from clipsafe_utils.cubes.studies import REPOSITORY
from clipsafe_utils.parameters import check_parameters

QUOTED = {
    "shape-bias": ("clips_say", "tuning_says"),
    "ood-correlation": ("in_short",),
    "distribution-shift": ("tuning_id", "rank_standard"),
    "factor-robustness": ("who", "they_stand", "pose_in_short", "pose_with_all_factors"),
    "causes": ("finds_more", "retrieval_clips", "retrieval_across"),
}
"""What the README quotes of each chapter."""


def readme() -> str:
    return as_line((REPOSITORY / "README.md").read_text(encoding="utf-8"))


def as_line(text: str) -> str:
    return re.sub(r"\s+", " ", text)


def test_the_readme_says_what_the_ledger_says() -> None:
    ledger = claims_ledger(check_parameters("claims", {}))
    assert ledger.answer in readme()
    labels = (
        *(("F5", "F6"), ("F13",), ("F8", "F9", "F10", "F11", "F16c")),
        *(("S1", "S2"), ("F2",), ("F20a", "F20", "F17")),
    )
    assert [names for names in labels if ledger.counted_of(*names) not in readme()] == []
    assert [name for name in ("S1", "S2", "F20a") if ledger.effect_of(name) not in readme()] == []


@pytest.mark.parametrize("chapter", QUOTED)
def test_the_readme_says_what_the_chapters_say(chapter: str) -> None:
    said = results_of(chapter)
    assert [name for name in QUOTED[chapter] if as_line(said[name]) not in readme()] == []


def test_the_first_page_quotes_the_same_chapters() -> None:
    source = (REPOSITORY / "notebooks" / "intro.md").read_text(encoding="utf-8")
    for chapter, names in QUOTED.items():
        assert f'results_of("{chapter}")' in source
        assert [name for name in names if f'["{name}"]' not in source] == []

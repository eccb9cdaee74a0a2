"""The verb `measure` on a store that holds some sets of prompts only."""

from pathlib import Path

import pytest

from clipsafe_engine.measure.commands import _check_prompts
from clipsafe_utils.errors import ClipsafeError


def test_a_set_of_prompts_that_every_clip_has_is_taken() -> None:
    _check_prompts("1", {"1": ("1",), "5": ("5",)}, Path("store"))


@pytest.mark.parametrize(
    ("known", "told"),
    [({"1": ("1",), "5": ("5",)}, "give --prompts 1 or --prompts 5"), ({}, "they share no set")],
)
def test_a_set_of_prompts_that_some_clip_lacks_is_refused_with_those_there_are(
    known: dict[str, tuple[str, ...]], told: str
) -> None:
    with pytest.raises(
        ClipsafeError, match=f"^--prompts 80: store has no such classifier of every CLIP; {told}"
    ):
        _check_prompts("80", known, Path("store"))

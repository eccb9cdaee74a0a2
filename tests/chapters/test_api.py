"""The page of the public interface shows what is public, and no more."""

import re

import pytest

import clipsafe_utils
from clipsafe_engine import lab
from clipsafe_utils import cubes, metrics
from clipsafe_utils.chapters.api import reference
from clipsafe_utils.metrics import labelled


@pytest.mark.parametrize("package", [clipsafe_utils, cubes, metrics, labelled, lab])
def test_every_public_name_stands_there_once(package: object) -> None:
    names = re.findall(r"<p><code>(\w+)", reference(package).markup)
    assert names == list(package.__all__)


def test_an_entry_has_its_call_its_sentence_and_its_methods() -> None:
    markup = reference(clipsafe_utils).markup
    assert "<code>percent(share, digits=1)</code><br>Write a share in percent" in markup
    assert "other pages may quote: <code>render</code> keeps" in markup
    assert "moved: A difference with its direction" in markup
    assert "Convert a string or number" not in markup  # What Python says of a field's default.
    assert "_number" not in markup

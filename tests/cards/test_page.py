"""The lines that the page on cards gives do what it says."""

import re
from pathlib import Path

import pytest

from clipsafe_utils.cards.making import card
from clipsafe_utils.cubes import find_study
from clipsafe_utils.say import Value
from tests.cards.made import write_record
from tests.conftest import REPOSITORY

PAGE = (REPOSITORY / "notebooks" / "where-my-model-stands.md").read_text(encoding="utf-8")


def test_a_cube_by_hand_makes_a_card(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _, by_hand = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    (tmp_path / "cubes").symlink_to(REPOSITORY / "cubes")
    monkeypatch.chdir(tmp_path)
    exec(compile(by_hand, "where-my-model-stands.md", "exec"), {})
    find_study("./mine").check()
    monkeypatch.setenv("CLIPSAFE_CUBES", str(write_record(tmp_path / "made")))
    value = card("./mine").line("accuracy").value
    assert isinstance(value, Value)
    assert value.estimate == 0.7


def test_the_table_is_one_that_import_reads() -> None:
    header, row = re.findall(r"^# (\S+,.+)$", PAGE, re.MULTILINE)
    assert header == "image,prediction"
    assert re.fullmatch(r"ILSVRC2012_val_\d{8}\.JPEG,n\d{8}", row)

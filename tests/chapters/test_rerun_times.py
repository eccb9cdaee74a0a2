"""What the boxes of chapters say of reruns."""

import json
from pathlib import Path

import pytest

from clipsafe_utils.chapters.rerun_times import rerun_time
from clipsafe_utils.say import Missing


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        ({"a": 15.4}, "15 seconds"),
        ({"a": 24.6, "b": 23.1}, "23 to 25 seconds"),
        ({"a": 8.1, "b": 7.9}, "8 seconds"),
    ],
)
def test_a_box_says_what_was_timed_of_its_own_chapter(
    tmp_path: Path, seconds: dict[str, float], said: str
) -> None:
    commands = {f"clipsafe render shape-bias -y {name} -o mine": taken for name, taken in seconds.items()}
    others = {"clipsafe render shape-bias-more -o mine": 99.0, "make book": 160.0}
    path = tmp_path / "reruns.json"
    path.write_text(json.dumps({"seconds": commands | others}), encoding="utf-8")
    assert rerun_time("shape-bias", path) == said
    assert isinstance(rerun_time("shape", path), Missing)

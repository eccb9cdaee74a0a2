"""What is left out of scripts and styles on their way into a site."""

import re
import subprocess
from pathlib import Path
from shutil import which

import pytest

from clipsafe_utils.publishing.lighter import lighten, lighter, without_indents
from tests.conftest import REPOSITORY

STATIC = REPOSITORY / "book" / "_static"
OURS = sorted(
    path for path in STATIC.iterdir() if path.suffix in (".js", ".css") and ".min." not in path.name
)


@pytest.mark.parametrize("path", OURS, ids=lambda path: path.name)
def test_nothing_but_comments_and_space_is_left_out(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    left = lighter(text, path.suffix)
    assert len(left) < len(text)
    lines = left.splitlines()
    kept = [line.strip() for line in re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL).splitlines()]
    assert [line.rstrip() for line in lines] == [line for line in kept if line and not line.startswith("//")]
    # A text over several lines would lose its indents.
    assert all(line.count("`") % 2 == 0 for line in lines)


@pytest.mark.parametrize("path", [path for path in OURS if path.suffix == ".js"], ids=lambda path: path.name)
def test_a_script_is_still_one(path: Path, tmp_path: Path) -> None:
    if (node := which("node")) is None:
        pytest.skip("needs node")
    (tmp_path / path.name).write_text(lighter(path.read_text(encoding="utf-8"), ".js"), encoding="utf-8")
    assert subprocess.run([node, "--check", tmp_path / path.name], check=False).returncode == 0


def test_scripts_of_others_stay_as_they_are(tmp_path: Path) -> None:
    lighten(STATIC, tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [path.name for path in OURS]


def test_a_page_keeps_what_is_shown_or_run_as_written() -> None:
    code, script = "<pre>if x:\n    y\n</pre>", "<script>`\n  a`</script>"
    page = f"<div>\n    <p>one\n\t two</p>{code}\n   {script}\n  </div>"
    assert without_indents(page) == f"<div>\n<p>one\ntwo</p>{code}\n{script}\n</div>"

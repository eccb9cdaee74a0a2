"""`clipsafe miniature reproduce -o FOLDER` once emptied whatever folder it was given (D1)."""

import sys
from pathlib import Path

import pytest

from clipsafe_utils.cli import main

pytest.importorskip("torch")


@pytest.mark.parametrize("inside", [".", "deep/er"])
def test_a_readers_folder_is_not_touched(
    inside: str,
    repository: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    thesis = tmp_path / "precious" / inside / "thesis.txt"
    thesis.parent.mkdir(parents=True)
    thesis.write_text("three years of work")
    weights = str(repository / "weights")
    monkeypatch.setattr(
        sys, "argv", ["clipsafe", "miniature", "reproduce", "--quick", "--weights", weights, "-o"]
    )
    sys.argv.append(str(tmp_path / "precious"))
    with pytest.raises(SystemExit) as stopped:
        main()
    assert stopped.value.code == 2
    assert "which no reproduction made" in capsys.readouterr().err
    assert thesis.read_text() == "three years of work"

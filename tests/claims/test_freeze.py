"""The claims and the rule were frozen before new evidence was read: what changes since is written down."""

import hashlib
import json
import re
import subprocess
from pathlib import Path

import pytest

from clipsafe_utils.claims.freeze import PLACE, Freeze, changes, frozen
from clipsafe_utils.claims.registry import claims
from clipsafe_utils.cubes.studies import REPOSITORY
from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.say import Missing


def test_a_frozen_file_changes_only_with_an_entry_in_the_history() -> None:
    freeze = frozen()
    assert isinstance(freeze, Freeze)
    assert [file.path for file in freeze.files] == ["clipsafe_utils/claims/claims.toml", "notebooks/rule.md"]
    changed = [file.path for file in freeze.files if not file.is_unchanged]
    assert not changed or changes(), f"{changed}: changed since the freeze; say why in claims/history.toml."


def test_the_commit_of_the_freeze_holds_the_frozen_files() -> None:
    freeze = frozen()
    assert isinstance(freeze, Freeze)
    shown = subprocess.run(
        ["git", "cat-file", "-e", f"{freeze.commit}^{{commit}}"],
        cwd=REPOSITORY,
        check=False,
        capture_output=True,
    )
    if shown.returncode:
        pytest.skip("the history of this checkout does not reach back to the freeze")
    for file in freeze.files:
        text = subprocess.run(
            ["git", "show", f"{freeze.commit}:{file.path}"], cwd=REPOSITORY, check=True, capture_output=True
        ).stdout
        copy = Path(file.path).name
        assert file.sha256 == _sha256(text), copy


def test_every_change_names_a_claim_or_the_rule_and_both_labels() -> None:
    ids = {claim.id for claim in claims()}
    for change in changes():
        assert re.fullmatch(r"\d{4}-\d{2}-\d{2}", change.date)
        assert not change.claim or change.claim in ids
        assert change.what
        assert bool(change.claim) == bool(change.before) == bool(change.after)


def test_a_change_of_a_frozen_file_is_seen(tmp_path: Path) -> None:
    assert isinstance(frozen(tmp_path), Missing)
    (tmp_path / "claims.toml").write_text("as it was", encoding="utf-8")
    report = {"date": "2026-11-29", "commit": "0" * 40, "files": {"claims.toml": _sha256(b"as it was")}}
    (tmp_path / PLACE).parent.mkdir()
    (tmp_path / PLACE).write_text(json.dumps(report), encoding="utf-8")
    assert _unchanged(tmp_path)
    (tmp_path / "claims.toml").write_text("as it is", encoding="utf-8")
    assert not _unchanged(tmp_path)
    (tmp_path / PLACE).write_text("{}", encoding="utf-8")
    with pytest.raises(ClipsafeError, match="expected date, commit and files"):
        frozen(tmp_path)


def _unchanged(folder: Path) -> bool:
    freeze = frozen(folder)
    assert isinstance(freeze, Freeze)
    return freeze.files[0].is_unchanged


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()

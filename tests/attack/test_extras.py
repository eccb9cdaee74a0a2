"""A command whose packages are not installed says which extra brings them, and does nothing (D8)."""

import importlib.util
import tomllib
from pathlib import Path

import pytest

from clipsafe_utils.boundary import EXTRAS
from tests.attack.command import run

NEEDS_TORCH = (
    ("train", "ladder"),
    ("field", "."),
    ("predict", "."),
    ("measure", "."),
    ("models", "--check"),
    ("miniature", "choose"),
    ("miniature", "predict"),
    ("miniature", "measure", "-o", "x"),
    ("miniature", "reproduce"),
    ("miniature", "student", "--set", "texture_correlation=0.9"),
)
NAMES_OF_MODULES = {
    "beautifulsoup4": "bs4",
    "scikit-learn": "sklearn",
    "imagenet-x": "imagenet_x",
    "open_clip_torch": "open_clip",
}


@pytest.mark.skipif(importlib.util.find_spec("torch") is not None, reason="torch is here: run by `make test`")
@pytest.mark.parametrize("verb", NEEDS_TORCH, ids=" ".join)
def test_a_verb_that_needs_torch(
    verb: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    ended = run(capsys, *verb)
    assert ended.is_one_sentence, ended
    assert "pip install 'clipsafe[models]'" in ended.err
    assert list(tmp_path.iterdir()) == []


def test_the_modules_are_those_of_the_extras(repository: Path) -> None:
    declared = tomllib.loads((repository / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    for extra, modules in EXTRAS.items():
        names = {line.split(">")[0].split("=")[0] for line in declared[extra]}
        expected = {NAMES_OF_MODULES.get(name, name.replace("-", "_")) for name in names}
        assert set(modules) <= expected | {"jupyter_client"}, extra

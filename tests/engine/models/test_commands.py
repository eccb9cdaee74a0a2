"""The verb `clipsafe models`: lists, filters, checks and verifies."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from clipsafe_engine.models.commands import models
from clipsafe_utils.errors import ClipsafeError
from tests.attack.command import run as run_command

app = typer.Typer(rich_markup_mode="rich")
app.command()(models)


def run(*arguments: str) -> str:
    result = CliRunner().invoke(app, list(arguments))
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.output


def listed(*arguments: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(run(*arguments, "--json"))
    return rows


def test_help_has_an_example() -> None:
    assert "Example: clipsafe models --group clip_zero_shot --source WIT" in run("--help")


def test_list_and_filter() -> None:
    assert len(listed()) == 210
    chosen = listed("--group", "clip_zero_shot", "--source", "LAION-80M", "--architecture", "ViT")
    assert len(chosen) == 9
    assert {row["training_images"] for row in chosen} == {80_000_415}
    table = run("--group", "clip_fine_tuned", "--architecture", "ConvNeXt")
    assert "8 models" in table
    assert "convnext_large_mlp.clip_laion2b_soup_ft_in12k_in1k_384" in table


def test_own_models_are_listed(tmp_path: Path) -> None:
    own = tmp_path / "own.csv"
    own.write_text(
        "name,library,model,group,architecture,family,training_source,input_size,resolves_via\n"
        "mine,timm,resnet50,standard,ResNet,ResNet,my photographs,224,file:mine.pt\n",
        encoding="utf-8",
    )
    assert [row["name"] for row in listed("--own", str(own), "--source", "my photographs")] == ["mine"]


def test_unknown_group() -> None:
    with pytest.raises(ClipsafeError, match="No model has the group 'clips'"):
        run("--group", "clips")


def test_check() -> None:
    pytest.importorskip("open_clip")
    said = run("--check", "--architecture", "MLP")
    assert said == "6 models checked, none at fault (timm weights 6).\n"
    assert listed("--check", "--architecture", "MLP")[0]["fault"] is None


def test_check_names_faults(tmp_path: Path) -> None:
    pytest.importorskip("open_clip")
    own = tmp_path / "own.csv"
    own.write_text(
        "name,library,model,group,architecture,family,training_source,input_size,resolves_via\n"
        "mine,open_clip,ViT-B-32,clip_zero_shot,ViT,ViT,here,256,file:mine.pt\n",
        encoding="utf-8",
    )
    with pytest.raises(ClipsafeError, match=r"1 of 1 models are at fault, first mine: takes 224 pixels"):
        run("--check", "--own", str(own), "--source", "here")


def test_check_without_the_libraries(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delitem(sys.modules, "clipsafe_engine.models.check", raising=False)
    monkeypatch.delitem(sys.modules, "clipsafe_engine.models.loading", raising=False)
    monkeypatch.setitem(sys.modules, "torch", None)
    ended = run_command(capsys, "models", "--check")
    assert ended.is_one_sentence
    assert "This needs the package torch: pip install 'clipsafe[models]'." in ended.err


def test_verify() -> None:
    said = run("--verify", "published", "--group", "contrastive")
    assert said == "12 models verified, none off by more than its interval.\n"
    assert not any(row["is_off"] for row in listed("--verify", "published", "--group", "contrastive"))


def test_check_or_verify() -> None:
    with pytest.raises(ClipsafeError, match="one at a time"):
        run("--check", "--verify", "published")


def test_a_list_needs_no_torch() -> None:
    code = (
        "import sys; from clipsafe_engine.models.commands import models; models(as_json=True); "
        "sys.exit(any(name in sys.modules for name in ('torch', 'timm', 'open_clip')))"
    )
    assert (
        subprocess.run([sys.executable, "-c", code], stdout=subprocess.DEVNULL, check=False).returncode == 0
    )

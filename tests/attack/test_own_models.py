"""A reader's table of models names architectures, never a place to fetch one from (D2)."""

import sys
from pathlib import Path

import pytest

from clipsafe_utils.cli import main
from clipsafe_utils.engine.models.catalogue import read_models
from clipsafe_utils.errors import ClipsafeError

HEADER = (
    "name,library,model,tag,group,architecture,family,training_source,input_size,resolves_via,"
    "in1k_top1,top1_source"
)
ROW = "mine,open_clip,{model},{tag},clip_zero_shot,ViT,mine,mine,224,{place},,"

SCHEMES = (
    "hf-hub:evil/repo",
    "HF-HUB:evil/repo",
    "local-dir:ld",
    "local-dir:/etc",
    "hf_hub:evil/repo",
    "http://127.0.0.1/x",
    "evil/repo",
    "../ViT-B-32",
    "ViT-B-32\x00",
)


def table(folder: Path, model: str = "ViT-B-32", tag: str = "w.pt", place: str = "file:w.pt") -> Path:
    path = folder / "own.csv"
    path.write_text(f"{HEADER}\n{ROW.format(model=model, tag=tag, place=place)}\n")
    return path


@pytest.mark.parametrize("library", ["open_clip", "timm"])
@pytest.mark.parametrize("model", SCHEMES)
def test_a_model_is_no_address(tmp_path: Path, model: str, library: str) -> None:
    path = table(tmp_path, model)
    if library == "timm":
        path.write_text(path.read_text().replace("open_clip", "timm").replace("clip_zero_shot", "other"))
    with pytest.raises(ClipsafeError, match="column 'model' may hold letters, digits"):
        read_models(path)


@pytest.mark.parametrize(
    ("tag", "place"),
    [
        ("../../../../etc/passwd", "hf_file:evil/repo"),
        ("/etc/passwd", "hf_file:evil/repo"),
        ("a//b", "hf_file:evil/repo"),
        ("w.pt", "hf_file:evil/repo/more"),
        ("w.pt", "hf_file:../repo"),
        ("w.pt", "hf_file:http://127.0.0.1/x"),
    ],
)
def test_a_file_of_the_hub_is_a_repository_and_a_path_in_it(tmp_path: Path, tag: str, place: str) -> None:
    with pytest.raises(ClipsafeError, match="do not name a file as hf_file:owner/repository"):
        read_models(table(tmp_path, tag=tag, place=place))


def test_a_readers_own_file_may_lie_anywhere(tmp_path: Path) -> None:
    assert read_models(table(tmp_path, place="file:../elsewhere/w.pt"))[0].own_file is not None


def test_the_command_says_it_in_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = str(table(tmp_path, "hf-hub:evil/repo"))
    monkeypatch.setattr(sys, "argv", ["clipsafe", "models", "--own", path])
    with pytest.raises(SystemExit) as stopped:
        main()
    assert stopped.value.code == 2
    assert capsys.readouterr().err.count("\n") == 1

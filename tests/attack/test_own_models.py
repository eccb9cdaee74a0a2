"""A reader's table of models names architectures, never a place to fetch one from (D2)."""

from pathlib import Path

import pytest

from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.registry.catalogue import read_models
from tests.attack.command import run

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


def test_the_command_says_it_in_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "models", "--own", str(table(tmp_path, "hf-hub:evil/repo"))).is_one_sentence


WRONG = {
    "binary": b"\x00\xff\xfe\x80" * 50,
    "a zero byte": b"name,\0\n",
    "empty": b"",
    "no header": b"mine,open_clip\n",
    "a header alone is a table without models, but of fewer columns": b"name\n",
    "a column twice": f"{HEADER},name\n".encode(),
    "an unknown column": f"{HEADER},_class\n".encode(),
    "a cell too many": f"{HEADER}\n{ROW},,,,\n".encode(),
    "an open quote": f'{HEADER}\n"mine'.encode(),
    "a field of 200,000 characters": f"{HEADER}\n{'x' * 200_000}".encode(),
    "another name's path": f"{HEADER}\n{ROW.replace('mine', '../x', 1)}\n".encode(),
    "a formula": f"{HEADER}\n{ROW.replace('mine', '=1+1', 1)}\n".encode(),
    "a negative size": f"{HEADER}\n{ROW.replace('224', '-224')}\n".encode(),
    "an endless size": f"{HEADER}\n{ROW.replace('224', '9' * 5000)}\n".encode(),
    "an accuracy that is none": f"{HEADER}\n{ROW[:-2]},nan,me\n".encode(),
    "an accuracy above all": f"{HEADER}\n{ROW[:-2]},101,me\n".encode(),
    "an accuracy without end": f"{HEADER}\n{ROW[:-2]},inf,me\n".encode(),
    "another library": f"{HEADER}\n{ROW.replace('open_clip', 'pickle')}\n".encode(),
    "another group": f"{HEADER}\n{ROW.replace('clip_zero_shot', 'best')}\n".encode(),
    "Latin-1": f"{HEADER}\n{ROW.replace('mine', 'müine', 1)}\n".encode("latin-1"),
    "one name twice": f"{HEADER}\n{ROW}\n{ROW}\n".encode(),
    "a name of ours": f"{HEADER}\n{ROW.replace('mine', 'ViT-B-32.openai', 1)}\n".encode(),
}


@pytest.mark.parametrize("what", WRONG)
def test_a_wrong_table_is_refused_in_one_sentence(
    what: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    content = WRONG[what].replace(b"{model}", b"ViT-B-32").replace(b"{tag}", b"w.pt")
    (tmp_path / "own.csv").write_bytes(content.replace(b"{place}", b"file:w.pt"))
    ended = run(capsys, "models", "--own", str(tmp_path / "own.csv"))
    assert ended.is_one_sentence, ended
    assert "own.csv" in ended.err
    assert len(ended.err) < 1000


@pytest.mark.parametrize("place", ["/etc/shadow", "/dev/null", "/", "/nowhere"])
def test_another_file_than_a_table(place: str, capsys: pytest.CaptureFixture[str]) -> None:
    ended = run(capsys, "models", "--own", place)
    assert ended.is_one_sentence, ended
    assert place in ended.err


def test_every_row_but_the_last_is_right(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    row = ROW.format(model="ViT-B-32", tag="w.pt", place="file:w.pt")
    rows = [row.replace("mine", f"m{number}") for number in range(1, 11)]
    rows[-1] = rows[-1].replace("224", "x")
    (tmp_path / "own.csv").write_text("\n".join([HEADER, *rows]))
    ended = run(capsys, "models", "--own", str(tmp_path / "own.csv"))
    assert "row 10 ('m10'): column 'input_size' holds 'x'" in ended.err

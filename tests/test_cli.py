"""The command line: an example in every help, one sentence and code 2 for a mistake, JSON for scripts."""

import json
import re
import subprocess
import sys
import tomllib
from importlib.metadata import entry_points
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from clipsafe_utils import __version__
from clipsafe_utils.cli import COMMANDS, app, main
from clipsafe_utils.cubes import find_study
from clipsafe_utils.cubes.studies import REPOSITORY

VERBS = (
    ["cubes"],
    ["cubes", "export"],
    ["record"],
    ["models"],
    ["datasets"],
    ["predict"],
    ["measure"],
    ["field"],
    ["train"],
    ["claims"],
    ["import"],
    ["card"],
    ["miniature", "choose"],
    ["miniature", "predict"],
    ["miniature", "measure"],
    ["miniature", "reproduce"],
    ["miniature", "student"],
    ["render"],
    ["compile"],
    ["text"],
    ["book"],
    ["teaching"],
)
runner = CliRunner()


def test_the_verbs_of_the_engine_are_installed_as_they_are_declared() -> None:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    installed = {point.name: point.value for point in entry_points(group=COMMANDS)}
    assert installed == project["entry-points"][COMMANDS], "Install the package anew: pip install -e ."


def run(
    *arguments: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> tuple[int, str, str]:
    """Run the command as its entry point does, and return exit code, output and complaint."""
    monkeypatch.setattr(sys, "argv", ["clipsafe", *arguments])
    with pytest.raises(SystemExit) as stopped:
        main()
    said = capsys.readouterr()
    return int(stopped.value.code or 0), said.out, said.err


@pytest.mark.parametrize("verb", VERBS, ids=" ".join)
def test_every_help_has_an_example(verb: list[str]) -> None:
    result = runner.invoke(app, [*verb, "--help"])
    assert result.exit_code == 0
    assert f"Example: {'CLIPSAFE_MIRROR=mirror ' if verb == ['record'] else ''}clipsafe" in result.output


def test_the_example_of_a_rerun_is_what_it_reads() -> None:
    shown = " ".join(runner.invoke(app, ["render", "--help"], env={"COLUMNS": "200"}).output.split())
    assert "-y '{cue_classes: [cat, dog]}' -o mine" in shown


def test_version() -> None:
    assert runner.invoke(app, ["--version"]).output == f"clipsafe {__version__}\n"


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys; from typer.testing import CliRunner; from clipsafe_utils.cli import app;"
        "assert CliRunner().invoke(app, ['--help']).exit_code == 0;"
        "print(sorted({'numpy', 'pandas', 'xarray', 'matplotlib', 'papermill', 'torch'} & set(sys.modules)))"
    )
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
        == "[]\n"
    )


def test_cubes_as_json_and_checked() -> None:
    rows = json.loads(runner.invoke(app, ["cubes", "--json"]).output)
    assert {"study", "cube", "dims", "source", "content"} <= set(rows[0])
    assert "none at fault" in runner.invoke(app, ["cubes", "--check"]).output


def test_export_writes_what_the_cube_holds(tmp_path: Path) -> None:
    arguments = ["cubes", "export", "shape_bias", "--study", "miniature", "-o", str(tmp_path)]
    result = runner.invoke(app, arguments)
    assert result.output.strip() == str(tmp_path / "shape_bias.csv")
    table = pd.read_csv(tmp_path / "shape_bias.csv")
    assert table["count"].sum() == find_study("miniature").read("shape_bias")["count"].sum().item()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["cubes", "export", "factor"], "factor.nc: no such cube"),
        (["cubes", "export", "factors", "--study", "mine"], "no such study; the studies are: "),
        (["cubes", "export", "factors", "--to", "xlsx"], "choose csv or parquet"),
        (["render", "shapes"], "There is no chapter 'shapes'; the chapters are"),
        (["render", "shape-bias", "-y", "{seed: 1}"], "need a chapter and a folder"),
        (
            ["render", "shape-bias", "-y", "{colour: 1}", "-o", "mine"],
            "has no parameter 'colour'; the parameters are",
        ),
        (["render", "shape-bias", "-y", "{seed: one}", "-o", "mine"], "'seed' is 'one'; it takes an integer"),
        (["render", "shape-bias", "-y", "seed", "-o", "mine"], "not a YAML mapping"),
    ],
)
def test_a_mistake_is_one_sentence_and_writes_nothing(
    arguments: list[str],
    words: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    code, out, complaint = run(*arguments, monkeypatch=monkeypatch, capsys=capsys)
    assert code == 2
    assert out == ""
    assert complaint.startswith("clipsafe: ")
    assert words in complaint
    assert complaint.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_a_bad_cube_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "factors.nc").write_bytes(b"CDF")
    monkeypatch.setenv("CLIPSAFE_CUBES", str(tmp_path))
    code, _, complaint = run("cubes", "--check", monkeypatch=monkeypatch, capsys=capsys)
    assert code == 2
    assert "models.nc: no such cube" in complaint
    code, _, complaint = run("cubes", monkeypatch=monkeypatch, capsys=capsys)
    assert code == 2
    assert "factors.nc: not a readable netCDF file" in complaint


def test_record_refuses_an_altered_mirror_and_keeps_the_cubes(
    mirror: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    copy = tmp_path / "mirror"
    name = Path("imagenetx", "model_predictions", "base", "DINO.csv")
    for file in (mirror / "imagenetx").rglob("*.csv"):
        target = copy / file.relative_to(mirror)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.symlink_to(file)
    (copy / name).unlink()
    text = (mirror / name).read_text()
    (copy / name).write_text(
        text.replace("ILSVRC2012_val_00000293.JPEG,", "ILSVRC2012_val_00000294.JPEG,", 1)
    )
    monkeypatch.setenv("CLIPSAFE_MIRROR", str(copy))
    output = tmp_path / "cubes"
    code, _, complaint = run("record", "-o", str(output), monkeypatch=monkeypatch, capsys=capsys)
    assert code == 2
    assert "DINO.csv: was altered" in complaint
    assert not output.exists()


def test_record_names_the_cubes_where_another_is_asked_for(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code, _, complaint = run("record", "--cube", "oods", monkeypatch=monkeypatch, capsys=capsys)
    assert code == 2
    assert complaint.endswith(
        "--cube is 'oods'; the cubes are factors, shape_bias, sixteen_way, shifts, ood, calibration, "
        "retrieval, recipes.\n"
    )


def test_record_reports_hashes_as_json(mirror: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLIPSAFE_MIRROR", str(mirror))
    hashes = json.loads(runner.invoke(app, ["record", "-o", str(tmp_path), "--json"]).output)
    rows = json.loads(runner.invoke(app, ["cubes", "--json"]).output)
    published = {row["cube"]: row["content"] for row in rows if row["study"] == "published"}
    assert {name: content[:16] for name, content in hashes.items()} == published
    assert (REPOSITORY / "cubes" / "published").is_dir()


def test_what_printed_commands_write_is_not_in_the_way_of_git() -> None:
    pages = [REPOSITORY / "README.md", *sorted((REPOSITORY / "notebooks").glob("*.md"))]
    names = {name for page in pages for name in re.findall(r"clipsafe .* -o ([\w./-]+)", page.read_text())}
    assert {"mine", "card.html", "cubes/imagenet"} <= names
    places = [name.removeprefix("./") + ("" if "." in Path(name).name else "/") for name in sorted(names)]
    ignored = subprocess.run(
        ["git", "check-ignore", *places], cwd=REPOSITORY, capture_output=True, text=True, check=False
    )
    assert ignored.stdout.split() == places

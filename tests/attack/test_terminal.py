"""Text from files reaches a terminal as text; an output that cannot be written is one sentence (D5, D14)."""

import io
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import typer
import xarray as xr

from clipsafe_utils import boundary
from clipsafe_utils.address import read_repository
from clipsafe_utils.cubes import write_cube
from clipsafe_utils.cubes.studies import REPOSITORY
from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.terminal import measured_progress, plain, print_table, progress, say
from tests.attack.command import run

MARKUP = ("[/b]", "[link=http://127.0.0.1]click[/link] [red]hidden[/red]", "[", "[/]")
CODES = ("\x1b]0;title\x07", "\x1b[2J", "\x9b2J", "a\rb", "a\x08b", "\u202eabc", "\udc80")


@pytest.mark.parametrize("text", [*MARKUP, *CODES])
def test_a_table_shows_what_it_is_given(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    print_table([{f"name {text}": text}], f"title {text}")
    shown = capsys.readouterr().out
    assert shown.count(plain(text)) == 3
    assert shown.replace("\n", "").isprintable()


@pytest.mark.parametrize("text", CODES)
def test_a_sentence_shows_what_it_is_given(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    say(text)
    assert capsys.readouterr().out.removesuffix("\n").isprintable()


@pytest.mark.parametrize("bar", [progress, lambda title, total: measured_progress(title, total, "images")])
def test_progress_shows_what_it_is_given(bar, monkeypatch: pytest.MonkeyPatch) -> None:  # type: ignore[no-untyped-def]
    shown = io.StringIO()
    monkeypatch.setattr(sys, "stderr", shown)
    monkeypatch.setenv("TTY_COMPATIBLE", "1")
    with bar("Models", total=2) as advance:
        advance(*((1, "[/b]\x1b]0;t\x07") if bar is not progress else ("[/b]\x1b]0;t\x07",)))
    assert "[/b]\\x1b]0;t\\x07" in shown.getvalue()
    assert "\x1b]0;t" not in shown.getvalue()


def test_attributes_of_a_cube(
    factors: xr.Dataset, models: xr.Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys
) -> None:  # type: ignore[no-untyped-def]
    factors["hits"].attrs["source"] = "made by [/b] me \x1b[2J"
    write_cube(factors, tmp_path / "evil" / "factors.nc")
    write_cube(models, tmp_path / "evil" / "models.nc")
    monkeypatch.setenv("CLIPSAFE_CUBES", str(tmp_path))
    ended = run(capsys, "cubes")
    assert ended.code == 0
    assert "made by [/b] me \\x1b[2J" in ended.out


def test_cells_of_a_readers_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    columns = "name,library,model,tag,group,architecture,family,training_source,input_size,resolves_via"
    row = "mine,open_clip,ViT-B-32,w.pt,clip_zero_shot,[/b],me\x1b[2J,me,224,file:w.pt"
    (tmp_path / "own.csv").write_text(f"{columns}\n{row}\n")
    ended = run(capsys, "models", "--own", str(tmp_path / "own.csv"))
    assert ended.code == 0
    assert "[/b]" in ended.out
    assert "\x1b" not in ended.out


def test_a_folder_with_markup_in_its_name(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "[b]x\x1b[2J").mkdir()
    ended = run(capsys, "datasets", "--check", str(tmp_path / "[b]x\x1b[2J"))
    assert ended.code in (0, 2)
    assert "\x1b" not in ended.out + ended.err
    ended = run(capsys, "cubes", "export", "factors", "--study", str(tmp_path / "[b]x\x1b[2J"))
    assert ended.is_one_sentence
    assert "[b]x\\x1b[2J" in ended.err


@pytest.fixture
def small_study(
    factors: xr.Dataset, models: xr.Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Have commands read two models, whose source no ASCII can write, and not all cubes of the book."""
    factors["hits"].attrs["source"] = "gemacht für ‘Tests’"
    write_cube(factors, tmp_path / "cubes" / "small" / "factors.nc")
    write_cube(models, tmp_path / "cubes" / "small" / "models.nc")
    monkeypatch.setenv("CLIPSAFE_CUBES", str(tmp_path / "cubes"))


def shell(line: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a line of the shell in which `clipsafe` is the command."""
    command = f"{sys.executable} -c 'from clipsafe_utils.cli import main; main()'"
    return subprocess.run(
        ["bash", "-c", line.replace("clipsafe ", f"{command} ")],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.usefixtures("small_study")
@pytest.mark.parametrize("command", ["models --json", "cubes", "--help"])
@pytest.mark.parametrize(
    ("place", "complaint"), [(">/dev/full", "No space left"), (">&-", "output is closed")]
)
def test_an_output_that_cannot_be_written(command: str, place: str, complaint: str) -> None:
    ended = shell(f"clipsafe {command} {place}")
    assert ended.returncode == 2
    assert complaint in ended.stderr
    assert ended.stderr.count("\n") == 1


@pytest.mark.usefixtures("small_study")
@pytest.mark.parametrize("command", ["models --json", "claims --json"])
def test_nobody_reads_on(command: str) -> None:
    ended = shell(f"set -o pipefail; clipsafe {command} | head -1")
    assert ended.returncode in (0, 1)
    assert ended.stderr == ""


@pytest.mark.usefixtures("small_study")
@pytest.mark.parametrize(
    "environment",
    [
        {"PYTHONIOENCODING": "ascii"},
        {"LC_ALL": "C"},
        {"TZ": "Mars/Olympus"},
        {"HOME": "/nowhere"},
        {"TMPDIR": "/nowhere"},
    ],
    ids=str,
)
def test_other_surroundings(environment: dict[str, str]) -> None:
    ended = shell("clipsafe models --source WIT --json; clipsafe cubes", **environment)
    assert (ended.returncode, ended.stderr) == (0, "")


@pytest.mark.usefixtures("small_study")
def test_a_closed_error_output_stops_nothing() -> None:
    assert shell("clipsafe cubes --json 2>&-").returncode == 0


@pytest.mark.parametrize("jobs", ["0", "-1", "abc"])
def test_a_number_of_jobs_that_is_none(jobs: str) -> None:
    assert shell(f"clipsafe render --jobs {jobs}").returncode == 2


@pytest.mark.slow
@pytest.mark.parametrize(
    "command",
    [
        "claims --sensitivity",
        "record -o {out}",
        "render shape-bias -o {out}",
    ],
)
@pytest.mark.parametrize("after", [0.8, 3.0])
def test_ctrl_c_ends_a_command_in_silence(command: str, after: float, tmp_path: Path, mirror: Path) -> None:
    program = "from clipsafe_utils.cli import main; main()"
    process = subprocess.Popen(
        [sys.executable, "-c", program, *command.format(out=tmp_path / "out").split()],
        env={**os.environ, "CLIPSAFE_MIRROR": str(mirror)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    time.sleep(after)
    os.killpg(process.pid, signal.SIGINT)
    _, complaint = process.communicate(timeout=60)
    assert process.returncode in (130, 0), complaint
    assert "Traceback" not in complaint


def test_what_ctrl_c_breaks_is_no_fault_of_ours() -> None:
    """NumPy, stopped while it is imported, says that its initialization failed, not that it was stopped."""
    program = """
import os, signal
from clipsafe_utils import boundary
def command():
    try:
        os.kill(os.getpid(), signal.SIGINT)
    except KeyboardInterrupt:
        raise ImportError("initialization failed") from None
boundary.run(command)
"""
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (ended.returncode, ended.stdout, ended.stderr) == (130, "", "")


@pytest.mark.usefixtures("small_study")
def test_a_working_folder_that_is_gone(tmp_path: Path) -> None:
    ended = shell(f"mkdir {tmp_path}/x; cd {tmp_path}/x; rmdir {tmp_path}/x; clipsafe cubes --json")
    assert ended.returncode in (0, 2)
    assert "Traceback" not in ended.stderr


class TestBoundary:
    """What ends a command, and as what."""

    def ended(self, error: BaseException, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
        def fail() -> None:
            raise error

        with pytest.raises(SystemExit) as stopped:
            boundary.run(fail)
        return int(stopped.value.code or 0), capsys.readouterr().err

    def test_a_mistake_of_a_person(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert self.ended(ClipsafeError("a.nc: no such cube."), capsys) == (
            2,
            "clipsafe: a.nc: no such cube.\n",
        )

    def test_a_refusal_of_the_system(self, capsys: pytest.CaptureFixture[str]) -> None:
        error = PermissionError(13, "Permission denied", "a.nc")
        assert self.ended(error, capsys) == (2, "clipsafe: a.nc: the system refuses (Permission denied).\n")

    def test_too_little_memory(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert self.ended(MemoryError(), capsys) == (2, "clipsafe: There is not enough memory for this.\n")

    @pytest.mark.parametrize(
        "error", [ValueError("x"), KeyError(), AssertionError(), ModuleNotFoundError("x")]
    )
    def test_a_fault_of_ours(self, error: Exception, capsys: pytest.CaptureFixture[str]) -> None:
        code, said = self.ended(error, capsys)
        assert code == 70
        assert said.startswith(f"clipsafe: this is a fault of ours ({type(error).__name__}")
        assert f"{read_repository(REPOSITORY).url}/issues" in said
        assert said.count("\n") == 1

    def test_a_traceback_only_on_demand(self, capsys: pytest.CaptureFixture[str]) -> None:
        ended = run(capsys, "cubes", "export", "factors", "--study", "nowhere")
        assert "Traceback" not in ended.err
        ended = run(capsys, "--debug", "cubes", "export", "factors", "--study", "nowhere")
        assert ended.code == 2
        assert "Traceback" in ended.err
        assert ended.err.splitlines()[-1].startswith("clipsafe: ")

    def test_what_a_command_says_itself(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert self.ended(typer.Exit(3), capsys)[0] == 70  # Only the command line of typer may raise it.
        assert self.ended(SystemExit(3), capsys) == (3, "")

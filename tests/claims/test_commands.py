"""The verb `clipsafe claims`: tables, JSON, one claim, what flips, and each mistake in one sentence."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import typer
import xarray as xr
from typer.testing import CliRunner

from clipsafe_utils.claims import commands
from clipsafe_utils.claims.registry import claims as all_claims
from clipsafe_utils.cubes import write_cube
from clipsafe_utils.errors import ClipsafeError

app = typer.Typer()
app.command()(commands.claims)
runner = CliRunner()


@pytest.fixture(autouse=True)
def _cubes(factors: xr.Dataset, models: xr.Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two studies: `named` among the studies, `mine` anywhere."""
    for folder in ("cubes/named", "mine"):
        write_cube(factors, tmp_path / folder / "factors.nc")
        write_cube(models, tmp_path / folder / "models.nc")
    monkeypatch.setenv("CLIPSAFE_CUBES", str(tmp_path / "cubes"))
    monkeypatch.chdir(tmp_path)


def _said(*arguments: str) -> str:
    result = runner.invoke(app, list(arguments), catch_exceptions=False)
    assert result.exit_code == 0
    return result.output


def _rows(*arguments: str) -> Any:
    return json.loads(_said(*arguments, "--json"))


def _studies(rows: Sequence[dict[str, str]]) -> list[str]:
    return list(dict.fromkeys(row["study"] for row in rows))


def test_every_study_is_asked_every_claim() -> None:
    rows = _rows()
    assert [row["claim"] for row in rows] == [claim.id for claim in all_claims()]
    assert _studies(rows) == ["named"]
    of_pose = next(row for row in rows if row["claim"] == "F2")
    assert of_pose["verdict"] in ("undecided", "not measured")
    assert of_pose["reason"]
    assert of_pose["smallest_effect"] == 0.01
    of_retrieval = next(row for row in rows if row["claim"] == "F17")
    assert (of_retrieval["effect"], of_retrieval["low"], of_retrieval["p_value"]) == (None, None, None)


def test_a_study_of_ones_own_is_asked_instead_or_beside() -> None:
    assert _studies(_rows("--study", "./mine")) == ["mine"]
    assert _studies(_rows("--study", "named", "--study", "./mine", "--study", "named")) == ["named", "mine"]


def test_the_table_has_a_sign_and_a_word_for_each_verdict() -> None:
    said = _said()
    assert "The study named" in said
    assert "– not measured" in said
    assert "retrieval is not a classification of images" in said


def test_all_about_one_claim() -> None:
    said = _said("--claim", "F2")
    assert said.startswith("F2. CLIP is weaker than others on object pose.\nKnown from a summary.\n")
    assert "Rule: supported if below 0 beyond chance and at most −1.0 points; contradicted" in said
    assert "Choices: axes raw, fit huber, selection top, reference overall." in said
    found = _rows("--claim", "F2")
    assert found["claim"] == "F2"
    assert [row["study"] for row in found["verdicts"]] == ["named"]


def test_a_claim_with_parts_says_its_rule() -> None:
    said = _said("--claim", "F16")
    assert "supported if all of F4, F14, F16c are; contradicted if one is" in said
    assert _rows("--claim", "F17")["rule"] == ""


def test_what_flips() -> None:
    assert "verdicts flip if one choice is made differently." in _said("--sensitivity")
    assert all(row["claim"] for row in _rows("--sensitivity"))


def test_verdicts_that_flip_are_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    from clipsafe_utils.claims.verdicts import Verdict

    from tests.claims.made import changed, claim, effect, entry

    before = entry(claim("F2"), Verdict.SUPPORTED, effect(0.03))
    made = [changed(before, Verdict.UNDECIDED), changed(before, Verdict.SUPPORTED, "fit", "local")]
    monkeypatch.setattr(commands, "_changed", lambda _studies: made)
    said = _said("--sensitivity")
    assert "accuracy on probit axes, not raw" in said
    assert "? undecided (flips)" in said
    assert "a local line" not in said
    assert "1 of 2 verdicts flip" in said


def test_a_finding_that_follows_its_parts_is_not_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    from clipsafe_utils.claims.verdicts import Verdict

    from tests.claims.made import changed, claim, effect, entry

    part, whole = entry(claim("F4"), Verdict.SUPPORTED, effect(0.03)), entry(claim("F16", all_of=("F4",)))
    made = [changed(one, Verdict.UNDECIDED) for one in (part, whole)]
    monkeypatch.setattr(commands, "_changed", lambda _studies: made)
    said = _said("--sensitivity")
    assert "F16" in said
    assert "1 of 1 verdicts flip" in said


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--study", "absent"], "absent: no such study; the studies are: named."),
        (["--claim", "F99"], "There is no claim 'F99'; the claims are F1, F2,"),
        (["--claim", "F2", "--sensitivity"], "ask for --claim or --sensitivity, one at a time."),
    ],
)
def test_a_mistake_is_one_sentence(arguments: list[str], words: str) -> None:
    result = runner.invoke(app, arguments)
    assert isinstance(result.exception, ClipsafeError)
    assert words in str(result.exception)
    assert result.output == ""


def test_without_a_study_there_is_nothing_to_ask(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLIPSAFE_CUBES", str(tmp_path / "empty"))
    result = runner.invoke(app, [])
    assert isinstance(result.exception, ClipsafeError)
    assert "holds no study" in str(result.exception)

"""The verb `clipsafe claims`: tables, JSON, one claim, what flips, and each mistake in one sentence."""

import json
import sys
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
import typer
import xarray as xr
from typer.testing import CliRunner

from clipsafe_utils.claims import commands
from clipsafe_utils.claims.labels import Label
from clipsafe_utils.claims.registry import Claim, find_claim
from clipsafe_utils.claims.registry import claims as all_claims
from clipsafe_utils.cli import main
from clipsafe_utils.cubes import write_cube
from clipsafe_utils.errors import ClipsafeError
from tests.claims.made import changed, claim, entry, networks
from tests.claims.made_ledger import made_ledger

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


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> None:
    """Say what a ledger made by hand says."""
    monkeypatch.setattr(commands, "_entries", lambda _studies: made_ledger())


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
    assert {row["label"] for row in rows} == {"no data", "outside"}
    assert all(row["reason"] for row in rows)
    of_pose = next(row for row in rows if row["claim"] == "F2")
    assert (of_pose["smallest_effect"], of_pose["effect"]) == (0.005, None)


def test_a_study_of_ones_own_is_asked_instead_or_beside() -> None:
    assert _studies(_rows("--study", "./mine")) == ["mine"]
    assert _studies(_rows("--study", "named", "--study", "./mine", "--study", "named")) == ["named", "mine"]


@pytest.mark.usefixtures("made")
def test_json_carries_label_populations_effect_intervals_and_reason() -> None:
    rows = _rows()
    assert [(row["claim"], row["study"]) for row in rows] == [
        (one.claim.id, one.study) for one in made_ledger()
    ]
    first = rows[0]
    assert (first["label"], first["reason"]) == (
        "reproduced",
        "3 of 3 networks as claimed; 3 training lineages",
    )
    assert (first["networks"]["number"], first["networks"]["claimed"]) == (3, 3)
    assert (first["units"]["unit"], first["units"]["number"]) == ("training lineage", 3)
    assert first["next_low"] < first["low"] < first["effect"] < first["high"] < first["next_high"]
    assert {row["proxy"] for row in rows if row["study"] == "miniature"} == {True}


@pytest.mark.usefixtures("made")
def test_a_table_a_study_has_a_sign_and_a_word_for_each_label() -> None:
    said = _said()
    published, _, miniature = said.partition("The study miniature")
    assert published.startswith("The study published")
    for words in ("✓ reproduced", "– no data", "✓✓ supported", "(✓) agrees so far", "· outside"):
        assert words in published
    for words in ("◆ the opposite shown possible", "∅ not testable", "= built in", "? not shown"):
        assert words in miniature


def test_a_study_without_data_is_one_line_unless_it_is_named() -> None:
    line = "The study named has no data for any claim; --study named shows what it lacks.\n"
    assert _said() == line
    table = _said("--study", "named")
    assert table.startswith("The study named")
    assert line not in table
    assert all(claim.id in table for claim in all_claims())


def test_all_about_one_claim() -> None:
    said = _said("--claim", "F2")
    assert said.startswith("F2. CLIP is weaker than others on object pose.\nFrom a summary.\n")
    assert "Population: zero-shot CLIPs; a unit is a training lineage.\n" in said
    assert "For it: effects below 0 beyond chance, with a mean of 0.5 points or more." in said
    assert "Against it: residuals above zero, or too small to matter." in said
    assert "Smallest effect: “factors: a standard network off its line”." in said
    assert (
        "Choices: axes raw, fit huber, selection top, reference overall, spread near, label_rule class."
        in said
    )
    assert "– no data" in said


def test_one_claim_as_json() -> None:
    found = _rows("--claim", "F2")
    asked = find_claim("F2")
    of_claim = {field.name: getattr(asked, field.name) for field in fields(Claim)}
    assert {name: found.pop(name) for name in of_claim} == json.loads(json.dumps(of_claim))
    assert set(found) == {"labels", "changes"}
    assert [row["study"] for row in found["labels"]] == ["named"]
    assert found["changes"] == []


def test_a_claim_with_parts_says_so() -> None:
    said = _said("--claim", "F16")
    assert "It is as strong as the weakest of F4, F14, F16c." in said
    assert "Statistic" not in said


def test_a_claim_that_flips_shows_how(monkeypatch: pytest.MonkeyPatch) -> None:
    before = entry(claim("F2"), Label.REPRODUCED, networks([0.03] * 3))
    other = entry(claim("F3"), Label.REPRODUCED, networks([0.03] * 3))
    monkeypatch.setattr(commands, "_entries", lambda _studies: [before, other])
    made = [changed(before, Label.UNCLEAR), changed(other, Label.MIXED, "fit", "local")]
    monkeypatch.setattr(commands, "_changed", lambda _studies: made)
    said = _said("--claim", "F2")
    assert "One choice made differently" in said
    assert "accuracy on probit axes, not raw" in said
    assert "a local line" not in said
    found = _rows("--claim", "F2")
    assert [(one["choice"], one["flips"]) for one in found["changes"]] == [("axes", True)]
    assert [one["label"] for one in found["labels"]] == ["reproduced"]


def test_what_flips_of_a_study_that_says_nothing() -> None:
    assert _said("--sensitivity").startswith("0 of 0 labels that can change do so")
    assert _rows("--sensitivity") == []


def test_labels_that_flip_are_shown_and_counted_among_those_that_can(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = entry(claim("F2"), Label.REPRODUCED, networks([0.03] * 3))
    closed = entry(claim("F4"), Label.BUILT_IN, networks([0.03] * 3))
    made = [
        changed(before, Label.UNCLEAR),
        changed(before, Label.REPRODUCED, "fit", "local"),
        changed(before, Label.NO_DATA, "selection", "multi"),
        changed(closed, Label.BUILT_IN),
    ]
    monkeypatch.setattr(commands, "_changed", lambda _studies: made)
    said = _said("--sensitivity")
    assert "accuracy on probit axes, not raw" in said
    assert "? unclear (flips)" in said
    for unseen in ("a local line", "top factor", "built in"):
        assert unseen not in said
    assert "1 of 2 labels that can change do so if one choice is made differently." in said
    assert [(row["can_flip"], row["flips"]) for row in _rows("--sensitivity")] == [
        (True, True),
        (True, False),
        (False, False),
        (False, False),
    ]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--study", "absent"], "absent: no such study; the studies are: named."),
        (["--claim", "F99"], "There is no claim 'F99'; the claims are F1, F2,"),
        (["--claim", "F2", "--sensitivity"], "ask for --claim or --sensitivity, one at a time."),
    ],
)
def test_a_mistake_is_one_sentence_and_code_2(
    arguments: list[str], words: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["clipsafe", "claims", *arguments])
    with pytest.raises(SystemExit) as stopped:
        main()
    said = capsys.readouterr()
    assert (stopped.value.code, said.out) == (2, "")
    assert words in said.err.replace("\n", " ")
    assert "Traceback" not in said.err


def test_without_a_study_there_is_nothing_to_ask(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLIPSAFE_CUBES", str(tmp_path / "empty"))
    result = runner.invoke(app, [])
    assert isinstance(result.exception, ClipsafeError)
    assert "holds no study" in str(result.exception)

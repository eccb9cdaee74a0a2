"""Units per claim are counted from names; a made-up mirror shows that nothing else is read."""

import importlib
import json
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from clipsafe_utils.claims.registry import claims
from clipsafe_utils.errors import ClipsafeError
from tests.conftest import REPOSITORY

BENCHMARKS = REPOSITORY / "benchmarks"

WHO_IS_WHO = r"""
[sources.decisions]
known_before = "nothing"
files = "decisions/*.csv"
in_path = 'decisions/(\w+)\.csv'
header = ["answer"]
left_out = [["clip_broken", "suspect"]]
networks = [["clip_a", "open_clip:ViT-B-32.openai"], ["clip_b", "open_clip:ViT-L-14.laion2b_s32b_b82k"]]

[sources.table]
known_before = "nothing"
files = "table.csv"
in_columns = ["name", "weights"]
only = { task = "detection" }
header = ["auroc"]
networks = [["(ViT|RN).+", 'open_clip:\g<0>']]

[sources.keys]
known_before = "nothing"
files = "keys.json"
in_keys = '"model_(\w+)"\s*:'
networks = [["tuned_.", "own:clip_fine_tuned/LAION-80M/ViT-L"]]

[sources.pickle]
known_before = "nothing"
files = "hostile.pkl"
listed = ["clip"]
networks = [["clip", "open_clip:RN50.openai"]]

[[claims]]
ids = ["A", "B"]
sources = ["decisions", "table", "pickle"]
counts = "clip_zero_shot"
note = "Three."

[[claims]]
ids = ["C"]
sources = ["decisions", "keys"]
note = "A pair."
[claims.pairs]
keys = [["ViT-L-14.laion2b_s32b_b82k", "keys:tuned_x"], ["ViT-B-32.openai", "keys:tuned_x"]]

[[claims]]
ids = ["D"]
note = "Nobody measured it."
"""


@pytest.fixture
def units(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    return importlib.import_module("units_per_claim")


@pytest.fixture
def made_up(tmp_path: Path) -> Path:
    """A mirror whose results cannot be read: no text, no JSON, rows that end behind the names."""
    (tmp_path / "decisions").mkdir()
    for name in ("clip_a", "clip_b", "clip_broken", "resnet50"):
        (tmp_path / "decisions" / f"{name}.csv").write_bytes(b"image,answer\n\xff\xfe\x00")
    rows = ["task,name,weights,auroc", "detection,ViT-B-32,openai,<unread>", "detection,RN101,openai"]
    rows += ["detection,RN50,yfcc15m", "retrieval,ViT-H-14,no such weights", "detection,vgg,tv,<unread>"]
    (tmp_path / "table.csv").write_text("\n".join(rows))
    (tmp_path / "keys.json").write_text('{"model_tuned_x": <unread>, "model_tuned_y" : {"auroc": <unread>')
    (tmp_path / "hostile.pkl").mkdir()  # Opening it fails.
    (tmp_path / "who.toml").write_text(WHO_IS_WHO)
    return tmp_path


def committed_rows() -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads((BENCHMARKS / "units_per_claim.json").read_text(encoding="utf-8"))
    return rows


def counted(units: ModuleType, mirror: Path) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = units.count(mirror, mirror / "who.toml")
    return rows


def test_networks_are_counted_once_without_their_results(units: ModuleType, made_up: Path) -> None:
    row = counted(units, made_up)[0]
    assert (row["claims"], row["unit"], row["units"]) == (["A", "B"], "zero-shot", 4)
    assert row["encoders"] == {"ResNet": 2, "ViT-B": 1, "ViT-L": 1}
    assert row["training_sources"] == {"LAION-2B": 1, "WIT": 3}
    assert row["lineages"] == {"LAION": 1, "WIT": 3}
    decisions, table, pickle = row["by_source"].values()
    assert (decisions["units"], decisions["others"]) == (2, 1)
    assert decisions["left_out"] == {"clip_broken": "suspect"}
    assert (table["units"], table["others"], table["again"]) == (1, 1, ["ViT-B-32.openai"])
    assert table["left_out"] == {"RN50.yfcc15m": "wrong activation"}
    assert (pickle["units"], pickle["others"]) == (1, None)


def test_a_pair_has_what_its_ends_have(units: ModuleType, made_up: Path) -> None:
    row = counted(units, made_up)[1]
    assert (row["unit"], row["units"]) == ("pair", 2)
    assert row["encoders"] == {"ViT-B and ViT-L": 1, "ViT-L": 1}
    assert row["lineages"] == {"LAION": 1, "WIT and LAION": 1}
    assert row["by_source"]["keys"]["units"] == 2


def test_a_claim_without_a_source_has_nothing(units: ModuleType, made_up: Path) -> None:
    row = counted(units, made_up)[2]
    assert (row["unit"], row["units"], row["lineages"], row["by_source"]) == ("none", 0, {}, {})


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ('["clip_a", ', '["none", ', "no rule of the source decisions matches 'clip_a'"),
        ('["answer"]', '["reply"]', r"clip_a\.csv: column 'reply' is missing"),
        ('["name", "weights"]', '["name", "weights", "auroc"]', r"table\.csv: row 2 ends before"),
        ('"keys.json"', '"no.json"', r"no\.json: expected a file of the mirror"),
        ('"keys:tuned_x"', '"keys:tuned_z"', "has the checkpoint 'keys:tuned_z'"),
    ],
)
def test_what_is_not_as_expected_is_refused(
    units: ModuleType, made_up: Path, before: str, after: str, message: str
) -> None:
    assert before in WHO_IS_WHO
    (made_up / "who.toml").write_text(WHO_IS_WHO.replace(before, after))
    with pytest.raises(ClipsafeError, match=message):
        counted(units, made_up)


def test_without_a_mirror_the_command_says_so(
    units: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["units_per_claim.py", "--mirror", str(tmp_path / "none")])
    with pytest.raises(SystemExit) as stopped:
        units.main()
    assert stopped.value.code == 2
    assert "none: expected the mirror of the public record; set CLIPSAFE_MIRROR." in capsys.readouterr().err


def test_the_counts_of_the_record_are_those_that_are_committed(units: ModuleType, mirror: Path) -> None:
    assert units.count(mirror) == committed_rows()


NOTES = {
    "F1": (3, 2, {"WIT": 3}),
    "F5": (10, 7, {"LAION": 4, "WIT": 6}),
    "F6": (3, 1, {"WIT": 3}),
    "F8": (9, 3, {"WIT": 9}),
    "F10": (13 - 3, 8, {"LAION": 6, "WIT": 4}),
    "F13": (9, 3, {"WIT": 9}),
    "F14": (0, 0, {}),
    "S2": (72 - 2, 1, {"WIT": 70}),
}
"""Units, families and units by lineage, as the reading notes state them or by hand from their tables."""


@pytest.mark.parametrize("claim", NOTES)
def test_counts_are_those_of_the_reading_notes(claim: str) -> None:
    row = next(row for row in committed_rows() if claim in row["claims"])
    assert (row["units"], len(row["families"]), row["lineages"]) == NOTES[claim]


def test_every_row_of_the_table_of_retrieval_is_accounted_for() -> None:
    row = next(row for row in committed_rows() if "F17" in row["claims"])
    totals = {
        source: of["units"] + len(of["again"]) + len(of["left_out"])
        for source, of in row["by_source"].items()
    }
    assert totals == {"open-clip-retrieval": 121, "scaling-laws-retrieval": 32, "fdp-retrieval": 21}


def test_every_claim_is_counted_once() -> None:
    counted_ids = [name for row in committed_rows() for name in row["claims"]]
    assert sorted(counted_ids) == sorted(claim.id for claim in claims())

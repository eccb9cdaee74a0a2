"""The ledger: every claim of every study, parts, what is left out, and what another choice changes."""

from pathlib import Path

import pytest
import xarray as xr
from clipsafe_utils.claims.effects import Effect, strongest
from clipsafe_utils.claims.verdicts import Verdict

from clipsafe_utils.claims import ledger as module
from clipsafe_utils.claims.choices import Choices
from clipsafe_utils.claims.ledger import ledger, sensitivity
from clipsafe_utils.claims.reading import Reader
from clipsafe_utils.claims.registry import Claim
from clipsafe_utils.cubes import Study, find_study, write_cube
from tests.claims.made import claim, effect

S, C, U, N = Verdict.SUPPORTED, Verdict.CONTRADICTED, Verdict.UNDECIDED, Verdict.NOT_MEASURED
CLAIMS = (
    claim("A", statistic="clear"),
    claim("B", statistic="with_axes", chapter="calibration", choices=("axes",)),
    claim("C", statistic="silent", chapter="calibration"),
    claim("D", statistic="", cube="", chapter="", all_of=("A", "B")),
    claim("E", statistic="", cube="", chapter="", out_of_scope="cats are no images"),
    claim("F", cube="ood", statistic="never"),
    claim("G", statistic="several", direction="either", chapter="prompts"),
    claim("H", statistic="only_raw", chapter="causes", choices=("axes",)),
    claim("I", statistic="", cube="", chapter="", all_of=("A", "H")),
)


def clear(_reader: Reader, _choices: Choices) -> Effect | str:
    return effect(0.03)


def with_axes(_reader: Reader, choices: Choices) -> Effect | str:
    return effect(0.03) if choices.axes == "raw" else effect(0.0)


def only_raw(_reader: Reader, choices: Choices) -> Effect | str:
    return effect(0.03) if choices.axes == "raw" else "no place on these axes"


def silent(_reader: Reader, _choices: Choices) -> Effect | str:
    return "no pair of cats"


def several(_reader: Reader, _choices: Choices) -> Effect | str:
    return strongest({"precise": effect(0.005, 0.0001), "vague": effect(0.004, 0.02)})


def never(_reader: Reader, _choices: Choices) -> Effect | str:
    raise AssertionError("a study without the cube was asked")


def _use(monkeypatch: pytest.MonkeyPatch, claims: tuple[Claim, ...]) -> None:
    functions = (clear, with_axes, silent, several, never, only_raw)
    monkeypatch.setattr(module, "claims", lambda: claims)
    monkeypatch.setattr(module, "STATISTICS", {one.__name__: one for one in functions})


@pytest.fixture(autouse=True)
def _made(monkeypatch: pytest.MonkeyPatch) -> None:
    _use(monkeypatch, CLAIMS)


@pytest.fixture
def study(factors: xr.Dataset, models: xr.Dataset, tmp_path: Path) -> Study:
    write_cube(factors, tmp_path / "mine" / "factors.nc")
    write_cube(models, tmp_path / "mine" / "models.nc")
    return find_study(str(tmp_path / "mine"))


def test_every_claim_of_every_study_in_order(study: Study) -> None:
    done: list[str] = []
    entries = ledger([study, find_study("field")], advance=done.append)
    assert [(entry.claim.id, entry.study) for entry in entries] == [
        (one.id, name) for one in CLAIMS for name in ("mine", "field")
    ]
    assert done == ["mine", "field"]


def test_verdicts_reasons_and_evidence(study: Study) -> None:
    found = {entry.claim.id: entry for entry in ledger([study])}
    verdicts = {name: entry.judgement.verdict for name, entry in found.items()}
    assert verdicts == {name: U if name == "G" else N if name in "CEF" else S for name in verdicts}
    assert found["C"].judgement.reason == "no pair of cats"
    assert found["E"].judgement.reason == "cats are no images"
    assert found["F"].judgement.reason == "no cube ood"
    assert (found["A"].evidence, found["C"].evidence, found["F"].evidence) == ("measured", "measured", "")
    assert found["A"].effect == effect(0.03)


def test_the_effect_that_decides_is_shown(study: Study) -> None:
    (found,) = (entry.effect for entry in ledger([study]) if entry.claim.id == "G")
    assert found is not None
    assert (found.which, found.choices) == ("vague", 1)


def test_what_would_settle_is_said_where_something_is_open(study: Study) -> None:
    settled = {entry.claim.id: entry.settled_by for entry in ledger([study])}
    assert settled["G"].startswith("about ")
    assert {settled[name] for name in "ABCDEFHI"} == {""}
    assert {entry.alpha for entry in ledger([study], alpha=0.2)} == {0.2}


def test_a_group_left_out_does_not_speak(study: Study) -> None:
    entries = ledger([study], groups=["standard"])
    found = {entry.claim.id: entry.judgement for entry in entries}
    assert found["A"].verdict is N
    assert found["A"].reason == "no model of the group 'CLIP, zero-shot'"
    assert (found["D"].verdict, found["D"].reason) == (N, "A is not measured, B is not measured")


def test_holm_counts_within_a_chapter_alone(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    weak = claim("A", statistic="clear"), claim("B", statistic="with_axes", smallest_effect=0.0)
    _use(monkeypatch, weak)
    monkeypatch.setattr(module, "STATISTICS", dict.fromkeys(("clear", "with_axes"), _weak))
    assert [entry.judgement.verdict for entry in ledger([study])] == [U, U]
    _use(monkeypatch, (weak[0], claim("B", statistic="with_axes", chapter="calibration")))
    monkeypatch.setattr(module, "STATISTICS", dict.fromkeys(("clear", "with_axes"), _weak))
    assert [entry.judgement.verdict for entry in ledger([study])] == [S, S]
    assert [entry.judgement.verdict for entry in ledger([study], alpha=0.01)] == [U, U]
    moved = claim("B", statistic="with_axes", chapter="calibration", judged_with="shape-bias")
    _use(monkeypatch, (weak[0], moved))
    monkeypatch.setattr(module, "STATISTICS", dict.fromkeys(("clear", "with_axes"), _weak))
    assert [entry.judgement.verdict for entry in ledger([study])] == [U, U]
    assert module.verdicts_of("calibration", str(study.folder)) == {"B": U}


def _weak(_reader: Reader, _choices: Choices) -> Effect | str:
    return effect(0.03, 0.011)


def test_sensitivity_asks_what_a_choice_bears_on(study: Study) -> None:
    done: list[str] = []
    changed = sensitivity([study], ledger([study]), advance=done.append)
    assert done == ["mine"]
    found = {one.entry.claim.id: one for one in changed}
    assert set(found) == {"B", "D", "H"}
    assert all((one.choice, one.value) == ("axes", "probit") for one in changed)
    assert (found["B"].entry.judgement.verdict, found["B"].judgement.verdict) == (S, C)
    assert found["B"].flips


def test_a_whole_flips_with_its_part_but_not_with_one_that_is_lost(study: Study) -> None:
    found = {one.entry.claim.id: one for one in sensitivity([study], ledger([study]))}
    assert found["D"].flips
    assert found["H"].is_lost
    assert not found["H"].flips
    assert found["H"].judgement.reason == "no place on these axes"
    assert "I" not in found


def test_nothing_to_change(monkeypatch: pytest.MonkeyPatch, study: Study) -> None:
    _use(monkeypatch, CLAIMS[:1])
    assert sensitivity([study], ledger([study])) == []

"""The ledger: every claim of every study, families, units left out, wholes, proxies, other choices."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import xarray as xr

from clipsafe_utils.claims import ledger as module
from clipsafe_utils.claims.choices import Choices
from clipsafe_utils.claims.evidence import Evidence
from clipsafe_utils.claims.labels import OF_A_PROXY, Label
from clipsafe_utils.claims.ledger import Changed, Entry, ledger, sensitivity, verdicts_of
from clipsafe_utils.claims.reading import NotMeasuredError, Reader
from clipsafe_utils.claims.registry import Claim
from clipsafe_utils.claims.registry import claims as all_claims
from clipsafe_utils.claims.statistics import STATISTICS
from clipsafe_utils.cubes import Study, find_study, write_cube
from clipsafe_utils.say import Missing
from tests.claims.made import changed, claim, entry, networks, unbounded, with_p

L = Label
CLAIMS = (
    claim("A", statistic="of_units"),
    claim("B", statistic="with_axes", family="other", choices=("axes",)),
    claim("C", statistic="silent", family="other"),
    claim("D", statistic="", cube="", family="", all_of=("A", "B")),
    claim("E", statistic="", cube="", family="", outside="cats are no images"),
    claim("F", cube="ood", statistic="never"),
    claim("G", statistic="of_networks", family="networks"),
    claim("H", statistic="only_raw", family="lost", choices=("axes",)),
    claim("I", statistic="", cube="", family="", no_data="cats were looked for"),
    claim("J", groups=("human",), statistic="never"),
    claim("K", groups=("clip_zero_shot",), training_sources=2, statistic="never"),
    claim("M", statistic="one_network", family="one", direction="down"),
)
LABELS = {
    "A": L.SUPPORTED,
    "B": L.CONTRADICTED,
    "C": L.NO_DATA,
    "D": L.CONTRADICTED,
    "E": L.OUTSIDE,
    "F": L.NO_DATA,
    "G": L.REPRODUCED,
    "H": L.SUPPORTED,
    "I": L.NO_DATA,
    "J": L.NO_DATA,
    "K": L.NO_DATA,
    "M": L.DISAGREES,
}


def of_units(_reader: Reader, _choices: Choices) -> Evidence:
    return networks([0.030, 0.031, 0.032, 0.033])


def of_networks(_reader: Reader, _choices: Choices) -> Evidence:
    return networks([0.030, 0.031, 0.032], "aab")


def one_network(_reader: Reader, _choices: Choices) -> Evidence:
    return networks([0.03], "a")


def with_axes(_reader: Reader, choices: Choices) -> Evidence:
    return unbounded([0.030, 0.031, 0.032, 0.033] if choices.axes == "probit" else [0.001, 0.002, 0.0, 0.001])


def only_raw(_reader: Reader, choices: Choices) -> Evidence:
    if choices.axes != "raw":
        raise NotMeasuredError("no place on these axes")
    return of_units(_reader, choices)


def silent(_reader: Reader, _choices: Choices) -> Evidence:
    raise NotMeasuredError("no pair of cats")


def never(_reader: Reader, _choices: Choices) -> Evidence:
    raise AssertionError("a study without what is needed was asked")


Use = Callable[..., None]


@pytest.fixture(autouse=True)
def use(monkeypatch: pytest.MonkeyPatch) -> Use:
    """Ask these claims, by these statistics beside those above."""

    def _use(claims: Sequence[Claim], **more: Callable[[Reader, Choices], Evidence]) -> None:
        functions = (of_units, of_networks, one_network, with_axes, only_raw, silent, never)
        monkeypatch.setattr(module, "claims", lambda: tuple(claims))
        monkeypatch.setattr(module, "STATISTICS", {one.__name__: one for one in functions} | more)

    _use(CLAIMS)
    return _use


@pytest.fixture
def study(factors: xr.Dataset, models: xr.Dataset, tmp_path: Path) -> Study:
    write_cube(factors, tmp_path / "mine" / "factors.nc")
    write_cube(models, tmp_path / "mine" / "models.nc")
    return find_study(str(tmp_path / "mine"))


@pytest.fixture
def stand_in(study: Study, models: xr.Dataset) -> Study:
    """The same study, as one that stands in for real models."""
    write_cube(models.assign_attrs(evidence="proxy"), study.path("models"))
    return study


def _by_claim(study: Study) -> dict[str, Entry]:
    return {one.claim.id: one for one in ledger([study])}


def _labels(study: Study) -> dict[str, Label]:
    return {name: one.label for name, one in _by_claim(study).items()}


def test_every_claim_of_every_study_in_order(study: Study) -> None:
    done: list[str] = []
    entries = ledger([study, find_study("field")], advance=done.append)
    assert [(one.claim.id, one.study) for one in entries] == [
        (one.id, name) for one in CLAIMS for name in ("mine", "field")
    ]
    assert done == ["mine", "field"]


def test_labels_reasons_and_evidence(study: Study) -> None:
    found = _by_claim(study)
    assert {name: one.label for name, one in found.items()} == LABELS
    reasons = {
        "C": "no pair of cats",
        "D": "A is supported, B is contradicted",
        "E": "cats are no images",
        "F": "no cube ood",
        "G": "3 of 3 networks as claimed; 2 training lineages",
        "I": "cats were looked for",
        "J": "no model of the group 'People' in the cube factors",
        "K": "CLIPs of one training source only in the cube factors",
    }
    assert {name: found[name].judgement.reason for name in reasons} == reasons
    assert found["A"].evidence == networks([0.030, 0.031, 0.032, 0.033])
    mean = found["A"].effect
    assert mean is not None
    assert (mean.estimate, mean.units) == (pytest.approx(0.0315), 4)
    assert all(found[name].evidence is found[name].effect is None for name in "CDEFIJK")
    assert not any(one.of_proxy for one in found.values())


# Families


def test_holm_counts_within_a_family_alone(study: Study, use: Use) -> None:
    weak = {"weak": lambda *_: with_p(0.03)}
    first = claim("A", statistic="weak", chapter="calibration")
    use([first, claim("B", statistic="weak", chapter="calibration", family="other")], **weak)
    assert set(_labels(study).values()) == {L.SUPPORTED}
    use([first, claim("B", statistic="weak", chapter="shape-bias")], **weak)
    assert set(_labels(study).values()) == {L.UNCLEAR}
    # A page asks the whole family, and shows its own.
    assert verdicts_of("calibration", str(study.folder)) == {"A": L.UNCLEAR}


def test_a_page_asks_for_its_chapter(study: Study) -> None:
    said = verdicts_of("shape-bias", str(study.folder))
    asked = {one.id for one in CLAIMS if one.chapter == "shape-bias" and one.is_asked}
    assert {name: said[name] for name in asked} == {name: LABELS[name] for name in asked}
    without = verdicts_of("shape-bias", None)
    assert set(without) == {one.id for one in CLAIMS if one.chapter == "shape-bias"}
    assert all(isinstance(text, Missing) for text in without.values())


# Units left out


def test_each_unit_is_left_out_of_its_claim(study: Study) -> None:
    found = _by_claim(study)
    # Four units are just enough: without one, the networks that are left are spoken of.
    assert found["A"].dropped == dict.fromkeys("abcd", L.REPRODUCED)
    assert found["B"].dropped == dict.fromkeys("abcd", L.UNCLEAR)
    assert found["G"].dropped == {"a": L.AGREES, "b": L.AGREES}
    # Without its one unit nothing is left.
    assert found["M"].dropped == found["C"].dropped == found["D"].dropped == {}


def test_the_unit_that_a_label_hangs_on_is_seen(study: Study, use: Use) -> None:
    use([claim("A", statistic="odd")], odd=lambda *_: unbounded([0.04, 0.041, 0.042, 0.043, -0.02]))
    (found,) = ledger([study])
    assert found.label is L.UNCLEAR
    assert found.dropped == dict.fromkeys("abcd", L.UNCLEAR) | {"e": L.SUPPORTED}


def test_the_others_of_a_family_stay_where_a_unit_is_left_out(study: Study, use: Use) -> None:
    # The weak one, at p = 0.03, stands as the second of two; with three units it is not tested.
    clear = [0.030, 0.031, 0.032, 0.033, 0.0315]
    use(
        [claim("A", statistic="clear"), claim("B", statistic="weak")],
        clear=lambda *_: unbounded(clear),
        weak=lambda *_: with_p(0.03),
    )
    first, second = ledger([study])
    assert (first.label, second.label) == (L.SUPPORTED, L.SUPPORTED)
    assert first.dropped == dict.fromkeys("abcde", L.SUPPORTED)
    assert second.dropped == dict.fromkeys("abcd", L.UNCLEAR)


# Studies that stand in for real models


def test_a_proxy_says_it_in_other_words(stand_in: Study) -> None:
    found = _by_claim(stand_in)
    assert {name: one.label for name, one in found.items()} == {
        name: OF_A_PROXY.get(label, label) for name, label in LABELS.items()
    }
    assert all(one.of_proxy for one in found.values())
    assert found["A"].dropped == dict.fromkeys("abcd", L.SHOWN_POSSIBLE)
    assert found["D"].label is L.OPPOSITE


@pytest.mark.parametrize(("attribute", "label"), [("built_in", L.BUILT_IN), ("not_testable", L.NOT_TESTABLE)])
def test_what_a_proxy_cannot_be_asked(
    attribute: str, label: Label, stand_in: Study, use: Use, monkeypatch: pytest.MonkeyPatch
) -> None:
    part = replace(CLAIMS[0], **{attribute: "sources"})
    use([part, claim("W", statistic="", cube="", family="", all_of=("A",))])
    monkeypatch.setattr(module, "CHECKS", {"sources": lambda _: "drawn so"})
    found = _by_claim(stand_in)
    assert (found["A"].label, found["A"].judgement.reason, found["A"].dropped) == (label, "drawn so", {})
    assert found["W"].label is label
    # Where the check finds nothing, the claim is asked.
    monkeypatch.setattr(module, "CHECKS", {"sources": lambda _: ""})
    assert _by_claim(stand_in)["A"].label is L.SHOWN_POSSIBLE


def test_what_was_looked_for_in_the_record_is_no_reason_of_a_drawn_world(stand_in: Study, use: Use) -> None:
    use([claim("I", statistic="", cube="", family="", no_data="cats were looked for")])
    said = _by_claim(stand_in)["I"].judgement
    assert (said.label, said.reason) == (L.NO_DATA, "no network of this drawn world was made so")


def test_no_check_is_made_of_real_models(study: Study, use: Use, monkeypatch: pytest.MonkeyPatch) -> None:
    use([replace(CLAIMS[0], built_in="sources", not_testable="sources")])
    monkeypatch.setattr(module, "CHECKS", {})
    assert _labels(study) == {"A": L.SUPPORTED}


def test_what_a_proxy_lacks_is_no_data_before_it_is_built_in(stand_in: Study, use: Use) -> None:
    use([replace(CLAIMS[2], built_in="sources")])
    assert _labels(stand_in) == {"C": L.NO_DATA}


@pytest.mark.slow
def test_the_miniature_gets_no_label_of_real_models_and_the_record_none_of_a_proxy(use: Use) -> None:
    use(all_claims(), **STATISTICS)
    of_proxy = {*OF_A_PROXY.values(), L.BUILT_IN, L.NOT_TESTABLE}
    for one in ledger([find_study("miniature"), find_study("published")]):
        said = {one.label, *one.dropped.values()}
        assert not said & (set(OF_A_PROXY) if one.of_proxy else of_proxy), one.claim.id
        assert one.of_proxy is (one.study == "miniature")


# Other choices


def _changes(study: Study) -> dict[str, Changed]:
    return {one.entry.claim.id: one for one in sensitivity([study], ledger([study]))}


def test_sensitivity_asks_what_a_choice_bears_on(study: Study) -> None:
    done: list[str] = []
    different = sensitivity([study], ledger([study]), advance=done.append)
    assert done == ["mine"]
    assert [one.entry.claim.id for one in different] == ["B", "H"]
    assert all((one.choice, one.value) == ("axes", "probit") for one in different)
    (flips, _) = different
    assert (flips.entry.label, flips.after.label) == (L.CONTRADICTED, L.SUPPORTED)
    assert (flips.can_flip, flips.flips) == (True, True)


def test_what_is_lost_under_another_choice_does_not_flip(study: Study) -> None:
    lost = _changes(study)["H"]
    assert (lost.can_flip, lost.flips) == (False, False)
    assert (lost.after.label, lost.after.judgement.reason) == (L.NO_DATA, "no place on these axes")


def test_a_neighbour_flips_by_holm_alone(study: Study, use: Use) -> None:
    def stronger(_reader: Reader, choices: Choices) -> Evidence:
        return with_p(0.4 if choices.axes == "raw" else 0.001, spread=0.05)

    touched, beside = claim("A", statistic="stronger", choices=("axes",)), claim("N", statistic="weak")
    apart = claim("O", statistic="weak", family="other")
    use([touched, beside, apart], stronger=stronger, weak=lambda *_: with_p(0.03))
    found = _changes(study)
    assert set(found) == {"A", "N"}
    assert (found["N"].entry.label, found["N"].after.label) == (L.UNCLEAR, L.SUPPORTED)
    assert found["N"].after.evidence is found["N"].entry.evidence


def test_sensitivity_of_a_proxy_is_in_its_words(stand_in: Study) -> None:
    found = _changes(stand_in)["B"]
    assert (found.entry.label, found.after.label, found.flips) == (L.OPPOSITE, L.SHOWN_POSSIBLE, True)


@pytest.mark.parametrize(
    ("before", "after", "can_flip", "flips"),
    [
        (L.SUPPORTED, L.UNCLEAR, True, True),
        (L.UNCLEAR, L.UNCLEAR, True, False),
        *((L.SUPPORTED, one, False, False) for one in (L.NO_DATA, L.OUTSIDE, L.BUILT_IN, L.NOT_TESTABLE)),
        *((one, L.SUPPORTED, False, False) for one in (L.NO_DATA, L.OUTSIDE, L.BUILT_IN, L.NOT_TESTABLE)),
        (L.BUILT_IN, L.BUILT_IN, False, False),
    ],
)
def test_only_what_is_asked_both_times_can_flip(
    before: Label, after: Label, can_flip: bool, flips: bool
) -> None:
    one = changed(entry(claim(), before, networks([0.03])), after)
    assert (one.can_flip, one.flips) == (can_flip, flips)
    without = changed(entry(claim(), before), after)
    assert (without.can_flip, without.flips) == (False, False)


def test_nothing_to_change(study: Study, use: Use) -> None:
    use(CLAIMS[:1])
    assert sensitivity([study], ledger([study])) == []

"""The page on one hour of a GPU: what it counts, and that what it tells people to type and send is taken."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from clipsafe_utils.chapters import gpu_hour
from clipsafe_utils.claims.labels import Label
from clipsafe_utils.cubes.studies import REPOSITORY
from clipsafe_utils.record.contributions import KNOWN_BEFORE, read_contribution
from clipsafe_utils.registry.training_sources import lineage_of
from tests.claims.made import claim, entry, networks
from tests.claims.made_ledger import made_ledger

PAGE = (REPOSITORY / "notebooks" / "gpu-hour.md").read_text(encoding="utf-8")
TEMPLATE = REPOSITORY / ".github" / "ISSUE_TEMPLATE" / "contribution.yml"


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    entries = [one for one in made_ledger() if not one.of_proxy]
    monkeypatch.setattr(gpu_hour, "ledger", lambda _: entries)
    gpu_hour.waiting.cache_clear()
    yield
    gpu_hour.waiting.cache_clear()


@pytest.mark.usefixtures("made")
def test_claims_wait_that_lack_lineages_and_those_that_lack_fewest_come_first() -> None:
    waiting = gpu_hour.waiting()
    assert {one.claim.id for one in waiting} >= {"D2"}
    assert [gpu_hour.lacking(one) for one in waiting] == sorted(map(gpu_hour.lacking, waiting))
    assert all(gpu_hour.takes(one) for one in waiting)
    assert str(gpu_hour.number_waiting()) == str(len(waiting))
    assert gpu_hour.claims_table().markup.count("<tr") >= len(waiting)


def test_a_claim_that_lineages_decided_does_not_wait() -> None:
    decided = entry(claim("A"), Label.SUPPORTED, networks([0.02, 0.03, 0.02, 0.03]), "published")
    assert gpu_hour.takes(decided) == ""


def test_a_clip_serves_claims_on_networks_and_no_claim_on_pairs() -> None:
    by_network = entry(claim("A"), Label.UNCLEAR, networks([0.02]), "published")
    assert gpu_hour.is_served(by_network)
    assert gpu_hour.needs(by_network) == "one zero-shot CLIP"
    of_pairs = replace(networks([0.02]), case="pair of networks")
    paired = claim("B", population="pairs of zero-shot CLIPs; a unit is a couple of lineages")
    by_pair = entry(paired, Label.UNCLEAR, of_pairs, "published")
    assert not gpu_hour.is_served(by_pair)
    assert gpu_hour.needs(by_pair) == "pairs of zero-shot CLIPs"


@pytest.mark.usefixtures("made")
def test_no_claim_is_within_reach_of_which_a_clip_is_no_case() -> None:
    names = {one.claim.id for one in gpu_hour.waiting() if not gpu_hour.is_served(one)}
    assert not names & {*str(gpu_hour.within_reach()).replace(" and ", ", ").split(", ")}
    assert int(str(gpu_hour.number_within_reach())) <= len(gpu_hour.waiting()) - len(names)


def test_the_clips_are_of_lineages_of_their_own() -> None:
    lineages = [lineage_of(one.training_source) for one in gpu_hour.clips()]
    assert len({*lineages}) == len(lineages)
    assert not {*lineages} & {"WIT", "LAION"}


def test_the_command_names_the_clips_and_the_sets_of_the_plan() -> None:
    (line,) = re.findall(r"^clipsafe predict /data --own (?:.*\\\n)*.*", PAGE, re.MULTILINE)
    words = shlex.split(line.replace("\\\n", " "))
    given = [(words[at], words[at + 1]) for at in range(3, len(words), 2)]
    assert [name for option, name in given if option == "--model"] == [one.name for one in gpu_hour.clips()]
    assert {name for option, name in given if option == "--data"} == {*gpu_hour._plans()["hour"]}
    assert dict(given)["--for-import"] == "predictions"


def test_minutes_are_those_of_parameters_pixels_and_rates_by_hand() -> None:
    plans = gpu_hour._plans()
    seconds = plans["laptop"]["per_effort"] / plans["gpu_assumed"]["speed"] * 224**2
    effort = sum(one.parameters or 0 for one in gpu_hour.clips())
    for name, images in (("imagenet-v2-matched-frequency", 10_000), ("cue-conflict", 1_280)):
        cost = plans["hour"][name]
        assert cost["images"] == images
        assert cost["device_hours"] * 3600 == pytest.approx(images * seconds * effort)
        assert cost["estimated"] == len(gpu_hour.clips())


def test_what_the_page_sends_is_read_up_to_the_cubes(tmp_path: Path) -> None:
    (said,) = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    (tmp_path / "contribution.toml").write_text(said)
    with pytest.raises(Exception, match=r"models\.nc: no such cube"):
        read_contribution(tmp_path)


def test_the_template_asks_for_what_a_contribution_says() -> None:
    form = yaml.safe_load(TEMPLATE.read_text(encoding="utf-8"))
    fields = {part["id"]: part for part in form["body"] if "id" in part}
    assert tuple(fields["known-before"]["attributes"]["options"]) == KNOWN_BEFORE
    asked = {"model", "training-source", "known-before", "licence", "citation", "how", "checks"}
    assert {*fields} == asked
    assert f"template={TEMPLATE.name}" in PAGE

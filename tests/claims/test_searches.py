"""What was looked for: a row for each claim that real models leave without data, and commands that exist."""

import shlex

import pytest
import typer

from clipsafe_utils.claims.labels import Label
from clipsafe_utils.claims.ledger import ledger
from clipsafe_utils.claims.registry import claims
from clipsafe_utils.claims.searches import searches
from clipsafe_utils.cli import app
from clipsafe_utils.cubes import GROUPS, find_study
from clipsafe_utils.registry.data_sets import data_sets

COMMANDS = sorted({search.command for search in searches().values() if search.command})


def test_each_claim_without_data_says_what_was_looked_for() -> None:
    entries = ledger([find_study("published")])
    without = (Label.NO_DATA, Label.OUTSIDE)
    left = [one.claim.id for one in entries if one.label in without and not one.claim.all_of]
    assert sorted(searches()) == sorted(left)
    assert {claim.id for claim in claims()} >= set(searches())


def test_a_claim_that_can_be_measured_has_a_command() -> None:
    assert [name for name, search in searches().items() if not search.command] == ["F18", "F19"]


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_is_one_of_this_book(command: str) -> None:
    program, verb, *arguments = shlex.split(command)
    root = typer.main.get_command(app)
    assert (program, verb) == ("clipsafe", "predict")
    context = root.commands[verb].make_context(verb, arguments)  # type: ignore[attr-defined]
    assert set(context.params["data"] or []) <= set(data_sets())
    assert context.params["group"] in (None, *GROUPS)

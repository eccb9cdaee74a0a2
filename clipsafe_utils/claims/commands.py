"""The verb `clipsafe claims`."""

from collections.abc import Sequence
from dataclasses import fields
from typing import TYPE_CHECKING, Annotated

import typer

from clipsafe_utils.terminal import print_json, print_table, progress, say

if TYPE_CHECKING:
    from clipsafe_utils.claims.ledger import Changed, Entry
    from clipsafe_utils.cubes import Study


def claims(
    study: Annotated[
        list[str] | None,
        typer.Option(
            "--study", help="This study alone, by name or as ./my-cubes; repeat for more. Default: all."
        ),
    ] = None,
    claim: Annotated[str | None, typer.Option("--claim", help="All about one claim, for example F2.")] = None,
    flips: Annotated[
        bool, typer.Option("--sensitivity", help="Which labels flip if one choice is made differently.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for a script.")] = False,
) -> None:
    """Ask every study every claim: label, effect, interval, reason.

    Example: [bold]clipsafe claims --study published --study ./my-cubes[/bold]
    """
    from clipsafe_utils.claims.registry import find_claim
    from clipsafe_utils.cubes import find_study, list_studies
    from clipsafe_utils.cubes.studies import cubes_folder
    from clipsafe_utils.errors import ClipsafeError

    if claim is not None and flips:
        raise ClipsafeError("--claim shows what flips, too: ask for --claim or --sensitivity, one at a time.")
    asked = None if claim is None else find_claim(claim).id
    studies = [find_study(name) for name in dict.fromkeys(study)] if study else list_studies()
    if not studies:
        raise ClipsafeError(f"{cubes_folder()}: holds no study; name one with --study ./my-cubes.")
    if asked is not None:
        _one(asked, studies, as_json)
    elif flips:
        _sensitivity(_changed(studies), as_json)
    else:
        _ledger(_entries(studies), as_json, is_named=bool(study))


def _entries(studies: "Sequence[Study]") -> "list[Entry]":
    from clipsafe_utils.claims.ledger import ledger

    with progress("Claims", total=len(studies)) as advance:
        return ledger(studies, advance=advance)


def _changed(studies: "Sequence[Study]") -> "list[Changed]":
    from clipsafe_utils.claims.ledger import sensitivity

    entries = _entries(studies)
    with progress("Choices", total=len(studies)) as advance:
        return sensitivity(studies, entries, advance=advance)


def _ledger(entries: "Sequence[Entry]", as_json: bool, *, is_named: bool) -> None:
    """Print a table a study, real models first; one that nobody named and that has no data is a line."""
    from clipsafe_utils.claims.labels import Label
    from clipsafe_utils.claims.rows import row_of, values_of
    from clipsafe_utils.claims.summary import by_study

    if as_json:
        print_json([values_of(entry) for entry in entries])
        return
    silent = []
    for study, of_study in sorted(by_study(entries).items(), key=lambda one: one[1][0].of_proxy):
        if not is_named and {entry.label for entry in of_study} <= {Label.NO_DATA, Label.OUTSIDE}:
            silent.append(study)
        else:
            print_table([row_of(entry) for entry in of_study], f"The study {study}")
    for study in silent:
        say(f"The study {study} has no data for any claim; --study {study} shows what it lacks.")


def _one(name: str, studies: "Sequence[Study]", as_json: bool) -> None:
    from clipsafe_utils.claims import rows
    from clipsafe_utils.claims.choices import Choices
    from clipsafe_utils.claims.registry import find_claim
    from clipsafe_utils.claims.wording import SEEN_IN, rule

    claim = find_claim(name)
    entries = [entry for entry in _entries(studies) if entry.claim.id == name]
    changed = [change for change in _changed(studies) if change.entry.claim.id == name]
    if as_json:
        print_json(
            {
                **{field.name: getattr(claim, field.name) for field in fields(claim)},
                "labels": list(map(rows.values_of, entries)),
                "changes": list(map(rows.values_of_change, changed)),
            }
        )
        return
    say(f"{claim.id}. {claim.sentence}\n{SEEN_IN[claim.seen].capitalize()}.")
    if claim.is_asked:
        headline = ", ".join(f"{choice} {getattr(Choices(), choice)}" for choice in claim.choices) or "none"
        say(f"Statistic: {claim.statistic}, in {claim.unit}.\nPopulation: {claim.population}.\n{rule(claim)}")
        say(f"Smallest effect: {claim.because}.\nChoices: {headline}.")
    if claim.all_of:
        say(f"It is as strong as the weakest of {', '.join(claim.all_of)}.")
    print_table(list(map(rows.detailed_row_of, entries)), "Labels")
    if changed:
        print_table(list(map(rows.row_of_change, changed)), "One choice made differently")


def _sensitivity(changed: "Sequence[Changed]", as_json: bool) -> None:
    from clipsafe_utils.claims.rows import row_of_change, values_of_change

    if as_json:
        print_json(list(map(values_of_change, changed)))
        return
    flipped = [change for change in changed if change.flips]
    if flipped:
        print_table(list(map(row_of_change, flipped)), "Labels that flip")
    tried = [change for change in changed if change.can_flip]
    say(
        f"{len(flipped)} of {len(tried)} labels that can change do so if one choice is made differently."
        " Findings with parts are not counted; they follow their parts."
    )

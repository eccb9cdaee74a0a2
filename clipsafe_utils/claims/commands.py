"""The verb `clipsafe claims`."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from clipsafe_utils.terminal import print_json, print_table, progress, say

if TYPE_CHECKING:
    from clipsafe_utils.claims.ledger import Changed, Entry
    from clipsafe_utils.cubes import Study

_CONFIDENCE = 0.95


def claims(
    study: Annotated[
        list[str] | None,
        typer.Option(
            "--study", help="This study alone, by name or as ./my-cubes; repeat for more. Default: all."
        ),
    ] = None,
    claim: Annotated[str | None, typer.Option("--claim", help="All about one claim, for example F2.")] = None,
    flips: Annotated[
        bool, typer.Option("--sensitivity", help="Which verdicts flip if one choice is made differently.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for a script.")] = False,
) -> None:
    """Ask every study every claim of the paper: verdict, effect, interval, reason.

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
        _ledger(_entries(studies), as_json)


def _entries(studies: "Sequence[Study]") -> "list[Entry]":
    from clipsafe_utils.claims.ledger import ledger

    with progress("Claims", total=len(studies)) as advance:
        return ledger(studies, advance=advance)


def _changed(studies: "Sequence[Study]") -> "list[Changed]":
    from clipsafe_utils.claims.ledger import sensitivity

    entries = _entries(studies)
    with progress("Choices", total=len(studies)) as advance:
        return sensitivity(studies, entries, advance=advance)


def _ledger(entries: "Sequence[Entry]", as_json: bool) -> None:

    if as_json:
        print_json([_json(entry) for entry in entries])
        return
    for study in dict.fromkeys(entry.study for entry in entries):
        rows = [_row(entry) for entry in entries if entry.study == study]
        print_table(rows, f"The study {study}")


def _one(name: str, studies: "Sequence[Study]", as_json: bool) -> None:
    from clipsafe_utils.claims.choices import Choices
    from clipsafe_utils.claims.registry import find_claim
    from clipsafe_utils.claims.wording import SEEN_IN, rule

    claim = find_claim(name)
    entries = [entry for entry in _entries(studies) if entry.claim.id == name]
    changed = [one for one in _changed(studies) if one.entry.claim.id == name]
    said = rule(claim) if claim.is_asked else ""
    if as_json:
        rows = {
            "verdicts": [_json(entry) for entry in entries],
            "choices": [_json_of(one) for one in changed],
        }
        print_json({"claim": claim.id, "sentence": claim.sentence, "rule": said, **rows})
        return
    say(f"{claim.id}. {claim.sentence}\nKnown {SEEN_IN[claim.seen]}.")
    if claim.is_asked:
        headline = ", ".join(f"{choice} {getattr(Choices(), choice)}" for choice in claim.choices) or "none"
        say(f"Statistic: {claim.statistic}, in {claim.unit}.\nRule: {said}.\nChoices: {headline}.")
    if claim.all_of:
        say(f"Rule: supported if all of {', '.join(claim.all_of)} are; contradicted if one is.")
    print_table([_detail(entry) for entry in entries], "Verdicts")
    if changed:
        print_table([_row_of(one) for one in changed], "One choice made differently")


def _sensitivity(changed: "Sequence[Changed]", as_json: bool) -> None:
    from clipsafe_utils.claims.summary import measured_twice

    if as_json:
        print_json([_json_of(one) for one in changed])
        return
    flipped = [one for one in changed if one.flips]
    if flipped:
        print_table([_row_of(one) for one in flipped], "Verdicts that flip")
    asked = measured_twice(changed)
    say(
        f"{sum(one.flips for one in asked)} of {len(asked)} verdicts flip if one choice is made differently."
        " Findings with parts are not counted; they follow their parts."
    )


def _row(entry: "Entry") -> dict[str, str]:
    from clipsafe_utils.claims.wording import MARKS, interval, number

    effect, claim = entry.effect, entry.claim
    verdict = entry.judgement.verdict
    return {
        "claim": claim.id,
        "sentence": claim.sentence,
        "verdict": f"{MARKS[verdict]} {verdict}",
        "effect": "" if effect is None else f"{number(claim, effect.value)} {claim.unit}",
        f"{_CONFIDENCE:.0%} interval": "" if effect is None else interval(claim, effect, _CONFIDENCE),
        "because": entry.judgement.reason,
    }


def _detail(entry: "Entry") -> dict[str, str]:
    from clipsafe_utils.claims.verdicts import plural

    row = {"study": entry.study} | _row(entry)
    del row["claim"], row["sentence"]
    effect = entry.effect
    counted = (
        ""
        if effect is None
        else f"{effect.units:,} {plural(effect.unit) if effect.units != 1 else effect.unit}"
    )
    return row | {
        "evidence": entry.evidence,
        "counted by": counted,
        "which": "" if effect is None else effect.which,
        "settled by": entry.settled_by,
    }


def _row_of(one: "Changed") -> dict[str, str]:
    from clipsafe_utils.claims.wording import CHANGES, MARKS, number

    claim, verdict = one.entry.claim, one.judgement.verdict
    effect = "" if one.effect is None else f"{number(claim, one.effect.value)} {claim.unit}"
    return {
        "claim": claim.id,
        "study": one.entry.study,
        "headline": str(one.entry.judgement.verdict),
        "changed": CHANGES[one.choice, one.value],
        "verdict": f"{MARKS[verdict]} {verdict}{' (flips)' if one.flips else ''}",
        "effect": effect,
        "because": one.judgement.reason,
    }


def _json(entry: "Entry") -> dict[str, object]:
    from clipsafe_utils.claims.verdicts import plural

    claim, effect = entry.claim, entry.effect
    low, high = (None, None) if effect is None else map(_finite, effect.interval(_CONFIDENCE))
    return {
        "claim": claim.id,
        "sentence": claim.sentence,
        "study": entry.study,
        "verdict": str(entry.judgement.verdict),
        "reason": entry.judgement.reason,
        "effect": None if effect is None else effect.value,
        "low": low,
        "high": high,
        "confidence": _CONFIDENCE,
        "unit": claim.unit,
        "smallest_effect": claim.smallest_effect,
        "p_value": _finite(entry.judgement.p_value),
        "evidence": entry.evidence,
        "units": None if effect is None else effect.units,
        "which": "" if effect is None else effect.which,
        "counted_by": "" if effect is None else plural(effect.unit),
        "settled_by": entry.settled_by,
    }


def _json_of(one: "Changed") -> dict[str, object]:
    return {
        "claim": one.entry.claim.id,
        "study": one.entry.study,
        "choice": one.choice,
        "value": one.value,
        "headline": str(one.entry.judgement.verdict),
        "verdict": str(one.judgement.verdict),
        "flips": one.flips,
        "reason": one.judgement.reason,
        "effect": None if one.effect is None else one.effect.value,
    }


def _finite(value: float) -> float | None:
    return value if abs(value) < float("inf") else None

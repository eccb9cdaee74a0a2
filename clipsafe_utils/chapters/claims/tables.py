"""Chapter 8: its tables."""

import html
from collections.abc import Iterable, Mapping, Sequence
from functools import cache

import pandas as pd

from clipsafe_utils.address import name_of, title_of
from clipsafe_utils.claims.ledger import Changed, Entry
from clipsafe_utils.claims.registry import Claim
from clipsafe_utils.claims.result import ClaimsLedger
from clipsafe_utils.claims.summary import by_choice, by_study, findings
from clipsafe_utils.claims.verdicts import Verdict
from clipsafe_utils.claims.wording import CHANGES, MARKS, SEEN_IN, estimate
from clipsafe_utils.cubes.studies import REPOSITORY
from clipsafe_utils.say import level, listed
from clipsafe_utils.show.shown import Shown
from clipsafe_utils.show.tables import folded, stacked, table

_PART = "\N{NO-BREAK SPACE}" * 3


def verdicts(r: ClaimsLedger) -> Shown:
    """Tabulate claim by study: a verdict, the effect with its interval, and what would settle it."""
    studies = _titled(r.entries)
    rows = []
    for place, entry in enumerate(next(iter(studies.values()))):
        cells = [_cell(of_one[place], r.confidence) for of_one in studies.values()]
        rows.append((entry.claim.id, [_claim_cell(entry.claim), *cells]))
    return _markup(
        ["Claim", *studies],
        rows,
        "The ledger. Below each claim: how we know of it, and the chapter with the figure behind it. In each "
        f"cell: the verdict; the effect with its {level(r.confidence)} interval, in its unit; and, where "
        "undecided, how much more would settle it at this estimate.",
    )


def overview(entries: Sequence[Entry]) -> Shown:
    """Tabulate the verdicts alone, a row a finding, without those that no study of images can speak to."""
    shown = [entry for entry in findings(entries) if not entry.claim.out_of_scope]
    columns = {"Claim": list(dict.fromkeys(f"{entry.claim.id}. {entry.claim.sentence}" for entry in shown))}
    columns |= {
        name: [f"{MARKS[entry.judgement.verdict]} {entry.judgement.verdict}" for entry in of_one]
        for name, of_one in _titled(shown).items()
    }
    outside = dict.fromkeys(entry.claim.id for entry in entries if entry.claim.out_of_scope)
    left_out = f" Left out: {listed(outside)}, which no study of images can be asked." if outside else ""
    return table(
        pd.DataFrame(columns),
        "The verdicts of the ledger: the findings of the paper and its follow-up (F) and two claims of this "
        f"book (S), by study. A proxy is a drawn world, not real models.{left_out}",
    )


def sensitivity(changed: Iterable[Changed]) -> Shown:
    """Tabulate the choices, how many verdicts rest on each, and which flip; folded where none does."""
    rows: dict[bool, list[tuple[str, int, int, str]]] = {True: [], False: []}
    for (choice, value), tried in by_choice(changed).items():
        flipped = [one for one in tried if one.flips]
        which = "; ".join(map(_flip, flipped)) or "none"
        rows[bool(flipped)].append((CHANGES[choice, value], len(tried), len(flipped), which))
    names = ["Choice made differently", "Verdicts", "Flips", "Which"]
    shown = {
        flips: table(
            pd.DataFrame(of_one, columns=names),
            f"Choices that flip {'a verdict' if flips else 'nothing'}, one made differently at a time: how "
            "many verdicts rest on each, and which flip. A finding with parts follows its parts.",
        )
        for flips, of_one in rows.items()
    }
    still = folded(shown[False], f"Choices that flip nothing: {len(rows[False])}")
    return stacked([shown[True], still] if rows[True] else [still])


def _titled(entries: Iterable[Entry]) -> dict[str, list[Entry]]:
    """Sort entries by study, under the title of its column."""
    return {
        f"{name} (proxy)" if of_one[0].of_proxy else name: of_one
        for name, of_one in by_study(entries).items()
    }


def _cell(entry: Entry, confidence: float) -> str:
    verdict = entry.judgement.verdict
    word = f"<strong>{verdict}</strong>" if verdict is not Verdict.NOT_MEASURED else str(verdict)
    lines = [f"{MARKS[verdict]} {word}"]
    if entry.effect is not None:
        where = f": {entry.effect.which}" if entry.effect.which else ""
        said = estimate(entry.claim, entry.effect, confidence)
        lines.append(html.escape(f"{said} {entry.claim.unit}{where}"))
    if entry.settled_by:
        lines.append(html.escape(f"to settle: {entry.settled_by}"))
    return "<br>".join(lines)


def _flip(one: Changed) -> str:
    before, after = one.entry.judgement.verdict, one.judgement.verdict
    return f"{one.entry.claim.id} in {one.entry.study}, from {before} to {after}"


def _claim_cell(claim: Claim) -> str:
    indent = _PART if claim.finding else ""
    lines = [f'{indent}<a href="#{claim.id}">{claim.id}.</a> {html.escape(claim.sentence)}']
    shown = html.escape(claim.chapter)
    if claim.chapter in pages():
        stem, title = pages()[claim.chapter]
        shown = f'<a href="{stem}.html#{claim.figure}">{html.escape(title)}</a>'
    lines.append(f"{indent}{SEEN_IN[claim.seen]}" + (f" · {shown}" if shown else ""))
    return "<br>".join(lines)


@cache
def pages() -> Mapping[str, tuple[str, str]]:
    """Return the page and the title of each chapter, by its name."""
    sources = (REPOSITORY / "notebooks").glob("*.md")
    return {name_of(source): (source.stem, title_of(source)) for source in sources}


def _markup(names: Sequence[str], rows: Iterable[tuple[str, Sequence[str]]], caption: str) -> Shown:
    """Write a table whose cells are HTML already, each row with an id, so that a link can lead to it."""
    said = html.escape(caption, quote=True)
    head = "".join(
        f'<th scope="col" style="min-width: min(11rem, 27vw)">{html.escape(name)}</th>' for name in names
    )
    body = "".join(
        f'<tr id="{name}"><th scope="row">{first}</th>{"".join(f"<td>{cell}</td>" for cell in cells)}</tr>'
        for name, (first, *cells) in rows
    )
    return Shown(
        f'<figure class="themed-table"><figcaption>{said}</figcaption>'
        f'<div class="table-box" role="region" aria-label="{said}" tabindex="0">'
        f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div></figure>"
    )

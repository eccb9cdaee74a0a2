"""Chapter 8: its tables."""

import html
from collections.abc import Iterable, Mapping, Sequence
from functools import cache

import numpy as np
import pandas as pd

from clipsafe_utils.address import name_of, title_of
from clipsafe_utils.chapters.claims.figures import LOOK_OF_LABEL
from clipsafe_utils.claims.freeze import Freeze, changes
from clipsafe_utils.claims.labels import CLOSED, Label, plural
from clipsafe_utils.claims.ledger import Changed, Entry
from clipsafe_utils.claims.registry import Claim
from clipsafe_utils.claims.result import ClaimsLedger
from clipsafe_utils.claims.rows import p_value
from clipsafe_utils.claims.settling import what_would_settle
from clipsafe_utils.claims.summary import SAID, by_choice, by_label, by_study
from clipsafe_utils.claims.wording import CHANGES, KNOWN_BEFORE, MARKS, SEEN_IN, ends, estimate, number, rule
from clipsafe_utils.cubes.studies import REPOSITORY
from clipsafe_utils.say import Missing, level
from clipsafe_utils.show.encoding import LOOKS
from clipsafe_utils.show.shown import Shown
from clipsafe_utils.show.tables import folded, stacked, table

_MOST_NAMED = 20  # Networks of a cube that were read twice: more have a number only.


def matrix(entries: Sequence[Entry], page: str = "") -> Shown:
    """Tabulate which claims have which label in each study; an id leads to its row, which is on `page`."""
    studies = _titled(entries)
    blocks = []
    for title, own in (("Findings of the papers", False), ("Claims of this book", True)):
        cells = {
            name: by_label(entry for entry in of_study if entry.claim.is_own == own)
            for name, of_study in studies.items()
        }
        rows = "".join(
            f'<tr><th scope="row">{word(label)}</th>'
            + "".join(f"<td>{_ids(of_study.get(label, ()), page)}</td>" for of_study in cells.values())
            + "</tr>"
            for label in SAID
            if any(label in of_study for of_study in cells.values())
        )
        head = f'<tr><th scope="rowgroup" colspan="{len(studies) + 1}">{title}</th></tr>'
        blocks.append(f'<tbody class="block">{head}{rows}</tbody>' if rows else "")
    return _captioned(
        f"<table><thead>{_head('Label', studies)}</thead>{''.join(blocks)}</table>",
        "The claims with each label, by study; each links to its row of the ledger. A small letter after "
        "a number marks a part of a finding; it counts with the whole. In brackets: independent units, as "
        "a rule training lineages. Colour: labels based on more than one or two real networks.",
    )


def rows(r: ClaimsLedger) -> Shown:
    """Tabulate claim by study: label, effect, who was counted; below each, the claim's rule and the units."""
    studies = _titled(r.entries)
    bodies = "".join(
        _body([of_study[place] for of_study in studies.values()], r.confidence)
        for place in range(len(next(iter(studies.values()))))
    )
    return _captioned(
        f'<table class="ledger-table"><thead>{_head("Claim", studies)}</thead>{bodies}</table>',
        f"The ledger. Each cell has the label; the mean effect over units with its {level(r.confidence)} "
        "interval or, for a claim about some network, the largest network's effect with its part of the "
        "band; and the networks, pairs or sources that were counted. Under each claim, a fold says how it "
        "is judged and what another unit would show.",
    )


def without_one_unit(r: ClaimsLedger) -> Shown:
    """Tabulate the label of each claim with each of its units left out."""
    said = [
        (
            f"{entry.claim.id} in {entry.study}",
            str(entry.label),
            "; ".join(f"{unit}: {label}" for unit, label in entry.dropped.items() if label != entry.label)
            or "the same, whichever is left out",
        )
        for entry in r.entries
        if entry.dropped and entry.label not in CLOSED
    ]
    return table(
        pd.DataFrame(said, columns=["Claim", "With all units", "Another label without"]),
        "Labels with each unit left out in turn, where there are two units or more.",
    )


def sensitivity(changed: Iterable[Changed]) -> Shown:
    """Tabulate the choices, how many labels can change with each, and which do; folded where none does."""
    rows_by_flips: dict[bool, list[tuple[str, int, int, str]]] = {True: [], False: []}
    for flip in by_choice(changed):
        which = "; ".join(map(_flip, flip.flipped)) or "none"
        row = (CHANGES[flip.choice, flip.value], len(flip.tried), len(flip.flipped), which)
        rows_by_flips[bool(flip.flipped)].append(row)
    names = ["Choice made differently", "Labels", "Flips", "Which"]
    shown = {
        flips: table(
            pd.DataFrame(of_one, columns=names),
            f"Choices that flip {'a label' if flips else 'nothing'}, one made differently at a time: how "
            "many labels can change with each, and which do. A finding with parts follows its parts.",
        )
        for flips, of_one in rows_by_flips.items()
    }
    still = folded(shown[False], f"Choices that flip nothing: {len(rows_by_flips[False])}")
    return stacked([shown[True], still] if rows_by_flips[True] else [still])


def floors(r: ClaimsLedger) -> Shown:
    """Tabulate the evaluation floor of each cube of each study, and below it the networks behind a few."""
    said = []
    for (study, cube), networks in r.readings.items():
        differences = networks["difference"]
        row = {"Study": study, "Cube": cube, "Networks read twice": len(networks)}
        said.append(
            row
            | {"Floor, points": _points(differences.median()), "Largest, points": _points(differences.max())}
        )
    of_cubes = table(
        pd.DataFrame(said),
        "The evaluation floor: how far the first two readings of a network differ, as the median over "
        "networks; and the largest difference. Both readings may be of one source, at two image sizes or by "
        "two sets of prompts.",
    )
    named = [
        folded(_readings(cube, networks), f"The networks that were read twice: study {study}, cube {cube}")
        for (study, cube), networks in r.readings.items()
        if 0 < len(networks) <= _MOST_NAMED
    ]
    return stacked([of_cubes, *named])


def _readings(cube: str, networks: pd.DataFrame) -> Shown:
    said = [
        {
            "Network": row["checkpoint"].split(":")[-1],
            "First": _reading(row["first"]),
            "Second": _reading(row["second"]),
            "Difference, points": _points(row["difference"]),
        }
        for row in networks.to_dict("records")
    ]
    return table(
        pd.DataFrame(said),
        f"Two readings of one network, cube {cube}: the median size of their difference over all that both "
        "measured. A CLIP that one source asked with several sets of prompts counts with the first two.",
    )


def _reading(row: str) -> str:
    """Name a row by its source, and by the set of prompts where it has one."""
    source, _, name = row.partition(":")
    prompts = name.partition("/")[2]
    return f"{source}, {prompts}" if prompts else source


def _points(share: float) -> str:
    return "none" if np.isnan(share) else f"{100 * share:.2f}"


def since_the_freeze(freeze: Freeze | Missing) -> Shown:
    """Tabulate the files that were frozen, and every change of a claim or of the rule since."""
    if isinstance(freeze, Missing):
        return Shown(f"<p>{html.escape(freeze.reason)}.</p>")
    said = [
        (one.path, _in_parts(one.sha256), "as it was frozen" if one.is_unchanged else "changed since")
        for one in freeze.files
    ]
    files = table(
        pd.DataFrame(said, columns=["File", "SHA-256", "Now"]),
        f"Frozen on {freeze.date}, at the commit {freeze.commit}.",
    )
    since = [(one.date, one.claim or "the rule", one.what, one.before, one.after) for one in changes()]
    if not since:
        return files
    names = ["Date", "Claim", "What", "Label before", "Label after"]
    return stacked([files, table(pd.DataFrame(since, columns=names), "Changes since.")])


def word(label: Label) -> str:
    """Write a label with its mark, in its colour if it has one."""
    said = f'<span class="together">{MARKS[label]} {label}</span>'
    if label not in LOOK_OF_LABEL:
        return said
    colour = LOOKS[LOOK_OF_LABEL[label]].light.lower()
    return f'<strong style="color: var(--look-{colour[1:]}, {colour})">{said}</strong>'


@cache
def pages() -> Mapping[str, tuple[str, str]]:
    """Return the page and the title of each chapter, by its name."""
    sources = (REPOSITORY / "notebooks").glob("*.md")
    return {name_of(source): (source.stem, title_of(source)) for source in sources}


def _titled(entries: Iterable[Entry]) -> dict[str, list[Entry]]:
    """Sort entries by study, under the title of its column."""
    return {
        f"{name} (proxy)" if of_study[0].of_proxy else name: of_study
        for name, of_study in by_study(entries).items()
    }


def _ids(entries: Iterable[Entry], page: str) -> str:
    return ", ".join(f"{_link(entry.claim, page)}{_units(entry)}" for entry in entries) or "–"


def _units(entry: Entry) -> str:
    return f" ({entry.units})" if entry.units and entry.label not in CLOSED else ""


def _link(claim: Claim, page: str) -> str:
    """Link a claim to its row; the title says its sentence, and `cards.js` shows it."""
    title = html.escape(f"{claim.id}. {claim.sentence}")
    return f'<a class="reference internal" href="{page}#{claim.id}" title="{title}">{claim.id}</a>'


def _head(first: str, studies: Iterable[str]) -> str:
    others = "".join(f'<th scope="col">{html.escape(name)}</th>' for name in studies)
    return f'<tr><th scope="col">{first}</th>{others}</tr>'


def _body(entries: Sequence[Entry], confidence: float) -> str:
    claim = entries[0].claim
    cells = "".join(
        f'<td data-label="{entry.label}" data-rank="{SAID.index(entry.label)}">'
        f"{_cell(entry, confidence)}</td>"
        for entry in entries
    )
    details = [*_asked(claim), *(row for entry in entries for row in _of_units(entry, confidence))]
    more = "".join(
        f"<dt>{html.escape(name)}</dt><dd>{html.escape(said)}</dd>" for name, said in details if said
    )
    part = ' class="part"' if claim.finding else ""
    fold = f"<details><summary>{claim.id}: how it is judged</summary><dl>{more}</dl></details>"
    return (
        f'<tbody><tr id="{claim.id}"><th scope="row"{part}>{_claim_cell(claim)}</th>{cells}</tr>'
        + (f'<tr class="more"><td colspan="{len(entries) + 1}">{fold}</td></tr>' if more else "")
        + "</tbody>"
    )


def _cell(entry: Entry, confidence: float) -> str:
    lines = [word(entry.label)]
    if entry.effect is not None and entry.label not in CLOSED:
        whose = " of the largest network" if entry.claim.quantifier == "some" else ""
        lines.append(html.escape(f"{estimate(entry.claim, entry.effect, confidence)}{whose}"))
    if entry.judgement.reason:
        lines.append(html.escape(entry.judgement.reason))
    return "<br>".join(lines)


def _claim_cell(claim: Claim) -> str:
    shown = html.escape(claim.chapter)
    if claim.chapter in pages():
        stem, title = pages()[claim.chapter]
        shown = f'<a href="{stem}.html#{claim.figure}">{html.escape(title)}</a>'
    lines = [
        f'<a href="#{claim.id}">{claim.id}.</a> {html.escape(claim.sentence)}',
        SEEN_IN[claim.seen] + (f" · {shown}" if shown else ""),
    ]
    return "<br>".join(lines)


def _asked(claim: Claim) -> Iterable[tuple[str, str]]:
    """Say what is fixed about a claim, whatever a study says."""
    if not claim.is_asked:
        return
    size = number(claim, claim.smallest_effect).lstrip("+")
    yield "Population", claim.population
    yield "Smallest effect", f"{size} {claim.unit}: {claim.because}"
    yield "For and against", rule(claim)
    yield "Corrected with", f"the family “{claim.family}”"
    yield "Known before", KNOWN_BEFORE[claim.known_before]


def _of_units(entry: Entry, confidence: float) -> Iterable[tuple[str, str]]:
    """Say how many units a study has, and what another one would show."""
    claim, mean, evidence = entry.claim, entry.effect, entry.evidence
    if mean is None or evidence is None or entry.label in CLOSED:
        return
    which = f" ({evidence.which})" if evidence.which else ""
    yield f"Units in {entry.study}", f"{len(evidence.units)}: {', '.join(evidence.units)}{which}"
    if claim.quantifier == "some":
        yield f"Another {evidence.unit}", "not tested: one network is enough to show that some are so"
        return
    if len(evidence.units) > 1:
        next_unit = f"{ends(claim, *mean.next_unit(confidence))} ({claim.unit})"
        yield f"The next {evidence.unit}, predicted from {entry.study}", next_unit
    yield (
        f"To say anything about other {plural(evidence.unit)}, {entry.study} lacks",
        what_would_settle(entry),
    )


def _in_parts(digest: str, size: int = 16) -> str:
    """Part a hash by spaces, so that a column can break it."""
    return " ".join(digest[place : place + size] for place in range(0, len(digest), size))


def _flip(one: Changed) -> str:
    said = f"{one.entry.claim.id} in {one.entry.study}, from {one.entry.label} to {one.after.label}"
    before, after = p_value(one.entry), p_value(one.after)
    return f"{said} (p {before or 'none'} to {after or 'none'})" if before or after else said


def _captioned(markup: str, caption: str) -> Shown:
    """Put a table of HTML under its caption."""
    said = html.escape(caption, quote=True)
    return Shown(
        f'<figure class="themed-table"><figcaption>{said}</figcaption>'
        f'<div class="table-box" role="region" aria-label="{said}" tabindex="0">{markup}</div></figure>'
    )

"""What the first page shows of the chapters: figures that they have drawn."""

import html
import re
from collections.abc import Mapping

from clipsafe_utils.chapters.quoted import SOURCE, figure_of
from clipsafe_utils.claims.result import ClaimsLedger
from clipsafe_utils.show.shown import Shown

FIGURES: Mapping[str, tuple[str, str]] = {
    "F17": ("07-causes", "fig-causes-retrieval"),
    "S1": ("03-distribution-shift", "fig-ood-clouds"),
    "S2": ("03-distribution-shift", "fig-ood-pairs"),
    "F2": ("01-factor-robustness", "fig-factor-residuals"),
    "F8": ("05-calibration", "fig-calibration-alike"),
    "F13": ("04-ood-correlation", "fig-ood-detection"),
    "F5": ("02-shape-bias", "fig-shape-bias"),
}
"""By claim, the page and the figure that show what real models say of it."""

_SMALL = 3
_DESCRIBED = re.compile(r' role="img" aria-label="[^"]*"')


def shown_claims(r: ClaimsLedger) -> list[str]:
    """Return the claims that real models decide, one a page: those with the most units first."""
    decided = [entry for entry in r.said_of_real if entry.claim.id in FIGURES]
    in_order = sorted(decided, key=lambda entry: entry.units, reverse=True)
    pages: dict[str, str] = {}
    for entry in in_order:
        pages.setdefault(FIGURES[entry.claim.id][0], entry.claim.id)
    return list(pages.values())


def headline(r: ClaimsLedger) -> Shown:
    """Show the figure of the claim that real models decide with the most units."""
    return figure_of(*FIGURES[shown_claims(r)[0]])


def thumbnails(r: ClaimsLedger, sentences: Mapping[str, object]) -> Shown:
    """Show the figures of the next claims small, each with its sentence and a link to its place."""
    cards = []
    for claim in shown_claims(r)[1:][:_SMALL]:
        page, figure = FIGURES[claim]
        # The sentence says what the link is for: the words of the small figure would stand in its way.
        drawing = _DESCRIBED.sub(' aria-hidden="true"', figure_of(page, figure).markup)
        drawing = SOURCE.sub("", drawing.replace("themed-figure", "small-figure", 1))
        sentence = str(sentences[claim])
        words = f"{html.escape(sentence[:1].upper() + sentence[1:])}. <em>{claim}</em>"
        cards.append(f'<a class="card-link" href="{page}.html#{figure}">{drawing}<span>{words}</span></a>')
    return Shown(f'<div class="figure-cards">{"".join(cards)}</div>')

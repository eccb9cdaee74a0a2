"""The first page: which figures it shows, and what it quotes."""

import pytest
from bs4 import BeautifulSoup

from clipsafe_utils import parameters_of
from clipsafe_utils.chapters.claims.first_page import FIGURES, headline, shown_claims, thumbnails
from clipsafe_utils.chapters.quoted import figure_of
from clipsafe_utils.claims.result import ClaimsLedger, claims_ledger
from clipsafe_utils.errors import ClipsafeError
from tests.conftest import REPOSITORY


@pytest.fixture(scope="module")
def ledger() -> ClaimsLedger:
    return claims_ledger(parameters_of("claims", {"studies": ["published", "miniature"]}))


def test_the_claim_with_the_most_units_comes_first_and_pages_come_once(ledger: ClaimsLedger) -> None:
    units = {entry.claim.id: len(entry.evidence.units) for entry in ledger.said_of_real if entry.evidence}
    claims = shown_claims(ledger)
    assert units[claims[0]] == max(units[claim] for claim in units if claim in FIGURES)
    assert [units[claim] for claim in claims] == sorted((units[claim] for claim in claims), reverse=True)
    pages = [FIGURES[claim][0] for claim in claims]
    assert len(pages) == len(set(pages))


def test_every_figure_stands_on_its_page() -> None:
    for page, figure in FIGURES.values():
        assert f"name: {figure}\n" in (REPOSITORY / "notebooks" / f"{page}.md").read_text(encoding="utf-8")


def test_small_figures_are_links_with_a_sentence_and_no_other_name(ledger: ClaimsLedger) -> None:
    sentences = {claim: f"what {claim} says & means" for claim in FIGURES}
    links = BeautifulSoup(thumbnails(ledger, sentences).markup, "html.parser").find_all("a")
    assert [link["href"] for link in links] == [
        "{}.html#{}".format(*FIGURES[claim]) for claim in shown_claims(ledger)[1:4]
    ]
    for link, claim in zip(links, shown_claims(ledger)[1:], strict=False):
        assert link.span.get_text() == f"What {claim} says & means. {claim}"
        assert link.svg["aria-hidden"] == "true"
        assert not link.svg.has_attr("aria-label")
        assert not link.find(class_="figure-source")


def test_a_quoted_figure_is_drawn_as_on_its_page_without_its_data(ledger: ClaimsLedger) -> None:
    drawn = BeautifulSoup(headline(ledger).markup, "html.parser")
    assert drawn.svg["role"] == "img"
    assert drawn.find(class_="figure-source").get_text().startswith("Source: study published, derived from")
    assert not drawn.find_all("script")
    assert headline(ledger).png.startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("page", "says"),
    [("00-nothing", "run `clipsafe render nothing` first"), ("02-shape-bias", "no figure fig-no")],
)
def test_what_cannot_be_quoted_is_one_sentence(page: str, says: str) -> None:
    with pytest.raises(ClipsafeError, match=says):
        figure_of(page, "fig-no")


def test_claims_are_quoted_and_listed_by_what_is_said(ledger: ClaimsLedger) -> None:
    assert ledger.sentences_of("F2") == "CLIP is weaker than others on object pose (F2)."
    claims = ("F2", "F5", "F9")
    said = ledger.those("for", {claim: f"word of {claim}" for claim in claims})
    assert [claim in said for claim in claims] == [ledger.speaks(claim) == "for" for claim in claims]
    assert ledger.those("for", {}) == "nothing that is decided"
    assert ledger.drawn_say("F6") == "shown possible F6"
    assert int(ledger.still_open) + sum(
        entry.label in ("supported", "contradicted", "reproduced", "not reproduced")
        for entry in ledger.real
        if not entry.claim.is_own and entry.claim.id.strip("abc") == entry.claim.id
    ) == int(ledger.number)

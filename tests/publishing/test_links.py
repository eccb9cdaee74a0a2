"""Claims and terms that a page names become links, and nothing else does."""

import re

import pytest
from docutils import nodes
from docutils.utils import new_document

from clipsafe_utils.claims.registry import claims
from clipsafe_utils.cubes.studies import REPOSITORY
from clipsafe_utils.publishing.claim_links import SEPARATOR, about_claims
from clipsafe_utils.publishing.prose import link, link_words, prose
from clipsafe_utils.publishing.term_links import FORMS, Term, form_of, link_first_uses


def page(*parts: nodes.Node) -> nodes.document:
    document = new_document("page")
    document += parts
    return document


def linked(document: nodes.document) -> list[str]:
    return [reference.astext() for reference in document.findall(nodes.reference)]


def terms(*names: str) -> dict[str, Term]:
    return {f"glossary.html#{name}": Term(name, name, f"What {name} is.") for name in names}


def test_only_prose_is_linked() -> None:
    document = page(
        nodes.title("", "F1"),
        nodes.literal_block("", "F1"),
        nodes.paragraph("", "", nodes.literal("", "F1"), nodes.reference("", "F1", refuri="#")),
        nodes.paragraph("", "", nodes.strong("", "F1"), nodes.Text(" and F1.")),
    )
    assert [text.astext() for text in prose(document)] == ["F1", " and F1."]


def test_words_between_links_stay() -> None:
    paragraph = nodes.paragraph("", "F1, F22 and F2.")
    pattern = re.compile(r"F\d+")
    link_words(
        paragraph[0], pattern, lambda word: link(word[0], "#", "", "claim") if word[0] != "F22" else None
    )
    assert paragraph.astext() == "F1, F22 and F2."
    assert linked(page(paragraph)) == ["F1", "F2"]


def test_a_card_of_a_claim_has_its_sentence_and_a_label_a_line() -> None:
    first = claims()[0]
    about = about_claims({first.id: "published: unclear; miniature (proxy): not shown", "answer": "x"})
    assert list(about) == [first.id]
    assert f'split("{SEPARATOR}")' in (REPOSITORY / "book" / "_static" / "cards.js").read_text(
        encoding="utf-8"
    )
    sentence, *labels = about[first.id].split(SEPARATOR)
    assert sentence == f"{first.id}. {first.sentence}"
    assert labels == ["published: unclear", "miniature (proxy): not shown"]


def test_the_first_use_of_a_term_is_linked_and_no_other() -> None:
    document = page(
        nodes.paragraph("", "Rungs of a ladder; one rung."),
        nodes.paragraph("", "The rung and the floor."),
    )
    link_first_uses(document, terms("rung", "ladder", "floor"))
    assert linked(document) == ["Rungs", "ladder", "floor"]
    assert document.astext() == "Rungs of a ladder; one rung.\n\nThe rung and the floor."


def test_the_longer_term_is_linked_where_two_begin_together() -> None:
    document = page(nodes.paragraph("", "The evaluation floor, a prediction interval, an interval."))
    link_first_uses(document, terms("floor", "evaluation floor", "interval", "prediction interval"))
    assert linked(document) == ["evaluation floor", "prediction interval", "interval"]


def test_captions_and_tables_are_not_where_a_term_is_met() -> None:
    document = page(
        nodes.figure("", nodes.caption("", "A rung.")),
        nodes.table("", nodes.paragraph("", "A rung.")),
        nodes.paragraph("", "The last rung."),
    )
    link_first_uses(document, terms("rung"))
    (reference,) = document.findall(nodes.reference)
    assert reference.parent.astext() == "The last rung."
    assert reference["reftitle"] == "What rung is."


@pytest.mark.parametrize(
    ("term", "said", "not_said"),
    [
        ("WIT", "WIT", "wit"),
        ("ECE", "the ECE of", "PIECES"),
        ("cue conflict", "cue-conflict images", "a cue"),
        ("standard", "Standard networks", "the standard deviation"),
        ("record", "the record", "a record of"),
        ("floor", "its floor", "the evaluation floor"),
        ("label", "The ledger's label", "labels of ImageNet"),
        ("points", "Three points", "This points-free"),
    ],
)
def test_a_word_is_a_term_where_the_glossary_means_it(term: str, said: str, not_said: str) -> None:
    assert re.search(form_of(term), said)
    assert not re.search(form_of(term), not_said)


def test_every_form_is_of_a_term_of_the_glossary() -> None:
    glossary = (REPOSITORY / "book" / "glossary.md").read_text(encoding="utf-8").splitlines()
    assert set(FORMS) <= set(glossary)

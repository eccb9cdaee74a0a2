"""Links of the compiled book: where a claim, a term, a citation or a figure is named, and what heads say."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from bs4 import BeautifulSoup, NavigableString, Tag

from clipsafe_utils.address import read_repository
from clipsafe_utils.claims.registry import claims
from clipsafe_utils.cubes.studies import REPOSITORY
from clipsafe_utils.publishing.term_links import form_of
from tests.built_site import built_site

pytestmark = pytest.mark.slow

CLAIM = re.compile(r"\b(?:F\d+[a-z]?|S\d+)\b")
UNLINKED = ("a", "code", "pre", "svg", "script", "style", "h1", "h2", "h3", "h4", "summary")
IN_A_TABLE = ("table", "figure", "nav")
GLOSSARY = "glossary.html"


@pytest.fixture(scope="module")
def articles() -> dict[str, Tag]:
    found = {}
    for file in sorted((built_site() / "book").glob("*.html")):
        article = BeautifulSoup(file.read_text(encoding="utf-8"), "html.parser").select_one("article")
        assert article is not None
        found[file.name] = article
    return found


def plain_texts(article: Tag, without: tuple[str, ...]) -> Iterator[NavigableString]:
    """Give the pieces of text of paragraphs that stand in nothing of some kinds."""
    for text in article.find_all(string=True):
        holders = {holder.name for holder in text.parents}
        if holders & {"p", "li", "dd"} and not holders & set(without):
            yield text


def test_every_claim_that_a_page_names_leads_to_its_row(articles: dict[str, Tag]) -> None:
    known = {claim.id for claim in claims()}
    rows = {str(row["id"]) for row in articles["08-claims.html"].select("tbody > tr[id]")}
    assert known <= rows
    number = 0
    for name, article in articles.items():
        # A table that a cell makes brings its own links.
        unlinked = [
            f"{name}: {text.strip()[:80]}"
            for text in plain_texts(article, (*UNLINKED, "table"))
            if known & set(CLAIM.findall(text)) and not text.find_parent(class_="cell_output")
        ]
        assert unlinked == []
        for link in article.select("a.claim-link"):
            assert str(link["href"]).removeprefix("08-claims.html") == f"#{link.text}"
            assert str(link["title"]).startswith(f"{link.text}. ")
            assert "published: " in str(link["title"])
            number += 1
    assert number > 100


def test_the_label_that_the_role_says_is_that_of_the_ledger(articles: dict[str, Tag]) -> None:
    labels = json.loads((REPOSITORY / "book" / "results" / "claims.json").read_text(encoding="utf-8"))
    row = articles["08-claims.html"].select_one("#F1")
    assert row is not None
    label = row.select("td")[0]["data-label"]
    assert labels["F1"].startswith(f"published: {label};")
    box = articles["01-factor-robustness.html"].select_one(".admonition.tip")
    assert box is not None
    assert f"F1 {label}" in " ".join(box.get_text(" ").split())


def test_the_first_use_of_a_term_in_a_chapter_leads_to_the_glossary(articles: dict[str, Tag]) -> None:
    terms = {str(term["id"]): term.find(string=True) for term in articles[GLOSSARY].select("dt[id]")}
    chapters = [name for name in articles if name[0].isdigit()]
    assert len(chapters) == 8
    for name in chapters:
        links = [str(link["href"]) for link in articles[name].select("a.term-link")]
        linked = {link.partition("#")[2] for link in links if link.startswith(GLOSSARY)}
        assert linked <= set(terms)
        assert len(linked) >= 10, f"{name}: {sorted(linked)}"
        prose = " ".join(
            text
            for text in plain_texts(articles[name], (*UNLINKED, *IN_A_TABLE))
            if not text.find_parent(class_="cell_output")
        )
        forms = {target: form_of(str(term).strip()) for target, term in terms.items()}
        missing = [target for target in terms.keys() - linked if re.search(forms[target], prose)]
        # A word that is part of a longer term, linked there, may be met in no other place.
        assert missing == [], name


def test_what_is_linked_has_a_card(articles: dict[str, Tag]) -> None:
    for name, article in articles.items():
        for link in article.select("a.term-link, a.claim-link"):
            assert len(str(link["title"])) > 15, f"{name}: {link}"
        for link in article.select('a.internal[href*=".html#fig-"]'):
            assert link.get("title"), f"{name}: {link}"
        for link in article.select('a.internal[href^="references.html#"]'):
            assert link.get("title"), f"{name}: {link}"


def test_references_are_linked_and_listed_as_they_are_cited(articles: dict[str, Tag]) -> None:
    entries = {str(entry["id"]): entry for entry in articles["references.html"].select(".citation")}
    for entry in entries.values():
        assert entry.select('a.external[href^="https://"]'), entry.get_text()
    labels = {
        place: entry.select_one(".label").get_text().strip("[]")  # type: ignore[union-attr]
        for place, entry in entries.items()
    }
    cited = [
        (" ".join(link.get_text().split()), str(link["href"]).partition("#")[2])
        for article in articles.values()
        for link in article.select('a[href^="references.html#"]')
    ]
    assert len(cited) > 50
    for text, place in cited:  # "Beyer et al., 2020", or in a sentence "2020" alone
        assert labels[place].endswith(text.split()[-1].strip("()[]")), (text, labels[place])


def test_every_page_has_a_description_of_its_own() -> None:
    said = {}
    for file in sorted((built_site() / "book").glob("*.html")):
        soup = BeautifulSoup(file.read_text(encoding="utf-8"), "html.parser")
        (described,) = soup.select('meta[name="description"]')
        said[file.name] = str(described["content"])
        assert 20 < len(said[file.name]) <= 302, file.name
        assert "{eval}" not in said[file.name]
    assert len(set(said.values())) == len(said)


def test_nothing_leads_to_an_address_that_is_not_real() -> None:
    is_public = read_repository(REPOSITORY).is_public
    address = yaml.safe_load((REPOSITORY / "_config.yml").read_text())["html"]["baseurl"]
    buttons = ".dropdown-launch-buttons, .dropdown-source-buttons"
    for file in (built_site() / "book").glob("*.html"):
        soup = BeautifulSoup(file.read_text(encoding="utf-8"), "html.parser")
        assert bool(soup.select(buttons)) == is_public, file.name
        own = [*soup.select('link[rel="canonical"]'), *soup.select('meta[property^="og:"]')]
        assert bool(own) == is_public, file.name
        assert all(address in str(tag) for tag in own if "url" in str(tag) or "image" in str(tag))


@pytest.fixture(scope="module")
def index() -> dict[str, Any]:
    text = (built_site() / "searchindex.js").read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text.removeprefix("Search.setIndex(").removesuffix(")"))
    return found


def test_the_search_finds_claims_and_models_at_their_rows(index: dict[str, Any]) -> None:
    ((page, place, _),) = index["indexentries"]["f13"]
    assert (index["docnames"][page], place) == ("book/08-claims", "F13")
    ((page, place, _),) = index["indexentries"]["vit-b-32.openai@224"]
    assert (index["docnames"][page], place) == ("book/models", "q=ViT-B-32.openai%40224")


def test_the_search_does_not_know_the_code_of_cells(index: dict[str, Any]) -> None:
    assert {"temperatur", "shape"} <= set(index["terms"])
    code = ("parameters_of", "section_need", "section_needs")
    found = (index["terms"].get(word, []) for word in code)
    pages = {page for at in found for page in (at if isinstance(at, list) else [at])}
    assert {index["docnames"][page] for page in pages} <= {"book/api"}  # It says what the package offers.

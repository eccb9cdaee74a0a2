"""What the book cites can be found, and is listed under the name and year by which the text cites it."""

import re
from collections.abc import Mapping

import pytest
from pybtex.database import BibliographyData, Entry, Person, parse_file

from clipsafe_utils.cubes.studies import REPOSITORY
from clipsafe_utils.publishing.citations import label_of, tell_years_apart

FORMS = {
    "doi": re.compile(r"10\.\d{4,9}/\S+"),
    "eprint": re.compile(r"\d{4}\.\d{4,5}"),
    "url": re.compile(r"https://[\w.-]+\.[a-z]{2,}/\S*"),
}
"""By field, the form of what leads to a publication."""


@pytest.fixture
def entries() -> Mapping[str, Entry]:
    data: BibliographyData = parse_file(str(REPOSITORY / "references.bib"))
    return data.entries


def test_every_entry_leads_to_its_publication(entries: Mapping[str, Entry]) -> None:
    for key, entry in entries.items():
        given = {field: entry.fields[field] for field in FORMS if field in entry.fields}
        assert given, f"{key}: needs one of {', '.join(FORMS)}"
        for field, value in given.items():
            assert FORMS[field].fullmatch(value), f"{key}: {field} = {value}"


POSTED_LATER = {"tu2023closer"}
"""Preprints from after the publication: arXiv 2402.07410 is of February 2024, NeurIPS 36 of December 2023."""


def test_a_preprint_is_from_before_its_publication_or_its_year(entries: Mapping[str, Entry]) -> None:
    for key, entry in entries.items():
        if "eprint" in entry.fields:
            latest = int(entry.fields["year"]) + (key in POSTED_LATER)
            assert 2000 + int(entry.fields["eprint"][:2]) <= latest, key


def test_no_two_entries_lead_to_one_place(entries: Mapping[str, Entry]) -> None:
    places = [entry.fields[field] for entry in entries.values() for field in FORMS if field in entry.fields]
    assert len(places) == len(set(places))


def test_labels_are_told_apart_by_letters(entries: Mapping[str, Entry]) -> None:
    tell_years_apart(entries)
    labels = [label_of(entry) for entry in entries.values()]
    assert len(labels) == len(set(labels))
    assert label_of(entries["hendrycks2021many"]) == "Hendrycks et al., 2021a"
    assert label_of(entries["hendrycks2021natural"]) == "Hendrycks et al., 2021b"
    assert label_of(entries["beyer2020done"]) == "Beyer et al., 2020"
    tell_years_apart(entries)  # Once more changes nothing.
    assert labels == [label_of(entry) for entry in entries.values()]


@pytest.mark.parametrize(
    ("people", "label"),
    [
        (["van den Oord, A."], "van den Oord, 2020"),
        (["A, X.", "B, Y."], "A and B, 2020"),
        (["A, X.", "B, Y.", "C, Z."], "A et al., 2020"),
    ],
)
def test_a_label_names_two_people_or_the_first(people: list[str], label: str) -> None:
    assert label_of(Entry("book", {"year": "2020"}, {"author": [Person(one) for one in people]})) == label

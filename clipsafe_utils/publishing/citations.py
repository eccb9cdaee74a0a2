"""A Sphinx extension, named in _config.yml: references under the name and year of the text."""

# Two entries of one name and year would be one in the text: their years get letters, there and in the list.
# The library of citations asks for its writer of text at every citation. What is not registered it looks for
# among all installed packages.

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from itertools import count
from string import ascii_lowercase

from pybtex.backends.plaintext import Backend
from pybtex.database import Entry
from pybtex.plugin import register_plugin
from pybtex.style.formatting.unsrt import Style
from pybtex.style.labels import BaseLabelStyle
from sphinx.application import Sphinx

STYLE = "clipsafe"
"""Value of ``bibtex_default_style`` that asks for this."""

_AFTER_THE_ENTRIES_ARE_READ = 900
_MOST_NAMED = 2


def label_of(entry: Entry) -> str:
    """Return the names and the year by which the text cites an entry.

    Examples
    --------
    >>> from pybtex.database import Person
    >>> label_of(Entry("book", {"year": "1993"}, {"author": [Person("Efron, B."), Person("Tibshirani, R.")]}))
    'Efron and Tibshirani, 1993'
    """
    people = entry.persons["author"]
    names = [" ".join(map(str, one.rich_prelast_names + one.rich_last_names)) for one in people[:_MOST_NAMED]]
    said = " and ".join(names) if len(people) <= _MOST_NAMED else f"{names[0]} et al."
    return f"{said}, {entry.fields['year']}"


def tell_years_apart(entries: Mapping[str, Entry]) -> None:
    """Give the years of entries of one label letters, in the order of the entries."""
    labels = Counter(map(label_of, entries.values()))
    letters: defaultdict[str, count[int]] = defaultdict(count)
    for entry in entries.values():
        if labels[label := label_of(entry)] > 1:
            entry.fields["year"] += ascii_lowercase[next(letters[label])]


class AuthorYearLabels(BaseLabelStyle):  # type: ignore[misc]
    """Labels of names and year."""

    def format_labels(self, sorted_entries: Iterable[Entry]) -> Iterable[str]:
        """Return the label of each entry."""
        return map(label_of, sorted_entries)


class AuthorYear(Style):  # type: ignore[misc]
    """Entries in the order of their labels."""

    default_sorting_style = "author_year_title"
    default_label_style = STYLE


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the style, and the writer that tooltips of citations are written with; Sphinx calls this."""
    register_plugin("pybtex.backends", "plaintext", Backend, force=True)
    register_plugin("pybtex.style.labels", STYLE, AuthorYearLabels, force=True)
    register_plugin("pybtex.style.formatting", STYLE, AuthorYear, force=True)
    app.connect("builder-inited", _tell_apart, priority=_AFTER_THE_ENTRIES_ARE_READ)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _tell_apart(app: Sphinx) -> None:
    tell_years_apart(app.env.get_domain("cite").bibdata.data.entries)  # type: ignore[attr-defined]

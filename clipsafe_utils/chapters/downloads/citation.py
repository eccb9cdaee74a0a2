"""How to cite the book: `CITATION.cff` in words and as BibTeX."""

from pathlib import Path
from typing import Any

import yaml

from clipsafe_utils.errors import ClipsafeError


def read_citation(root: Path) -> dict[str, Any]:
    """Read ``CITATION.cff``; ClipsafeError if it cannot be read, or lacks what a citation needs."""
    file = root / "CITATION.cff"
    try:
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise ClipsafeError(f"{file}: cannot be read as YAML.") from error
    wanted = ("title", "version", "date-released", "authors", "license")
    lacking = [key for key in wanted if not isinstance(content, dict) or not content.get(key)]
    if lacking:
        raise ClipsafeError(f"{file}: lacks the key '{lacking[0]}', which a citation needs.")
    return dict(content)


def in_words(citation: dict[str, Any]) -> str:
    """Write a citation as a line."""
    title = citation["title"].rstrip(".")
    stop = "" if title.endswith("?") else "."
    doi = f" https://doi.org/{citation['doi']}" if citation.get("doi") else ""
    return f"{_authors(citation)} ({_year(citation)}). {title}{stop} Version {citation['version']}.{doi}"


def as_bibtex(citation: dict[str, Any], address: str) -> str:
    """Write a citation as an entry of BibTeX."""
    fields = {
        "author": f"{{{_authors(citation)}}}",
        "title": citation["title"],
        "version": citation["version"],
        "year": _year(citation),
        "url": address,
    } | ({"doi": citation["doi"]} if citation.get("doi") else {})
    lines = [f"  {key} = {{{value}}}," for key, value in fields.items()]
    return "\n".join([f"@software{{clipsafe{_year(citation)},", *lines, "}"])


def _authors(citation: dict[str, Any]) -> str:
    names = [
        author.get("name") or f"{author['given-names']} {author['family-names']}"
        for author in citation["authors"]
    ]
    return " and ".join(names)


def _year(citation: dict[str, Any]) -> str:
    return str(citation["date-released"])[:4]

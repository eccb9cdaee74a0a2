"""Scripts, styles and pages as a site has them: what only their authors read stays in the repository."""

import re
from pathlib import Path

_COMMENTS = {
    ".js": re.compile(r"^[ \t]*//.*\n", re.MULTILINE),
    ".css": re.compile(r"/\*.*?\*/", re.DOTALL),
}
_INDENTS = re.compile(r"^\s+", re.MULTILINE)
_AS_WRITTEN = re.compile(r"(<(pre|script|style|textarea)\b.*?</\2>)", re.DOTALL)


def lighten(sources: Path, site: Path) -> None:
    """Write the scripts and styles of a folder into that of a site, without comments and indents."""
    for source in sources.glob("*"):
        if source.suffix in _COMMENTS and ".min." not in source.name:
            text = source.read_text(encoding="utf-8")
            (site / source.name).write_text(lighter(text, source.suffix), encoding="utf-8")


def lighter(text: str, kind: str) -> str:
    """Leave out comments that fill lines, indents and empty lines; no text of ours goes over several lines.

    Examples
    --------
    >>> lighter(chr(10).join(["{", "  // Why.", "  act(); // here", "}"]), ".js").splitlines()
    ['{', 'act(); // here', '}']
    """
    return _INDENTS.sub("", _COMMENTS[kind].sub("", text))


def lighten_pages(site: Path) -> None:
    """Leave out the indents of the pages of a site; code keeps its own."""
    for page in site.rglob("*.html"):
        page.write_text(without_indents(page.read_text(encoding="utf-8")), encoding="utf-8")


def without_indents(markup: str) -> str:
    """Leave out what begins the lines of a page, but for what is shown or run as written.

    Examples
    --------
    >>> without_indents(chr(10).join(["<p>", "  one", "</p>", "<pre>if x:", "  y</pre>"])).splitlines()
    ['<p>', 'one', '</p>', '<pre>if x:', '  y</pre>']
    """
    parts = _AS_WRITTEN.split(markup)
    # Each kept part is followed by the name of its element, which `split` gives, too.
    return "".join(
        re.sub(r"\n[ \t]+", "\n", part) if place % 3 == 0 else part
        for place, part in enumerate(parts)
        if place % 3 != 2
    )

"""Our scripts and styles as a site has them: what only their authors read stays in the repository."""

import re
from pathlib import Path

_COMMENTS = {
    ".js": re.compile(r"^[ \t]*//.*\n", re.MULTILINE),
    ".css": re.compile(r"/\*.*?\*/", re.DOTALL),
}
_INDENTS = re.compile(r"^\s+", re.MULTILINE)


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

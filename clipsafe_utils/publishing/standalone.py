"""A reader's own copy of a chapter: the notebook, and one page of HTML that needs no other file."""

import base64
import mimetypes
import re
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import nbformat
import yaml
from bs4 import BeautifulSoup
from nbformat.v4 import new_code_cell, new_output

from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.expressions import TEXTS
from clipsafe_utils.files import replacing, temporary_folder
from clipsafe_utils.filling import for_readers, texts_in
from clipsafe_utils.publishing.chapters import Chapter
from clipsafe_utils.publishing.compile import run_jupyter_book
from clipsafe_utils.publishing.content_policy import POLICY, hash_of, policy_of_one_file
from clipsafe_utils.publishing.page_scripts import LIBRARY_ATTRIBUTE
from clipsafe_utils.publishing.render import render_chapter

_CSS_REFERENCE = re.compile(r"""(?:url\(\s*|@import\s+(?=["']))["']?(?!data:|#)([^"')]+)["']?(?:\s*\))?""")
_NOT_KEPT = 'link[rel="preload"], .dropdown-launch-buttons, .dropdown-download-buttons'
_REFERRED_TO = re.compile(r"^(?:#+ |\([^\n]+\)=)[^\n]*|^(```|\$\$).*?^\1[^\n]*", re.MULTILINE | re.DOTALL)
_HTML_IN_SCRIPT = re.compile(r"<(?=!--|/?script)", re.IGNORECASE)
"""What would end a script or hide its end; it stands in texts and patterns, where ``\\x3c`` is the same."""


def write_standalone(
    root: Path, chapter: Chapter, folder: Path, parameters: Mapping[str, object] | None = None
) -> tuple[Path, Path]:
    """Render a chapter into a folder of the reader's; return the notebook and the page of HTML.

    The page opens from disk without a request: style, scripts, fonts and pictures are in it, and its links to
    other pages lead to the published book.
    """
    notebook = folder / chapter.published.name
    page = notebook.with_suffix(".html")
    for file in (notebook, page):
        if file.is_dir():
            raise ClipsafeError(f"{file}: is a folder; a file is to be written there.")
    with temporary_folder() as temporary:
        rendered = temporary / notebook.name
        render_chapter(chapter, rendered, parameters)
        project = _with_other_chapter(root, temporary / "book", rendered)
        # Pages that are not kept may miss numbers that this run of the chapter does not compute.
        site = run_jupyter_book(project, temporary, strict=False, only=project / "book" / notebook.name)
        html = inline_page(site, f"book/{notebook.stem}.html", published_address(root))
        content = nbformat.writes(for_readers(nbformat.read(rendered, as_version=4)))
    # Neither is moved into place before both are whole on the reader's disk.
    with replacing(notebook) as new_notebook, replacing(page) as new_page:
        new_notebook.write_text(content, encoding="utf-8")
        new_page.write_text(html, encoding="utf-8")
    return notebook, page


def published_address(root: Path) -> str:
    """Return the address of the published book, from ``html.baseurl`` of ``_config.yml``."""
    config = root / "_config.yml"
    address = (yaml.safe_load(config.read_text(encoding="utf-8")).get("html") or {}).get("baseurl") or ""
    if not address.endswith("/"):
        raise ClipsafeError(
            f"{config}: html.baseurl must be the address of the book, with a slash at its end."
        )
    return str(address)


def inline_page(site: Path, page: str, address: str) -> str:
    """Return a page of a compiled site with everything it needs inside."""
    file = site / page
    if not file.is_file():
        raise ClipsafeError(f"_toc.yml: does not list '{page.removesuffix('.html')}', so it has no page.")
    soup = BeautifulSoup(file.read_text(encoding="utf-8"), "html.parser")
    for unwanted in soup.select(_NOT_KEPT):
        unwanted.decompose()
    _inline_files(soup, file, site)
    hashes = _inline_scripts(soup, file, site / "_static")
    for policy in soup.select(POLICY):
        policy["content"] = policy_of_one_file(str(policy["content"]), hashes, address)
    for attribute, selector in {"href": "a[href], link[href]", "action": "form[action]"}.items():
        for element in soup.select(selector):
            element[attribute] = _published(str(element[attribute]), page, address)
    return str(soup)


def _with_other_chapter(root: Path, project: Path, notebook: Path) -> Path:
    """Make a project of links to the book, with one notebook and of all others what lets them be cited."""
    for folder, place in ((root, project), (root / "book", project / "book")):
        place.mkdir()
        for entry in folder.iterdir():
            if entry.suffix == ".ipynb":
                _write_outline(entry, place / entry.name)
            elif not entry.name.startswith(".") and entry.name not in ("book", "_build"):
                (place / entry.name).symlink_to(entry.resolve())
    own = project / "book" / notebook.name
    own.unlink(missing_ok=True)
    own.symlink_to(notebook)
    return project


def _write_outline(page: Path, place: Path) -> None:
    """Write a page with what others refer to and number: headings, targets, formulas, exercises, figures."""
    notebook = nbformat.read(page, as_version=4)
    texts = texts_in(notebook)
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = "\n\n".join(part[0] for part in _REFERRED_TO.finditer(cell.source))
        elif "figure" in cell.metadata.get("mystnb", {}):
            cell.outputs = [new_output("display_data", {"text/html": "<p></p>"})]
        elif cell.cell_type == "code":
            cell.outputs = []
    if notebook.cells[-1].cell_type == "code":  # That of a page without code is its text.
        notebook.cells.pop()
    notebook.cells.append(new_code_cell(outputs=[new_output("display_data", {TEXTS: dict(texts)})]))
    place.write_text(nbformat.writes(notebook), encoding="utf-8")


def _inline_files(soup: BeautifulSoup, page: Path, site: Path) -> None:
    """Put styles and pictures of the site into the page; the policy stops what comes from elsewhere."""
    for sheet in soup.select('link[rel="stylesheet"]'):
        if (source := _of_the_site(site, page, str(sheet["href"]))) is not None:
            style = soup.new_tag("style")
            style.string = _style(source)
            sheet.replace_with(style)
    for attribute, selector in {"src": "img[src], source[src]", "href": 'link[rel~="icon"]'}.items():
        for element in soup.select(selector):
            if (source := _of_the_site(site, page, str(element[attribute]))) is not None:
                element[attribute] = _data_address(source)


def _style(sheet: Path) -> str:
    def inline(reference: re.Match[str]) -> str:
        command = "@import " if reference[0].startswith("@import") else ""
        return f'{command}url("{_data_address(_beside(sheet, reference[1]))}")'

    return _CSS_REFERENCE.sub(inline, sheet.read_text(encoding="utf-8"))


def _data_address(file: Path) -> str:
    """Give a file as an address."""
    if file.suffix == ".ttf":  # No browser asks for it: the same font as .woff2 stands before it.
        return "data:,"
    kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    content = _style(file).encode() if file.suffix == ".css" else file.read_bytes()
    return f"data:{kind};base64,{base64.b64encode(content).decode('ascii')}"


def _inline_scripts(soup: BeautifulSoup, page: Path, folder: Path) -> list[str]:
    """Put the scripts of a folder into the page, those that wait for it at its end; return their hashes.

    As addresses of data they could only be allowed with all such addresses: Firefox compares no hash there.
    """
    hashes = []
    for element in soup.select("script[src]"):
        if (source := _of_the_site(folder, page, str(element["src"]))) is not None:
            code = _HTML_IN_SCRIPT.sub(r"\\x3c", source.read_text(encoding="utf-8"))
            del element["src"]
            element.string = code
            hashes.append(hash_of(code.encode()))
            if element.has_attr(LIBRARY_ATTRIBUTE):
                # The script puts what this address holds into the page, where the hash is that of code.
                library = _beside(source, str(element[LIBRARY_ATTRIBUTE]))
                element[LIBRARY_ATTRIBUTE] = _data_address(library)
                hashes.append(hash_of(library.read_bytes()))
            if element.has_attr("defer"):
                del element["defer"]
                (soup.body or soup).append(element.extract())
    return hashes


def _of_the_site(folder: Path, page: Path, reference: str) -> Path | None:
    """Return the file that a page refers to if it is in a folder: none from elsewhere gets into a page."""
    if urlsplit(reference).scheme:
        return None
    file = _beside(page, reference).resolve()
    return file if file.is_relative_to(folder.resolve()) and file.is_file() else None


def _beside(file: Path, reference: str) -> Path:
    return file.parent / urlsplit(reference).path


def _published(reference: str, page: str, address: str) -> str:
    """Lead to the published book, but for places in this page."""
    here = urljoin(address, page)
    there = urljoin(here, reference)
    place = there.removeprefix(here)
    return place if place == "" or place.startswith("#") else there

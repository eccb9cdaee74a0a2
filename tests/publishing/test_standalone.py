"""One page that needs no other file."""

import base64
import errno
import os
import re
import tempfile
from pathlib import Path

import nbformat
import pytest
from bs4 import BeautifulSoup
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.publishing import standalone
from clipsafe_utils.publishing.chapters import Chapter
from clipsafe_utils.publishing.content_policy import POLICY, hash_of
from clipsafe_utils.publishing.render import render_chapter
from clipsafe_utils.publishing.standalone import inline_page, published_address, write_standalone

ADDRESS = "https://example.org/book/"

PAGE = """<!DOCTYPE html>
<html><head>
<meta http-equiv="Content-Security-Policy" content="script-src 'self' 'sha256-known='"/>
<link rel="stylesheet" href="../_static/a.css?v=1"/>
<link rel="preload" as="font" href="../_static/font.woff2"/>
<link rel="icon" href="../_static/icon.svg"/>
<link rel="next" href="other.html"/>
<script data-library="b.js" defer="defer" src="../_static/a.js?v=2"></script>
<script src="../_static/b.js"></script>
<script src="data:text/javascript,alert(1)"></script><script src="../../secret.js"></script>
</head><body>
<div class="dropdown-download-buttons"><a href="../_sources/page.ipynb">.ipynb</a></div>
<img src="../_images/a.png"/><img src="data:,"/>
<a id="self" href="page.html#part">part</a><a id="here" href="#part">part</a>
<a id="other" href="other.html#x">other</a><a id="out" href="https://elsewhere.org/">out</a>
<form action="../search.html"></form>
<svg viewBox="0 0 1 1"><use href="#mark"></use></svg>
</body></html>
"""


A_SAFELY = r"const tag = '\x3c/script>\x3c!--\x3cSCRIPT>'; 1 < 2;"


@pytest.fixture
def site(tmp_path: Path) -> Path:
    files = {
        "a/b/page.html": PAGE.replace("../_", "../../_").replace("../search", "../../search"),
        "_static/a.css": (
            '@import "b.css"; @font-face {src: url(font.woff2) format("woff2"), url("font.ttf")}'
            " i {background: url(#inside), url('data:,x')}"
        ),
        "_static/b.css": "b {background: url(icon.svg)}",
        "_static/icon.svg": "<svg/>",
        "_static/a.js": "const tag = '</script><!--<SCRIPT>'; 1 < 2;",
        "_static/b.js": "first",
        "secret.js": "secret",
        "_static/font.woff2": "font",
        "_static/font.ttf": "font",
        "_images/a.png": "picture",
    }
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content)
    return tmp_path


def decoded(address: str) -> str:
    return base64.b64decode(address.split("base64,")[1]).decode()


def test_style_scripts_pictures_and_fonts_are_inside(site: Path) -> None:
    soup = BeautifulSoup(inline_page(site, "a/b/page.html", ADDRESS), "html.parser")
    assert [script.string for script in soup.select("script:not([src])")] == ["first", A_SAFELY]
    assert soup.body.contents[-1].string == A_SAFELY, "what waits for the page stands at its end"
    assert [img["src"] for img in soup.select("img")] == ["data:image/png;base64,cGljdHVyZQ==", "data:,"]
    assert decoded(str(soup.select_one('link[rel="icon"]')["href"])) == "<svg/>"
    assert soup.select('link[rel="stylesheet"], link[rel="preload"]') == []
    style = soup.style.string
    imported, font, no_fallback, anchor, data = re.findall(r"""url\(["']?([^"')]+)""", style)
    assert style.startswith("@import url(")
    assert decoded(re.search(r'url\("(.+)"\)', decoded(imported))[1]) == "<svg/>"
    assert decoded(font) == "font"
    assert (no_fallback, anchor, data) == ("data:,", "#inside", "data:,x")


def test_a_picture_that_is_in_the_page_already_stays(site: Path) -> None:
    page = site / "a" / "b" / "page.html"
    inside = f"data:image/png;base64,{'A' * 5_000}"
    page.write_text(page.read_text().replace("</body>", f'<img src="{inside}"></body>'))
    soup = BeautifulSoup(inline_page(site, "a/b/page.html", ADDRESS), "html.parser")
    assert inside in [img["src"] for img in soup.select("img")]


def test_only_scripts_of_the_site_get_into_the_page_and_into_its_policy(site: Path) -> None:
    soup = BeautifulSoup(inline_page(site, "a/b/page.html", ADDRESS), "html.parser")
    assert "secret" not in soup.get_text()
    policy = str(soup.select_one(POLICY)["content"])
    (allowed,) = re.findall(r"script-src ([^;]*)", policy)
    named = [f"'{hash_of(code.encode())}'" for code in (A_SAFELY, "first", "first")]
    assert allowed.split() == ["'sha256-known='", *named]
    library = soup.find("script", attrs={"data-library": True})
    assert library.string == A_SAFELY
    assert decoded(str(library["data-library"])) == "first", "what it loads later is in the page, too"
    assert "form-action https://example.org" in policy
    assert "'self'" not in policy


def test_links_lead_to_the_published_book_and_places_stay_in_the_page(site: Path) -> None:
    soup = BeautifulSoup(inline_page(site, "a/b/page.html", ADDRESS), "html.parser")
    links = {str(a.get("id")): a["href"] for a in soup.select("a")}
    assert links == {
        "self": "#part",
        "here": "#part",
        "other": "https://example.org/book/a/b/other.html#x",
        "out": "https://elsewhere.org/",
    }
    assert soup.form["action"] == "https://example.org/book/search.html"
    assert soup.select_one('link[rel="next"]')["href"] == "https://example.org/book/a/b/other.html"
    assert soup.use["href"] == "#mark"


@pytest.mark.parametrize("line", ["", "html: {baseurl: https://example.org/book}"])
def test_the_published_address_must_be_known(tmp_path: Path, line: str) -> None:
    (tmp_path / "_config.yml").write_text(f"title: x\n{line}\n")
    with pytest.raises(ClipsafeError, match=r"_config\.yml: html\.baseurl must be the address of the book"):
        published_address(tmp_path)


def references(html: str) -> list[str]:
    """Return every address that a browser asks for while it shows the page."""
    soup = BeautifulSoup(html, "html.parser")
    fetched = [str(tag.get("src")) for tag in soup.select("[src]")]
    fetched += [
        str(tag["href"]) for tag in soup.select('link[rel~="icon"], link[rel~="stylesheet"], use[href]')
    ]
    fetched += re.findall(
        r"""url\(["']?([^"')]+)""", "".join(style.string or "" for style in soup.select("style"))
    )
    return [address for address in fetched if not address.startswith(("data:", "#"))]


@pytest.mark.slow
def test_a_reader_gets_a_notebook_and_a_page_of_their_own(
    small_book: Path, tiny: Chapter, tmp_path: Path
) -> None:
    render_chapter(tiny, tiny.published)
    published = tiny.published.read_bytes()
    notebook, page = write_standalone(small_book, tiny, tmp_path / "mine", {"words": ["a", "b", "c"]})
    assert [path.name for path in (notebook, page)] == ["01-tiny.ipynb", "01-tiny.html"]
    assert tiny.published.read_bytes() == published
    assert not (small_book / "_build").exists()
    html = page.read_text()
    assert references(html) == []
    soup = BeautifulSoup(html, "html.parser")
    assert "The count is 3" in soup.get_text()
    assert soup.select_one(f'a[href="{published_address(small_book)}book/intro.html"]')
    assert soup.select_one("math[alttext]") is not None


def test_of_other_pages_stays_what_is_referred_to(tmp_path: Path) -> None:
    kept = [
        "(ch-other)=\n\n# Other",
        "$$\nx = 1\n$$ (eq-x)",
        "```{exercise-start}\n:label: ex-other\n# in a fence\n```",
    ]
    prose = ":::{admonition} A note\nwith words\n:::\n\nWords, $x$ and (more)."
    root = tmp_path / "root"
    (root / "book").mkdir(parents=True)
    for name in ("own", "other"):
        cells = [new_markdown_cell("\n\n".join([*kept, prose])), new_code_cell("1")]
        nbformat.write(new_notebook(cells=cells), root / "book" / f"{name}.ipynb")
    project = standalone._with_other_chapter(root, tmp_path / "book", root / "book" / "own.ipynb")
    outline, own = (nbformat.read(project / "book" / f"{name}.ipynb", 4) for name in ("other", "own"))
    assert outline.cells[0].source == "\n\n".join(kept)
    assert prose in own.cells[0].source


def test_a_chapter_outside_the_table_of_contents_has_no_page(tmp_path: Path) -> None:
    with pytest.raises(ClipsafeError, match="does not list 'book/05-more'"):
        inline_page(tmp_path, "book/05-more.html", "https://example.org/")


@pytest.fixture
def light(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither run the chapter nor compile the book."""
    monkeypatch.setattr(standalone, "render_chapter", lambda _, output, __: output.write_text("notebook"))
    monkeypatch.setattr(standalone, "run_jupyter_book", lambda project, *_, **__: project)
    monkeypatch.setattr(standalone, "inline_page", lambda *_: "page")


@pytest.mark.usefixtures("light")
@pytest.mark.parametrize("name", ["01-tiny.ipynb", "01-tiny.html"])
def test_a_folder_in_the_way_of_one_file_keeps_both_away(
    small_book: Path, tiny: Chapter, tmp_path: Path, name: str
) -> None:
    (tmp_path / "mine" / name).mkdir(parents=True)
    with pytest.raises(ClipsafeError, match=rf"{name}: is a folder; a file is to be written there\."):
        write_standalone(small_book, tiny, tmp_path / "mine")
    assert [path.name for path in (tmp_path / "mine").iterdir()] == [name]


@pytest.mark.usefixtures("light")
@pytest.mark.parametrize(("method", "place"), [("symlink_to", "temporary"), ("write_text", "mine")])
def test_a_full_disk_leaves_neither_file_and_is_told_in_a_sentence(
    small_book: Path, tiny: Chapter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, method: str, place: str
) -> None:
    """D13: the temporary folder and that of the reader may be on different disks."""
    original = getattr(Path, method)

    def fail_there(path: Path, *arguments: object, **options: object) -> object:
        if tmp_path / place in path.parents:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return original(path, *arguments, **options)

    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    if place == "mine":
        empty = nbformat.writes(new_notebook())
        monkeypatch.setattr(standalone, "render_chapter", lambda _, output, __: output.write_text(empty))
    monkeypatch.setattr(Path, method, fail_there)
    with pytest.raises(ClipsafeError, match=r"[^\n]*: cannot be written \(No space left on device\)\.\Z"):
        write_standalone(small_book, tiny, tmp_path / "mine")
    assert list((tmp_path / "mine").rglob("*")) == []
    assert list((tmp_path / "temporary").rglob("*")) == []


def test_without_a_temporary_folder_it_says_which_variable_names_one(
    small_book: Path, tiny: Chapter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none() -> str:
        raise FileNotFoundError(errno.ENOENT, "No usable temporary directory found")

    monkeypatch.setattr(tempfile, "gettempdir", none)
    with pytest.raises(ClipsafeError, match=r"name one that can in the variable TMPDIR\."):
        write_standalone(small_book, tiny, tmp_path / "mine")

"""The book as it is published: what Jupyter Book does not check by itself."""

import ast
import re
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

import nbformat
import pytest
import yaml
from bs4 import BeautifulSoup
from nbformat import NotebookNode

from clipsafe_utils.cubes.studies import REPOSITORY
from clipsafe_utils.publishing import standalone
from clipsafe_utils.publishing.chapters import Chapter
from clipsafe_utils.publishing.normalise import normalise
from clipsafe_utils.publishing.render import with_texts
from clipsafe_utils.publishing.standalone import published_address
from tests.built_site import built_site

CHAPTERS = [Chapter(source) for source in sorted((REPOSITORY / "notebooks").glob("*.md"))]
CELL_LINES = 20
CELL_COLUMNS = 75
PLAIN_TEXT = 2000

ABSOLUTE_PATH = re.compile(r"(?<![\w./-])/(?:Users|home|root|tmp|usr|var|opt|work|private|mnt)/\w")
OBJECT_ADDRESS = re.compile(r"\bat 0x[0-9a-f]{6,}")


@pytest.fixture(params=CHAPTERS, ids=[chapter.name for chapter in CHAPTERS])
def chapter(request: pytest.FixtureRequest) -> Chapter:
    return request.param


@pytest.fixture
def published(chapter: Chapter) -> NotebookNode:
    assert chapter.published.is_file(), f"run: clipsafe render {chapter.name}"
    return nbformat.read(chapter.published, as_version=4)


@pytest.fixture(scope="module")
def site() -> Path:
    return built_site()


def _said_and_linked(page: str) -> tuple[str, list[str]]:
    article = BeautifulSoup(page, "html.parser").select_one("article")
    assert article is not None
    links = [
        urljoin(published_address(REPOSITORY) + "book/", str(link["href"]))
        for link in article.select("a[href]")
    ]
    return " ".join(article.get_text(" ").split()), links


@pytest.mark.slow
def test_a_page_alone_says_and_links_what_it_does_in_the_book(
    site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = "08-claims"
    chapter = next(one for one in CHAPTERS if one.published.stem == name)
    monkeypatch.setattr(
        standalone, "render_chapter", lambda _, output, __: shutil.copy(chapter.published, output)
    )
    _, page = standalone.write_standalone(REPOSITORY, chapter, tmp_path)
    alone, in_the_book = (
        _said_and_linked(path.read_text(encoding="utf-8")) for path in (page, site / "book" / f"{name}.html")
    )
    assert alone[0] == in_the_book[0]
    own = f"{published_address(REPOSITORY)}book/{name}.html"
    assert [link.removeprefix(own) for link in alone[1]] == [
        link.removeprefix(own) for link in in_the_book[1]
    ]


def outputs(notebook: NotebookNode) -> Iterator[tuple[NotebookNode, NotebookNode]]:
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            yield cell, output


def texts(output: NotebookNode) -> list[str]:
    return [str(content) for content in [output.get("text", ""), *output.get("data", {}).values()]]


def is_figure(output: NotebookNode) -> bool:
    data = output.get("data", {})
    return any(kind.startswith("image/") for kind in data) or "themed-figure" in data.get("text/html", "")


def test_published_cells_are_those_of_the_source(chapter: Chapter, published: NotebookNode) -> None:
    written = normalise(with_texts(chapter), chapter.name)
    kept = ("id", "cell_type", "metadata", "source")
    assert [[cell[key] for key in kept] for cell in published.cells] == [
        [cell[key] for key in kept] for cell in written.cells
    ], f"run: clipsafe render {chapter.name}"


def test_every_published_notebook_has_a_source() -> None:
    stems = {chapter.source.stem for chapter in CHAPTERS}
    assert {path.stem for path in (REPOSITORY / "book").glob("*.ipynb")} == stems


def test_the_file_of_a_chapter_has_its_number() -> None:
    parts = yaml.safe_load((REPOSITORY / "_toc.yml").read_text())["parts"]
    numbered = [one["file"] for part in parts if part.get("numbered") for one in part["chapters"]]
    assert [int(Path(file).name[:2]) for file in numbered] == [*range(1, 1 + len(numbered))]


def test_every_page_is_in_the_table_of_contents() -> None:
    listed = re.findall(r"(?:root|file): (\S+)", (REPOSITORY / "_toc.yml").read_text())
    pages = {path.stem for kind in ("md", "ipynb") for path in (REPOSITORY / "book").glob(f"*.{kind}")}
    assert {Path(page).stem for page in listed} == pages


def test_nothing_failed_warned_or_needs_a_widget(published: NotebookNode) -> None:
    for cell, output in outputs(published):
        assert output.output_type != "error", cell.id
        assert output.get("name") != "stderr", cell.id
        assert not [kind for kind in output.get("data", {}) if "widget" in kind], cell.id


def test_nothing_shows_the_machine_it_ran_on(published: NotebookNode) -> None:
    for cell in published.cells:
        assert not ABSOLUTE_PATH.search(cell.source), cell.id
    for cell, output in outputs(published):
        for text in texts(output):
            assert not ABSOLUTE_PATH.search(text), cell.id
            assert not OBJECT_ADDRESS.search(text), cell.id


def test_plain_text_does_not_repeat_what_is_drawn(published: NotebookNode) -> None:
    for cell, output in outputs(published):
        if "text/html" in output.get("data", {}):
            assert len(output.data.get("text/plain", "")) < PLAIN_TEXT, cell.id


def test_it_ran_on_its_defaults(published: NotebookNode) -> None:
    tags = Counter(tag for cell in published.cells for tag in cell.metadata.get("tags", []))
    assert tags["injected-parameters"] == 0
    assert tags["parameters"] <= 1


def test_every_figure_has_a_name_a_caption_and_words_for_who_cannot_see_it(published: NotebookNode) -> None:
    for cell, output in outputs(published):
        if not is_figure(output):
            continue
        figure = cell.metadata.get("mystnb", {}).get("figure", {})
        assert figure.get("name", "").startswith("fig-"), cell.id
        assert figure.get("caption", "").strip().endswith("."), cell.id
        assert len(cell.outputs) == 1, f"{cell.id}: a caption belongs to one output"
        drawing = BeautifulSoup(output.data["text/html"], "html.parser").select_one("svg, img")
        assert drawing is not None, cell.id
        described = drawing.get("alt") or (drawing.get("role") == "img" and drawing.get("aria-label"))
        assert described, cell.id


def test_every_caption_is_on_a_figure(published: NotebookNode) -> None:
    captioned = {cell.id for cell in published.cells if "figure" in cell.metadata.get("mystnb", {})}
    assert captioned == {cell.id for cell, output in outputs(published) if is_figure(output)}


def test_every_figure_is_spoken_of(published: NotebookNode) -> None:
    prose = "\n".join(cell.source for cell in published.cells if cell.cell_type == "markdown")
    for cell in published.cells:
        name = cell.metadata.get("mystnb", {}).get("figure", {}).get("name")
        assert name is None or f"{{numref}}`{name}`" in prose, name


def test_code_cells_can_be_read_without_scrolling(published: NotebookNode) -> None:
    for cell in published.cells:
        if cell.cell_type == "code" and "remove-cell" not in cell.metadata.get("tags", []):
            lines = cell.source.splitlines()
            assert len(lines) - lines_of_imports(cell.source) <= CELL_LINES, cell.id
            assert max(map(len, lines), default=0) <= CELL_COLUMNS, cell.id


def lines_of_imports(source: str) -> int:
    """Count the lines of imports, which stand one name a line, folded, at the head of a page."""
    imports = [node for node in ast.parse(source).body if isinstance(node, ast.Import | ast.ImportFrom)]
    return sum((node.end_lineno or node.lineno) - node.lineno + 1 for node in imports)


@pytest.mark.slow
def test_the_book_compiles_without_a_warning(site: Path) -> None:
    pages = {path.stem for path in (site / "book").glob("*.html")}
    assert {chapter.source.stem for chapter in CHAPTERS} <= pages


@pytest.mark.slow
def test_every_link_inside_the_site_leads_somewhere(site: Path) -> None:
    soups = {page: BeautifulSoup(page.read_text(), "html.parser") for page in sorted(site.rglob("*.html"))}
    places = {page: {str(tag["id"]) for tag in soup.select("[id]")} for page, soup in soups.items()}
    dead = []
    for page, soup in soups.items():
        for link in soup.select("a[href]"):
            address = urlsplit(str(link["href"]))
            if address.scheme or address.netloc:
                continue
            target = (page.parent / unquote(address.path)).resolve() if address.path else page
            is_there = unquote(address.fragment) in {"", *places.get(target, ())}
            if not target.is_file() or not is_there:
                dead.append(f"{page.relative_to(site)}: {link['href']}")
    assert dead == []


@pytest.mark.slow
def test_no_page_fetches_anything_from_another_site(site: Path) -> None:
    fetched = []
    for page in sorted(site.rglob("*.html")):
        soup = BeautifulSoup(page.read_text(), "html.parser")
        fetched += [str(tag["src"]) for tag in soup.select("[src]")]
        fetched += [str(tag["href"]) for tag in soup.select("link[href]:not([rel='canonical'])")]
    for sheet in site.rglob("*.css"):
        fetched += re.findall(r"""(?:url\(|@import)\s*["']?([^"')\s]+)""", sheet.read_text())
    assert len(fetched) > 10
    assert [address for address in fetched if re.match(r"(https?:)?//", address)] == []


@pytest.mark.slow
def test_no_page_shows_an_error_or_a_lost_reference(site: Path) -> None:
    for page in sorted((site / "book").glob("*.html")):
        soup = BeautifulSoup(page.read_text(), "html.parser")
        for example in soup.select("details pre"):  # Docstrings may show an error.
            example.decompose()
        lost = re.search(
            r"Traceback \(most recent|\{(?:eval|ref|numref|cite)[^}]*\}`|\[\?\]", soup.get_text()
        )
        assert not lost, page


def test_links_to_sources_follow_the_configuration() -> None:
    repository = yaml.safe_load((REPOSITORY / "_config.yml").read_text())["repository"]
    expected = f"{repository['url']}/blob/{repository['branch']}/notebooks/"
    for chapter in CHAPTERS:
        links = re.findall(rf"{repository['url']}/[^\s)>]*/notebooks/", chapter.source.read_text())
        assert set(links) <= {expected}, chapter.name

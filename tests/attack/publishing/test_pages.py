"""A cube whose every name and text is written to run in the page that shows it (D4, and what held)."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import xarray as xr

from clipsafe_utils.cubes import find_study, write_cube
from clipsafe_utils.cubes.studies import REPOSITORY
from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.publishing.chapters import Chapter, find_chapter
from clipsafe_utils.publishing.compile import run_jupyter_book
from clipsafe_utils.publishing.render import render_chapter
from clipsafe_utils.publishing.standalone import inline_page
from clipsafe_utils.show.page_data import data_element
from tests.attack.effort import effort

RUN = "window.PWNED=1"
NAMES = (
    "<!--<script>",
    f"<script>{RUN}</script>",
    f"</script><script>{RUN}</script>",
    f"<img src=x onerror={RUN}>",
    f"<svg onload={RUN}>",
    f'" onfocus="{RUN}" autofocus="',
    f"' onmouseover='{RUN}",
    f'<a href="javascript:{RUN}">name</a>',
    f"[name](javascript:{RUN})",
    f"<iframe srcdoc='<script>parent.{RUN}</script>'>",
    "<base href='https://example.invalid/'>",
    "<link rel=stylesheet href=https://example.invalid/a.css>",
    "<style>@import url(https://example.invalid/a.css)</style>",
    "![](https://example.invalid/a.png)",
    "{raw}`html <script>window.PWNED=1</script>`",
    "{eval}`r.real.clips`",
    "```{raw} html <script>window.PWNED=1</script> ```",
    "&lt;script&gt;window.PWNED=1&lt;/script&gt;",
    "&#60;script&#62;window.PWNED=1&#60;/script&#62;",
    r"$\notacommand$",
    r"$$\href{javascript:window.PWNED=1}{x}$$",
    "*/alert(1)/*",
    "${window.PWNED=1}",
    "{{constructor.constructor('window.PWNED=1')()}}",
    "x" * 180,
)
"""What the models are called."""

STUDY = f'a"]; open("pwned","w"); b=["`<svg onload={RUN}>[x](javascript:{RUN})`\n%sx !touch pwned'
"""What the folder of the study is called: quotes and lines for the cell of parameters, marks for Markdown."""

# The last two only say, in Markdown, what the study lacks.
CHAPTERS = ("models", "factor-robustness", "shape-bias", "distribution-shift")


@dataclass
class Seen:
    """What happened while a page was shown."""

    complaints: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    failures: list[tuple[str, str]] = field(default_factory=list)


@pytest.fixture
def seen() -> Seen:
    return Seen()


@pytest.fixture
def page(browser: Any, seen: Seen) -> Iterator[Any]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.add_init_script("localStorage.setItem('mode', 'light'); localStorage.setItem('theme', 'light');")
    context.add_init_script(path=REPOSITORY / "tests" / "fixtures" / "browser.js")
    page = context.new_page()
    page.on("console", lambda entry: entry.type == "error" and seen.complaints.append(entry.text))
    page.on("pageerror", lambda error: seen.complaints.append(str(error)))
    page.on("request", lambda request: seen.requests.append(request.url))
    page.on("requestfailed", lambda request: seen.failures.append((request.url, request.failure)))
    yield page
    context.close()


@pytest.mark.browser
def test_a_browser_reads_every_name_as_it_is(page: Any) -> None:
    read = []
    for name in NAMES:
        element = data_element("figure-data", {"name": name})
        page.set_content(f"<!DOCTYPE html><title>A</title><body>{element}<h2>After</h2></body>")
        read.append(page.evaluate("JSON.parse(document.querySelector('.figure-data').textContent).name"))
        assert page.locator("h2").count() == 1, name
    assert read == list(NAMES)
    assert page.evaluate("window.PWNED") is None


def renamed(cube: xr.Dataset, free: tuple[str, ...]) -> xr.Dataset:
    """Give the models of a cube such names, and such words to its attributes and to some variables."""
    number = cube.sizes["model"]
    names = [NAMES[row % len(NAMES)] + (f" {row}" if row >= len(NAMES) else "") for row in range(number)]
    cube = cube.assign_coords(model=names)
    for variable in cube.values():
        variable.attrs["source"] = NAMES[1]
    cube.attrs |= {"licence": NAMES[2], "title": NAMES[3], "source": NAMES[4]}
    for name in set(free) & set(cube):
        cube[name] = cube[name].copy(data=names)
    return cube


@pytest.fixture(scope="module")
def cubes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of studies: the record under other names, and once more with other words in it."""
    root = tmp_path_factory.mktemp("cubes")
    published = find_study("published")
    factors = published.read("factors")
    models = published.read("models").sel(model=factors["model"].values)
    write_cube(renamed(factors, ()), root / STUDY / "factors.nc")
    write_cube(renamed(models, ("checkpoint", "reference")), root / STUDY / "models.nc")
    words = ("checkpoint", "reference", "training_source", "architecture", "family", "pretraining")
    write_cube(renamed(models, words), root / f"words {STUDY}" / "models.nc")
    return root


@pytest.fixture(scope="module")
def pages(cubes: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Chapters on that study, compiled together, each as a page to take along."""
    root = tmp_path_factory.mktemp("book") / "root"
    (root / "book").mkdir(parents=True)
    for name in ("_config.yml", "references.bib", "CITATION.cff"):
        shutil.copyfile(REPOSITORY / name, root / name)
    (root / "book" / "_static").symlink_to(REPOSITORY / "book" / "_static")
    (root / "book" / "intro.md").write_text("# Start\n")
    chapters = [find_chapter(REPOSITORY, name) for name in CHAPTERS[: effort(2, len(CHAPTERS))]]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CLIPSAFE_CUBES", str(cubes))
        for chapter in chapters:
            studies = [str(cubes / STUDY), str(cubes / f"words {STUDY}")]
            values = {} if chapter.name == "models" else {"studies": studies}
            render_chapter(chapter, root / "book" / chapter.published.name, values)
    listed = "".join(f"  - file: book/{chapter.published.stem}\n" for chapter in chapters)
    (root / "_toc.yml").write_text(f"format: jb-book\nroot: book/intro\nchapters:\n{listed}")
    site = run_jupyter_book(root, root.parent, strict=False)
    made = {}
    for chapter in chapters:
        made[chapter.name] = root.parent / f"{chapter.name}.html"
        address = "https://example.org/book/"
        made[chapter.name].write_text(inline_page(site, f"book/{chapter.published.stem}.html", address))
    return made


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.parametrize("name", CHAPTERS[: effort(2, len(CHAPTERS))])
def test_nothing_of_a_cube_runs_in_a_page(page: Any, seen: Seen, pages: dict[str, Path], name: str) -> None:
    page.goto(pages[name].as_uri(), wait_until="load")
    assert page.evaluate("openAllFolds()") == []
    page.evaluate("drawAll()")
    for mark in page.locator(".explore .point").all()[:5]:
        mark.dispatch_event("mouseover")
    assert page.evaluate("window.PWNED") is None
    assert page.evaluate("stopped") == []
    assert seen.complaints == []
    assert [url for url in seen.requests if not url.startswith(("data:", "blob:"))] == [pages[name].as_uri()]
    assert (
        page.evaluate(
            "[...document.querySelectorAll('*')].flatMap((one) => [...one.attributes])"
            ".filter(({name, value}) => name.startsWith('on') || /^\\s*javascript:/i.test(value)).length"
        )
        == 0
    )
    assert page.locator("h2").count() >= 2
    if name == "models":
        assert page.locator(".models-table tbody tr").count() == 25
        page.locator(".models-form input").fill(NAMES[0])
        assert page.locator(".models-table tbody th").first.text_content().startswith(NAMES[0])
    elif name == "factor-robustness":
        page.locator("#fig-factor-residuals button", has_text="Explore").click()
        page.locator(".explore .point").first.wait_for(state="attached")
        names = "JSON.parse(document.querySelector('.figure-data').textContent).columns.name.words"
        assert set(page.evaluate(names)) & set(NAMES) >= {NAMES[0], NAMES[1]}


@pytest.mark.slow
def test_no_name_of_a_study_or_word_runs_in_the_cell_of_parameters(tiny: Chapter, tmp_path: Path) -> None:
    words = [STUDY, "\n%sx !touch pwned", "'''\nopen('pwned', 'w')", '"""\nopen("pwned", "w")', "\\", "{}"]
    render_chapter(tiny, tmp_path / "out.ipynb", {"words": words})
    assert not list(tmp_path.rglob("pwned"))


@pytest.mark.parametrize("key", ["words\nimport os", "words = 1; open('pwned', 'w') #", "", "words "])
def test_a_name_of_a_parameter_that_is_code_is_refused(tiny: Chapter, tmp_path: Path, key: str) -> None:
    with pytest.raises(ClipsafeError, match=r"no parameter"):
        render_chapter(tiny, tmp_path / "out.ipynb", {key: ["a"]})
    assert not (tmp_path / "out.ipynb").exists()


UNESCAPED = """from IPython.display import HTML

HTML('''<script>window.PWNED=1</script><img src="x" onerror="window.PWNED=1">
<svg onload="window.PWNED=1"></svg><a id="link" href="javascript:window.PWNED=1">link</a>
<iframe srcdoc="<script>parent.PWNED=1</script>"></iframe><base href="https://example.invalid/">
<script src="data:text/javascript,window.PWNED=1"></script><object data="data:text/html,x"></object>
<script src="https://example.invalid/a.js"></script><img src="https://example.invalid/a.png">
<button onclick="window.print()" onfocus="window.PWNED=1" autofocus>x</button>''')
"""


@pytest.mark.slow
@pytest.mark.browser
def test_the_policy_stops_what_escaping_would_have_missed(
    page: Any, seen: Seen, small_book: Path, tiny: Chapter, tmp_path: Path
) -> None:
    with tiny.source.open("a") as source:
        source.write(f"\n```{{code-cell}}\n{UNESCAPED}```\n")
    render_chapter(tiny, tiny.published)
    site = run_jupyter_book(small_book, tmp_path / "out", strict=False)
    alone = tmp_path / "alone.html"
    alone.write_text(inline_page(site, "book/01-tiny.html", "https://example.org/book/"))
    for file in (site / "book" / "01-tiny.html", alone):
        assert "window.PWNED=1" in file.read_text()
        page.goto(file.as_uri(), wait_until="load")
        page.evaluate("document.querySelector('#link').click()")
        page.wait_for_timeout(200)
        assert page.evaluate("window.PWNED") is None
        assert page.evaluate("document.baseURI").startswith("file:")
        directives = {entry.split()[0] for entry in page.evaluate("stopped")}
        assert directives >= {"script-src-elem", "script-src-attr", "base-uri", "img-src", "object-src"}
        assert page.evaluate("document.documentElement.dataset.theme") == "light", "the theme's code runs"
    outside = [url for url in seen.requests if not url.startswith(("file:", "data:"))]
    assert len(outside) > 0
    assert [url for url, failure in seen.failures if failure == "csp" and url in outside] == outside

"""Each page asks for the scripts that it uses, in the order in which they run."""

from typing import Any

from clipsafe_utils.chapters.model_table.page import DATA_CLASS as MODELS
from clipsafe_utils.publishing.page_scripts import SCRIPTS, scripts_of, setup


class App:
    """What of Sphinx the extension uses."""

    def __init__(self) -> None:
        self.added: list[tuple[str, str]] = []
        self.attributes: dict[str, dict[str, str]] = {}
        self.listeners: dict[str, Any] = {}

    def connect(self, event: str, listener: Any) -> None:
        self.listeners[event] = listener

    def add_js_file(self, name: str, loading_method: str, **attributes: str) -> None:
        self.added.append((name, loading_method))
        self.attributes[name] = attributes


def test_the_library_comes_before_what_uses_it() -> None:
    library, *scripts = scripts_of(f'<script type="application/json" class="{MODELS}">[]</script>')
    assert (library, *scripts) in SCRIPTS.values()
    assert library.endswith(".min.js")
    assert not any(script.endswith(".min.js") for script in scripts)


def test_a_page_without_numbers_asks_for_nothing() -> None:
    assert scripts_of("<p>explore-data</p>") == []


def test_the_extension_adds_deferred_scripts_to_a_page() -> None:
    app = App()
    assert setup(app)["parallel_read_safe"]  # type: ignore[arg-type]
    show = app.listeners["html-page-context"]
    show(app, "search", "search.html", {}, None)
    assert app.added == []
    show(app, "page", "page.html", {"body": "".join(SCRIPTS)}, None)
    every = dict.fromkeys(script for scripts in SCRIPTS.values() for script in scripts)
    assert app.added == [(script, "defer") for script in every]
    assert app.attributes["chart.js"] == {"data-library": "plotly-basic.min.js"}
    assert app.attributes["figures.js"] == {}


def test_buttons_under_figures_and_tables_come_without_the_library_of_charts() -> None:
    assert scripts_of('<figure class="themed-table">') == ["figures.js"]
    assert scripts_of('<figure class="themed-table"><script class="figure-data">') == [
        "chosen.js",
        "figures.js",
        "chart.js",
    ]

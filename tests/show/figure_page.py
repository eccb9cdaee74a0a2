"""A page with figures of four kinds and a table, compiled as those of the book are."""

import shutil
from collections.abc import Mapping
from pathlib import Path

import nbformat
import pandas as pd
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from clipsafe_utils.cubes.studies import REPOSITORY
from clipsafe_utils.publishing.compile import run_jupyter_book
from clipsafe_utils.show import Axes2D, Panel, curves, dots, marks, scatter
from clipsafe_utils.show.shown import Shown
from clipsafe_utils.show.tables import folded, stacked

CLIP, STANDARD = "group/clip_zero_shot", "group/standard"
INFINITE = float("inf")


def residuals() -> pd.DataFrame:
    """Dots of two studies; only the second has a CLIP; a name that a spreadsheet would run."""
    rows = [
        {"study": "miniature", "panel": "miniature", "row": "pose", "value": 0.5, "look": STANDARD},
        {
            "row": "pose",
            "value": -1.25,
            "low": -2.0,
            "high": INFINITE,
            "look": CLIP,
            "name": "ViT-B-32.openai",
        },
        {"row": "pose", "value": 0.25, "low": -0.5, "high": 1.0, "look": STANDARD, "name": '=1+1, "x"'},
        {"row": "texture", "value": 2.0, "low": 1.0, "high": 3.0, "look": CLIP, "name": "ViT-B-32.openai"},
        {"row": "texture", "value": -0.5, "look": STANDARD, "name": "<b>resnet50</b>", "decided": False},
    ]
    return marks([{"study": "published", "panel": "published", **row} for row in rows])


def cloud() -> pd.DataFrame:
    """A scatter of two panels with many models, on axes of percentages."""
    standard = [
        {
            "panel": panel,
            "x": 40.0 + step,
            "value": 20.0 + step * slope,
            "look": STANDARD,
            "name": f"net {step}",
        }
        for panel, slope in (("sketches", 1.1), ("colours", 0.9))
        for step in range(40)
    ]
    clips = [
        {"panel": "colours", "x": 63.3, "value": 60.5, "low": 58.0, "high": 62.0, "look": CLIP, "name": name}
        for name in ("ViT-B-32.openai", "RN50.openai")
    ]
    return marks([*clips, *standard])


def fit() -> pd.DataFrame:
    """The lines that the scatter is held against."""
    return pd.DataFrame(
        [
            {"study": "", "panel": panel, "x": x, "value": x - 20, "low": x - 24, "high": x - 16}
            for panel in ("sketches", "colours")
            for x in (40.0, 60.0, 80.0)
        ]
    )


def doses() -> pd.DataFrame:
    """Curves over levels that are ratios, with single trainings behind their means."""
    rows = [
        {"panel": "Accuracy", "x": x, "value": value + shift, "look": look, "mark": mark}
        for look, shift in (("source/wit", 0.0), ("source/laion", 4.0))
        for x, value in ((1000.0, 30.0), (4000.0, 45.0), (16000.0, 62.5))
        for mark in ("mean", "single")
    ]
    return marks(rows)


def ladder() -> pd.DataFrame:
    """Rungs, named along the horizontal axis."""
    return marks([{"panel": "Accuracy", "x": float(rung), "value": 50.0 + rung} for rung in range(3)])


def shown_figures() -> dict[str, Shown | Shown]:
    """Figures by their id; the last is two of them, the second folded."""
    axes = Axes2D("in distribution, %", "under shift, %", "probit")
    one, other = (Shown(dots(part, "points", "Part.").markup) for part in (residuals()[:3], residuals()[3:]))
    accuracy = {"Accuracy": Panel("right, %")}
    return {
        "fig-dots": dots(residuals(), "residual, points", "Residuals.", sources=["The record (CC BY 4.0)"]),
        "fig-cloud": scatter(cloud(), axes, "Accuracy under shift.", lines=fit()),
        "fig-doses": curves(doses(), "images", accuracy, "Doses.", ratios=True),
        "fig-ladder": curves(ladder(), "rung", accuracy, "Ladder.", rungs=["labels", "captions", "both"]),
        "fig-both": stacked([one, folded(other, "Another study")]),
    }


def numbers() -> pd.DataFrame:
    """A table with what a spreadsheet would run, and numbers as readers see them."""
    return pd.DataFrame(
        {"model": ["=cmd|x", "net, 2"], "images": ["1,200", "300"], "change": ["−0.5", "+1.2"]}
    )


def compiled_page(folder: Path, figures: Mapping[str, Shown | Shown], shown_table: Shown) -> Path:
    """Compile a book of one page; return the folder of the site, where it is ``book/figures.html``."""
    root = folder / "root"
    (root / "book").mkdir(parents=True)
    for name in ("_config.yml", "references.bib", "CITATION.cff"):
        shutil.copyfile(REPOSITORY / name, root / name)
    (root / "book" / "_static").symlink_to(REPOSITORY / "book" / "_static")
    (root / "book" / "intro.md").write_text("# Start\n")
    (root / "_toc.yml").write_text("format: jb-book\nroot: book/intro\nchapters:\n  - file: book/figures\n")
    cells = [new_markdown_cell("# Figures of a test")]
    for name, shown in figures.items():
        figure = {"mystnb": {"figure": {"name": name, "caption": f"What {name} shows."}}}
        cells.append(_cell(shown._repr_html_(), {**figure, "tags": ["hide-input"]}))
    cells.append(_cell(shown_table._repr_html_(), {}))
    nbformat.write(new_notebook(cells=cells), root / "book" / "figures.ipynb")
    return run_jupyter_book(root, folder, strict=False)


def _cell(markup: str, metadata: dict[str, object]) -> nbformat.NotebookNode:
    output = new_output("execute_result", data={"text/html": markup}, execution_count=1)
    return new_code_cell("show()", metadata=metadata, outputs=[output], execution_count=1)

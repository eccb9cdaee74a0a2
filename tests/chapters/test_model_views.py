"""The view of each model: what it holds, how it is dealt into scripts; every model of a chart has one."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import xarray as xr

from clipsafe_utils.cards.making import card
from clipsafe_utils.cards.measured import models_of
from clipsafe_utils.cards.properties import PARTS
from clipsafe_utils.cards.wording import cells_of
from clipsafe_utils.chapters.model_table.analysis import read_rows
from clipsafe_utils.chapters.model_table.views import (
    PAGES,
    SHARDS,
    names_of_networks,
    shard_of,
    views,
    write_views,
)
from clipsafe_utils.cubes import find_study, write_cube
from clipsafe_utils.publishing.compile import VIEWS
from clipsafe_utils.registry.model_names import network_of, short_names
from tests.built_site import REPOSITORY, built_site
from tests.cards.made import write_record

VIEWS_LIMIT = 2e6
"""Bytes of the views of all models."""


@pytest.fixture
def made_record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have a made-up record, in which one network was evaluated twice."""
    root = write_record(tmp_path)
    for cube in sorted(root.glob("published/*.nc")):
        with xr.open_dataset(cube) as opened:
            whole = opened.load()
        again = whole.isel(model=[0]).assign_coords(model=["again:net0"])
        if "hits" in again and "condition" in again.dims:
            again["hits"] = again["hits"] - 100
        elif "hits" in again or "count" in again:
            again = again.isel(model=[])
        joined = xr.concat([whole, again], "model", data_vars="minimal", coords="minimal")
        write_cube(joined.assign_attrs(whole.attrs), cube)
    monkeypatch.setenv("CLIPSAFE_CUBES", str(root))


def read(folder: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """Read the scripts as a browser does: networks by name, and where they stand."""
    found: dict[str, Any] = {}
    shards = {}
    for file in folder.glob("[0-9]*.js"):
        data = parsed(file)

        def said(one: Any, words: list[str] = data["words"]) -> Any:
            return words[one] if isinstance(one, int) else [said(part) for part in one]

        found |= {name: said(of_name) for name, of_name in data["views"].items()}
        shards |= dict.fromkeys(data["views"], file.stem)
    return found, shards


def parsed(file: Path) -> Any:
    match = re.fullmatch(r'\(window\.modelViews \?\?= \{\}\)\["(\w+)"\]=(.*);\n', file.read_text(), re.DOTALL)
    assert match is not None
    assert match[1] == file.stem
    return json.loads(match[2])


@pytest.mark.usefixtures("made_record")
def test_evaluations_of_one_network_stand_side_by_side() -> None:
    [[checkpoint, _, lines, _, evaluated]] = views()["net0"]
    assert checkpoint == "net0"
    assert lines[0][0] == "Accuracy"
    accuracy = [
        (value.split("\N{NO-BREAK SPACE}")[0], row)
        for title, value, row, _ in evaluated
        if title == "ImageNet"
    ]
    assert accuracy == [("50.0", "made:net0"), ("49.0", "again:net0")]
    assert len(views()["net1"][0][4]) == sum(row == "made:net0" for _, _, row, _ in evaluated)


@pytest.mark.usefixtures("made_record")
def test_a_view_says_what_the_card_says() -> None:
    [[_, _, lines, unknown, _]] = views()["clip3"]
    cells = [one for _, one in cells_of(card("published", "clip3"))]
    assert [line[3:] for line in lines] == [[one.value, one.place, one.equal, one.use] for one in cells]
    assert any("not in the sources" in reason for reason in unknown)


@pytest.mark.usefixtures("made_record")
def test_scripts_hold_each_view_where_its_name_leads(tmp_path: Path) -> None:
    write_views(tmp_path / "views")
    found, shards = read(tmp_path / "views")
    assert found == views()
    assert all(int(shards[name]) == shard_of(name) for name in found)
    assert parsed(tmp_path / "views" / "names.js") == names_of_networks() == sorted(found)


def test_the_scripts_of_pages_count_and_strip_names_as_views_do() -> None:
    static = REPOSITORY / "book" / "_static"
    assert f"const SHARDS = {SHARDS};" in (static / "model-view.js").read_text()
    pattern = re.search(r"name\.replace\(/(.*)/s, \"\"\)", (static / "chosen.js").read_text())
    assert pattern is not None
    assert network_of("a" + "@b (c) as d") == re.sub(pattern[1], "", "a@b (c) as d", flags=re.DOTALL) == "a"
    names = read_rows()["name"]
    assert [re.sub(pattern[1], "", name, flags=re.DOTALL) for name in names] == list(map(network_of, names))


def test_a_name_leads_to_its_network_however_many_evaluations_stand_beside_it() -> None:
    models = find_study("published").read("models")
    rows, checkpoints = (models[name].values.tolist() for name in ("model", "checkpoint"))
    alone = [short_names([row], [checkpoint])[0] for row, checkpoint in zip(rows, checkpoints, strict=True)]
    assert [network_of(name) for name in short_names(rows, checkpoints)] == alone


def test_every_part_of_a_card_has_its_chapter() -> None:
    assert tuple(PAGES) == PARTS
    assert all((REPOSITORY / "notebooks" / f"{page}.md").is_file() for page in PAGES.values())


def charted() -> set[str]:
    """Names of networks in all charts of the book."""
    names: set[str] = set()
    for page in (built_site() / "book").glob("*.html"):
        html = page.read_text(encoding="utf-8")
        for data in re.findall(r'class="figure-data">(.*?)</script>', html, re.DOTALL):
            names.update(json.loads(data)["columns"].get("name", {}).get("words", []))
    return {network_of(name) for name in names}


@pytest.mark.slow
def test_every_model_of_the_record_in_a_chart_has_a_view() -> None:
    found, _ = read(built_site() / VIEWS)
    who = models_of(find_study("published"))
    names = short_names(who["row"].tolist(), who["checkpoint"].tolist())
    of_record = set(map(network_of, names))
    assert set(found) == of_record
    shown = charted()
    assert len(shown & of_record) > 1000
    # What else a chart names is in the table of models, or no model: a mean, a source, a pair.
    called_otherwise = set(who["row"].str.partition(":")[2]) - of_record
    assert shown & called_otherwise - set(names_of_networks()) == set()


@pytest.mark.slow
def test_views_are_light() -> None:
    sizes = [file.stat().st_size for file in (built_site() / VIEWS).iterdir()]
    assert len(sizes) == SHARDS + 1
    assert sum(sizes) <= VIEWS_LIMIT
    assert max(sizes) <= 100_000

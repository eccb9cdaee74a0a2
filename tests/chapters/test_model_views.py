"""The view of each model: what it holds, how it is dealt into scripts; every model of a chart has one."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import xarray as xr

from clipsafe_utils.cards.making import card
from clipsafe_utils.cards.measured import models_of as who_is_in
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
from clipsafe_utils.cubes import find_study, read_cube, write_cube
from clipsafe_utils.publishing.compile import VIEWS
from clipsafe_utils.registry.model_names import network_of, short_names
from tests.built_site import REPOSITORY, built_site
from tests.cards.made import CLIPS, NAMES, STANDARD, models_of, write_record
from tests.conftest import labelled

VIEWS_LIMIT = 2.2e6
"""Bytes of the views of all models."""


@pytest.fixture
def made_record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have a made-up record, in which one network was evaluated twice."""
    root = write_record(tmp_path)
    groups = ["standard"] * STANDARD + ["clip_zero_shot"] * CLIPS
    models = [models_of(NAMES, groups), models_of(["net0"], ["standard"], "again")]
    write_cube(labelled(xr.concat(models, "model"), "models"), root / "published" / "models.nc")
    shifts = read_cube(root / "published" / "shifts.nc")
    again = shifts.isel(model=[0]).assign(hits=shifts["hits"].isel(model=[0]) - 100)
    joined = xr.concat([shifts, again], "model")
    names = {"model": [*models[0]["model"].values.tolist(), "again:net0"]}
    names["condition"] = joined["condition"].values.astype(str)
    write_cube(labelled(joined.assign_coords(names), "shifts"), root / "published" / "shifts.nc")
    monkeypatch.setenv("CLIPSAFE_CUBES", str(root))


def read(folder: Path) -> tuple[dict[str, Any], dict[str, str]]:
    """Read the scripts as `model-view.js` does: views by name, and in which script each stands."""
    found: dict[str, Any] = {}
    scripts: dict[str, str] = {}
    for file in folder.glob("[0-9]*.js"):
        data = parsed(file)
        found |= {name: said(of_name, data["words"]) for name, of_name in data["views"].items()}
        scripts |= dict.fromkeys(data["views"], file.stem)
    return found, scripts


def said(one: Any, words: list[str]) -> Any:
    if isinstance(one, list):
        return [said(part, words) for part in one]
    place, *numbers = str(one).split(" ")
    left = iter(numbers)
    return re.sub("#", lambda _: next(left), words[int(place)]) if numbers else words[int(place)]


def parsed(file: Path) -> Any:
    match = re.fullmatch(r'\(window\.modelViews \?\?= \{\}\)\["(\w+)"\]=(.*);\n', file.read_text(), re.DOTALL)
    assert match is not None
    assert match[1] == file.stem
    return json.loads(match[2])


@pytest.mark.usefixtures("made_record")
def test_evaluations_of_one_network_stand_side_by_side() -> None:
    [[checkpoint, _, parts, _, evaluated]] = views()["net0"]
    assert checkpoint == "net0"
    assert [part[0] for part in parts] == [
        "Accuracy",
        "Visual factors",
        "Shape or texture",
        "Distribution shift",
    ]
    assert [row for row, _, _ in evaluated] == ["made:net0", "again:net0"]
    first, again = (dict(values) for _, _, values in evaluated)
    # 5,000 and 4,900 of 10,000 images.
    assert first["ImageNet"].startswith("50.0\N{NO-BREAK SPACE}% (")
    assert again["ImageNet"].startswith("49.0\N{NO-BREAK SPACE}% (")
    assert set(again) < set(first), "the second time only shifts were measured"


@pytest.mark.usefixtures("made_record")
def test_a_view_says_what_the_card_says() -> None:
    [[_, _, parts, unknown, _]] = views()["clip3"]
    cells = [one for _, one in cells_of(card("published", "clip3"))]
    shown = [line[1:] for _, _, lines in parts for line in lines]
    assert shown == [[one.value, one.place, one.equal, one.use] for one in cells]
    assert any("not in the sources" in reason for reason in unknown)


@pytest.mark.usefixtures("made_record")
def test_scripts_hold_each_view_where_its_name_leads(tmp_path: Path) -> None:
    write_views(tmp_path / "views")
    found, scripts = read(tmp_path / "views")
    assert found == views()
    assert all(int(scripts[name]) == shard_of(name) for name in found)
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
    who = who_is_in(find_study("published"))
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
    assert max(sizes) <= 150_000

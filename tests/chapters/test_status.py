"""The page on cubes, raw files, versions, seeds, weights and times shows what the files say."""

import csv
import json

import numpy as np
from bs4 import BeautifulSoup

import clipsafe_utils
from clipsafe_engine.lab.chapters.status import laboratory_seeds, weights_table
from clipsafe_utils.chapters.status import tables
from clipsafe_utils.cubes.studies import REPOSITORY, list_studies
from clipsafe_utils.record.sources import raw_files


def test_the_weights_listed_are_those_of_the_folder() -> None:
    markup = weights_table().markup
    shipped = {file.stem for file in (REPOSITORY / "weights").glob("*.safetensors")}
    with (REPOSITORY / "weights" / "zoo.csv").open(encoding="utf-8", newline="") as file:
        rows = {row["name"]: row for row in csv.DictReader(file)}
    assert shipped
    for name in shipped:
        assert name in markup
        assert rows[name]["weights"][:16] in markup
    assert markup.count("<tr") == len(shipped) + 1


def test_seeds_are_those_of_the_world_and_the_list() -> None:
    seeds = laboratory_seeds()
    assert seeds.development != seeds.reported
    assert (seeds.lowest, seeds.highest) == ("0", "2")


def test_every_cube_and_every_source_of_the_record_is_listed() -> None:
    cubes = tables.cubes_table().markup
    for study in list_studies():
        for name in study.cubes:
            assert f'<tr><th scope="row">{study.name}</th><td>{name}</td>' in cubes
    sources = BeautifulSoup(tables.sources_table().markup, "html.parser").select("tbody tr")
    files = [int(row.select("td")[2].text) for row in sources]
    assert sum(files) == len(raw_files())
    assert all(0 < len(row.select("td")[0].text) <= 8 for row in sources)


def test_versions_are_those_installed() -> None:
    rows = BeautifulSoup(tables.versions_table().markup, "html.parser").select("tbody tr")
    shown = {row.th.text: row.td.text for row in rows}
    assert shown["clipsafe"] == clipsafe_utils.__version__
    assert shown["numpy"] == np.__version__


def test_times_have_a_target_each() -> None:
    assert "clipsafe book" in tables.times_table().markup


def test_what_misses_its_target_is_said_to() -> None:
    with (REPOSITORY / "benchmarks" / "engine.json").open(encoding="utf-8") as file:
        rows = json.load(file)["rows"]
    missed = sum(row["ratio"] > row["target"] for row in rows)
    assert tables.engine_table().markup.count("<td>no</td>") == missed

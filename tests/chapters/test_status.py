"""The page on seeds, weights and times shows what the files say."""

import csv
import json

from clipsafe_utils.chapters.status import tables
from clipsafe_utils.cubes.studies import REPOSITORY


def test_the_weights_listed_are_those_of_the_folder() -> None:
    markup = tables.weights_table().markup
    shipped = {file.stem for file in (REPOSITORY / "weights").glob("*.safetensors")}
    with (REPOSITORY / "weights" / "zoo.csv").open(encoding="utf-8", newline="") as file:
        rows = {row["name"]: row for row in csv.DictReader(file)}
    assert shipped
    for name in shipped:
        assert name in markup
        assert rows[name]["weights"][:16] in markup
    assert markup.count("<tr") == len(shipped) + 1


def test_seeds_are_those_of_the_world_and_the_list() -> None:
    found = tables.numbers()
    assert found["status-development"] != found["status-reported"]
    assert found["status-seeds"] == "the seeds 0 to 2"


def test_times_have_a_target_each() -> None:
    assert "clipsafe book" in tables.times_table().markup


def test_what_misses_its_target_is_said_to() -> None:
    with (REPOSITORY / "benchmarks" / "engine.json").open(encoding="utf-8") as file:
        rows = json.load(file)["rows"]
    missed = sum(row["ratio"] > row["target"] for row in rows)
    assert tables.engine_table().markup.count("<td>no</td>") == missed

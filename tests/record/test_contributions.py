"""A made-up contribution stands in the record, with what was known before; faults are one sentence."""

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from clipsafe_utils.cli import app
from clipsafe_utils.cubes import read_cube, write_cube
from clipsafe_utils.cubes.studies import Study, cubes_folder
from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.measuring.cubes import write_cubes
from clipsafe_utils.record.contributions import add_contribution
from clipsafe_utils.registry.training_sources import lineage_of
from tests.importing.made import drawn_logits, folder, imported, names_in

SAID = """
source = "my-lab"
citation = "A. Person (2026), https://example.org"
licence = "CC BY 4.0"
known_before = "nothing"
"""
MODEL = 'group = "clip_zero_shot"\ntraining_source = "Our pairs"\nscores = "logits"\n'


@pytest.fixture(scope="module")
def sent(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A contribution as `clipsafe import` makes it of predictions of ImageNet-A."""
    path = tmp_path_factory.mktemp("sent")
    images, truth = names_in("imagenet_a")
    logits = drawn_logits(truth)
    made = folder(path / "predictions", MODEL, imagenet_a={"scores": logits, "images": images})
    write_cubes(imported(made, draws=200).cubes, path / "my-lab")
    (path / "my-lab" / "contribution.toml").write_text(SAID)
    return path / "my-lab"


@pytest.fixture
def record(tmp_path: Path) -> Study:
    """A copy of the cubes that the contribution joins."""
    place = tmp_path / "published"
    place.mkdir()
    for name in ("models.nc", "shifts.nc"):
        shutil.copy(cubes_folder() / "published" / name, place)
    return Study("published", place)


def test_it_stands_as_a_row_of_the_record(sent: Path, record: Study) -> None:
    before = record.read("shifts")
    result = CliRunner().invoke(
        app, ["record", "--contribution", str(sent), "-o", str(record.folder), "--json"]
    )
    assert result.exit_code == 0, result.output
    after, who = record.read("shifts"), record.read("models").sel(model="my-lab:drawn")
    assert after.sizes["model"] == before.sizes["model"] + 1
    own = read_cube(sent / "shifts.nc").isel(model=0)
    row = after.sel(model="my-lab:drawn")
    for name in ("hits", "images"):
        assert row[name].sel(condition="a") == own[name].sel(condition="a")
    assert np.isnan(row["hits"].sel(condition="id"))
    assert np.array_equal(after["hits"].isel(model=slice(None, -1)), before["hits"], equal_nan=True)
    assert who["reference"] == "A. Person (2026), https://example.org; known before: nothing"
    assert lineage_of(str(who["training_source"].item())) == "Our pairs"
    assert "contribution my-lab; known before: nothing" in after["hits"].attrs["source"]
    assert "CC BY 4.0: A. Person" in after.attrs["licence"]


def test_a_second_time_gives_the_same_files_and_removing_them_takes_it_back(
    sent: Path, record: Study
) -> None:
    before = record.read("shifts")["model"].values.tolist()
    assert add_contribution(sent, record) == add_contribution(sent, record)
    for path in record.folder.glob("*.my-lab.nc"):
        path.unlink()
    assert record.read("shifts")["model"].values.tolist() == before


def _said(**changes: str) -> Callable[[Path], object]:
    def change(place: Path) -> None:
        said = {line.partition(" ")[0]: line for line in SAID.strip().split("\n")}
        said |= {key: f"{key} = {value}" for key, value in changes.items()}
        (place / "contribution.toml").write_text("\n".join(said.values()))

    return change


def _models(**changes: str) -> Callable[[Path], object]:
    def change(place: Path) -> None:
        models = read_cube(place / "models.nc")
        for key, value in changes.items():
            if key in models.attrs:
                models.attrs[key] = value
            else:
                models[key] = models[key].copy(data=[value])
        write_cube(models, place / "models.nc")

    return change


def _other_conditions(place: Path) -> None:
    shifts = read_cube(place / "shifts.nc")
    write_cube(shifts.assign_coords(condition=["elsewhere"]), place / "shifts.nc")


def _another_dim(place: Path) -> None:
    shifts = read_cube(place / "shifts.nc")
    write_cube(shifts.expand_dims(world=["natural"]), place / "shifts.nc")


FAULTS: dict[str, tuple[Callable[[Path], object], str]] = {
    "no file": (lambda place: (place / "contribution.toml").unlink(), r"contribution\.toml: cannot be read"),
    "no TOML": (lambda place: (place / "contribution.toml").write_text("=="), "expected TOML"),
    "unknown entry": (_said(licence='"x"\nmore = "y"'), "has no entry 'more'"),
    "a number": (_said(citation="3"), "citation: expected a text"),
    "no citation": (_said(citation='" "'), "citation: expected one line"),
    "two lines": (_said(citation='"a\\nb"'), "citation: expected one line"),
    "a source of the record": (_said(source='"timm"'), "'timm', which is another source"),
    "a path": (_said(source='"../x"'), "expected letters a-z"),
    "known before": (_said(known_before='"all"'), "expected one of nothing, direction, numbers"),
    "proxy": (_models(evidence="proxy"), "the record is of real models"),
    "no lineage": (_models(training_source="not stated"), "no lineage can be counted"),
    "nothing measured": (lambda place: (place / "shifts.nc").unlink(), "holds models.nc alone"),
    "nobody": (lambda place: (place / "models.nc").unlink(), r"models\.nc: no such cube"),
    "no cube": (lambda place: (place / "shifts.nc").write_text("no"), r"shifts\.nc: "),
    "another dim": (_another_dim, r"shifts\.nc: variable 'hits' has the dims .*; expected model, condition"),
    "other conditions": (_other_conditions, r"shifts\.nc: has no condition that the record has"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_faults_are_one_sentence_and_nothing_is_written(
    sent: Path, record: Study, tmp_path: Path, fault: str
) -> None:
    change, words = FAULTS[fault]
    place = tmp_path / "my-lab"
    shutil.copytree(sent, place)
    change(place)
    there = sorted(record.folder.iterdir())
    with pytest.raises(ClipsafeError, match=words) as raised:
        add_contribution(place, record)
    assert "\n" not in str(raised.value)
    assert sorted(record.folder.iterdir()) == there


def test_a_cube_that_the_record_lacks_is_refused(sent: Path, record: Study) -> None:
    record.path("shifts").unlink()
    with pytest.raises(ClipsafeError, match="the record has no cube 'shifts'"):
        add_contribution(sent, record)


def test_contribution_and_rebuilding_are_two_things(sent: Path) -> None:
    result = CliRunner().invoke(app, ["record", "--contribution", str(sent), "--cube", "shifts"])
    assert "leave --cube and --without out" in str(result.exception)

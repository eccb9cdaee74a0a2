"""One command in small: its models are trained, measured, joined to the zoo, and drawn in the figures."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("zarr")

from clipsafe_engine.lab.chapters.student_laboratory import figures
from clipsafe_engine.lab.findings.student import in_small
from clipsafe_engine.lab.findings.student.comparison import compare
from clipsafe_engine.lab.predict.sets import OWN_SOURCE, images_of
from clipsafe_engine.lab.student import study as student_study
from clipsafe_engine.lab.student.join import CUBES, join_study
from clipsafe_engine.lab.student.study import make_study
from clipsafe_engine.lab.training.weights import read_description
from clipsafe_engine.lab.world.world import load_world
from clipsafe_engine.predict.store import PredictionStore
from clipsafe_utils.chapters.shape_bias import figures as shape_figures
from clipsafe_utils.cubes import read_cube
from clipsafe_utils.cubes.panels import Panel, read_panels
from clipsafe_utils.cubes.yours import YOURS, label_of
from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.findings.calibration.views import views
from clipsafe_utils.findings.shape.result import ShapeBias
from tests.lab.student.tiny_study import REPLICATES, Tiny

pytestmark = pytest.mark.slow
EVERYONE = ["clip_zero_shot", "standard", "other"]


def names(tiny: Tiny) -> list[str]:
    return sorted(f"mine:{change.name}" for change in tiny.changes)


def panels(tiny: Tiny, cube: str) -> list[Panel]:
    return read_panels([str(tiny.folder)], cube, EVERYONE)


def test_the_study_is_the_zoo_and_yours(tiny_study: Tiny) -> None:
    assert tiny_study.study.cubes == CUBES
    tiny_study.study.check()
    for name in CUBES:
        joined, zoo = tiny_study.study.read(name), tiny_study.tests.kept.read(name)
        assert sorted(set(joined["model"].values) - set(zoo["model"].values)) == names(tiny_study)
        assert joined.sel(model=zoo["model"]).drop_attrs().equals(zoo.drop_attrs())
        assert joined.attrs["study"] == "mine"


def test_yours_are_drawn_but_counted_in_no_statistic_of_the_zoo(tiny_study: Tiny) -> None:
    models = tiny_study.study.read("models").sel(model=names(tiny_study))
    assert set(models["group"].values) == {"other"}
    assert set(models["training_source"].values) == {YOURS}
    causes = tiny_study.study.read("causes").sel(model=names(tiny_study))
    assert set(causes["rung"].values) == set(causes["knob"].values) == {"none"}
    assert "labels, texture_correlation 0.9" in causes["source"].values
    assert "--set texture_correlation=0.9 --captions labels" in str(models["reference"].values)


def test_draws_are_those_of_the_zoo(tiny_study: Tiny) -> None:
    assert tiny_study.study.read("ood").sizes["draw"] == REPLICATES + 1
    shifts = tiny_study.study.read("shifts")
    whole = shifts["draw_images"].isel(draw=0)
    assert (shifts["draw_hits"].sel(model=names(tiny_study)).isel(draw=0) <= whole).all()


def test_it_learnt_something(tiny_study: Tiny) -> None:
    accuracy = tiny_study.study.read("causes")["value"].sel(property="accuracy", draw=0)
    assert (accuracy.sel(model=names(tiny_study)) > 0.15).all()


def test_a_world_of_ones_own_has_its_words_and_its_own_source(tiny_study: Tiny) -> None:
    own = tiny_study.changes[1]
    world = load_world(own.world)
    assert "a splendid {}" in world.language.templates
    store = PredictionStore(tiny_study.folder / "predictions")
    kept = store.read(f"miniature:{own.name}", OWN_SOURCE)
    assert np.array_equal(kept.labels, images_of(world, "labels", tiny_study.tests.seed)[1])
    described = read_description(tiny_study.folder / "training" / f"{own.name}.safetensors")
    assert described["name"] == own.name
    assert own.name.startswith("my_world-")


def test_nothing_is_done_twice(tiny_study: Tiny, monkeypatch: pytest.MonkeyPatch) -> None:
    def stamps() -> dict[Path, int]:
        parts = ("training", "predictions")
        found = [path for part in parts for path in (tiny_study.folder / part).rglob("*") if path.is_file()]
        return {path: path.stat().st_mtime_ns for path in found if path.suffix != ".csv"}

    before = stamps()
    monkeypatch.setattr(student_study, "outputs", lambda *_: pytest.fail("ran a network again"))
    for change in tiny_study.changes:
        make_study(change, tiny_study.folder, tiny_study.tests, jobs=1)
    assert stamps() == before


def test_the_point_is_in_chapter_1_in_small(tiny_study: Tiny) -> None:
    found = in_small.residuals(panels(tiny_study, "factors"), 0.95)
    result, models = found.table, found.models
    assert result is not None
    assert found.lacking == []
    frame = figures.factors_frame(found)
    for name in mine(models["model"].values):
        drawn = frame[frame["label"] == label_of(name)]
        assert np.allclose(drawn["value"], 100 * result["residual"].sel(model=name).values)
        assert drawn["look"].str.startswith("yours/").all()


def test_the_point_is_in_chapter_2(tiny_study: Tiny) -> None:
    found = in_small.shape_biases(panels(tiny_study, "shape_bias"), 0.95)
    table, models = found.table, found.models
    assert table is not None
    frame = figures.shape_bias_frame(found)
    for row, name in zip(frame.to_dict("records"), mine(models["model"].values), strict=False):
        assert row["value"] == pytest.approx(100 * table["shape_bias"].sel(model=name).item())
        assert row["row"] == label_of(name)
    everyone = ShapeBias([], [], {"mine": table}, {"mine": models}, {}, {}, 0.95)
    rows = shape_figures.observers_frame(everyone)["row"]
    assert {name.removeprefix("mine:") for name in names(tiny_study)} <= set(rows)


def test_the_point_is_in_chapter_4(tiny_study: Tiny) -> None:
    drawn = in_small.reliability(panels(tiny_study, "calibration"), "wit")
    titles = drawn["title"].values.tolist()
    assert titles[:2] == [label_of(name) for name in names(tiny_study)]
    assert titles[2:] == ["CLIP, same recipe", "standard network"]
    (view,) = views(panels(tiny_study, "calibration"), ["natural"], ["before"])
    assert set(view.models["training_source"].values) & {YOURS}


def test_the_comparison_holds_yours_against_the_unchanged_recipe(tiny_study: Tiny) -> None:
    cube = read_cube(tiny_study.folder / "causes.nc")
    for name in names(tiny_study):
        table = compare(cube, name, 0.95).table
        value = cube["value"].sel(model=name, draw=0)
        zoo = cube["value"].sel(model="miniature:clip-wit", draw=0)
        for one in ("shape_bias", "accuracy"):
            assert table.loc[one, "yours"].estimate == pytest.approx(value.sel(property=one).item())
            apart = value.sel(property=one).item() - zoo.sel(property=one).item()
            assert table.loc[one, "difference"].estimate == pytest.approx(apart)


def test_a_zoo_measured_otherwise_is_refused(tiny_study: Tiny, tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    (folder).mkdir()
    (folder / "measured").symlink_to(tiny_study.folder / "measured")

    class Fewer:
        def read(self, name: str) -> object:
            cube = tiny_study.tests.kept.read(name)
            return cube.isel(draw=slice(0, 3)) if "draw" in cube.dims else cube

    with pytest.raises(
        ClipsafeError, match=r"was not measured as the zoo was; delete .*mine and begin again"
    ):
        join_study(Fewer(), folder)  # type: ignore[arg-type]
    assert not list(folder.glob("*.nc"))


def mine(models: Sequence[str]) -> list[str]:
    return [str(name) for name in models if str(name).startswith("mine:")]

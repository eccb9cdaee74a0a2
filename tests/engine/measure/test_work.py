"""What is measured again, what is not, and what is refused."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

pytest.importorskip("zarr")

from clipsafe_engine.measure import work as working
from clipsafe_engine.measure.work import Measured, Task, measure_models
from clipsafe_engine.predict.store import PredictionStore
from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.measuring.plan import ImageSet, Plan
from tests.engine.measure import small_study
from tests.engine.measure.small_study import PLAN, predictions

MODELS = ("a", "b/c:d", "e")
TABLES = ("calibration", "outcomes", "shifts", "factors", "ood", "shape_bias", "decided")


class Runs:
    """Measures the study in a folder, and tells which models were measured in a run."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self.store = small_study.write_store(folder / "store", *MODELS)
        self.measured: list[str] = []
        measure = working.measure_model

        def counted(outputs, plan, replicates):  # type: ignore[no-untyped-def]
            self.measured.append(outputs.model)
            return measure(outputs, plan, replicates)

        monkeypatch.setattr(working, "measure_model", counted)

    def __call__(
        self, plan: Plan = PLAN, models: tuple[str, ...] = MODELS, **options: object
    ) -> list[Measured]:
        self.measured.clear()
        tasks = [Task(model, plan, {"weights": f"weights of {model}"}) for model in models]
        given: dict[str, object] = {"replicates": 5, "jobs": 1}
        return measure_models(self.store.folder, tasks, self.folder / "work", **(given | options))  # type: ignore[arg-type]


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Runs:
    return Runs(tmp_path, monkeypatch)


def test_only_what_changed_is_measured_again(runs: Runs) -> None:
    told: list[str] = []
    first = runs(advance=told.append)
    assert runs.measured == told == list(MODELS)
    told.clear()
    assert runs(advance=told.append) == first
    assert (runs.measured, told) == ([], list(MODELS))
    shutil.rmtree(runs.store.folder / "predictions" / "e" / "away")
    runs.store.write(predictions("e", "away", seed=1))
    again = runs()
    assert runs.measured == ["e"]
    assert again[:2] == first[:2]
    assert again[2].predictions != first[2].predictions
    runs(replace(PLAN, shifts=("id",)))
    assert runs.measured == list(MODELS)
    runs(replace(PLAN, shifts=("id",)), replicates=6)
    assert runs.measured == list(MODELS)


def test_a_changed_measure_measures_all_again(runs: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    runs()
    monkeypatch.setattr(working, "_sources", lambda: ["other code"])
    runs()
    assert runs.measured == list(MODELS)


def test_a_killed_run_goes_on_where_it_stopped(runs: Runs) -> None:
    def kill(model: str) -> None:
        if model == MODELS[1]:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        runs(advance=kill)
    assert runs.measured == list(MODELS[:2])
    done = runs()
    assert runs.measured == ["e"]
    for one in done:
        assert set(one.read(*TABLES)) == set(TABLES)


@pytest.mark.parametrize("damage", [b"", b"PK\x03\x04 cut short"])
def test_a_damaged_file_is_made_anew(runs: Runs, damage: bytes) -> None:
    found = runs()[0]
    whole = found.path.read_bytes()
    found.path.write_bytes(damage)
    runs()
    assert runs.measured == ["a"]
    assert found.path.read_bytes() == whole


@pytest.mark.slow
def test_processes_measure_the_same(runs: Runs) -> None:
    alone = [one.path.read_bytes() for one in runs()]
    shutil.rmtree(runs.folder / "work")
    assert [one.path.read_bytes() for one in runs(jobs=2)] == alone
    assert list((runs.folder / "work").glob(".*")) == []


def test_what_is_missing_is_named_before_anything_is_measured(runs: Runs) -> None:
    shutil.rmtree(runs.store.folder / "predictions" / "e" / "near")
    with pytest.raises(ClipsafeError, match=r"near.*'e'"):
        runs()
    assert runs.measured == []


def test_an_unfinished_entry_is_refused(runs: Runs) -> None:
    (shard,) = (runs.store.folder / "predictions" / "e" / "near").rglob("c.0.0")
    shard.unlink()
    with pytest.raises(ClipsafeError, match=r"near/\w+\.zarr: 1 shards are missing; predict again"):
        runs()


def test_predictions_of_other_weights_are_refused(runs: Runs) -> None:
    shutil.rmtree(runs.store.folder / "predictions" / "e")
    for dataset in small_study.NOISE:
        runs.store.write(predictions("e", dataset, weights="others"))
    with pytest.raises(
        ClipsafeError, match="'e' on 'home' was made with weights others, expected weights of"
    ):
        runs()
    shutil.rmtree(runs.store.folder / "predictions" / "e" / "away")
    runs.store.write(predictions("e", "away"))
    tasks = [Task("e", PLAN)]
    with pytest.raises(
        ClipsafeError, match="'e' on 'away' was made with weights weights of e, expected others"
    ):
        measure_models(runs.store.folder, tasks, runs.folder / "work")
    assert not (runs.folder / "work").exists()


def test_other_entries_of_a_provenance_may_be_asked_for(runs: Runs) -> None:
    tasks = [Task("a", PLAN, {"seed": "4093"})]
    with pytest.raises(ClipsafeError, match="'a' on 'home' was made with seed 0, expected 4093"):
        measure_models(runs.store.folder, tasks, runs.folder / "work")


@pytest.mark.parametrize("jobs", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_other_images_are_refused(runs: Runs, jobs: int) -> None:
    labels = small_study.LABELS.copy()
    labels[7] += 1
    plan = replace(PLAN, ood={"near": ImageSet("near", "near", labels)})
    with pytest.raises(
        ClipsafeError, match=r"the labels of '[ae]' on 'near' are not those of the 400 images"
    ):
        runs(plan, jobs=jobs, models=("a", "e") if jobs == 2 else ("a",))


def test_a_full_disk_leaves_nothing_half_written(runs: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_arguments: object, **_options: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez", full)
    with pytest.raises(ClipsafeError, match=r"a\.npz: cannot be written \(No space left on device\)"):
        runs()
    assert list((runs.folder / "work").iterdir()) == []


def test_tables_read_back_as_they_were(runs: Runs) -> None:
    found = runs()[0]
    outputs = working.ModelOutputs(PredictionStore(runs.store.folder), "a", "default")
    tables = working.measure_model(outputs, PLAN, 5)
    for name, table in found.read(*TABLES).items():
        xr.testing.assert_identical(table, tables[name])
    assert found.read("prompts") == {}

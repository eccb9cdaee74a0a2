"""A small world, its predictions and its cubes."""

from dataclasses import dataclass
from pathlib import Path

import xarray as xr

from clipsafe_engine.lab.measure.miniature import measure_miniature
from clipsafe_engine.lab.measure.records import ModelRecord
from clipsafe_engine.lab.world.material import TestSet
from clipsafe_engine.lab.world.world import World
from clipsafe_engine.predict.store import PredictionStore
from clipsafe_utils.cubes import read_cube
from tests.lab.measure import stand_ins

REPLICATES = 6
RECORDS = (
    stand_ins.record("clip-a", group="clip_zero_shot", training_source="wit", loss="clip"),
    stand_ins.record("net-b"),
    stand_ins.record("ladder-d", group="other", shipped=False, rung="c", knob="batch", level=64.0),
)


@dataclass
class Laboratory:
    """Where everything is."""

    folder: Path
    world: World
    sets: dict[str, TestSet]
    records: tuple[ModelRecord, ...] = RECORDS

    @property
    def store(self) -> PredictionStore:
        return PredictionStore(self.folder / "store")

    def measure(self, cubes: str = "cubes", **options: object) -> dict[str, str]:
        given: dict[str, object] = {
            "world": self.world,
            "seed": stand_ins.SEED,
            "prompt_sets": stand_ins.PROMPT_SETS,
            "replicates": REPLICATES,
            "jobs": 1,
        }
        records = options.pop("records", self.records)
        work = self.folder / "work"
        return measure_miniature(
            self.folder / "store",
            records,  # type: ignore[arg-type]
            self.folder / cubes,
            work,
            **(given | options),  # type: ignore[arg-type]
        )

    def cube(self, name: str) -> xr.Dataset:
        return read_cube(self.folder / "cubes" / f"{name}.nc")


def make_laboratory(folder: Path) -> Laboratory:
    """Make the world, let stand-ins speak, and measure."""
    world = stand_ins.small_world(folder / "world")
    sets = stand_ins.write_predictions(PredictionStore(folder / "store"), world, RECORDS)
    made = Laboratory(folder, world, sets)
    made.measure()
    return made

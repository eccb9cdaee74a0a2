"""A student's study in small: a small world, stand-ins for the zoo, and two models trained in seconds."""

from dataclasses import dataclass
from pathlib import Path

from clipsafe_engine.lab.measure.miniature import measure_miniature
from clipsafe_engine.lab.student.change import Change
from clipsafe_engine.lab.student.own_world import copy_world
from clipsafe_engine.lab.student.study import Tests, make_study
from clipsafe_engine.predict.store import PredictionStore
from clipsafe_utils.cubes.studies import Study
from tests.lab.measure import stand_ins

REPLICATES = 6
ZOO = (
    stand_ins.record(
        "miniature:clip-wit",
        group="clip_zero_shot",
        training_source="wit",
        training_images=65536.0,
        rung="d",
        source="wit",
    ),
    *(
        stand_ins.record(f"miniature:net-{letter}", training_images=65536.0, source="labels")
        for letter in "abcdef"
    ),
)
SETTINGS = {"images": 1024, "samples": 8192, "batch": 64}


@dataclass(frozen=True)
class Tiny:
    """Where everything is."""

    folder: Path
    tests: Tests
    changes: tuple[Change, Change]
    study: Study


def make_zoo(folder: Path) -> Tests:
    """Measure stand-ins for the zoo on a small world."""
    world = stand_ins.small_world(folder / "world")
    stand_ins.write_predictions(PredictionStore(folder / "store"), world, ZOO)
    measure_miniature(
        folder / "store",
        ZOO,
        folder / "miniature",
        folder / "work",
        world=world,
        seed=stand_ins.SEED,
        replicates=REPLICATES,
        jobs=1,
    )
    return Tests(stand_ins.SEED, Study("miniature", folder / "miniature"), world.folder)


def change_world(folder: Path) -> Path:
    """Copy the world; give it another word, another sentence and another texture of the cat."""
    copy_world(folder)
    for name, old, new in (
        ("captions.toml", '"silhouette",', '"silhouette", "splendid",'),
        ("captions.toml", '"a nice {}"', '"a splendid {}"'),
        ("concepts.toml", 'pattern = "marbled", first = "green", second = "blue"', _CAT),
    ):
        text = (folder / name).read_text()
        assert old in text
        (folder / name).write_text(text.replace(old, new, 1))
    return folder


_CAT = 'pattern = "wavy", first = "pink", second = "black"'


def make_tiny(folder: Path) -> Tiny:
    """Train one model in the book's world and one in a changed one, into one study."""
    tests = make_zoo(folder)
    changes = (
        Change({**SETTINGS, "texture_correlation": 0.9}, "labels"),
        Change(SETTINGS, "labels", change_world(folder / "my-world")),
    )
    for change in changes:
        study = make_study(change, folder / "mine", tests, jobs=1)
    return Tiny(folder / "mine", tests, changes, study)

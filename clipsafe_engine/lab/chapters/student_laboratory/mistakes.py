"""What the laboratory answers to mistakes: each sentence is made by the mistake itself."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd

from clipsafe_engine.lab.student.change import Change, recipe_of
from clipsafe_engine.lab.student.knobs import read_settings
from clipsafe_engine.lab.student.own_world import copy_world, read_own_world
from clipsafe_engine.lab.world.world import load_world
from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.show.shown import Shown
from clipsafe_utils.show.tables import table

FOLDER = "my-world"  # what the table calls the folder of a world of one's own

SETTINGS = ("texture=0.9", "texture_correlation=1.5", "batch=many", "images=1000.5")
CHANGES = (
    ("--captions labels_wide_far", Change(source="labels_wide_far")),
    ("--captions wiki", Change(source="wiki")),
    ("--set sketches=0.7 --set flats=0.7", Change({"sketches": 0.7, "flats": 0.7})),
    ("--set images=512 --set batch=1024", Change({"images": 512, "batch": 1024})),
)
FILES = (
    ("captions.toml", '"a nice {}"', '"a splendid {}"', "a caption with a word outside the vocabulary"),
    ("captions.toml", '"cat", ', "", "a vocabulary without the word of a class"),
    ("concepts.toml", 'glyphs = ["mdi:cat", "ph:cat-fill"]', "glyphs = []", "a class without drawings"),
    ("concepts.toml", 'backgrounds = ["curtain", "wood"]', 'backgrounds = ["moon", "wood"]', "no such place"),
    ("sources.toml", "texture_correlation = 0.50", "texture_correlation = 50", "a share in percent"),
)
"""File, what stands there, what is written in its place, and what is wrong with that."""


def mistakes_table() -> Shown:
    """Tabulate mistakes and the sentences that they get."""
    rows = [(f"--set {text}", _sentence(partial(read_settings, [text]))) for text in SETTINGS]
    world = load_world()
    rows += [(said, _sentence(partial(recipe_of, world, change))) for said, change in CHANGES]
    rows += [(f"{name}: {what}", _of_file(name, old, new)) for name, old, new, what in FILES]
    frame = pd.DataFrame(rows, columns=["What was written", "What the laboratory says"])
    return table(frame, "Mistakes and the sentences that they get; nothing is trained and nothing written.")


def _of_file(name: str, old: str, new: str) -> str:
    with TemporaryDirectory() as place:
        folder = Path(place) / FOLDER
        copy_world(folder)
        text = (folder / name).read_text(encoding="utf-8")
        (folder / name).write_text(text.replace(old, new, 1), encoding="utf-8")
        return _sentence(partial(read_own_world, folder)).replace(str(folder), FOLDER)


def _sentence(act: Callable[[], object]) -> str:
    try:
        act()
    except ClipsafeError as error:
        return str(error).replace(f"{load_world().folder}/", "")
    raise AssertionError("a mistake of the table is none")

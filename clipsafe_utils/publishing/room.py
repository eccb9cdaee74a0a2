"""The folder for a class: what students get, what only the lecturer sees, what works without a network."""

import shutil
from collections.abc import Callable
from pathlib import Path

from clipsafe_utils.chapters.teaching.judge import known_of, terms, write_lineup
from clipsafe_utils.chapters.teaching.plans import reruns
from clipsafe_utils.chapters.teaching.projection import write_slides
from clipsafe_utils.cubes.studies import REPOSITORY
from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.publishing.commands import render_own

PAGES = {"handout": "students", "guesses": "students", "answer-key": "lecturer"}
"""Pages of the book that are printed, and who gets them."""

STEPS = len(PAGES) + len(reruns()) + 3

_README = """Three models to judge

model-1, model-2 and model-3 hold what three networks answered, as `clipsafe import`
reads it. One is a zero-shot CLIP, one a CLIP that was fine-tuned on ImageNet, one was
trained on stylised images.

The networks are real. Their answers are not: each was drawn by chance from published
counts, as often right, and as often by shape, as the network was. Names of images are
ImageNet's own in imagenet-val.csv and made up elsewhere.

Chance chose which image is right, so accuracy by factor (pose, texture, ...) would
mean nothing. Leave it out:

    clipsafe import model-1 -o cubes-1 --without-factors

Terms of the counts:
"""


def write_room(folder: Path, seed: int, advance: Callable[[str], object] = str) -> Path:
    """Write all of it into a new folder, the reruns last; `advance` is called with what is done.

    Raises
    ------
    ClipsafeError
        If the folder holds something already, or the book was not built.
    """
    site = REPOSITORY / "_build" / "html"
    if not (site / "index.html").is_file():
        raise ClipsafeError(f"{site}: the book is not built; run `make book` in a clone first.")
    write_judge(folder, seed)
    advance("judge")
    write_slides(folder / "lecturer" / "figures")
    advance("figures")
    for name, whose in PAGES.items():
        _render(name, "{}", folder / whose)
        advance(name)
    shutil.make_archive(str(folder / "book"), "zip", site)
    advance("book")
    for number, rerun in enumerate(reruns(), 1):
        _render(rerun.chapter, rerun.parameters, folder / "reruns" / str(number))
        (folder / "reruns" / str(number) / "command.txt").write_text(f"{rerun.command}\n", encoding="utf-8")
        advance(rerun.chapter)
    return folder


def write_judge(folder: Path, seed: int) -> None:
    """Write the three models with their terms for students, and for the lecturer who they are.

    Raises
    ------
    ClipsafeError
        If the folder holds something already.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ClipsafeError(f"{folder}: is not empty; give another -o FOLDER.")
    students, key = folder / "students" / "judge", folder / "lecturer" / "who-is-who.txt"
    suspects = write_lineup(seed, students)
    (students / "README.txt").write_text(_README + "\n".join(terms()) + "\n", encoding="utf-8")
    lines = [f"Seed {seed}. What the record says of each network, in percent:"]
    for number, suspect in enumerate(suspects, 1):
        known = ", ".join(f"{name} {100 * value:.1f}" for name, value in known_of(suspect).items())
        lines += ["", f"model-{number}: {suspect.kind}", suspect.name, known]
    key.parent.mkdir(parents=True, exist_ok=True)
    key.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _render(name: str, parameters: str, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    notebook, _ = render_own(name, parameters, folder)
    notebook.unlink()  # The page is what is looked at and printed.

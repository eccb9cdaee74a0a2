"""Four plans for a class: what happens when, on which page, with which reruns."""

from dataclasses import dataclass
from typing import Any

import yaml


@dataclass(frozen=True)
class Rerun:
    """A chapter and the parameters that a class changes in it."""

    chapter: str
    parameters: str

    @property
    def command(self) -> str:
        """What a student types."""
        return f"clipsafe render {self.chapter} -y '{self.parameters}' -o mine"

    @property
    def values(self) -> dict[str, Any]:
        """The parameters by name."""
        return dict(yaml.safe_load(self.parameters))


@dataclass(frozen=True)
class Step:
    """A part of a plan."""

    title: str
    minutes: int
    page: str = ""  # Chapter on the screen; empty for none.
    reruns: tuple[Rerun, ...] = ()


ANIMALS = Rerun("shape-bias", "{cue_classes: [bear, bird, cat, dog, elephant]}")
_LOCAL = Rerun("factor-robustness", "{fit: local}")
_MULTI = Rerun("factor-robustness", "{selection: multi}")
_TWINS = Rerun("distribution-shift", "{training_sources: [WIT, LAION-400M]}")
_BINS = Rerun("calibration", "{n_bins: 3}")
_SPLIT = Rerun("calibration", "{split_seed: 1}")

ONE_HOUR = (
    Step("Build and ask", 8, "intro"),
    Step("Which cue decides?", 14, "shape-bias", (ANIMALS,)),
    Step("Better, or only more accurate?", 18, "factor-robustness", (_LOCAL,)),
    Step("Can it be believed?", 12, "calibration"),
    Step("What may be said", 8, "intro"),
)
"""The plan for one hour."""

HALF_DAY = (
    Step("Build, ask, read the first page", 12, "intro"),
    Step("Shape or texture, with both exercises", 28, "shape-bias", (ANIMALS,)),
    Step("Factors, with the proof", 40, "factor-robustness", (_LOCAL, _MULTI)),
    Step("Break", 15),
    Step("Shift, and what it is not", 35, "distribution-shift", (_TWINS,)),
    Step("Confidence", 30, "calibration", (_BINS, _SPLIT)),
    Step("Second break", 10),
    Step("Change the world", 30, "student-laboratory"),
    Step("One sentence each", 10, "intro"),
)
"""The plan for half a day: three and a half hours."""


FIRST_LAB = (
    Step("What can be turned", 15, "miniature-world"),
    Step("Guess, then train", 15, "student-laboratory"),
    Step("Your point", 15, "student-laboratory"),
    Step("The same knob, another dose", 20, "student-laboratory"),
    Step("Cause or luck?", 25, "shape-bias"),
)
"""The first lab: an hour and a half, in which everybody trains a CLIP."""

JUDGE = (
    Step("Three folders", 12, "guesses"),
    Step("Count by hand", 12),
    Step("Three cards", 12, "where-my-model-stands"),
    Step("Argue", 16),
    Step("Who it was", 8, "answer-key"),
)
"""Judge a model: an hour."""


ROOM = "clipsafe teaching --seed 3 -o room"
"""Makes the folder for a class."""

GROUP = "clipsafe teaching --judge-only --seed 4 -o group-b"
"""Makes the models to judge for another group."""

CARD = ("clipsafe import model-1 -o cubes-1 --without-factors", "clipsafe card ./cubes-1 -o card-1.html")
"""What a group types for each of the models that it judges."""


def reruns() -> list[Rerun]:
    """Return every rerun of the plans, each once, in the order of the half day."""
    return list(dict.fromkeys(one for step in (*HALF_DAY, *ONE_HOUR) for one in step.reruns))

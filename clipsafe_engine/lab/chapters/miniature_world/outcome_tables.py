"""What came out of the miniature world, as tables."""

from clipsafe_engine.lab.findings.world.result import PROPERTIES, MiniatureWorld
from clipsafe_utils.cubes import GROUPS
from clipsafe_utils.say import level
from clipsafe_utils.show.shown import Shown
from clipsafe_utils.show.tables import table


def steps_table(shown: MiniatureWorld) -> Shown:
    """Tabulate what each step of the ladder changes."""
    titles = {"title": "What changes", "source": "Source", **PROPERTIES, "study": "Study"}
    changes = {name: [step.with_interval for step in shown.steps[name]] for name in PROPERTIES}
    return table(
        shown.steps.assign(**changes).rename(columns=titles),
        f"What one step changes, in points, with {level(shown.confidence)} intervals over seeds and test "
        "images.",
    )


def models_table(shown: MiniatureWorld) -> Shown:
    """Tabulate the main properties of every model."""
    titles = {"model": "Model", "group": "Group", "training_source": "Training source", **PROPERTIES}
    written = shown.models.assign(
        group=shown.models["group"].map(GROUPS), **{name: shown.models[name].map(str) for name in PROPERTIES}
    )
    return table(
        written.rename(columns=titles | {"study": "Study"}),
        "Every model that was measured. AUROC: mean over the kinds of sets out of distribution, by maximum "
        "softmax probability. Debiased error: of calibration, before temperature scaling.",
    )

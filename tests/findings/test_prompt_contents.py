"""Templates that differ in what they say: gains worked by hand, and each answer either way."""

import numpy as np
import pytest
import xarray as xr

from clipsafe_utils.findings.prompts.content import CONTENT, SAME, Contents, read_contents
from clipsafe_utils.metrics.runs import mean_of_runs
from clipsafe_utils.say import Missing, Value
from tests.conftest import labelled

PROPERTIES = ("accuracy", "auroc", "ece")
CLIPS = np.array([-0.01, 0.0, 0.01])
USUAL = 0.8


def contents(gains: dict[str, float], same: float = 0.001, above_usual: float = -0.01) -> Contents:
    """Eighty are at `above_usual` beside the usual set; one template alone lies lower by its gain."""
    shape = (21, len(CLIPS), 2, 2, len(PROPERTIES))
    mean = np.full(shape, USUAL + above_usual) + CLIPS[:, None, None, None]
    for place, name in enumerate(PROPERTIES):
        mean[:, :, 0, 0, place] -= same
        # The gain varies over CLIPs by a tenth, so that its interval has a width.
        mean[:, :, 1, 0, place] -= gains[name] * (1 + 10 * CLIPS)
    subsets = np.stack([mean[0] - 0.05, mean[0] + 0.05], axis=3)
    subsets[:, :, 1, 1] = np.nan
    usual = np.full((21, len(CLIPS), len(PROPERTIES)), USUAL) + CLIPS[:, None]
    cube = xr.Dataset(
        {
            "mean": (("draw", "model", "pool", "size", "property"), mean),
            "subset_value": (("model", "pool", "size", "subset", "property"), subsets),
            "usual": (("draw", "model", "property"), usual),
            "template": (("pool", "subset"), [["a {}", "the {}"], ["a red {}", "a blue {}"]]),
        },
        coords={
            "draw": range(21),
            "model": ["a", "b", "c"],
            "pool": [SAME, CONTENT],
            "size": ["1", "80"],
            "subset": [0, 1],
            "property": list(PROPERTIES),
        },
    )
    return Contents(labelled(cube, "templates"), 0.95)


HELPED = {"accuracy": 0.05, "auroc": 0.03, "ece": -0.04}


def test_a_gain_is_that_of_all_templates_less_the_mean_of_single_ones() -> None:
    found = contents(HELPED)
    expected = mean_of_runs(np.tile(0.05 * (1 + 10 * CLIPS), (21, 1)), scale="difference")
    gain = found.gain("accuracy")
    assert isinstance(gain, Value)
    assert (gain.estimate, gain.low, gain.high) == pytest.approx(
        (expected.estimate, expected.low, expected.high)
    )
    more = found.by_content("accuracy")
    assert isinstance(more, Value)
    assert more.estimate == pytest.approx(0.049)
    spread = found.spread("accuracy")
    assert isinstance(spread, Value)
    assert spread.estimate == pytest.approx(0.1 / np.sqrt(2))
    assert (found.clips, found.worst) == ("3", "a red {}")


@pytest.mark.parametrize(
    ("gains", "same", "above", "answers"),
    [
        (HELPED, 0.001, -0.01, ("yes", "yes", "worse", "down")),
        ({"accuracy": 0.05, "auroc": -0.03, "ece": 0.04}, 0.05, 0.01, ("yes", "no", "better", "up")),
        ({"accuracy": 0.001, "auroc": -0.0001, "ece": 0.04}, 0.05, 0.01, ("no", "no", "neither", "up")),
        ({"accuracy": -0.05, "auroc": 0.03, "ece": 0.04}, 0.0, 0.0, ("no", "no", "neither", "neither")),
    ],
)
def test_each_frozen_question_can_be_answered_either_way(
    gains: dict[str, float], same: float, above: float, answers: tuple[str, ...]
) -> None:
    found = contents(gains, same, above)
    assert (found.helps, found.needs_content, found.fewer, found.beats_usual) == answers


def test_subsets_are_drawn_where_there_are_several() -> None:
    changes = contents(HELPED).changes.set_index(["pool", "property", "templates"])
    assert changes.loc[(CONTENT, "accuracy", 1), "singles"] == pytest.approx([-0.11, -0.01])
    assert str(changes.loc[(SAME, "ece", 80), "change"]) == "−1.0"


def test_a_study_without_the_cube_has_no_answer() -> None:
    nobody = read_contents(["published"], ["clip_zero_shot"], 0.95)
    assert not nobody
    assert isinstance(nobody.gain("accuracy"), Missing)
    assert isinstance(nobody.fewer, Missing)
    assert nobody.changes.empty


def test_the_shipped_numbers_are_of_the_frozen_templates() -> None:
    from clipsafe_engine.lab.measure.templates import Frozen

    cube = read_contents(["miniature"], ["clip_zero_shot"], 0.95).cube
    assert cube is not None
    assert cube["template"].sel(pool=CONTENT).values.tolist() == list(Frozen.read().templates)
    single = cube["subset_value"].sel(size="1").mean("subset")
    assert np.allclose(single, cube["mean"].sel(size="1").isel(draw=0), atol=1e-4)

"""What teaching costs, and the numbers of the boxes on common mistakes."""

import numpy as np
import pytest
import xarray as xr

from clipsafe_utils.chapters.formats import NOT_MEASURED, percent
from clipsafe_utils.chapters.teaching import costs, misreadings
from clipsafe_utils.chapters.teaching.plans import ONE_HOUR, Rerun, Step, reruns
from clipsafe_utils.cubes.studies import REPOSITORY

STUDY = "mine"


def _models(groups: list[str], evidence: str = "measured") -> dict[str, xr.Dataset]:
    names = [f"model {number}" for number in range(len(groups))]
    described = {
        "group": ("model", groups),
        "family": ("model", names),
        "training_source": ("model", names),
        "checkpoint": ("model", names),
    }
    return {STUDY: xr.Dataset(described, {"model": names}, {"evidence": evidence})}


@pytest.fixture
def residuals() -> dict[str, xr.Dataset]:
    """Two CLIPs and a standard network on three factors; CLIPs are best on pose, worst on texture."""
    accuracy = [[0.6, 0.3, 0.5], [0.7, 0.4, 0.5], [0.1, 0.9, 0.2]]
    cube = xr.Dataset(
        {
            "accuracy": (("model", "factor"), accuracy),
            "reference_accuracy": (("model", "factor"), np.repeat([[0.5], [0.55], [0.6]], 3, axis=1)),
        },
        {"model": [f"model {number}" for number in range(3)], "factor": ["pose", "texture", "color"]},
    )
    return {STUDY: cube}


def test_accuracy_on_a_factor_is_that_of_the_clips(residuals: dict[str, xr.Dataset]) -> None:
    models = _models(["clip_zero_shot", "clip_zero_shot", "standard"])
    found = misreadings.of_factors(residuals, models)
    assert list(found) == list(misreadings.FACTOR_KEYS)
    assert found["factors-misread-pose"] == f"{percent(0.6)} and {percent(0.7)}"
    assert found["factors-misread-pose-rank"] == "1 of 3"
    assert found["factors-misread-texture-rank"] == "3 of 3"
    assert found["factors-misread-overall"] == f"{percent(0.5)} and {percent(0.55)}"


def test_many_clips_are_a_range(residuals: dict[str, xr.Dataset]) -> None:
    found = misreadings.of_factors(residuals, _models(["clip_zero_shot"] * 3))
    assert found["factors-misread-pose"] == f"{percent(0.1)} to {percent(0.7)}"


@pytest.mark.parametrize(
    "models", [_models(["standard"] * 3), _models(["clip_zero_shot"] * 3, "proxy")], ids=["no CLIP", "drawn"]
)
def test_without_a_real_clip_nothing_is_said(
    residuals: dict[str, xr.Dataset], models: dict[str, xr.Dataset]
) -> None:
    assert set(misreadings.of_factors(residuals, models).values()) == {NOT_MEASURED}


def test_a_factor_that_was_not_chosen_is_not_measured(residuals: dict[str, xr.Dataset]) -> None:
    chosen = {STUDY: residuals[STUDY].sel(factor=["color"])}
    found = misreadings.of_factors(chosen, _models(["clip_zero_shot"] * 3))
    assert found["factors-misread-pose"] == found["factors-misread-texture-rank"] == NOT_MEASURED
    assert found["factors-misread-overall"] == f"{percent(0.5)} to {percent(0.6)}"


def test_every_command_of_the_plans_was_timed() -> None:
    found = costs.read_times()
    assert set(found["seconds"]) == {costs.FIRST_BUILD, *(one.command for one in reruns())}
    assert min(found["seconds"].values()) > 0


def test_a_plan_starts_at_zero_and_each_step_where_the_last_ended() -> None:
    plan = (
        Step("First", 50, "intro"),
        Step("Second", 25, "intro", (Rerun("intro", "{a: 1}"),)),
        Step("Rest", 5),
    )
    markup = costs.plan_table(plan, "Mine.").markup
    assert markup.count("0:50") == 2
    assert markup.count("1:15") == 2
    assert "<td>{a: 1}</td>" in markup
    assert "<td>none</td><td>none</td></tr></tbody>" in markup
    assert "1:00" in costs.plan_table(ONE_HOUR, "An hour.").markup


def test_reading_aloud_and_running_leave_time_for_the_class() -> None:
    page = "## The plan for one hour\n" + "word " * 240 + "\n## The plan for half a day\n" + "word " * 120
    seconds = {costs.FIRST_BUILD: 120.0, **{one.command: 20.0 for one in reruns()}}
    found = costs.busy_minutes(page + "\n## Notes\nnot said", {"seconds": seconds})
    assert found["teaching-hour-busy"] == "5"
    assert found["teaching-half-day-busy"] == "7"
    real = costs.busy_minutes((REPOSITORY / "notebooks" / "teaching.md").read_text(), costs.read_times())
    assert int(real["teaching-hour-busy"]) < 30
    assert int(real["teaching-hour-busy"]) < int(real["teaching-half-day-busy"]) < 100


def test_numbers_of_the_page() -> None:
    seconds = {one.command: float(number) for number, one in enumerate(reruns(), start=4)}
    found = costs.numbers({"seconds": {costs.FIRST_BUILD: 150.0, **seconds}})
    assert found["teaching-half-day"] == "210"
    assert found["teaching-first-build"] == "2.5"
    assert (found["teaching-quickest"], found["teaching-slowest"]) == ("4", "9")

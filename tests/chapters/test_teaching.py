"""What teaching costs."""

from clipsafe_utils.chapters.teaching import costs
from clipsafe_utils.chapters.teaching.plans import ONE_HOUR, Rerun, Step, reruns
from clipsafe_utils.cubes.studies import REPOSITORY


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

"""What teaching costs."""

import importlib.util

import pytest

from clipsafe_utils.chapters.rerun_times import read_times
from clipsafe_utils.chapters.teaching import costs
from clipsafe_utils.chapters.teaching.plans import CARD, GROUP, ONE_HOUR, ROOM, Rerun, Step, reruns
from clipsafe_utils.cubes.studies import REPOSITORY
from tests.markup import cells_of


def test_every_command_of_the_plans_was_timed() -> None:
    found = read_times()
    commands = {*(one.command for one in reruns()), ROOM, GROUP, *CARD}
    assert set(found["seconds"]) == {costs.FIRST_BUILD, *commands}
    assert min(found["seconds"].values()) > 0
    page = (REPOSITORY / "notebooks" / "teaching.md").read_text(encoding="utf-8")
    assert all(command in page for command in commands)


def test_a_plan_starts_at_zero_and_each_step_where_the_last_ended() -> None:
    plan = (
        Step("First", 50, "intro"),
        Step("Second", 25, "intro", (Rerun("intro", "{a: 1}"),)),
        Step("Rest", 5),
    )
    markup = cells_of(costs.plan_table(plan, "Mine."))
    assert markup.count("0:50") == 2
    assert markup.count("1:15") == 2
    assert "<td>{a: 1}</td>" in markup
    assert "<td>none</td><td>none</td></tr></tbody>" in markup
    assert "1:00" in costs.plan_table(ONE_HOUR, "An hour.").markup


def timed(build: float, rerun: float) -> dict[str, object]:
    of_cards = {ROOM: 90.0, GROUP: 5.0, CARD[0]: 15.0, CARD[1]: 5.0}
    seconds = {costs.FIRST_BUILD: build, **{one.command: rerun for one in reruns()}, **of_cards}
    return {"seconds": seconds, "words": {"hour": 240, "half_day": 360, "judge": 120}}


def test_reading_aloud_and_running_leave_time_for_the_class() -> None:
    # 240 words are 2 minutes, a build 2, three reruns of the hour 1; half a day has 360 words; to judge has
    # 120, and three times 20 seconds.
    made = costs.lesson_costs(timed(120.0, 20.0))
    assert (made.busy_hour, made.busy_half_day, made.busy_judge) == ("5", "7", "2")
    assert (made.room, made.cards) == ("1.5", "60")
    real = costs.lesson_costs(read_times())
    assert int(real.busy_hour) < 30
    assert int(real.busy_hour) < int(real.busy_half_day) < 100


def test_numbers_of_the_page() -> None:
    commands = [one.command for one in reruns()]
    timed_apart = timed(150.0, 4.0)
    timed_apart["seconds"] |= {commands[-1]: 9.0}  # type: ignore[operator]
    made = costs.lesson_costs(timed_apart)
    assert (made.half_day, made.first_build) == ("210", "2.5")
    assert (made.quickest, made.slowest) == ("4", "9")


def test_the_words_that_were_counted_are_about_those_of_the_page() -> None:
    spec = importlib.util.spec_from_file_location("reruns", REPOSITORY / "benchmarks" / "reruns.py")
    assert spec is not None
    assert spec.loader is not None
    benchmark = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(benchmark)
    now = benchmark.words_of_plans(benchmark.PAGE.read_text(encoding="utf-8"))
    assert now == pytest.approx(read_times()["words"], rel=0.1)


def test_a_rerun_is_what_a_student_types() -> None:
    typed = "clipsafe render calibration -y '{n_bins: 3}' -o mine"
    assert Rerun("calibration", "{n_bins: 3}").command == typed

"""The figure and the tables of the laboratory against the record."""

from bs4 import BeautifulSoup

from clipsafe_utils.chapters.against_record import figures, tables
from clipsafe_utils.claims.worlds.predictions import left_out
from clipsafe_utils.show.shown import Shown
from tests.claims.worlds.test_result import ABOVE, BELOW, NOTHING, WIDE, compared, effect, result

FOUND = result(
    compared(ABOVE, WIDE, "a"),
    compared(ABOVE, BELOW, "b"),
    compared(ABOVE, effect(0.0003, 0.06), "c"),
    compared(ABOVE, NOTHING, "d"),
)


def rows_of(shown: Shown) -> list[list[str]]:
    lines = BeautifulSoup(shown.markup, "html.parser").select("tbody tr")
    return [[cell.get_text() for cell in line.find_all(["th", "td"])] for line in lines]


def test_a_prediction_has_two_rows_and_one_outcome() -> None:
    frame = figures.outcomes_frame(FOUND)
    assert frame["heading"].to_list() == [f"{name} is so." for name in "ccbbaa"]
    assert frame["row"].to_list() == [figures.LABORATORY, figures.RECORD] * 3
    assert frame["note"].to_list() == ["agree", "", "disagree", "", "open", ""]
    assert frame["decided"].to_list() == [True] * 4 + [False] * 2
    assert "Forest of 3 predictions" in figures.outcomes(FOUND).markup


def test_the_table_says_what_each_world_says() -> None:
    agree, disagree, _, missing = rows_of(tables.outcomes(FOUND))
    assert agree == [
        "c is so.",
        "points",
        "+3.0 (+2.0 to +4.0)",
        "+3.02 (+0.03 to +6.00)",  # Not "0.0", which would not say on which side it lies.
        "agree",
        "× 1.0",
        "record",
    ]
    assert disagree[4:6] == ["disagree", "apart"]
    assert missing[3:6] == ["not measured", "not measured", "–"]


def test_the_other_tables_are_complete() -> None:
    assert [row[0] for row in rows_of(tables.differences(FOUND))] == [f"about {name}" for name in "cbad"]
    assert rows_of(tables.differences(FOUND))[-1][2] == "nothing: nothing was measured"
    assert len(rows_of(tables.left_out(FOUND))) == len(left_out())

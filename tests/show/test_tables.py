"""Cells of a table: what stays on one line."""

import pandas as pd
import pytest
from bs4 import BeautifulSoup

from clipsafe_utils.show.tables import table

INTERVAL = "−51.5 (−56.6 to −46.4)"


def together(text: str, columns: int) -> list[str]:
    frame = pd.DataFrame([["pose", *[text] * (columns - 1)]], columns=[f"c{n}" for n in range(columns)])
    cell = BeautifulSoup(table(frame, "A.").markup, "html.parser").select_one("td")
    assert cell is not None
    assert cell.get_text() == text
    return [span.get_text() for span in cell.select("span.together")]


@pytest.mark.parametrize(
    ("text", "columns", "kept"),
    [
        (INTERVAL, 3, ["(−56.6 to −46.4)"]),
        (INTERVAL, 11, ["(−56.6 to −46.4)"]),
        ("– not measured", 5, ["– not measured"]),
        ("– not measured", 13, []),
        ("a sentence of many words (in brackets)", 3, []),
        ("12.3", 3, []),
        ("<b> & (1 to 2)", 11, ["(1 to 2)"]),
    ],
)
def test_an_interval_and_a_few_words_stay_on_one_line(text: str, columns: int, kept: list[str]) -> None:
    assert together(text, columns) == kept

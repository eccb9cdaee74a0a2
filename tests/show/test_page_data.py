"""Numbers of a page that no name in them can end, hide or run (D4)."""

import json

import pandas as pd
import pytest

from clipsafe_utils.chapters.model_table.page import COLUMNS, model_table
from clipsafe_utils.show.page_data import data_element

NAMES = (
    "<!--<script>",
    "</script><script>window.PWNED=1</script>",
    "]]>",
    "<!--",
    "&lt;b>",
    "\u2028",
    "a\\u003cb",
)


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_read_again_as_it_was_and_holds_no_mark_of_html(name: str) -> None:
    element = data_element("my-data", {name: [name]})
    text = element.removeprefix('<script type="application/json" class="my-data">').removesuffix("</script>")
    assert "<" not in text
    assert json.loads(text) == {name: [name]}


def test_the_table_of_models_is_written_that_way() -> None:
    row = {column.key: NAMES[0] if column.kind in ("name", "choice", "word") else 1.0 for column in COLUMNS}
    row["name"] = NAMES[0]
    markup = model_table(pd.DataFrame([row]), views=[(NAMES[0], NAMES[0])]).markup
    assert NAMES[0] not in markup
    assert markup.count("<script") == markup.count("</script>") == 1

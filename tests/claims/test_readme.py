"""The README says the answer of the ledger, and goes with it."""

import re

from clipsafe_utils.chapters.claims.words import numbers

from clipsafe_utils.claims.ledger import ledger
from clipsafe_utils.cubes import find_study
from clipsafe_utils.cubes.studies import REPOSITORY


def test_the_readme_says_what_the_ledger_says() -> None:
    entries = ledger([find_study(name) for name in ("published", "miniature")])
    said = numbers(entries, [], 0.95)["claims-answer"]
    readme = re.sub(r"\s+", " ", (REPOSITORY / "README.md").read_text(encoding="utf-8"))
    assert said in readme

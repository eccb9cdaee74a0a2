"""The README says the answer of the ledger, and goes with it."""

import re

from clipsafe_utils.claims.result import claims_ledger
from clipsafe_utils.cubes.studies import REPOSITORY
from clipsafe_utils.parameters import check_parameters


def test_the_readme_says_what_the_ledger_says() -> None:
    readme = re.sub(r"\s+", " ", (REPOSITORY / "README.md").read_text(encoding="utf-8"))
    assert claims_ledger(check_parameters("claims", {})).answer in readme

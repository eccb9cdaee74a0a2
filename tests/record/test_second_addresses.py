"""Every raw file has a second address: the name of its content in an archive of public code."""

import re
import subprocess
from pathlib import Path

from clipsafe_utils.record.sources import raw_files

FORM = re.compile(r"swh:1:cnt:[0-9a-f]{40}")


def test_every_raw_file_has_an_identifier_of_its_own() -> None:
    files = raw_files().values()
    assert all(FORM.fullmatch(raw.swhid) for raw in files)
    # Equal contents have equal identifiers, others do not.
    assert len({raw.swhid for raw in files}) == len({raw.sha256 for raw in files})
    assert {raw.second_address for raw in files} == {
        f"https://archive.softwareheritage.org/{raw.swhid}" for raw in files
    }


def test_identifiers_are_what_git_computes(mirror: Path) -> None:
    here = [raw for raw in raw_files().values() if (mirror / raw.path).is_file()]
    assert len(here) > 250
    paths = "\n".join(str(mirror / raw.path) for raw in here)
    hashes = subprocess.run(
        ["git", "hash-object", "--no-filters", "--stdin-paths"],
        input=paths,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    assert [raw.swhid for raw in here] == [f"swh:1:cnt:{one}" for one in hashes]

"""What was frozen before outcomes of new sources were opened, and what was changed since."""

import json
import tomllib
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from clipsafe_utils.cubes.studies import REPOSITORY
from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.files import sha256
from clipsafe_utils.say import Missing

PLACE = Path("benchmarks", "freeze.json")


@dataclass(frozen=True)
class FrozenFile:
    """A file of the rule or of the claims, as it was frozen."""

    path: str
    sha256: str
    is_unchanged: bool


@dataclass(frozen=True)
class Freeze:
    """When and at which commit the files were frozen."""

    date: str
    commit: str
    files: tuple[FrozenFile, ...]


@dataclass(frozen=True)
class Change:
    """A change since. The file says what each attribute means."""

    date: str
    claim: str
    what: str
    before: str
    after: str


def frozen(root: Path = REPOSITORY) -> Freeze | Missing:
    """Return what was frozen, compared with the files as they are; missing where nothing is yet."""
    path = root / PLACE
    try:
        report = json.loads(path.read_text(encoding="utf-8"))
        return Freeze(
            report["date"],
            report["commit"],
            tuple(
                FrozenFile(name, digest, (root / name).is_file() and sha256(root / name) == digest)
                for name, digest in report["files"].items()
            ),
        )
    except FileNotFoundError:
        return Missing("Nothing is frozen yet")
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ClipsafeError(f"{path}: expected date, commit and files, by path their SHA-256.") from error


def changes() -> tuple[Change, ...]:
    """Return every change since, oldest first."""
    text = files("clipsafe_utils.claims").joinpath("history.toml").read_text(encoding="utf-8")
    return tuple(Change(**row) for row in tomllib.loads(text).get("change", []))

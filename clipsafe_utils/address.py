"""Where the repository can be had: one key of `_config.yml`, filled in wherever a source asks for it."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

from clipsafe_utils.errors import ClipsafeError

_PLACEHOLDER = re.compile(r"\{\{ (repository|branch) \}\}")


def name_of(source: Path) -> str:
    """Return the name of a chapter: that of its source without the number in front."""
    return re.sub(r"^\d+-", "", source.stem)


def title_of(source: Path) -> str:
    """Return the heading of a chapter; the name of its source where it has none."""
    heading = re.search(r"^# (.+)$", source.read_text(encoding="utf-8"), re.MULTILINE)
    return heading[1] if heading else source.stem


@dataclass(frozen=True)
class Repository:
    """A public repository and the branch that its pages show."""

    url: str
    branch: str
    is_public: bool = False  # Whether the address can be opened.

    def page(self, path: str) -> str:
        """Return the address of the page that shows a file."""
        return f"{self.url}/blob/{self.branch}/{path}"

    def raw(self, path: str) -> str:
        """Return the address of the bytes of a file."""
        return f"{self.url}/raw/{self.branch}/{path}"

    def binder(self, path: str) -> str:
        """Return the address that opens a notebook on Binder."""
        return f"https://mybinder.org/v2/gh/{self._owned}/{self.branch}?urlpath=lab/tree/{path}"

    def colab(self, path: str) -> str:
        """Return the address that opens a notebook on Colab."""
        return f"https://colab.research.google.com/github/{self._owned}/blob/{self.branch}/{path}"

    @property
    def _owned(self) -> str:
        return urlsplit(self.url).path.strip("/")


def read_repository(root: Path) -> Repository:
    """Read the address of the repository, and whether it is real, from the keys under ``repository``."""
    config = root / "_config.yml"
    try:
        keys: Any = yaml.safe_load(config.read_text(encoding="utf-8"))["repository"]
        return Repository(keys["url"].rstrip("/"), keys["branch"], keys.get("is_public", False))
    except OSError as error:
        raise ClipsafeError(f"{config}: cannot be read ({error.strerror}).") from error
    except (AttributeError, KeyError, TypeError, yaml.YAMLError) as error:
        raise ClipsafeError(
            f"{config}: needs the keys repository.url, an address, and repository.branch."
        ) from error


def fill_in(text: str, root: Path) -> str:
    """Fill in ``{{ repository }}`` and ``{{ branch }}``; a text without them asks for no file."""
    if not _PLACEHOLDER.search(text):
        return text
    repository = read_repository(root)
    values = {"repository": repository.url, "branch": repository.branch}
    return _PLACEHOLDER.sub(lambda place: values[place[1]], text)

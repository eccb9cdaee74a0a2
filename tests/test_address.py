"""The address of the repository is one key, and every place that needs it is filled in from there."""

import subprocess
from pathlib import Path

import pytest
import yaml

from clipsafe_utils.address import Repository, fill_in, read_repository
from clipsafe_utils.cubes.studies import REPOSITORY
from clipsafe_utils.errors import ClipsafeError

TEXTS = REPOSITORY / "tests" / "texts"
GENERATED = (".ipynb", *(path.relative_to(REPOSITORY).as_posix() for path in TEXTS.glob("*.txt")))
CONFIG = "repository: {url: https://example.org/me/book/, branch: work}\n"


def test_the_address_stands_nowhere_else() -> None:
    config = yaml.safe_load((REPOSITORY / "_config.yml").read_text())
    addresses = (config["repository"]["url"], config["html"]["baseurl"].rstrip("/"))
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    typed = []
    for name in listed:
        file = REPOSITORY / name
        if name == "_config.yml" or name.endswith(GENERATED) or not file.is_file():
            continue
        content = file.read_bytes()
        typed += [name for address in addresses if address.encode() in content]
    assert typed == []


def test_places_are_filled_in(tmp_path: Path) -> None:
    (tmp_path / "_config.yml").write_text(CONFIG)
    text = "git clone {{ repository }}; see [a]({{ repository }}/tree/{{ branch }}/a), {{ other }}"
    assert fill_in(text, tmp_path) == (
        "git clone https://example.org/me/book; see [a](https://example.org/me/book/tree/work/a), {{ other }}"
    )


def test_a_source_that_asks_for_nothing_needs_no_configuration(tmp_path: Path) -> None:
    assert fill_in("{repository}", tmp_path) == "{repository}"


def test_the_address_of_this_repository_can_be_launched() -> None:
    repository = read_repository(REPOSITORY)
    owned = repository.url.removeprefix("https://github.com/")
    assert repository.colab("a").endswith(f"/github/{owned}/blob/{repository.branch}/a")
    assert f"/gh/{owned}/{repository.branch}?" in repository.binder("a")


@pytest.mark.parametrize(
    "content",
    [
        "title: x\n",
        "repository: {url: https://example.org}\n",
        "repository: [a]\n",
        "- a\n",
        "a: [\n",
        "repository: {url: 1, branch: a}\n",
    ],
    ids=["no key", "no branch", "a list", "no mapping", "not YAML", "not text"],
)
def test_a_missing_key_is_named(tmp_path: Path, content: str) -> None:
    (tmp_path / "_config.yml").write_text(content)
    with pytest.raises(ClipsafeError, match=r"_config\.yml: needs the keys repository\.url, an address, and"):
        read_repository(tmp_path)


def test_a_missing_configuration_is_named(tmp_path: Path) -> None:
    with pytest.raises(ClipsafeError, match=r"_config\.yml: cannot be read \(No such file"):
        fill_in("{{ repository }}", tmp_path)


def test_addresses_of_files() -> None:
    repository = Repository("https://example.org/me/book", "work")
    assert repository.page("a.md") == "https://example.org/me/book/blob/work/a.md"
    assert repository.raw("a.nc") == "https://example.org/me/book/raw/work/a.nc"
    assert repository.binder("a") == "https://mybinder.org/v2/gh/me/book/work?urlpath=lab/tree/a"
    assert repository.colab("a") == "https://colab.research.google.com/github/me/book/blob/work/a"

"""The ways to install agree, and what the workflows run exists."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

NOT_LOCKED = {"torch", "torchvision"}
"""Which build fits depends on the machine; see the Makefile."""


@pytest.fixture(scope="module")
def project(repository: Path) -> dict[str, object]:
    return tomllib.loads((repository / "pyproject.toml").read_text())["project"]


@pytest.fixture(scope="module")
def lock(repository: Path) -> dict[str, Requirement]:
    lines = (repository / "requirements.lock").read_text().splitlines()
    requirements = [Requirement(line) for line in lines if line and not line.startswith("#")]
    return {canonicalize_name(requirement.name): requirement for requirement in requirements}


@pytest.fixture(scope="module")
def conda(repository: Path) -> dict[str, list[object]]:
    return yaml.safe_load((repository / "environment.yml").read_text())


def _wanted(project: dict) -> list[Requirement]:
    extras = [line for extra in project["optional-dependencies"].values() for line in extra]
    return [Requirement(line) for line in [*project["dependencies"], *extras]]


def test_every_requirement_is_locked_within_its_range(project: dict, lock: dict[str, Requirement]) -> None:
    for wanted in _wanted(project):
        if wanted.name in NOT_LOCKED:
            continue
        (pin,) = lock[canonicalize_name(wanted.name)].specifier
        assert pin.operator == "=="
        assert wanted.specifier.contains(pin.version), f"{wanted} is locked at {pin}"


def test_conda_uses_the_lock_and_a_supported_python(project: dict, conda: dict) -> None:
    pip = next(item["pip"] for item in conda["dependencies"] if isinstance(item, dict))
    constraints, package = pip
    assert constraints == "-c requirements.lock"
    extras = re.fullmatch(r"-e \.\[(.*)\]", package)
    assert extras is not None
    assert set(extras[1].split(",")) <= set(project["optional-dependencies"])
    python = next(item for item in conda["dependencies"] if str(item).startswith("python="))
    requires = Requirement(f"python{project['requires-python']}").specifier
    assert requires.contains(Version(python.removeprefix("python=")))


def test_the_commented_line_of_conda_brings_what_it_names(repository: Path, project: dict) -> None:
    lines = re.findall(r"# .*\((.+)\).*: -e \.\[(.+)\]$", (repository / "environment.yml").read_text(), re.M)
    ((named, extras),) = lines
    declared = project["optional-dependencies"]
    brought = {
        canonicalize_name(Requirement(line).name) for extra in extras.split(",") for line in declared[extra]
    }
    assert {"torch", "open-clip-torch", "timm"} == set(map(canonicalize_name, named.split(", ")))
    assert set(map(canonicalize_name, named.split(", "))) <= brought


def _targets(repository: Path) -> set[str]:
    return set(re.findall(r"^([a-z]+):", (repository / "Makefile").read_text(), flags=re.MULTILINE))


def test_every_run_line_of_the_workflows_is_a_make_target(repository: Path) -> None:
    lines = []
    for workflow in sorted((repository / ".github" / "workflows").glob("*.yml")):
        jobs = yaml.safe_load(workflow.read_text())["jobs"].values()
        lines += [step["run"] for job in jobs for step in job["steps"] if "run" in step]
    assert len(lines) >= 2
    for line in lines:
        command, target = line.split()
        assert command == "make"
        assert target in _targets(repository)


def test_workflows_test_the_supported_pythons(repository: Path, project: dict) -> None:
    workflow = yaml.safe_load((repository / ".github" / "workflows" / "test.yml").read_text())
    requires = Requirement(f"python{project['requires-python']}").specifier
    assert all(
        requires.contains(Version(python))
        for python in workflow["jobs"]["test"]["strategy"]["matrix"]["python"]
    )


def test_the_readme_names_the_two_commands(repository: Path) -> None:
    readme = (repository / "README.md").read_text()
    shell = [
        line
        for block in re.findall(r"```shell\n(.*?)```", readme, flags=re.DOTALL)
        for line in block.splitlines()
    ]
    named = {line.split("#")[0].strip() for line in shell}
    assert {"make book", "make test"} <= named
    assert "make test" in (repository / ".ci" / "run").read_text()


def test_citation_version_is_the_package_version(repository: Path, project: dict) -> None:
    citation = yaml.safe_load((repository / "CITATION.cff").read_text())
    assert citation["version"] == project["version"]

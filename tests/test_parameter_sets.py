"""Pages on other parameters say nothing false about level, study and count, nor what they do not know.

Every command that the book prints is among them, and sets on which sentences once were false. By default
those are rendered that change what no other set does, and what `test_chapters` keeps of a dozen others is
read; ``CLIPSAFE_SETS=all`` renders all.
"""

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import nbformat
import pytest
import yaml

from clipsafe_utils.chapters.teaching.plans import reruns
from clipsafe_utils.cubes import GROUPS, find_study, select_models, write_cube
from clipsafe_utils.cubes.studies import REPOSITORY
from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.parameters import CHAPTER_PARAMETERS, check_parameters
from clipsafe_utils.publishing.chapters import find_chapter
from clipsafe_utils.publishing.render import render_chapter
from clipsafe_utils.publishing.texts import text_of_page
from tests.test_chapters import ALSO, SAID

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("no_kernel")]

COMMAND = re.compile(r"clipsafe render ([a-z-]+) -y '([^']+)'")
NOTHING = re.compile("not measured")
OWN = re.compile(r"\./[\w./-]+")
"""A folder of the reader's own in a printed command: here a small study takes its place."""

OTHERS = (
    ("factor-robustness", "{factors: [pose], confidence: 0.5}"),
    ("factor-robustness", "{groups: [clip_zero_shot, standard], baseline_group: standard, axes: probit}"),
    ("shape-bias", "{studies: [field, published], confidence: 0.8}"),
    ("shape-bias", "{cue_classes: [knife], groups: [standard, robust_intervention]}"),
    ("distribution-shift", "{studies: [miniature], confidence: 0.9}"),
    ("distribution-shift", "{groups: [clip_zero_shot]}"),
    ("ood-correlation", "{studies: [miniature], confidence: 0.9}"),
    ("ood-correlation", "{groups: [clip_zero_shot]}"),
    ("calibration", "{studies: [miniature, published], confidence: 0.8}"),
    ("calibration", "{scaling: [after], conditions: [factor_pose, natural]}"),
    ("prompts", "{n_subsets: 3, confidence: 0.8}"),
    ("causes", "{studies: [published], confidence: 0.8}"),
    ("claims", "{studies: [published], groups: [clip_zero_shot, standard]}"),
    ("miniature-world", "{confidence: 0.8, groups: [standard]}"),
    ("factor-robustness", "{factors: [all]}"),
    ("factor-robustness", "{baseline_group: robust_intervention}"),
    ("factor-robustness", "{reference_accuracy: without_factor, confidence: 0.9}"),
    ("factor-robustness", "{studies: [miniature], selection: multi}"),
    ("factor-robustness", "{groups: [standard]}"),
    ("factor-robustness", "{fit: least_squares, selection: multi, factors: [texture, pose]}"),
    ("shape-bias", "{studies: [miniature]}"),
    ("shape-bias", "{decision_rule: max, studies: [miniature]}"),
    ("shape-bias", "{groups: [human]}"),
    ("shape-bias", "{cue_classes: [keyboard, clock], confidence: 0.999}"),
    ("distribution-shift", "{studies: [published], confidence: 0.5}"),
    ("distribution-shift", "{training_sources: [wit, laion], studies: [miniature]}"),
    ("distribution-shift", "{groups: [clip_zero_shot, standard]}"),
    ("ood-correlation", "{score: energy, positive: ood}"),
    ("ood-correlation", "{training_sources: [wit, laion], studies: [miniature]}"),
    ("ood-correlation", "{groups: [clip_zero_shot, standard], ood_sets: [textures]}"),
    ("calibration", "{studies: [published], n_bins: 3}"),
    ("calibration", "{conditions: [factor_pose]}"),
    ("calibration", "{groups: [standard], binning: equal_mass}"),
    ("calibration", "{studies: [miniature], confidence: 0.9}"),
    ("prompts", "{studies: [miniature], groups: [clip_zero_shot]}"),
    ("prompts", '{prompts: ["a photo of a {}", "a {}"], seed: 3}'),
    ("causes", "{studies: [miniature], knob: wrong}"),
    ("causes", "{knob: batch, property: auroc, confidence: 0.9}"),
    ("claims", "{studies: [miniature], confidence: 0.8}"),
    ("claims", "{studies: [field, miniature], seed: 2}"),
    ("what-we-cannot-say", "{studies: [miniature], confidence: 0.9}"),
    ("against-the-record", "{studies: [miniature, field], confidence: 0.9}"),
    ("student-laboratory", "{confidence: 0.8, captions: laion}"),
    ("full-study", "{studies: [published], confidence: 0.8}"),
)


def printed() -> Iterator[tuple[str, str]]:
    """Give the chapter and the parameters of every command of the pages, the README and the plans."""
    pages = [*sorted((REPOSITORY / "notebooks").glob("*.md")), REPOSITORY / "README.md"]
    for page in pages:
        yield from COMMAND.findall(page.read_text(encoding="utf-8"))
    for one in reruns():
        yield from COMMAND.findall(one.command)


def unlike(sets: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Give the sets that change other parameters than the kept ones and those before them; studies always."""
    seen = {(name, one) for tried in (SAID, ALSO) for name, values in tried.items() for one in values}
    seen -= {(name, "studies") for name in CHAPTER_PARAMETERS}
    for name, text in sets:
        changed = {(name, one) for one in yaml.safe_load(text)}
        if not changed <= seen:
            yield name, text
        seen |= changed


PRINTED = tuple(dict.fromkeys(printed()))
CHOSEN = (*PRINTED, *OTHERS) if os.environ.get("CLIPSAFE_SETS") == "all" else tuple(unlike(PRINTED))


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a reader's own study: two networks of the record, with their decisions and their factors."""
    folder = tmp_path_factory.mktemp("own") / "mine"
    published = find_study("published")
    models = published.read("models")
    kept = []
    for name in ("factors", "shape_bias"):
        cube, described = select_models(published.read(name), models, list(GROUPS))
        standard = described["group"].values == "standard"
        write_cube(cube.isel(model=standard).isel(model=slice(2)), folder / f"{name}.nc")
        kept += described.isel(model=standard)["model"].values[:2].tolist()
    write_cube(models.sel(model=list(dict.fromkeys(kept))), folder / "models.nc")
    return folder


def test_there_are_fifty_sets() -> None:
    assert len(PRINTED) >= 15
    assert len({*PRINTED, *OTHERS}) >= 50


def test_every_parameter_is_tried_on_another_value_than_its_default() -> None:
    for name, parameters in CHAPTER_PARAMETERS.items():
        printed = [yaml.safe_load(text) or {} for chapter, text in PRINTED if chapter == name]
        given = [SAID[name], ALSO.get(name, {}), *printed]
        for one in parameters:
            values = [values[one.name] for values in given if one.name in values]
            assert any(one.problem(value) is None and value != one.default for value in values), one.name


@pytest.mark.parametrize(("name", "parameters"), PRINTED, ids=[f"{name} {text}" for name, text in PRINTED])
def test_every_printed_command_gives_values_that_its_chapter_takes(
    name: str, parameters: str, own: Path
) -> None:
    check_parameters(name, yaml.safe_load(OWN.sub(str(own), parameters)))


@pytest.mark.parametrize("name", ALSO)
def test_a_chapter_runs_on_other_values_and_says_nothing_false(name: str, tmp_path: Path) -> None:
    page = tmp_path / "mine.ipynb"
    render_chapter(find_chapter(REPOSITORY, name), page, ALSO[name])
    tags = [tag for cell in nbformat.read(page, 4).cells for tag in cell.metadata.get("tags", [])]
    assert tags.count("injected-parameters") == 1
    assert list(faults(text_of_page(page).splitlines(), name, ALSO[name])) == []


@pytest.mark.parametrize(("name", "parameters"), CHOSEN, ids=[f"{name} {text}" for name, text in CHOSEN])
def test_a_page_says_nothing_false(name: str, parameters: str, own: Path, tmp_path: Path) -> None:
    values = yaml.safe_load(OWN.sub(str(own), parameters))
    page = tmp_path / "mine.ipynb"
    refused = ""
    try:
        render_chapter(find_chapter(REPOSITORY, name), page, values)
    except ClipsafeError as error:
        refused = str(error)
    if refused:
        assert ": Nothing to show: " in refused
        return
    lines = text_of_page(page).splitlines()
    assert list(faults(lines, name, values)) == []


@pytest.mark.parametrize("name", SAID)
def test_what_is_kept_says_nothing_false(name: str) -> None:
    kept = (REPOSITORY / "tests" / "texts" / f"{name}.txt").read_text(encoding="utf-8")
    assert list(faults(kept.splitlines(), name, SAID[name])) == []


def faults(lines: list[str], name: str, values: dict[str, object]) -> Iterator[str]:
    """Give the lines that are false under the parameters, or that say twice that there is nothing to say."""
    chosen = check_parameters(name, values)
    shown = [find_study(study).name for study in chosen.studies]
    in_box = False
    for line in lines:
        in_box = (in_box or line.startswith("**Answer")) and not line.startswith(("**Claim", "**Time", ":::"))
        unknown = [len(NOTHING.findall(cell)) for cell in line.split(" | ")]
        if in_box and any(unknown):
            yield f"answer: {line}"
        if max(unknown) > 1:
            yield f"twice: {line}"
        if chosen.confidence != 0.95 and re.search(r"\b95.%.(interval|confidence|level)", line):
            yield f"level: {line}"
        if "  " not in line and re.search(r"\bnan\b|\binf\b", line):
            yield f"value: {line}"
        for study in ("published", "miniature", "field"):
            if study not in shown and re.search(rf"\bstudy {study}\b", line):
                yield f"study: {line}"


@pytest.mark.parametrize(
    ("line", "is_fault"),
    [
        ("**Answer.** People go by shape (not measured).", True),
        ("Texture ranks not measured: they name not measured.", True),
        ("a | not measured | not measured", False),
        ("With 95 % intervals over families.", True),
        ("With 80 % intervals; 95 % of images.", False),
        ("Mean shape bias; study miniature.", True),
        ("Higher by nan points.", True),
    ],
)
def test_what_is_a_fault(line: str, is_fault: bool) -> None:
    values = {"studies": ["published"], "confidence": 0.8}
    assert bool(list(faults([line], "shape-bias", values))) is is_fault

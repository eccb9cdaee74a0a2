"""Each chapter takes the parameters that the package says it takes, and runs on others than its defaults."""

import ast
import re
from pathlib import Path

import nbformat
import papermill
import pytest

from clipsafe_utils.cubes.studies import REPOSITORY
from clipsafe_utils.filling import texts_in
from clipsafe_utils.parameters import CHAPTER_PARAMETERS, Parameter
from clipsafe_utils.publishing.chapters import Chapter, read_chapter
from clipsafe_utils.publishing.render import render_chapter
from clipsafe_utils.publishing.texts import text_of_page
from tests.prose import crowded

CHAPTERS = {
    chapter.name: chapter for chapter in map(Chapter, sorted((REPOSITORY / "notebooks").glob("*.md")))
}
SAID: dict[str, dict[str, object]] = {
    "calibration": {
        "studies": ["miniature", "published"],
        "confidence": 0.5,
        "n_bins": 5,
        "conditions": ["factor_pose", "natural"],
    },
    "factor-robustness": {
        "confidence": 0.9,
        "groups": ["clip_zero_shot", "contrastive", "robust_intervention"],
        "factors": ["pose", "texture", "darker"],
        "baseline_group": "robust_intervention",
        "reference_accuracy": "without_factor",
        "fit": "local",
        "axes": "probit",
        "seed": 1,
    },
    "shape-bias": {
        "confidence": 0.5,
        "cue_classes": ["knife", "clock"],
        "groups": ["human", "standard", "clip_zero_shot", "clip_fine_tuned"],
    },
    "prompts": {
        "studies": [str(REPOSITORY / "cubes" / "miniature")],
        "groups": ["clip_zero_shot"],
        "confidence": 0.9,
        "seed": 1,
        "prompts": ["a drawing of a {}"],
        "n_subsets": 5,
    },
    "causes": {
        "studies": [str(REPOSITORY / "cubes" / "miniature")],
        "groups": ["clip_zero_shot", "standard"],
        "confidence": 0.9,
        "seed": 1,
        "knob": "batch",
        "property": "temperature",
    },
    "distribution-shift": {
        "confidence": 0.5,
        "groups": ["clip_zero_shot", "standard"],
        "training_sources": ["WIT", "LAION-400M"],
        "studies": ["miniature", "published"],
        "seed": 1,
    },
    "ood-correlation": {"confidence": 0.5, "groups": ["clip_zero_shot", "standard"], "score": "energy"},
    "claims": {
        "studies": ["field", "published"],
        "groups": ["clip_zero_shot", "standard"],
        "confidence": 0.9,
        "seed": 1,
    },
    "what-we-cannot-say": {
        "studies": ["miniature", "published"],
        "groups": ["standard"],
        "confidence": 0.9,
        "seed": 1,
    },
    "against-the-record": {
        "studies": ["miniature", "published"],
        "groups": ["standard"],
        "confidence": 0.8,
        "seed": 1,
    },
    "miniature-world": {
        "confidence": 0.8,
        "groups": ["standard", "control"],
        "sources": ["mixed"],
        "seed": 1,
    },
    "student-laboratory": {"confidence": 0.8, "groups": ["control"], "knob": "images", "level": 8192},
    "full-study": {"confidence": 0.8, "groups": ["standard"], "studies": ["published"], "seed": 1},
}
"""Values on which sentences once were false; what the chapter says on them is kept in ``tests/texts``."""

ALSO: dict[str, dict[str, object]] = {
    "shape-bias": {
        "studies": [str(REPOSITORY / "cubes" / "miniature")],
        "groups": ["clip_zero_shot", "standard"],
        "confidence": 0.8,
        "seed": 1,
        "cue_classes": ["bird", "cat", "dog"],
        "decision_rule": "max",
    },
    "ood-correlation": {
        "studies": [str(REPOSITORY / "cubes" / "miniature")],
        "groups": ["clip_zero_shot", "clip_fine_tuned"],
        "confidence": 0.9,
        "seed": 1,
        "score": "energy",
        "ood_sets": ["textures"],
        "training_sources": ["wit"],
        "positive": "ood",
    },
    "calibration": {
        "studies": [str(REPOSITORY / "cubes" / "published")],
        "groups": ["contrastive", "standard"],
        "confidence": 0.9,
        "seed": 1,
        "n_bins": 5,
        "binning": "equal_mass",
        "conditions": ["id", "factor_pose", "factor_texture"],
        "scaling": ["before"],
        "split_seed": 1,
    },
    "student-laboratory": {
        "studies": [str(REPOSITORY / "cubes" / "published")],
        "groups": ["standard", "control", "clip_zero_shot"],
        "confidence": 0.9,
        "seed": 1,
        "train": "yes",
        "knob": "wrong",
        "level": 0.1,
        "captions": "laion",
    },
}
"""Further values, so that every parameter is tried on another than its default."""

INTERVAL = re.compile(r"\(.*\d to .*\d.*\)")
"""A value and its interval: all sets have another level, so each has to move."""

every_chapter = pytest.mark.parametrize("name", CHAPTERS)


@every_chapter
def test_the_cell_of_parameters_says_what_the_package_says(name: str, tmp_path: Path) -> None:
    file = tmp_path / "chapter.ipynb"
    nbformat.write(read_chapter(CHAPTERS[name]), file)
    written = papermill.inspect_notebook(file)
    specified = CHAPTER_PARAMETERS.get(name, ())
    assert list(written) == [parameter.name for parameter in specified]
    for parameter in specified:
        assert_says(written[parameter.name], parameter)


def assert_says(written: dict[str, str], parameter: Parameter) -> None:
    default = ast.literal_eval(written["default"])
    specified = list(parameter.default) if isinstance(parameter.default, tuple) else parameter.default
    assert default == specified, parameter.name
    assert written["help"] == parameter.help, parameter.name


@every_chapter
def test_each_parameter_has_a_line_on_what_changes(name: str) -> None:
    prose = "\n".join(
        cell.source for cell in read_chapter(CHAPTERS[name]).cells if cell.cell_type == "markdown"
    )
    for parameter in CHAPTER_PARAMETERS.get(name, ()):
        assert f"`{parameter.name}`" in prose, parameter.name


@pytest.mark.slow
@pytest.mark.usefixtures("no_kernel")
@pytest.mark.parametrize("name", SAID)
def test_a_chapter_says_on_other_values_what_is_kept(name: str, tmp_path: Path) -> None:
    """A change of words shows in the file (`clipsafe text` writes it); an interval moves with its level."""
    mine = tmp_path / "mine.ipynb"
    render_chapter(CHAPTERS[name], mine, SAID[name])
    pages = (nbformat.read(path, as_version=4) for path in (CHAPTERS[name].published, mine))
    before, after = map(texts_in, pages)
    stays = [one for one, text in before.items() if INTERVAL.search(text) and after[one] == text]
    assert stays == []
    assert crowded(nbformat.read(mine, as_version=4)) == []
    kept = (REPOSITORY / "tests" / "texts" / f"{name}.txt").read_text(encoding="utf-8")
    assert text_of_page(mine).splitlines() == kept.splitlines()

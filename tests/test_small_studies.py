"""Every chapter runs on a study cut down to a few models, and says in words what a study lacks."""

import re
import shutil
from pathlib import Path

import nbformat
import numpy as np
import pytest

from clipsafe_utils.claims.registry import claims
from clipsafe_utils.cubes import find_study, write_cube
from clipsafe_utils.cubes.studies import REPOSITORY
from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.filling import texts_in
from clipsafe_utils.parameters import CHAPTER_PARAMETERS
from clipsafe_utils.publishing.chapters import find_chapters
from clipsafe_utils.publishing.render import render_chapter
from tests.findings.prompt_cubes import make_prompts
from tests.importing.made import drawn_logits, folder, imported, some_images

pytestmark = pytest.mark.usefixtures("no_kernel")

CHAPTERS = {chapter.name: chapter for chapter in find_chapters(REPOSITORY)}
MODELS_A_GROUP = 14
LACKING = (
    "factor-robustness",
    "shape-bias",
    "calibration",
    "distribution-shift",
    "ood-correlation",
    "causes",
    "miniature-world",
    "full-study",
)
"""Pages that are also asked to show a study without results, and say so."""
OWN = "own:one"


@pytest.fixture(scope="module")
def cubes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder of studies: `published` cut down, `bare` with names only, the others as they are."""
    root = tmp_path_factory.mktemp("cubes")
    published = find_study("published")
    models = published.read("models")
    kept: list[str] = []
    for cube in published.cubes:
        present = models.sel(model=published.read(cube)["model"].values)
        for _, group in present["group"].to_series().groupby(present["group"].to_series()):
            kept += group.index[:: max(1, len(group) // MODELS_A_GROUP)].tolist()
    prompted = models.isel(model=models["model"].str.startswith("frequency:").values)
    few_clips = np.unique(prompted["checkpoint"].values)[:5]
    kept += prompted["model"].values[prompted["checkpoint"].isin(few_clips).values].tolist()
    # NINCO's networks have their accuracies in rows of other sources.
    seen = [name for name in kept if name.startswith("ninco:")]
    kept += models["model"].values[models["checkpoint"].isin(models["checkpoint"].sel(model=seen))].tolist()
    for cube in published.cubes:
        whole = published.read(cube)
        few = whole.isel(model=whole["model"].isin(kept).values)
        write_cube(few, root / "published" / f"{cube}.nc")
    write_cube(models.sel(model=kept[:3]), root / "bare" / "models.nc")
    for name in ("field", "miniature"):
        shutil.copytree(find_study(name).folder, root / name)
    return root


@pytest.fixture(scope="module")
def own(cubes: Path) -> Path:
    """Give a study of one model: numbers of networks of the record, and others that were made up."""
    published = find_study("published")
    models = published.read("models")
    clips = models["model"].values[(models["group"] == "clip_zero_shot").values]
    one = {"model": [OWN]}
    counts = {"factors": "hits", "shifts": "hits", "shape_bias": "count", "ood": "auroc"}
    counts |= {"retrieval": "recall_at_1"}
    for cube, name in counts.items():
        whole = published.read(cube)
        known = whole[name].notnull()
        fullest = int(known.sum([dim for dim in known.dims if dim != "model"]).argmax("model"))
        write_cube(whole.isel(model=[fullest]).assign_coords(one), cubes / "own" / f"{cube}.nc")
    names, truth = some_images(3000)
    scores = {"scores": drawn_logits(truth), "images": names}
    drawn = imported(folder(cubes / "drawn", 'scores = "logits"', imagenet_val=scores), draws=60).cubes
    write_cube(drawn["calibration"].assign_coords(one), cubes / "own" / "calibration.nc")
    prompts = make_prompts([OWN], {"1": -0.02, "80": 0.0}).drop_dims(["score", "ood_set"])
    write_cube(prompts.assign_attrs(evidence="measured"), cubes / "own" / "prompts.nc")
    who = models.sel(model=clips[:1]).assign_coords(one)
    who["checkpoint"] = who["checkpoint"].copy(data=[OWN])
    write_cube(who, cubes / "own" / "models.nc")
    return cubes / "own"


def _text(notebook: Path) -> str:
    outputs = [output for cell in nbformat.read(notebook, 4).cells for output in cell.get("outputs", [])]
    return "\n".join(str(output.get("data", output.get("text"))) for output in outputs)


@pytest.mark.slow
@pytest.mark.parametrize("name", CHAPTERS)
def test_chapter_runs_on_few_models_and_says_what_a_study_lacks(
    name: str, cubes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLIPSAFE_CUBES", str(cubes))
    studies = {one.name: one.default for one in CHAPTER_PARAMETERS.get(name, ())}.get("studies", ())
    given = {"studies": [*studies, "bare"]} if name in LACKING else {}
    render_chapter(CHAPTERS[name], tmp_path / "few.ipynb", given)
    text = _text(tmp_path / "few.ipynb")
    assert name not in LACKING or "The study `bare` has no cube" in text
    for claim in claims():  # Which may say of evidence that it was looked for and not found.
        text = text.replace(claim.no_data, "") if claim.no_data else text
    assert "not found" not in text


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "beside", "names_studies"),
    [
        *((name, (), ()) for name in ("factor-robustness", "shape-bias", "distribution-shift")),
        ("ood-correlation", (), ()),
        ("calibration", (), ("r.whole_sets",)),
        ("prompts", ("miniature",), ("r.inside",)),
        ("causes", ("miniature",), ()),
    ],
)
def test_an_own_model_changes_no_number_of_a_page(
    name: str,
    beside: tuple[str, ...],
    names_studies: tuple[str, ...],
    cubes: Path,
    own: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CLIPSAFE_CUBES", str(cubes))
    said = []
    for brought in ([], [str(own)]):
        render_chapter(CHAPTERS[name], tmp_path / "page.ipynb", {"studies": ["published", *beside, *brought]})
        assert ("Your model" in _text(tmp_path / "page.ipynb")) == bool(brought)
        said.append(texts_in(nbformat.read(tmp_path / "page.ipynb", 4)))
    assert {name for name, text in said[0].items() if said[1].get(name) != text} == {*names_studies}


@pytest.mark.slow
@pytest.mark.parametrize("name", LACKING)
def test_chapter_on_nothing_but_a_study_without_results(
    name: str, cubes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLIPSAFE_CUBES", str(cubes))
    refused = ""
    try:
        render_chapter(CHAPTERS[name], tmp_path / "bare.ipynb", {"studies": ["bare"]})
    except ClipsafeError as error:
        refused = str(error)
    if refused:
        assert re.search(r": Nothing to show: .*bare.*\.$", refused)
        return
    text = _text(tmp_path / "bare.ipynb")
    assert "The study `bare` has no cube" in text
    assert "No study" in text

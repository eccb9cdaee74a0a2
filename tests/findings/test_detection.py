"""Detection of chapter 3, on a study made for the test: the record has no scores of unknown images."""

from pathlib import Path

import nbformat
import numpy as np
import pytest
import xarray as xr
from scipy.stats import spearmanr

from clipsafe_utils.chapters.ood_correlation import descriptions as alt
from clipsafe_utils.chapters.ood_correlation import tables
from clipsafe_utils.cubes import GROUPS, write_cube
from clipsafe_utils.cubes.selection import of_source
from clipsafe_utils.cubes.studies import REPOSITORY
from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.figures import ood_correlation as figures
from clipsafe_utils.findings.shift import clouds as read
from clipsafe_utils.findings.shift import detection
from clipsafe_utils.findings.shift import sources as chapter
from clipsafe_utils.metrics.ood_scores import SCORES
from clipsafe_utils.parameters import CHAPTER_PARAMETERS
from clipsafe_utils.publishing.chapters import find_chapter
from clipsafe_utils.publishing.render import render_chapter
from clipsafe_utils.registry.set_names import DETECTION
from tests.conftest import labelled

CLIPS = 12
DRAWS = 21
NAMES = [f"clip{row}" for row in range(CLIPS)] + [f"net{row}" for row in range(6)]
ASKED = {"score": "energy", "ood_sets": ["all"], "positive": "id", "confidence": 0.9}


def write_study(folder: Path) -> Path:
    """Twelve CLIPs of two sources and six standard networks, under one shift and two OOD sets."""
    random = np.random.default_rng(0)
    source = ["wit"] * 6 + ["web"] * 6 + ["labels"] * 6
    family = [f"CLIP ({name}) {row % 6}" for row, name in enumerate(source[:CLIPS])] + list("uvwxyz")
    text = {
        "group": ["clip_zero_shot"] * CLIPS + ["standard"] * 6,
        "training_source": source,
        "family": family,
        "checkpoint": NAMES,
        **dict.fromkeys(("architecture", "pretraining", "fine_tuning", "reference"), ["none"] * len(NAMES)),
    }
    numbers = {
        name: random.uniform(1, 9, len(NAMES))
        for name in ("training_images", "samples_seen", "parameters", "image_size")
    }
    models = xr.Dataset(
        {name: ("model", values) for name, values in (text | numbers).items()}, coords={"model": NAMES}
    )
    accuracy = np.tile(np.linspace(0.5, 0.75, 6), 3)
    hits = np.stack([1000 * accuracy, 900 * accuracy - 50], axis=1).round()
    shifts = xr.Dataset(
        {
            "hits": (("model", "condition"), hits),
            "images": (("model", "condition"), np.full(hits.shape, 1e3)),
        },
        coords={"model": NAMES, "condition": ["id", "blur"]},
    )
    area = accuracy[:, None, None] + np.array([0.1, 0.2]) + np.zeros((1, len(SCORES), 1))
    draws = np.stack([area] + [area + random.normal(0, 0.01, area.shape) for _ in range(DRAWS - 1)])
    dims = ("draw", "model", "score", "ood_set")
    ood = xr.Dataset(
        {
            "auroc": (dims, draws.clip(0, 1)),
            "aupr": (dims, draws.clip(0, 1)),
            "fpr95_id_positive": (dims, (1 - draws).clip(0, 1)),
            "fpr95_ood_positive": (dims, (1.1 - draws).clip(0, 1)),
        },
        coords={
            "draw": np.arange(DRAWS),
            "model": NAMES,
            "score": list(SCORES),
            "ood_set": ["glyph", "scene"],
        },
    )
    for name, cube in (("models", models), ("shifts", shifts), ("ood", ood)):
        write_cube(labelled(cube, name), folder / f"{name}.nc")
    return folder


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_study(tmp_path_factory.mktemp("studies") / "made")


def test_the_scores_are_those_of_the_metrics() -> None:
    score = next(one for one in CHAPTER_PARAMETERS["ood-correlation"] if one.name == "score")
    assert score.choices == SCORES


def test_mean_over_sets_with_intervals_from_the_draws(study: Path) -> None:
    clouds, sentences = detection.read_detection([str(study)], list(GROUPS), **ASKED)
    cloud = clouds["made"].sel(model="clip0")
    assert sentences == []
    assert cloud["y"].item() == pytest.approx(0.65)
    assert cloud["low"] < cloud["y"] < cloud["high"]
    assert 0.005 < (cloud["high"] - cloud["low"]).item() < 0.05


def test_score_sets_and_direction_are_the_readers(study: Path) -> None:
    one_set = ASKED | {"ood_sets": ["scene"], "positive": "ood"}
    cloud = detection.read_detection([str(study)], list(GROUPS), **one_set)[0]["made"].sel(model="clip0")
    assert cloud["y"].item() == pytest.approx(0.7)
    assert cloud["fpr"].item() == pytest.approx(0.4)
    with pytest.raises(ClipsafeError, match="OOD set 'textures'; the choices are all, glyph, scene"):
        detection.read_detection([str(study)], list(GROUPS), **ASKED | {"ood_sets": ["textures"]})


def test_what_a_study_lacks_is_said(study: Path, tmp_path: Path) -> None:
    clouds, sentences = detection.read_detection([str(study)], list(GROUPS), **ASKED | {"score": "odin"})
    assert clouds == {}
    assert sentences == [
        "The study `made` has no detection by the score `odin`: its detection panel is left out."
    ]
    bare = write_study(tmp_path / "bare")
    (bare / "shifts.nc").unlink()
    sentences = detection.read_detection([str(bare)], list(GROUPS), **ASKED)[1]
    assert "has no accuracy in distribution" in sentences[0]


def test_draws_may_be_few(tmp_path: Path) -> None:
    few = write_study(tmp_path / "few")
    cube = xr.load_dataset(few / "ood.nc", engine="h5netcdf").isel(draw=[0])
    write_cube(cube, few / "ood.nc")
    cloud = detection.read_detection([str(few)], list(GROUPS), **ASKED)[0]["few"]
    assert cloud["low"].isnull().all()
    assert figures.detection({"few": cloud}, {"few": ["wit"]}).axes


def test_each_set_and_each_score_has_a_row(study: Path) -> None:
    asked = {name: ASKED[name] for name in ("score", "ood_sets", "positive")}
    each = detection.by_set([str(study)], list(GROUPS), **asked)["made"]
    assert {name: one["y"].sel(model="clip0").item() for name, one in each.items()} == pytest.approx(
        {"glyph": 0.6, "scene": 0.7}
    )
    within = chapter.within_sources(each, ["wit", "web"], 0.95, chapter.BESIDE_DETECTION)
    markup = tables.set_table(within, each, "made").markup
    # The mean of 0.5 to 0.75 in six steps, raised by 0.1; in the same order as accuracy.
    assert "72.5\xa0%, 1.00" in markup
    means = detection.score_means([str(study)], ["clip_zero_shot"], ["glyph"])
    assert means["score"].tolist() == list(SCORES)
    assert means["auroc"].to_numpy() == pytest.approx(0.725)
    assert tables.score_table(means).markup.count('<th scope="row">') == len(SCORES)
    assert detection.score_means([str(study)], ["clip_zero_shot"], ["none"]).empty


def test_sources_figure_table_and_words(study: Path) -> None:
    detected = detection.read_detection([str(study)], list(GROUPS), **ASKED)[0]
    sources = read.choose_sources(detection.with_detection({}, detected), ["main"])
    assert sources == {"made": ["wit", "web"]}
    cloud = detected["made"]
    drawn = figures.detection(detected, sources)
    assert [axes.get_title("left") for axes in drawn.axes] == ["made"]
    beside = chapter.BESIDE_DETECTION
    within = chapter.within_sources({DETECTION: cloud}, sources["made"], 0.95, beside)
    own = cloud.isel(model=of_source(cloud, "wit"))
    rank = within["rank"].sel(set="wit").item()
    assert rank == pytest.approx(spearmanr(own["x"], own["y"]).statistic)
    assert within["rank_decided"].sel(set="wit").all()
    markup = tables.detection_table(cloud, within, "id", "made").markup
    assert markup.count('<th scope="row">') == 3
    assert "recall of in-distribution images" in markup
    assert "recall of OOD images" in tables.detection_table(cloud, within, "ood", "made").markup
    assert "wit: AUROC 65" in alt.describe_detection(cloud, sources["made"])


@pytest.mark.slow
def test_the_chapter_draws_detection_where_a_study_has_it(study: Path, tmp_path: Path) -> None:
    output = tmp_path / "mine.ipynb"
    given = {
        "studies": ["published", str(study)],
        "score": "energy",
        "ood_sets": ["glyph"],
        "positive": "ood",
    }
    render_chapter(find_chapter(REPOSITORY, "ood-correlation"), output, given)
    cells = nbformat.read(output, 4).cells
    text = "\n".join(str(one.get("data", "")) for cell in cells for one in cell.get("outputs", []))
    assert "mean AUROC over the OOD sets" in text
    assert "The study `published` has no cube `ood`" in text
    assert "recall of OOD images" in text

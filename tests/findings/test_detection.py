"""Detection, on a study made for the test and on the record."""

from pathlib import Path

import nbformat
import numpy as np
import pytest
import xarray as xr
from scipy.stats import spearmanr

from clipsafe_utils.chapters.ood_correlation import tables
from clipsafe_utils.cubes import find_study, write_cube
from clipsafe_utils.cubes.selection import of_source
from clipsafe_utils.cubes.studies import REPOSITORY
from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.findings.shift import detection
from clipsafe_utils.findings.shift.result import ood_correlation
from clipsafe_utils.metrics.ood_scores import SCORES
from clipsafe_utils.parameters import CHAPTER_PARAMETERS, CheckedParameters, check_parameters
from clipsafe_utils.publishing.chapters import find_chapter
from clipsafe_utils.publishing.render import render_chapter
from clipsafe_utils.say import NOT_MEASURED
from tests.conftest import labelled

CLIPS = 12
DRAWS = 21
NAMES = [f"clip{row}" for row in range(CLIPS)] + [f"net{row}" for row in range(6)]


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


def asked(study: Path, **values: object) -> CheckedParameters:
    given = {"studies": [str(study)], "score": "energy", "confidence": 0.9}
    return check_parameters("ood-correlation", given | values)


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_study(tmp_path_factory.mktemp("studies") / "made")


def test_the_scores_are_those_of_the_metrics() -> None:
    score = next(one for one in CHAPTER_PARAMETERS["ood-correlation"] if one.name == "score")
    assert score.choices == SCORES


def test_mean_over_sets_with_intervals_from_the_draws(study: Path) -> None:
    detected, sentences = detection.read_detection(asked(study))
    cloud = detected["made"].cloud.sel(model="clip0")
    assert sentences == []
    assert cloud["y"].item() == pytest.approx(0.65)
    assert cloud["low"] < cloud["y"] < cloud["high"]
    assert 0.005 < (cloud["high"] - cloud["low"]).item() < 0.05


def test_score_sets_and_direction_are_the_readers(study: Path) -> None:
    detected, _ = detection.read_detection(asked(study, ood_sets=["scene"], positive="ood"))
    cloud = detected["made"].cloud.sel(model="clip0")
    assert cloud["y"].item() == pytest.approx(0.7)
    assert cloud["fpr"].item() == pytest.approx(0.4)
    with pytest.raises(ClipsafeError, match="OOD set 'textures'; the choices are all, glyph, scene"):
        detection.read_detection(asked(study, ood_sets=["textures"]))


def test_what_a_study_lacks_is_said(tmp_path: Path) -> None:
    few = write_study(tmp_path / "few")
    cube = xr.load_dataset(few / "ood.nc", engine="h5netcdf")
    write_cube(cube.sel(score=["maximum_logit"]), few / "ood.nc")
    detected, sentences = detection.read_detection(asked(few))
    assert detected == {}
    assert sentences == [
        "The study `few` has no detection by the score `energy`: its detection panel is left out."
    ]
    (few / "shifts.nc").unlink()
    sentences = detection.read_detection(asked(few, score="maximum_logit"))[1]
    assert "has no accuracy in distribution" in sentences[0]


def test_a_study_without_detection_has_nothing_to_show() -> None:
    chosen = check_parameters("ood-correlation", {"studies": ["field"]})
    assert detection.read_detection(chosen) == ({}, [])
    assert detection.score_means(chosen).empty
    with pytest.raises(ClipsafeError, match="Nothing to show: the study field has no model"):
        ood_correlation(chosen)


def test_the_record_is_read_on_the_set_measured_most_widely() -> None:
    found = ood_correlation(check_parameters("ood-correlation", {"studies": ["published"]}))
    cube, own = find_study("published").read("ood"), found.record.cloud
    clip = cube["auroc"].sel(model="cood:CLIP_ViT-B-16", score="maximum_softmax", ood_set="cood")
    assert own["y"].sel(model=own["checkpoint"] == "ViT-B-16.openai").item() == clip.item()
    assert (found.record.models("WIT"), found.record.sources) == ("9", ["WIT"])
    # Three families of encoders: no interval decides.
    assert found.record.correlations.value("rank", "WIT").estimate == pytest.approx(0.983, abs=5e-4)
    assert found.record.correlations.above_zero("rank") == "no source"


def test_draws_may_be_few(tmp_path: Path) -> None:
    few = write_study(tmp_path / "few")
    cube = xr.load_dataset(few / "ood.nc", engine="h5netcdf").isel(draw=[0])
    write_cube(cube, few / "ood.nc")
    detected = ood_correlation(asked(few)).detected
    assert detected["few"].cloud["low"].isnull().all()


def test_each_set_and_each_score_has_a_row(study: Path) -> None:
    found = ood_correlation(asked(study)).detected["made"]
    each = {name: one["y"].sel(model="clip0").item() for name, one in found.by_set.items()}
    assert each == pytest.approx({"glyph": 0.6, "scene": 0.7})
    # The mean of 0.5 to 0.75 in six steps, raised by 0.1; in the same order as accuracy.
    assert "72.5\xa0%, 1.00" in tables.set_table(found, "made").markup
    means = detection.score_means(asked(study, groups=["clip_zero_shot"], ood_sets=["glyph"]))
    assert means["score"].tolist() == list(SCORES)
    assert means["auroc"].to_numpy() == pytest.approx(0.725)
    assert tables.score_table(means, "made").markup.count('<th scope="row">') == len(SCORES)
    assert detection.score_means(asked(study, ood_sets=["none"])).empty


def test_sources_table_and_values(study: Path) -> None:
    found = ood_correlation(asked(study))
    one = found.detected["made"]
    assert one.sources == ["wit", "web"]
    own = one.cloud.isel(model=of_source(one.cloud, "wit"))
    rank = one.correlations.value("rank", "wit")
    assert rank.estimate == pytest.approx(spearmanr(own["x"], own["y"]).statistic)
    assert (list(one.correlations.of_sources("rank")), one.models("wit")) == (["wit", "web"], "6")
    assert one.correlations.above_zero("rank") == "wit and web"
    assert one.correlations.all_above_zero("rank") == "yes"
    assert list(one.correlations.goes_with("rank", shown=True)) == ["wit", "web"]
    assert one.correlations.goes_with("rank", shown=False) == {}
    assert one.correlations.value("rank", "nobody").with_interval == NOT_MEASURED
    markup = tables.detection_table(one, "id", "made").markup
    assert markup.count('<th scope="row">') == 4
    assert "recall of in-distribution images" in markup
    assert "recall of OOD images" in tables.detection_table(one, "ood", "made").markup


def test_auroc_goes_with_accuracy_only_where_the_interval_says_so() -> None:
    chosen = {"groups": ["clip_zero_shot", "standard"], "ood_sets": ["textures"]}
    ranks = ood_correlation(check_parameters("ood-correlation", chosen)).detection.correlations
    assert ranks.goes_with("rank", shown=True) == {}
    assert list(ranks.goes_with("rank", shown=False)) == ["wit", "laion"]
    assert ranks.all_above_zero("rank") == "no"


def test_a_study_of_real_models_never_speaks_for_the_laboratory(study: Path) -> None:
    found = ood_correlation(asked(study))
    assert (list(found.first_shown), found.in_drawn_worlds) == (["made"], {})
    assert found.detection.correlations.of_sources("rank") == {}
    assert found.detection.correlations.value("rank", "wit").with_interval == NOT_MEASURED
    assert (found.detection.models("wit"), found.detection.samples) == (NOT_MEASURED, NOT_MEASURED)
    drawn = ood_correlation(asked(study, studies=["published", "miniature"], score="energy"))
    assert (list(drawn.first_shown), list(drawn.in_drawn_worlds)) == (["published"], ["miniature"])
    assert drawn.detection.samples == "same"


@pytest.mark.slow
@pytest.mark.usefixtures("no_kernel")
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
    assert "The study `published` has none of the OOD sets" in text
    assert "recall of OOD images" in text


def test_sets_stand_together_that_a_model_was_measured_on() -> None:
    area = xr.DataArray(
        [[0.5, 0.5, np.nan, np.nan], [0.5, np.nan, np.nan, np.nan], [np.nan, np.nan, 0.5, np.nan]],
        {"model": list("xyz"), "ood_set": list("abcd")},
        ("model", "ood_set"),
    )
    assert detection.measured_together(area) == [["a", "b"], ["c"]]
    assert detection.measured_together(area.isel(model=[1, 2, 2])) == [["c"], ["a"]]
    joined = area.copy()
    joined.loc["z", "b"] = 0.5
    assert detection.measured_together(joined) == [["a", "b", "c"]]
    assert detection.measured_together(area * np.nan) == []


def test_each_source_may_have_its_own_sets_and_its_own_rows(tmp_path: Path) -> None:
    study = write_study(tmp_path / "made")
    cube, models = (xr.load_dataset(study / f"{name}.nc", engine="h5netcdf") for name in ("ood", "models"))
    again = [f"again:{name}" for name in NAMES[:4]]
    more = models.isel(model=range(4)).assign_coords(model=again)
    rows = [*NAMES, *again]
    write_cube(xr.concat([models, more], "model").assign_coords(model=rows), study / "models.nc")
    scene = cube.isel(model=range(4)).assign_coords(model=again)
    of_glyphs, of_scenes = cube["ood_set"] == "glyph", scene["ood_set"] == "scene"
    both = xr.concat([cube.where(of_glyphs), scene.where(of_scenes)], "model").assign_coords(model=rows)
    for variable in both.data_vars.values():
        variable.attrs["not_measured"] = "each source has its own sets"
    write_cube(both, study / "ood.nc")
    found = detection.read_detection(asked(study))[0]["made"]
    # A mean over both sets would hold four networks against others on other images.
    assert found.cloud.sizes["model"] == len(NAMES)
    assert found.cloud["y"].sel(model="clip0").item() == pytest.approx(0.6)
    # The second row of a network has its weights, and so its accuracy.
    assert found.by_set["scene"]["model"].values.tolist() == NAMES[:4]
    assert found.by_set["scene"]["y"].sel(model="clip0").item() == pytest.approx(0.7)
    means = detection.score_means(asked(study))
    assert means.groupby("score")["models"].sum().unique().tolist() == [len(NAMES)]


def test_a_rate_that_was_not_measured_is_said(tmp_path: Path) -> None:
    study = write_study(tmp_path / "made")
    cube = xr.load_dataset(study / "ood.nc", engine="h5netcdf")
    cube["fpr95_id_positive"] = cube["fpr95_id_positive"] * np.nan
    cube["fpr95_id_positive"].attrs |= {
        "not_measured": "no rate",
        "long_name": "",
        "units": "1",
        "source": "made",
    }
    write_cube(cube, study / "ood.nc")
    found = ood_correlation(asked(study))
    assert found.detected["made"].by_member["fpr"].isna().all()
    assert NOT_MEASURED in tables.detection_table(found.detected["made"], "id", "made").markup
    assert NOT_MEASURED in tables.score_table(found.scores, "made").markup


def test_a_study_of_few_clips_alone_is_left_out(tmp_path: Path) -> None:
    study = write_study(tmp_path / "made")
    cube = xr.load_dataset(study / "ood.nc", engine="h5netcdf")
    write_cube(cube.isel(model=range(2)), study / "ood.nc")
    found = ood_correlation(asked(study))
    assert found.detected == {}
    assert "`made` has too few networks with detection by the score `energy`" in found.left_out[-1]


def test_correlations_that_nobody_can_know_are_missing(tmp_path: Path) -> None:
    study = write_study(tmp_path / "made")
    cube = xr.load_dataset(study / "ood.nc", engine="h5netcdf")
    write_cube(cube.isel(model=range(CLIPS, CLIPS + 3)), study / "ood.nc")
    found = ood_correlation(asked(study)).detected["made"]
    assert found.by_member["member"].tolist() == ["standard networks", "all networks"]
    assert found.by_member["rank"].iloc[0].with_interval == NOT_MEASURED
    assert NOT_MEASURED in tables.detection_table(found, "id", "made").markup

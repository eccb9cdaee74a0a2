"""The cubes of the study against small computations that share no code with them."""

import numpy as np
import pytest
import xarray as xr
from scipy.special import log_softmax, softmax
from sklearn.metrics import average_precision_score, roc_auc_score

pytest.importorskip("zarr")

from clipsafe_engine.lab.world.sequences import perturbed_hits
from clipsafe_engine.lab.world.sets import OUT_OF_DISTRIBUTION, SHIFTS
from clipsafe_utils.cubes import content_hash, merge_cubes
from clipsafe_utils.cubes.schema import HEADLINE_FACTORS
from clipsafe_utils.cubes.studies import Study
from clipsafe_utils.measuring.plan import fitting_half
from clipsafe_utils.metrics.draws import draw_weights
from tests.lab.measure import stand_ins
from tests.lab.measure.laboratories import REPLICATES, Laboratory

pytestmark = pytest.mark.xdist_group("laboratory")  # made once, in one worker

CUBES = ("models", "factors", "shape_bias", "shifts", "ood", "calibration", "prompts", "causes")


def logits(laboratory: Laboratory, model: str, name: str) -> np.ndarray:
    stored = laboratory.store.read(model, name)
    if stored.kind == "logits":
        return stored.values.astype(float)
    head = laboratory.store.read_classifier(model, "default")
    return head.logit_scale * stored.values.astype(float) @ head.values.astype(float).T


def right(laboratory: Laboratory, model: str, name: str) -> np.ndarray:
    return logits(laboratory, model, name).argmax(axis=1) == laboratory.sets[name].labels


def measured_half(laboratory: Laboratory) -> np.ndarray:
    return ~fitting_half(len(laboratory.sets["natural"].labels))


def test_every_cube_is_there_and_all_models_are_described(laboratory: Laboratory) -> None:
    study = Study("miniature", laboratory.folder / "cubes")
    assert study.cubes == CUBES
    study.check()
    assert laboratory.cube("ood")["model"].values.tolist() == ["clip-a", "net-b"]
    assert laboratory.cube("causes")["model"].values.tolist()[-1] == "ladder-d"
    assert laboratory.cube("prompts")["model"].values.tolist() == ["clip-a"]


@pytest.mark.parametrize("model", ["clip-a", "net-b"])
def test_hits_are_those_of_the_logits(laboratory: Laboratory, model: str) -> None:
    shifts = laboratory.cube("shifts").sel(model=model)
    for name in SHIFTS:
        if name != "sequences":
            assert shifts["hits"].sel(condition=name) == right(laboratory, model, name).sum()
    assert (
        shifts["hits"].sel(condition="natural")
        == right(laboratory, model, "natural")[measured_half(laboratory)].sum()
    )
    assert shifts["images"].sel(condition="natural") == 480


def test_sequences_count_whole_ones(laboratory: Laboratory) -> None:
    made = laboratory.sets["sequences"]
    hits = right(laboratory, "net-b", "sequences")
    found = laboratory.cube("shifts").sel(model="net-b")
    for condition, reach in (("sequences_pm0", 0), ("sequences_pmk", 2)):
        assert found["hits"].sel(condition=condition) == perturbed_hits(hits, made, reach).sum()
        assert found["images"].sel(condition=condition) == 48
    assert found["hits"].sel(condition="sequences_pm0") > found["hits"].sel(condition="sequences_pmk")


def test_draws_are_paired_and_weigh_images(laboratory: Laboratory) -> None:
    cube = laboratory.cube("shifts")
    made = laboratory.sets["redrawn_top"]
    weights = draw_weights("redrawn", made.image_ids.tolist(), REPLICATES).astype(int)
    drawn = cube.sel(condition="redrawn_top")
    assert (drawn["draw_images"].values == weights.sum(axis=1)).all()
    for model in ("clip-a", "net-b"):
        expected = weights @ right(laboratory, model, "redrawn_top")
        assert (drawn["draw_hits"].sel(model=model).values == expected).all()


def test_factors_are_those_of_the_parameters(laboratory: Laboratory) -> None:
    natural = laboratory.sets["natural"]
    hits = right(laboratory, "net-b", "natural")
    top, present = natural.columns["top_factor"], natural.columns["factors"]
    cube = laboratory.cube("factors").sel(model="net-b")
    for place, factor in enumerate(HEADLINE_FACTORS):
        of_top = cube.sel(selection="top", factor=factor)
        assert (of_top["hits"], of_top["images"]) == (hits[top == place].sum(), (top == place).sum())
        of_multi = cube.sel(selection="multi", factor=factor)
        both = present[:, place] & (top >= 0)
        assert (of_multi["hits"], of_multi["images"]) == (hits[both].sum(), both.sum())
        of_alone = cube.sel(selection="alone_random", factor=factor)
        assert of_alone["hits"] == right(laboratory, "net-b", f"{factor}_random").sum()
        assert of_alone["images"] == 96
    parts = cube.sel(selection="top").drop_sel(factor="overall").sum()
    overall = cube.sel(selection="top", factor="overall")
    assert (parts["hits"], parts["images"]) == (overall["hits"], overall["images"])
    plain = cube.sel(selection="alone_typical", factor="overall")
    assert plain["hits"] == right(laboratory, "net-b", "plain_typical").sum()


def test_shape_bias_counts_every_decision(laboratory: Laboratory) -> None:
    made = laboratory.sets["cue_conflict"]
    decided = logits(laboratory, "clip-a", "cue_conflict").argmax(axis=1)
    cube = laboratory.cube("shape_bias")["count"].sel(model="clip-a")
    shape, texture = decided == made.labels, decided == made.columns["texture_class"]
    assert (cube.sum("cue_class").values == [shape.sum(), texture.sum(), (~shape & ~texture).sum()]).all()
    assert texture.sum() > 20
    first = made.labels == 0
    assert cube.sel(cue_class="airplane", decision="shape") == shape[first].sum()


@pytest.mark.parametrize("model", ["clip-a", "net-b"])
def test_detection_agrees_with_scikit_learn(laboratory: Laboratory, model: str) -> None:
    natural = logits(laboratory, model, "natural")[measured_half(laboratory)]
    cube = laboratory.cube("ood").sel(model=model, draw=0)
    for name in OUT_OF_DISTRIBUTION:
        other = logits(laboratory, model, name)
        known = np.arange(len(natural) + len(other)) < len(natural)
        both = np.concatenate([natural, other])
        scores = {"maximum_softmax": softmax(both, axis=1).max(axis=1), "maximum_logit": both.max(axis=1)}
        if model == "clip-a":
            cosines = both / stand_ins.SCALE
            scores["maximum_concept_matching"] = softmax(cosines, axis=1).max(axis=1)
        for score, values in scores.items():
            found = cube.sel(score=score, ood_set=name)
            assert found["auroc"].item() == pytest.approx(roc_auc_score(known, values), abs=2e-4)
            assert found["aupr"].item() == pytest.approx(average_precision_score(known, values), abs=2e-4)


def test_a_score_that_a_model_lacks_is_not_measured(laboratory: Laboratory) -> None:
    auroc = laboratory.cube("ood")["auroc"]
    missing = auroc.isnull().any(("draw", "ood_set"))
    assert missing.sel(model="net-b", score="maximum_concept_matching")
    assert missing.sum() == 1
    assert "cosines" in auroc.attrs["not_measured"]


@pytest.mark.parametrize("model", ["clip-a", "net-b"])
def test_calibration_by_hand(laboratory: Laboratory, model: str) -> None:
    cube = laboratory.cube("calibration").sel(model=model)
    assert cube["condition"].values.tolist() == ["natural", "own_source", *SHIFTS]
    temperature = cube["temperature"].values
    fits = ~measured_half(laboratory)
    natural, labels = logits(laboratory, model, "natural"), laboratory.sets["natural"].labels
    grid = np.exp(np.linspace(-0.02, 0.02, 41)) * temperature[0]
    fitted = [nll(natural[fits] / t, labels[fits]) for t in grid]
    assert np.argmin(fitted) == 20
    values = logits(laboratory, model, "sketches")
    truth = laboratory.sets["sketches"].labels
    weights = draw_weights("sketches", range(240), REPLICATES)
    for draw in (0, 3):
        here = cube.sel(condition="sketches", draw=draw)
        for scaling, divisor in (("before", 1), ("after", temperature[draw])):
            expected = nll(values / divisor, truth, weights[draw])
            assert here["nll"].sel(scaling=scaling).item() == pytest.approx(expected, rel=1e-4)
            error = ece(softmax(values / divisor, axis=1), truth, weights[draw])
            assert here["ece"].sel(scaling=scaling).item() == pytest.approx(error, rel=1e-3)


def nll(values: np.ndarray, labels: np.ndarray, weights: np.ndarray | None = None) -> float:
    of_label = -log_softmax(values, axis=1)[np.arange(len(labels)), labels]
    return float(np.average(of_label, weights=weights))


def ece(probabilities: np.ndarray, labels: np.ndarray, weights: np.ndarray) -> float:
    confidence, correct = probabilities.max(axis=1), probabilities.argmax(axis=1) == labels
    which = np.ceil(confidence * 15).astype(int)
    gaps = [abs((weights * (confidence - correct))[which == k].sum()) for k in range(16)]
    return float(sum(gaps) / weights.sum())


def test_prompts_are_other_classifiers_of_the_same_embeddings(laboratory: Laboratory) -> None:
    cube = laboratory.cube("prompts").sel(model="clip-a")
    stored = laboratory.store.read("clip-a", "natural").values.astype(float)
    labels, half = laboratory.sets["natural"].labels, measured_half(laboratory)
    head = laboratory.store.read_classifier("clip-a", "one/1").values.astype(float)
    values = stand_ins.SCALE * stored @ head.T
    found = cube.sel(prompt_set="one", subset=1)
    hits = values.argmax(axis=1) == labels
    weights = draw_weights("natural", range(len(labels)), REPLICATES)
    assert found["accuracy"].sel(draw=2).item() == pytest.approx(
        np.average(hits[half], weights=weights[2, half]), abs=5e-5
    )
    assert found["nll"].sel(draw=0).item() == pytest.approx(nll(values[half], labels[half]), rel=1e-5)
    top = laboratory.sets["natural"].columns["top_factor"]
    assert found["hits"].sel(draw=2, factor="pose") == (weights[2] * (hits & (top == 0))).sum()
    assert cube["images"].sel(draw=2, factor="pose") == (weights[2] * (top == 0)).sum()
    assert cube["accuracy"].sel(prompt_set="all", subset=1).isnull().all()
    # The default classifier has no noise: detection under its twin agrees with the cube `ood` only roughly.
    other = laboratory.cube("ood")["auroc"].sel(model="clip-a", draw=0, score="maximum_softmax")
    assert np.abs(found["auroc"].sel(draw=0, score="maximum_softmax") - other).max() < 0.1


@pytest.mark.slow
def test_cubes_are_reproduced_to_the_bit_by_two_processes(laboratory: Laboratory) -> None:
    before = {name: content_hash(laboratory.cube(name)) for name in CUBES}
    for path in (laboratory.folder / "work").iterdir():
        path.unlink()
    assert laboratory.measure("again", jobs=2) == before
    for name in CUBES:
        files = [laboratory.folder / part / f"{name}.nc" for part in ("cubes", "again")]
        assert files[0].read_bytes() == files[1].read_bytes()


def test_cubes_of_two_machines_merge(laboratory: Laboratory) -> None:
    for name in ("shifts", "calibration", "ood", "factors", "shape_bias"):
        cube = laboratory.cube(name)
        merged = merge_cubes(cube.isel(model=[0]), cube.isel(model=[1]))
        xr.testing.assert_identical(merged, cube)

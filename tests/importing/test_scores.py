"""Calibration and detection of drawn scores, against other code and against the formulas themselves."""

from pathlib import Path

import numpy as np
import pytest
from scipy.special import log_softmax, softmax
from sklearn.metrics import average_precision_score, roc_auc_score, roc_curve

from clipsafe_utils.measuring.plan import fitting_half
from tests.importing.made import drawn_logits, folder, guessed, imported, some_images, table

IMAGES = 4000


@pytest.fixture(scope="module")
def drawn() -> tuple[list[str], np.ndarray, np.ndarray]:
    """Names in the order of the images, classes and logits."""
    names, truth = some_images(IMAGES)
    order = np.argsort(names)
    return [names[at] for at in order], truth[order], drawn_logits(truth)[order] * 2


def calibration(path: Path) -> dict[str, float]:
    table = imported(path).cubes["calibration"].isel(model=0).sel(condition="id", draw=0)
    return {
        str(name): float(table[name].sel(scaling="before")) for name in ("accuracy", "ece", "nll", "brier")
    }


def test_calibration_is_what_the_formulas_say(tmp_path: Path, drawn: tuple) -> None:
    names, truth, logits = drawn
    path = folder(tmp_path, 'scores = "logits"', imagenet_val={"scores": logits, "images": names})
    tested = ~fitting_half(IMAGES)
    shares = softmax(logits[tested].astype(float), axis=1)
    top, said = shares.max(axis=1), shares.argmax(axis=1)
    hit = said == truth[tested]
    bins = np.ceil(top * 15).astype(int)
    ece = sum(
        abs(hit[bins == one].mean() - top[bins == one].mean()) * (bins == one).mean() for one in set(bins)
    )
    right = shares[np.arange(len(said)), truth[tested]]
    brier = (shares**2).sum(axis=1) - 2 * right + 1
    expected = {"accuracy": hit.mean(), "ece": ece, "nll": -np.log(right).mean(), "brier": brier.mean()}
    assert calibration(path) == pytest.approx(expected, rel=1e-4)


def test_ece_equals_torchmetrics(tmp_path: Path, drawn: tuple) -> None:
    torch, classification = pytest.importorskip("torch"), pytest.importorskip("torchmetrics.classification")
    names, truth, logits = drawn
    path = folder(tmp_path, 'scores = "logits"', imagenet_val={"scores": logits, "images": names})
    tested = ~fitting_half(IMAGES)
    metric = classification.MulticlassCalibrationError(num_classes=1000, n_bins=15, norm="l1")
    shares = softmax(logits[tested].astype(float), axis=1)
    theirs = metric(torch.tensor(shares), torch.tensor(truth[tested]))
    assert calibration(path)["ece"] == pytest.approx(float(theirs), abs=1e-4)


def test_probabilities_and_their_logs_say_the_same_as_logits(tmp_path: Path, drawn: tuple) -> None:
    names, _, logits = drawn
    wide = logits.astype(float)
    kinds = {
        "logits": logits,
        "probabilities": softmax(wide, axis=1),
        "log-probabilities": log_softmax(wide, axis=1),
    }
    found = []
    for kind, scores in kinds.items():
        content = {"scores": scores.astype(np.float32), "images": names}
        found.append(calibration(folder(tmp_path / kind, f'scores = "{kind}"', imagenet_val=content)))
    assert found[1] == pytest.approx(found[0], rel=1e-4)
    assert found[2] == pytest.approx(found[0], rel=1e-4)


def test_cosines_are_logits_once_they_are_scaled(tmp_path: Path, drawn: tuple) -> None:
    names, _, logits = drawn
    cosines = {"scores": logits / np.float32(100), "images": names}
    one = folder(tmp_path / "a", 'scores = "cosines"\nscale = 100.0', imagenet_val=cosines)
    other = folder(tmp_path / "b", 'scores = "logits"', imagenet_val={"scores": logits, "images": names})
    assert calibration(one) == pytest.approx(calibration(other), rel=1e-4)


def test_a_confidence_alone_gives_no_likelihood_and_no_temperature(tmp_path: Path, drawn: tuple) -> None:
    names, truth, logits = drawn
    shares = softmax(logits.astype(float), axis=1)
    said, top = shares.argmax(axis=1), shares.max(axis=1)
    path = folder(tmp_path, imagenet_val=table(image=names, prediction=said, confidence=top))
    cube = imported(path).cubes["calibration"]
    for name in ("nll", "brier", "ece_classwise", "temperature"):
        assert cube[name].isnull().all()
        assert cube[name].attrs["not_measured"] == "the file holds the confidence of the predicted class only"
    row = cube.isel(model=0).sel(condition="id", draw=0, scaling="before")
    bins = np.ceil(top * 15).astype(int)
    hit = said == truth
    ece = sum(
        abs(hit[bins == one].mean() - top[bins == one].mean()) * (bins == one).mean() for one in set(bins)
    )
    assert float(row["ece"]) == pytest.approx(ece, rel=1e-4)


def test_lists_of_the_likeliest_classes_give_no_likelihood(tmp_path: Path, drawn: tuple) -> None:
    names, truth, logits = drawn
    shares = softmax(logits.astype(float), axis=1)
    best = np.argsort(-shares, axis=1)[:, :5]
    content = {
        "scores": np.take_along_axis(shares, best, 1).astype(np.float32),
        "classes": best,
        "images": names,
    }
    cubes = imported(folder(tmp_path, 'scores = "probabilities"', imagenet_val=content)).cubes
    assert cubes["calibration"]["nll"].attrs["not_measured"].startswith("the file holds lists")
    assert int(cubes["shifts"]["hits"].sel(condition="id")[0]) == (best[:, 0] == truth).sum()


def test_detection_equals_scikit_learn(tmp_path: Path, drawn: tuple) -> None:
    names, _, logits = drawn
    others = np.random.default_rng(5).normal(0, 2, (600, 1000)).astype(np.float32)
    path = folder(
        tmp_path,
        'scores = "logits"',
        imagenet_val={"scores": logits, "images": names},
        textures={"scores": others},
    )
    cube = imported(path).cubes["ood"].isel(model=0).sel(draw=0, ood_set="textures")
    is_known = np.repeat([1, 0], [IMAGES, 600])
    both = np.concatenate([logits, others]).astype(float)
    scores = {"maximum_softmax": softmax(both, axis=1).max(axis=1), "maximum_logit": both.max(axis=1)}
    for name, score in scores.items():
        assert float(cube["auroc"].sel(score=name)) == pytest.approx(roc_auc_score(is_known, score), abs=1e-6)
        assert float(cube["aupr"].sel(score=name)) == pytest.approx(
            average_precision_score(is_known, score), abs=1e-6
        )
        passed, recall, _ = roc_curve(is_known, score, drop_intermediate=False)
        rate = passed[recall >= 0.95][0]
        assert float(cube["fpr95_id_positive"].sel(score=name)) == pytest.approx(rate, abs=1e-6)
    assert cube["auroc"].sel(score="maximum_concept_matching").isnull()


def test_the_scores_of_an_ood_set_may_come_as_columns(tmp_path: Path) -> None:
    names, truth = some_images(3000)
    rng = np.random.default_rng(3)
    known, other = rng.normal(1, 1, 3000), rng.normal(0, 1, 500)
    home = table(image=names, prediction=guessed(truth), energy=known)
    other_file = table(image=[f"{n}.jpg" for n in range(500)], energy=other)
    cube = imported(folder(tmp_path, imagenet_val=home, inaturalist=other_file)).cubes["ood"]
    expected = roc_auc_score(np.repeat([1, 0], [3000, 500]), np.concatenate([known, other]))
    assert float(cube["auroc"].sel(draw=0, score="energy").squeeze()) == pytest.approx(expected, abs=1e-6)


def test_a_score_that_is_low_for_known_images_is_turned_when_that_is_said(tmp_path: Path) -> None:
    names, truth = some_images(3000)
    rng = np.random.default_rng(3)
    columns = {"image": names, "prediction": guessed(truth), "energy": rng.normal(0, 1, 3000)}
    path = folder(
        tmp_path,
        'high_means = "unknown"',
        imagenet_val=table(**columns),
        sun=table(energy=rng.normal(2, 1, 400)),
    )
    area = imported(path).cubes["ood"]["auroc"].sel(draw=0, score="energy").squeeze()
    assert float(area) > 0.85


def test_a_shift_is_calibrated_at_the_temperature_of_the_validation_set(tmp_path: Path, drawn: tuple) -> None:
    names, _, logits = drawn
    truth = np.repeat(np.arange(1000), 10)
    other = {"scores": drawn_logits(truth, seed=9), "images": [f"{n}/{i}.jpeg" for i, n in enumerate(truth)]}
    path = folder(
        tmp_path,
        'scores = "logits"',
        imagenet_val={"scores": logits, "images": names},
        imagenet_v2_matched_frequency=other,
    )
    cube = imported(path).cubes["calibration"].isel(model=0).sel(draw=0)
    assert cube["condition"].values.tolist() == ["id", "v2_matched_frequency"]
    temperature = float(cube["temperature"])
    shares = softmax(other["scores"].astype(float) / temperature, axis=1)
    nll = -np.log(shares[np.arange(10_000), truth]).mean()
    after = cube["nll"].sel(condition="v2_matched_frequency", scaling="after")
    assert float(after) == pytest.approx(nll, rel=1e-3)


def test_ties_are_counted_and_zeros_of_half_precision_give_no_likelihood(
    tmp_path: Path, drawn: tuple
) -> None:
    names, _, logits = drawn
    sharp = softmax(logits.astype(float) * 4, axis=1).astype(np.float16)
    found = imported(
        folder(tmp_path, 'scores = "probabilities"', imagenet_val={"scores": sharp, "images": names})
    )
    reason = found.cubes["calibration"]["nll"].attrs["not_measured"]
    assert reason.startswith("the probability of the right class is 0 in the file for some images (")
    assert found.cubes["calibration"]["ece"].sel(draw=0).notnull().all()
    round_logits = np.round(logits).astype(np.float16)
    content = {"scores": round_logits, "images": names}
    found = imported(folder(tmp_path / "ties", 'scores = "logits"', imagenet_val=content))
    top = np.sort(round_logits, axis=1)
    ties = int((top[:, -1] == top[:, -2]).sum())
    assert (
        f"imagenet-val: {ties:,} images have several classes with the largest score; the first counts"
        in found.notes
    )

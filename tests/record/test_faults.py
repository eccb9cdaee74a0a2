"""Faults found upstream: each row that the page names is in the file, and the cubes treat it as said."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from clipsafe_utils.chapters.upstream import faults_by
from clipsafe_utils.cubes import find_study
from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.record import cood, frequency, hsc, model_soups, ninco, timm_results
from clipsafe_utils.record.faults import BY, Fault, as_fault, faults
from clipsafe_utils.record.sessions import read_session

_DOCS = "open_clip/docs"
_CUES = "raw-data/cue-conflict/cue-conflict_{}_session-1.csv"
_NEAR_CHANCE = 0.002


def by_title() -> dict[str, Fault]:
    return {fault.title: fault for fault in faults()}


def accuracies(mirror: Path) -> pd.DataFrame:
    """Read open_clip's table, by ``name.pretrained``."""
    table = pd.read_csv(mirror / _DOCS / "openclip_results.csv")
    return table.set_index(table["name"] + "." + table["pretrained"])


def two_activations(mirror: Path) -> pd.DataFrame:
    """Return the accuracies of weights that open_clip lists with and without QuickGELU, where they differ."""
    table = accuracies(mirror)["ImageNet 1k"]
    with_quick = table[table.index.str.contains("-quickgelu")]
    with_quick.index = with_quick.index.str.replace("-quickgelu", "")
    both = pd.DataFrame({"quick": with_quick, "plain": table}).dropna()
    return both[both["quick"] != both["plain"]]


def left_behind(mirror: Path) -> list[str]:
    table = pd.read_csv(mirror / hsc.TABLE).set_index("Architecture")
    rise = table["Confidence Mean_TS"] - table["Confidence Mean"]
    found = table[(table["Temperature"] > 1) & (rise > 0.01) | (table["Temperature"] < 1) & (rise < -0.01)]
    assert found["Temperature"].min() > 1
    return found.index.tolist()


def failed(mirror: Path) -> list[str]:
    table = pd.read_csv(mirror / hsc.TABLE).set_index("Architecture")
    found = table[table["ECE_15_TS"] > hsc.NOT_CONVERGED]
    assert found["ECE_15_TS"].min() > 0.5
    assert set(found["Temperature"].round(3)) == {1.5}
    return found.index.tolist()


def too_small(mirror: Path) -> list[str]:
    table = pd.read_csv(mirror / hsc.TABLE).set_index("Architecture")
    found = table[table.index.str.fullmatch(r"efficientnet_(b[1-7]|v2_[sm])_torchvision")]
    assert set(found["input size"]) == {224}
    timm = pd.read_csv(mirror / "pytorch-image-models" / "results" / "results-imagenet.csv")
    same_design = timm["model"].str.match(r"tf_efficientnet(_b[1-7]|v2_[sm])\.(aa_)?in1k")
    assert timm["img_size"][same_design].between(240, 600).all()
    smallest = table.loc["efficientnet_b0_torchvision", "Accuracy"]
    assert (found["Accuracy"][[f"efficientnet_b{n}_torchvision" for n in (5, 6, 7)]] < smallest).all()
    return found.index.tolist()


def softmax_twice(mirror: Path) -> list[str]:
    table = pd.read_csv(mirror / cood.RESULTS)
    table = table[table["confidence function"] == "softmax"].set_index("model name")
    highest = np.e / (np.e + 999)
    found = table[(table["id_avg_conf"] < highest) & (table["id-acc"] > 0.01)]
    assert found["id_avg_conf"].round(4).agg(["min", "max"]).tolist() == [0.0018, 0.0024]
    assert found["id-acc"].round(2).agg(["min", "max"]).tolist() == [0.72, 0.84]
    return sorted(set(found.index))


def untrained(mirror: Path) -> list[str]:
    table = pd.read_csv(mirror / cood.RESULTS)
    return sorted(set(table["model name"][table["id-acc"] < _NEAR_CHANCE]))


def two_weights(mirror: Path) -> list[str]:
    table = pd.read_csv(mirror / cood.RESULTS)
    table = table[table["confidence function"].isin(cood.SCORES)]
    spread = table.groupby("model name")["id-acc"].agg(np.ptp)
    assert spread.max() == pytest.approx(0.036, abs=0.0005)
    return spread.index[spread > cood.SAME_WEIGHTS].tolist()


def activation_of_temperatures(mirror: Path) -> list[str]:
    folder = mirror / "CLIP_Calibration"
    rows = set.union(*(set(one) for one in json.loads((folder / "dataset_eces.json").read_text()).values()))
    file = "CIFAR100_ViT-B-32_laion400m_e31_acrossprompt.json"
    prompts = json.loads((folder / "numbers" / "q1.0" / file).read_text())["accs"]
    assert (len(prompts), round(max(prompts), 3)) == (19, 0.678)
    rivals = accuracies(mirror)["CIFAR-100"].round(3)
    assert rivals["ViT-B-32.laion400m_e31"] == 0.678
    assert rivals["ViT-B-32-quickgelu.laion400m_e31"] == 0.702
    doubtful = two_activations(mirror).index.str.replace(".", ";", n=1, regex=False)
    return sorted(rows & set(doubtful))


def activation_of_accuracies(mirror: Path) -> list[str]:
    found = frequency.read_full(mirror / frequency.FOLDER / "imagenet_ensemble_results.json") / 100
    found.index = found.index.str.replace("400m", "400m_e32")
    both = two_activations(mirror).join(found, how="inner")
    is_plain = (both["full"] - both["plain"]).abs() < 0.0003
    # The networks of RN50 are other weights of the same source.
    wrong = both[is_plain & ((both["full"] - both["quick"]).abs() > 0.005)]
    assert (wrong["quick"] - wrong["full"]).round(3).sort_values().tolist() == [0.008, 0.027]
    names = wrong.index.str.replace("_e32", "").str.split(".", n=1)
    return sorted(f"backbone{network}_pretrained{source}" for network, source in names)


def one_row_twice(mirror: Path) -> list[str]:
    table = accuracies(mirror).drop(columns=["name", "pretrained", "params (M)", "FLOPs (B)"])
    found = table.index[table.duplicated(keep=False)]
    retrieval = pd.read_csv(mirror / _DOCS / "openclip_retrieval_results.csv")
    again = retrieval[retrieval.drop(columns=["name", "pretrained"]).duplicated(keep=False)]
    assert set(found) == set(again["name"] + "." + again["pretrained"])
    return sorted(name for name in found if not name.endswith(".openai"))  # the same weights, as they say


def guessing_captioner(mirror: Path) -> list[str]:
    right = accuracies(mirror)["ImageNet 1k"].filter(like="coca_")
    assert right["coca_ViT-B-32.laion2b_s13b_b90k"] == pytest.approx(0.633, abs=0.0005)
    assert right["coca_ViT-L-14.mscoco_finetuned_laion2b_s13b_b90k"] == pytest.approx(0.72, abs=0.0005)
    table = pd.read_csv(mirror / _DOCS / "openclip_retrieval_results.csv")
    recall = table[table["name"] == "coca_ViT-B-32"]["MSCOCO image retr. R@1"]
    assert sorted(recall.round(3)) == [0.003, 0.362]
    found = right[right < 0.01]
    assert found.round(3).tolist() == [0.008]
    return found.index.tolist()


def tuned_on_coco(mirror: Path) -> list[str]:
    table = pd.read_csv(mirror / _DOCS / "openclip_retrieval_results.csv")
    names = table["name"] + "." + table["pretrained"]
    return sorted(names[names.str.contains("mscoco_finetuned")])


def one_run_twice(mirror: Path) -> list[str]:
    lines = (mirror / model_soups.RESULTS).read_text().splitlines()
    table = pd.DataFrame(map(json.loads, lines)).set_index("model_name")
    recipes = json.loads((mirror / model_soups.RECIPES).read_text())
    assert recipes["model_5"] == recipes["model_4"]
    return table.index[table.duplicated()].tolist()


def called_in21k(mirror: Path) -> list[str]:
    accuracy = ninco.read_results(mirror / ninco.TABLE)["accuracy"].groupby("model").first()
    counts = timm_results.read_evaluations(lambda path: mirror / path).counts["id"]
    timm = counts.hits / counts.images
    found = accuracy[accuracy.index.str.fullmatch("vit_base_patch16_384_.+_in21k_in1k")]
    for name, value in found.items():
        source = "openai" if "openai" in str(name) else "laion2b"
        network = f"vit_base_patch16_clip_384.{source}_ft"
        assert value == pytest.approx(timm[f"{network}_in12k_in1k@384"], abs=0.0001)
        assert abs(value - timm[f"{network}_in1k@384"]) > 0.005
    return found.index.tolist()


def another_clip(mirror: Path) -> list[str]:
    fault = by_title()["Another CLIP than the toolbox means by clip"]
    folder = mirror / "model-vs-human-burns"
    table = pd.read_csv(folder / fault.file)
    accuracy = (table["object_response"] == table["category"]).mean()
    assert round(accuracy, 3) == 0.683
    of_openai = accuracies(mirror)["ImageNet 1k"].filter(regex=r"ViT-B-(16|32)\.openai")
    assert of_openai.round(3).to_dict() == {"ViT-B-16.openai": 0.683, "ViT-B-32.openai": 0.633}
    ours = read_session(folder / _CUES.format("clip"))["answer"]
    theirs = read_session(mirror / "model-vs-human-thieringer" / _CUES.format("clip-16"))["answer"]
    assert (ours == theirs).sum() == 1_276
    return sorted(set(table["subj"]))


CHECKS: dict[str, Callable[[Path], list[str]]] = {
    "Temperatures that an earlier fit left behind": left_behind,
    "Fits of a temperature that failed": failed,
    "EfficientNets tested on images that are too small": too_small,
    "Softmax of a softmax in linear probes": softmax_twice,
    "Networks without trained weights": untrained,
    "One name, two sets of weights": two_weights,
    "Wrong activation in three temperatures": activation_of_temperatures,
    "Wrong activation in two rows of accuracies": activation_of_accuracies,
    "One row under two names": one_row_twice,
    "A tuned CoCa that guesses": guessing_captioner,
    "Two networks tuned on COCO in a table of zero-shot retrieval": tuned_on_coco,
    "One run under two numbers": one_run_twice,
    "IN-12k called IN-21k": called_in21k,
    "Another CLIP than the toolbox means by clip": another_clip,
}


def test_every_fault_of_numbers_has_a_check() -> None:
    assert [fault.title for fault in faults() if fault.by == "numbers"] == list(CHECKS)


@pytest.mark.parametrize("title", CHECKS)
def test_the_file_has_the_fault_in_these_rows(title: str, mirror: Path) -> None:
    assert sorted(CHECKS[title](mirror)) == sorted(by_title()[title].rows)


@pytest.mark.parametrize("fault", faults(), ids=lambda fault: fault.title)
def test_it_stands_where_the_page_says(fault: Fault, mirror: Path) -> None:
    files = pd.read_csv(mirror / "SOURCES.csv")
    key = (files["repository"] == fault.repository) & (files["source_path"] == fault.file)
    assert files["commit"][key].tolist() == [fault.commit]


@pytest.mark.parametrize("fault", faults(), ids=lambda fault: fault.title)
def test_the_cubes_treat_it_as_the_page_says(fault: Fault) -> None:
    models = find_study("published").read("models")["group"].to_series()
    for row in fault.rows:
        name = row.replace("~", "-").replace("@", "-").replace(";", ".")
        if fault.source == "frequency":
            name = name.removeprefix("backbone").replace("_pretrained", ".")
        is_row = models.index.to_series().str.split("[@/]").str[0] == f"{fault.source}:{name}"
        groups = set(models[is_row.to_numpy()])
        assert bool(groups) == (fault.kept != "left out"), row
        if fault.kept == "other":
            assert groups == {"other"}, row


def test_the_page_has_them_all() -> None:
    shown = "".join(faults_by(how).markup for how in BY)
    assert [fault.title for fault in faults() if f"{fault.title}." not in shown] == []
    assert shown.count("<table>") == len(faults())


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"kept": "hidden"}, "no known `by`, `kept` or `source`"),
        ({"source": "nobody"}, "no known"),
        ({"owner": ""}, r"\['owner'\] is empty"),
        ({"colour": "red"}, r"\['colour'\] is missing or unknown"),
    ],
)
def test_a_bad_row_is_refused(change: dict[str, str], words: str) -> None:
    with pytest.raises(ClipsafeError, match=words):
        as_fault(vars(faults()[0]) | change)

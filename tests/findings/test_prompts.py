"""Chapter 6: changes under other prompts, worked by hand and against others, and what it says of them."""

import sys
import tomllib
from collections.abc import Sequence
from itertools import combinations
from pathlib import Path
from typing import NoReturn

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from sklearn.metrics import roc_auc_score

from clipsafe_engine.lab import read_templates
from clipsafe_utils.cubes.panels import Panel
from clipsafe_utils.cubes.studies import REPOSITORY
from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.findings.prompts import changes as analysis
from clipsafe_utils.findings.prompts import own_prompts, panels, subsets
from clipsafe_utils.findings.prompts.embedded import (
    KeptImages,
    has_templates,
    logits_of_prompts,
    mean_of_templates,
)
from clipsafe_utils.findings.prompts.result import OtherPrompts, other_prompts
from clipsafe_utils.findings.prompts.sets import WORDINGS, base_of, by_number, by_wording, title_of
from clipsafe_utils.findings.prompts.wordings import Wording, Wordings
from clipsafe_utils.metrics.runs import mean_of_runs
from clipsafe_utils.parameters import check_parameters
from clipsafe_utils.say import NOT_MEASURED, Missing, Said, Value, percent
from tests.findings.prompt_cubes import (
    SETS,
    make_embeddings,
    make_models,
    make_prompts,
    write_study,
)

SHIFTS = dict(zip(SETS, (0.0, 0.002, -0.01, -0.2), strict=True))
SOURCES = {"a": "wit", "b": "wit", "c": "wit", "d": "laion"}
FAMILIES = {"a": "x", "b": "x", "c": "y", "d": "z"}
TEMPLATES = {"a {}": "default", "the {}": "default", "my {}": "thirty", "a drawing of a {}": "drawing"}
CLIPS = ["clip_zero_shot"]


def study_of(folder: Path, cube: xr.Dataset | None = None, **others: xr.Dataset) -> str:
    prompts = make_prompts(list(SOURCES), SHIFTS) if cube is None else cube
    return write_study(folder, models=make_models(SOURCES, FAMILIES), prompts=prompts, **others)


@pytest.fixture
def tested(tmp_path: Path) -> analysis.Tested:
    found, sentences = analysis.read_tested([study_of(tmp_path / "mine")], CLIPS)
    assert not sentences
    return found[0]


@pytest.fixture
def changes(tested: analysis.Tested) -> pd.DataFrame:
    return analysis.changes(tested, 0.95)


@pytest.fixture(scope="module")
def embeddings() -> xr.Dataset:
    return make_embeddings(["a", "d"], TEMPLATES)


def test_changes_are_the_shifts_that_were_put_in(changes: pd.DataFrame) -> None:
    for name, shift in SHIFTS.items():
        for source, families in ((analysis.EVERY, 3), ("wit", 2), ("laion", 1)):
            for property_ in ("accuracy", "auroc", "auroc_energy", "ece", "nll", "temperature"):
                found = analysis.change_of(changes, name, property_, source)
                assert isinstance(found, Value)
                assert found.estimate == pytest.approx(shift, abs=1e-3)
                assert found.units == families
            assert analysis.change_of(changes, name, "factors", source) == Value(
                0, 0, 0, "difference", units=families, unit="family"
            )


def test_a_family_counts_once_and_the_interval_is_that_of_paired_runs(tmp_path: Path) -> None:
    cube = make_prompts(list(SOURCES), SHIFTS)
    value = cube["accuracy"].values.astype(float)
    value[:, 0, 1] += 0.04  # model a under `one`
    value[2, 3, 1] -= 0.02  # model d in one draw
    cube["accuracy"].values[:] = value
    tested = analysis.read_tested([study_of(tmp_path / "mine", cube)], CLIPS)[0][0]
    moved = (value[:, :, 1] - value[:, :, 0])[:, :, 0]
    by_family = np.stack([moved[:, :2].mean(axis=1), moved[:, 2], moved[:, 3]], axis=1)
    expected = mean_of_runs(by_family, 0.9)
    found = analysis.contrast(tested, "one", "default", "accuracy", 0.9)
    assert isinstance(found, Value)
    assert found.estimate == pytest.approx((0.022 + 0.002 + 0.002) / 3, abs=1e-4)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high), abs=1e-6)
    assert analysis.contrast(tested, "none", "default", "accuracy", 0.9) == NOT_MEASURED
    assert analysis.contrast(tested, "one", "default", "f1", 0.9) == NOT_MEASURED


def test_versions_of_one_unknown_set_count_once_and_subsets_are_averaged(tmp_path: Path) -> None:
    cube = make_prompts(list(SOURCES), SHIFTS).load()
    cube["auroc"].values[:, :, 3, :, 0] = [0.9, 0.5, 0.7]
    twice = xr.concat([cube, cube.assign(accuracy=cube["accuracy"] + 0.1)], "subset", data_vars="all")
    twice = twice.assign_coords(subset=[0, 1]).assign(images=cube["images"])
    for name in cube.data_vars:
        twice[name].attrs = cube[name].attrs
    twice["hits"] = twice["hits"].astype(np.int32).assign_attrs(cube["hits"].attrs)
    tested = analysis.read_tested([study_of(tmp_path / "mine", twice)], CLIPS)[0][0]
    at = tested.values.isel(draw=0, model=0).sel(prompt_set="drawing")
    assert at.sel(property="auroc").item() == pytest.approx((0.9 + 0.6) / 2)
    lone = cube["accuracy"].isel(draw=0, model=0, subset=0).sel(prompt_set="drawing").item()
    assert at.sel(property="accuracy").item() == pytest.approx(lone + 0.05)


def test_the_gap_is_that_of_factors_to_all_images(tmp_path: Path) -> None:
    cube = make_prompts(list(SOURCES), SHIFTS)
    cube["hits"].values[..., :] = [400, 600, 800]
    tested = analysis.read_tested([study_of(tmp_path / "mine", cube)], CLIPS)[0][0]
    assert tested.values.sel(property="factors").values == pytest.approx(-0.3)
    bare = analysis.read_tested([study_of(tmp_path / "bare", cube.drop_vars("images"))], CLIPS)[0][0]
    assert "factors" not in bare.properties
    assert {*analysis.PROPERTIES} - {"factors"} < {*bare.properties}


def test_kept_images_agree_with_other_implementations(embeddings: xr.Dataset) -> None:
    kept = KeptImages(embeddings, "a", replicates=3)
    logits = logits_of_prompts(embeddings, "a", mean_of_templates(embeddings, "a", ["my {}"]))
    label, names = logits["label"].values, logits["set"].values
    wide = logits.values.astype(float)
    probability = np.exp(wide - wide.max(axis=1, keepdims=True))
    confidence = (probability / probability.sum(axis=1, keepdims=True)).max(axis=1)
    known = label >= 0
    areas = [
        roc_auc_score(known[known | (names == name)], confidence[known | (names == name)])
        for name in ("scenes", "textures")
    ]
    found = kept.measure_templates(["my {}"])
    assert found["accuracy"][0] == pytest.approx((wide.argmax(axis=1) == label)[known].mean())
    assert found["auroc"][0] == pytest.approx(np.mean(areas), abs=1e-6)
    assert 0.3 < found["accuracy"][0] < 1
    assert {values.shape for values in found.values()} == {(4,)}
    assert found["accuracy"][1:].std() > 0


def test_the_usual_classifier_is_the_mean_of_its_templates(embeddings: xr.Dataset) -> None:
    kept = KeptImages(embeddings, "d")
    usual, averaged = kept.measure(kept.usual), kept.measure_templates(["a {}", "the {}"])
    for name, values in usual.items():
        assert averaged[name] == pytest.approx(values, abs=1e-6)


def test_a_classifier_is_a_mean_of_unit_norm() -> None:
    single = [[[[1.0, 0.0]], [[0.0, 1.0]]]]
    cube = xr.Dataset(
        {"template_embedding": (("model", "template", "class", "width"), single)},
        {"model": ["m"], "template": ["a {}", "the {}"], "class": ["cat"]},
    )
    assert mean_of_templates(cube, "m", ["a {}", "the {}"]) == pytest.approx(np.full((1, 2), 0.5**0.5))
    assert has_templates(cube, ["a {}"])
    assert not has_templates(xr.Dataset(), ["a {}"])


def test_logits_are_products_of_unit_rows() -> None:
    cube = xr.Dataset(
        {
            "embedding": (("model", "image", "width"), [[[0.6, 0.8]]]),
            "classifier": (("model", "class", "width"), [[[1.0, 0.0], [0.0, 1.0]]]),
            "logit_scale": ("model", [10.0]),
            "set": ("image", ["natural"]),
            "label": ("image", [1]),
        },
        {"model": ["a"], "class": ["cat", "dog"]},
    )
    assert logits_of_prompts(cube, "a").values == pytest.approx(np.array([[6, 8]]))
    own = logits_of_prompts(cube, "a", [[0.0, 2.0], [1.0, 0.0]])
    assert own.values == pytest.approx(np.array([[8, 6]]))


def test_sets_differ_in_number_or_in_wording() -> None:
    assert [base_of(names) for names in (["one", "default"], ["5", "80"], ["mine"])] == [
        "default",
        "80",
        None,
    ]
    assert by_number(["eighty", "drawing", "one", "default"]) == ["one", "default", "eighty"]
    assert by_wording(["one", "mine", "drawing", "name_only"]) == ["name_only", "drawing", "mine"]
    assert (title_of("sale"), title_of("my_own")) == ("stuff … for sale", "my own")


def test_subsets_are_different_and_of_the_pool(embeddings: xr.Dataset) -> None:
    assert subsets.pool_of(embeddings) == ["a {}", "the {}", "my {}"]
    assert subsets.draw_subsets(["a", "b"], 1, 5, np.random.default_rng(0)) == [("a",), ("b",)]
    drawn = subsets.draw_subsets(list("abcdefgh"), 3, 30, np.random.default_rng(1))
    assert len(set(drawn)) == len(drawn) == 30
    assert set(drawn) <= set(combinations("abcdefgh", 3))


def test_subset_changes_are_means_over_the_models_of_a_source(embeddings: xr.Dataset) -> None:
    models = make_models({"a": "wit", "d": "wit"}, {"a": "x", "d": "y"})
    found = subsets.subset_changes(embeddings, models, 5, seed=0)
    assert found.groupby("templates")["subset"].nunique().to_dict() == {1: 3, 2: 3, 3: 1}
    both = found[(found["templates"] == 2) & (found["subset"] == 0)]
    assert both["value"].to_numpy() == pytest.approx(0, abs=1e-6)  # the usual set itself
    by_hand = []
    for model in ("a", "d"):
        kept = KeptImages(embeddings, model)
        by_hand.append(kept.measure_templates(["my {}"])["ece"] - kept.measure(kept.usual)["ece"])
    third = found[(found["templates"] == 1) & (found["subset"] == 2) & (found["property"] == "ece")]
    assert third["value"].item() == pytest.approx(np.mean(by_hand))
    assert set(subsets.spread(found)["templates"]) == {1, 2}
    assert subsets.subset_changes(embeddings.drop_vars("template_set"), models, 5, 0).empty


def no_text_towers(model: str, templates: Sequence[str]) -> NoReturn:
    raise AssertionError(f"{model} is asked for {templates}")


def test_own_prompts_that_are_kept_need_no_network(embeddings: xr.Dataset) -> None:
    found = own_prompts.own_changes(embeddings, ["my {}", " a drawing  of a {}"], 0.95, no_text_towers)
    assert list(dict.fromkeys(found["prompt"])) == ["my {}", "a drawing of a {}", own_prompts.AVERAGED]
    kept = {model: KeptImages(embeddings, model, own_prompts.REPLICATES) for model in ("a", "d")}
    moved = np.stack(
        [
            one.measure_templates(["my {}", "a drawing of a {}"])["ece"] - one.measure(one.usual)["ece"]
            for one in kept.values()
        ],
        axis=1,
    )
    expected = mean_of_runs(moved, 0.95)
    row = found[(found["prompt"] == own_prompts.AVERAGED) & (found["property"] == "ece")]
    assert row[["value", "low", "high"]].to_numpy()[0] == pytest.approx(
        (expected.estimate, expected.low, expected.high)
    )
    alone = own_prompts.own_changes(embeddings, ["my {}"], 0.95, no_text_towers)
    assert set(alone["prompt"]) == {"my {}"}


@pytest.mark.parametrize(
    ("prompt", "told"),
    [
        (
            "a painting of a {}",
            "Parameter 'prompts', 'a painting of a {}': the word 'painting' is not in the",
        ),
        ("a cat", "Parameter 'prompts', 'a cat': expected one {} where the object goes."),
        (
            "a dark big {}",
            "'a dark big {}' is none of the templates whose embeddings are kept; its text tower",
        ),
    ],
)
def test_own_prompts_that_cannot_be_measured_are_one_sentence(
    embeddings: xr.Dataset, monkeypatch: pytest.MonkeyPatch, prompt: str, told: str
) -> None:
    monkeypatch.setitem(sys.modules, "clipsafe_engine.lab.training.evaluation", None)
    with pytest.raises(ClipsafeError) as caught:
        own_prompts.own_changes(embeddings, [prompt], 0.95, read_templates)
    assert told in str(caught.value)
    assert str(caught.value).endswith(".")


@pytest.mark.slow
def test_a_text_tower_says_what_was_kept_of_it() -> None:
    pytest.importorskip("torch")
    from clipsafe_utils.cubes import find_study

    cube = find_study("miniature").read("embeddings").isel(model=[0, 1])
    if "template_embedding" not in cube:
        pytest.skip("needs single templates in the cube")
    prompt = "a drawing of a {}"
    looked_up = own_prompts.own_changes(cube, [prompt], 0.95, no_text_towers)
    run = own_prompts.own_changes(
        cube.sel(template=cube["template"] != prompt), [prompt], 0.95, read_templates
    )
    assert run["value"].to_numpy() == pytest.approx(looked_up["value"].to_numpy(), abs=2e-3)


def result_of(
    tested: Sequence[analysis.Tested], kept: Sequence[Panel] = (), confidence: float = 0.95
) -> OtherPrompts:
    return OtherPrompts(tested, [], kept, confidence, {}, n_subsets=5)


def test_the_number_and_the_words_of_a_study(tested: analysis.Tested) -> None:
    found = result_of([tested])
    assert (found.usual.clips, found.usual.families) == ("4", "3")
    assert found.usual.undecided == "`wit` (2) and `laion` (1)"
    assert (found.usual.off, found.evidence) == ("under", "proxy")
    assert (found.number.fewest, found.number.most) == ("1 template", "80")
    assert found.number.changes["ece"].in_full().startswith("+1.2 points (")
    assert found.number.answer.endswith("is higher by 1.2 points")
    assert found.number.answer.startswith("AUROC, ECE, NLL, temperature and gap on factors change too little")
    # Of two sources each: the gap on factors stays; 0.01 of NLL or temperature and 1.2 points of AUROC or ECE
    # are too small, as many points of accuracy are not.
    assert found.inside == "10 of 12"
    drawing = found.wordings.of["drawing"]
    assert str(drawing.accuracy_on["wit"]) == "−20.0"
    assert str(drawing.changes["accuracy"].points(0)) == "−20"
    assert (found.wordings.worst, str(found.wordings.worst_change), found.wordings.drawing_is_worst) == (
        "drawing",
        "−20.0",
        "yes",
    )
    assert found.words_matter == "far more"
    assert found.wordings.of["bad"].changes["accuracy"] == NOT_MEASURED
    assert isinstance(found.wordings.only_the_name, Missing)
    assert isinstance(found.wordings.opposite, Missing)


def test_confidence_is_accuracy_less_the_error(tested: analysis.Tested) -> None:
    found = result_of([tested])
    drawing = found.wordings.of["drawing"]
    assert drawing.confidence.percent(0) == percent(0, 0)
    level = tested.by_family().sel(prompt_set="drawing", property="accuracy")[0].mean().item()
    assert drawing.accuracy.estimate == pytest.approx(level)
    assert found.usual.accuracy.estimate == pytest.approx(level + 0.2, abs=1e-3)


@pytest.mark.parametrize(
    ("ece", "nll", "reading"),
    [
        (1, 1, "loss"),
        (1, -1, "no loss"),
        (-1, 1, "no gain"),
        (-1, -1, "gain"),
        (0, -1, "undecided"),
        (None, 1, NOT_MEASURED),
    ],
)
def test_two_errors_are_held_against_each_other(ece: int | None, nll: int, reading: str) -> None:
    assert wording(ece=ece, nll=nll).reading == reading


def wording(**signs: int | None) -> Wording:
    changes: dict[str, Said] = {
        name: Missing("") if sign is None else Value(0.1 * sign, 0.1 * sign - 0.05, 0.1 * sign + 0.05)
        for name, sign in signs.items()
    }
    return Wording(changes, {}, Missing(""), Missing(""))


@pytest.mark.parametrize(
    ("backgrounds", "drawing", "said"), [((-1, -1), (-1, 1), "yes"), ((-1, -1), (-1, -1), "no")]
)
def test_two_wordings_lower_the_error_in_opposite_ways(
    backgrounds: tuple[int, int], drawing: tuple[int, int], said: str
) -> None:
    found = Wordings(
        {
            "backgrounds": wording(ece=backgrounds[0], nll=backgrounds[1]),
            "drawing": wording(ece=drawing[0], nll=drawing[1]),
        }
    )
    assert found.opposite == said


@pytest.mark.parametrize(
    ("estimate", "half", "weight", "text"),
    [
        (0.001, 0.002, "small", "changes too little to matter"),
        (-0.016, 0.004, "down", "is lower by 1.6 points"),
        (-0.012, 0.004, "down", "is lower by 1.2 points, less than would matter"),
        (0.02, 0.01, "up", "is higher by 2.0 points"),
        (0.0, 0.02, "undecided", "is not decided"),
    ],
)
def test_a_change_is_weighed_by_its_whole_interval(
    estimate: float, half: float, weight: str, text: str
) -> None:
    change = Value(estimate, estimate - half, estimate + half, "difference")
    assert analysis.weigh(change, "ece") == weight
    assert analysis.weighed(change, "ece") == text
    assert analysis.weighed(Missing(""), "ece") == NOT_MEASURED
    small = Value(0.0123, 0.005, 0.0203, "change")
    assert analysis.weighed(small, "temperature") == "is higher by 0.012, less than would matter"


def test_what_is_too_small_is_what_the_ledger_calls_so() -> None:
    path = REPOSITORY / "clipsafe_utils" / "claims" / "claims.toml"
    claims = {one["id"]: one for one in tomllib.loads(path.read_text())["claim"]}
    for claim, name in (("F21a", "auroc"), ("F21b", "ece"), ("F21c", "factors")):
        assert analysis.PROPERTIES[name].smallest == claims[claim]["smallest_effect"]


def test_smallest_changes_are_named() -> None:
    assert analysis.smallest_changes() == (
        "accuracy 0.5 points, AUROC 1.8 points, ECE 1.4 points, NLL 0.02, temperature 0.02"
        " and gap on factors 0.5 points"
    )


def test_what_is_drawn_leaves_out_the_mean_of_all_and_other_sets(changes: pd.DataFrame) -> None:
    numbers, wordings = panels.number_changes({"mine": changes}), panels.wording_changes({"mine": changes})
    assert list(dict.fromkeys(numbers["property"])) == list(analysis.PROPERTIES)
    assert set(numbers["source"]) == {"wit", "laion"}
    assert list(dict.fromkeys(numbers["templates"])) == [1, 10, 80]
    assert not numbers["decided"].any()
    assert set(wordings["wording"]) == {WORDINGS["drawing"]}
    both = panels.number_changes({"mine": changes, "yours": changes})
    assert both["study"].value_counts().to_dict() == {"mine": len(numbers), "yours": len(numbers)}
    assert panels.number_changes({}).empty
    assert panels.wording_changes({}).empty


def test_a_study_with_one_number_of_templates_says_what_wordings_do(tmp_path: Path) -> None:
    cube = make_prompts(list(SOURCES), {"default": 0.0, "drawing": -0.1})
    found = result_of(analysis.read_tested([study_of(tmp_path / "mine", cube)], CLIPS)[0])
    assert not found.numbers
    assert found.number.answer == found.number.changes["auroc"] == NOT_MEASURED
    assert str(found.wordings.worst_change) == "−10.0"
    assert found.words_matter == "otherwise"


def test_a_study_of_embeddings_alone_says_what_one_sentence_does(
    embeddings: xr.Dataset, tmp_path: Path
) -> None:
    models = make_models({"a": "wit", "d": "laion"}, {"a": "x", "d": "z"})
    study = write_study(tmp_path / "mine", models=models, embeddings=embeddings)
    chosen = {"studies": [study], "prompts": ["my {}"], "n_subsets": 3}
    found = other_prompts(check_parameters("prompts", chosen), no_text_towers)
    assert (found.subsets.pool, found.subsets.known, found.subsets.unknown) == ("3", "200", "60")
    widest = subsets.spread(found.subset_changes["mine"]).query("property == 'ece' and templates == 1")
    assert found.subsets.one["ece"].estimate == pytest.approx(widest["spread"].max())
    assert found.subsets.ten["ece"] == found.subsets.mean == NOT_MEASURED
    assert isinstance(found.subsets.narrows, Missing)
    assert set(found.own["mine"]["prompt"]) == {"my {}"}
    assert found.own_prompts == "shown"
    assert found.usual.clips == found.wordings.worst_title == NOT_MEASURED


def test_subsets_of_ten_differ_less_than_single_templates() -> None:
    found = other_prompts(
        check_parameters("prompts", {"studies": ["miniature"], "n_subsets": 4}), no_text_towers
    )
    table = found.subset_changes["miniature"]
    means = table.groupby(["source", "property", "templates"])["value"].mean().unstack()
    assert found.subsets.mean.estimate == pytest.approx((means[10] - means[1]).abs().max())
    assert found.subsets.narrows == "yes"
    assert found.own_prompts == "none"


def test_own_prompts_without_embeddings_are_not_shown(tmp_path: Path) -> None:
    chosen = {"studies": [study_of(tmp_path / "mine")], "prompts": ["a {}"]}
    found = other_prompts(check_parameters("prompts", chosen), no_text_towers)
    assert found.own_prompts == "no embeddings"
    assert isinstance(found.subsets.pool, Missing)


@pytest.mark.parametrize(
    "chosen",
    [{"studies": ["field"]}, {"studies": ["miniature"], "groups": ["standard"]}],
)
def test_nothing_to_show_is_one_sentence(chosen: dict[str, object]) -> None:
    with pytest.raises(ClipsafeError, match=r"no model of these groups in prompts or embeddings\.$"):
        other_prompts(check_parameters("prompts", chosen), no_text_towers)

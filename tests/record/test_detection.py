"""Detection of real networks: what each source holds, and how we know that it was read rightly."""

import csv
import pickle
import re
from collections.abc import Sequence
from functools import reduce
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from clipsafe_utils.cubes import find_study, merge_cubes
from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.findings.shift.detection import measured_together
from clipsafe_utils.metrics.ood import auroc_error, detection
from clipsafe_utils.metrics.ood_scores import SCORES
from clipsafe_utils.metrics.score_counts import detection_of_counts
from clipsafe_utils.record import cood, imagenet_testbed, ninco, open_clip_results, setar, timm_results
from clipsafe_utils.record.networks import Network, describe
from clipsafe_utils.record.ood_sets import ID_IMAGES, OOD_SETS, as_detection
from clipsafe_utils.record.public_sources import readings_of
from clipsafe_utils.record.published import write_published
from clipsafe_utils.record.sources import raw_files
from tests.conftest import REPOSITORY

RULES = REPOSITORY / "clipsafe_utils" / "record" / "rules"
COLUMNS = ("model", "method", "auroc", "fpr", "acc", "dataset")
CONFIRMED = 0.06 / 100
"""How far accuracies of the same weights by two people may lie apart."""


def rules_of(source: str) -> pd.DataFrame:
    return pd.read_csv(RULES / f"{source}.csv", keep_default_na=False).set_index("pattern")


@pytest.fixture(scope="module")
def accuracies(mirror: Path) -> dict[str, pd.Series]:
    """Top-1 by the sources whose names the rules take over: for every image size that was evaluated."""
    sources = {
        "timm": timm_results,
        "imagenet-testbed": imagenet_testbed,
        "open_clip": open_clip_results,
    }
    tables = {name: one.read_evaluations(lambda path: mirror / path) for name, one in sources.items()}
    return {name: one.counts["id"].hits / one.counts["id"].images for name, one in tables.items()}


@pytest.fixture(scope="module")
def of_cood(mirror: Path) -> pd.DataFrame:
    return cood.read_results(mirror / cood.RESULTS)


@pytest.fixture(scope="module")
def of_ninco(mirror: Path) -> pd.DataFrame:
    return ninco.read_results(mirror / ninco.TABLE)


@pytest.fixture(scope="module")
def cube(mirror: Path) -> xr.Dataset:
    patch = pytest.MonkeyPatch()
    patch.setenv("CLIPSAFE_MIRROR", str(mirror))
    parts = {name: reading.counts() for name, reading in readings_of("ood").items()}
    patch.undo()
    rows = [
        part.assign_coords(model=[f"{name}:{one}" for one in part["model"].values])
        for name, part in parts.items()
    ]
    return reduce(merge_cubes, rows)


@pytest.fixture(scope="module")
def networks(cube: xr.Dataset) -> dict[str, Network]:
    return {name: describe(*name.split(":", 1)) for name in cube["model"].values.tolist()}


class TestCood:
    def test_areas_are_those_of_as_many_images(self, mirror: Path) -> None:
        area = pd.read_csv(mirror / cood.RESULTS)["ood-auroc"].to_numpy()
        halves = 2 * area * ID_IMAGES * OOD_SETS["cood"].images
        assert np.abs(halves - halves.round()).max() < 1e-4

    def test_who_is_there(self, of_cood: pd.DataFrame) -> None:
        names = of_cood.index.get_level_values("model")
        assert names.nunique() == 715
        assert not {"efficientnet_b5", "efficientnet_b6", "efficientnet_b7"} & {*names}
        probes = of_cood[names.str.startswith("CLIP_finetuned_")]
        assert probes.index.get_level_values("score").tolist() == ["maximum_logit"] * 7
        groups = pd.Series({name: describe("cood", name).group for name in names.unique()})
        assert groups.value_counts()[["clip_zero_shot", "standard", "more_data"]].tolist() == [9, 508, 100]
        assert set(groups[groups.index.str.startswith("CLIP_finetuned_")]) == {"other"}

    def test_a_name_of_two_sets_of_weights_is_two_rows(self, of_cood: pd.DataFrame) -> None:
        names = of_cood.index.get_level_values("model").unique()
        apart = names[names.str.contains("/")]
        assert len(apart) == 12
        assert {f"{name}/maximum_logit" for name in ("xception65", "regnety_040", "resnext50_32x4d")} <= {
            *apart
        }
        assert set(of_cood.loc["xception65"].index) == {"maximum_softmax", "negative_entropy"}
        spread = of_cood.groupby("model")["accuracy"].agg(np.ptp)
        assert spread.max() <= cood.SAME_WEIGHTS

    def test_accuracy_confirms_the_weights(
        self, of_cood: pd.DataFrame, accuracies: dict[str, pd.Series]
    ) -> None:
        accuracy = of_cood["accuracy"].groupby("model").mean()
        rules = rules_of("cood")
        named = rules[rules["same_as"].isin(["timm", "imagenet-testbed"])]
        assert len(named) == 621
        for name, rule in named.iterrows():
            known = accuracies[rule["same_as"]]
            row = (
                f"{rule['checkpoint']}@{rule['image_size']}"
                if rule["same_as"] == "timm"
                else rule["checkpoint"]
            )
            assert abs(accuracy[str(name)] - known[row]) <= CONFIRMED, name

    def test_what_is_not_confirmed_is_other(self, of_cood: pd.DataFrame) -> None:
        rules = rules_of("cood")
        unnamed = rules[(rules["same_as"] == "") & ~rules.index.str.startswith("CLIP_")]
        assert len(unnamed) == 78
        assert set(unnamed["group"]) == {"other"}
        assert set(unnamed.index) <= set(of_cood.index.get_level_values("model"))

    def test_clips_are_as_accurate_as_elsewhere(self, of_cood: pd.DataFrame, mirror: Path) -> None:
        path = mirror / "Hierarchical-Selective-Classification/results/models_comparison"
        table = pd.read_csv(path / "models_comparison_full.csv")
        names = of_cood.index.get_level_values("model").unique()
        clips = [name for name in names if describe("cood", name).group == "clip_zero_shot"]
        assert len(clips) == 9
        elsewhere = table[table.iloc[:, 0].str.contains("clip", case=False)]["Accuracy"].to_numpy()
        for name in clips:
            accuracy = 100 * of_cood["accuracy"].loc[name].iloc[0]
            assert np.abs(elsewhere - accuracy).min() < 0.035, name

    def test_levels_by_hand(self, tmp_path: Path) -> None:
        path = write_levels(
            tmp_path, [("net", "softmax", 0.7), ("net", "entropy", 0.7), ("net", "max_logit", 0.72)]
        )
        read = cood.read_results(path)
        assert list(read.index) == [
            ("net", "maximum_softmax"),
            ("net", "negative_entropy"),
            ("net/maximum_logit", "maximum_logit"),
        ]
        assert read["auroc"].tolist() == pytest.approx([0.75] * 3)

    def test_what_is_left_out(self, tmp_path: Path) -> None:
        rows = [
            ("none", "softmax", 0.001),
            ("CLIP_finetuned_a", "softmax", 0.7),
            ("CLIP_finetuned_a", "max_logit", 0.7),
        ]
        rows += [("CLIP_ViT-L~14@336px", "odin", 0.7), ("CLIP_ViT-L~14@336px", "softmax", 0.7)]
        read = cood.read_results(write_levels(tmp_path, rows))
        assert list(read.index) == [
            ("CLIP_ViT-L-14-336px", "maximum_softmax"),
            ("CLIP_finetuned_a", "maximum_logit"),
        ]

    def test_a_level_that_is_missing_is_named(self, tmp_path: Path) -> None:
        path = write_levels(tmp_path, [("net", "softmax", 0.7)], levels=10)
        with pytest.raises(ClipsafeError, match="'net' by softmax has not all of the 11 levels"):
            cood.read_results(path)


def write_levels(folder: Path, rows: list[tuple[str, str, float]], levels: int = 11) -> Path:
    path = folder / "results.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["severity level", "ood-auroc", "id-acc", "model name", "confidence function"])
        for name, score, accuracy in rows:
            writer.writerows([level, 0.8 - level / 100, accuracy, name, score] for level in range(levels))
    return path


class TestNinco:
    def test_all_methods_and_sets_are_there(self, mirror: Path) -> None:
        table = ninco.read_pickled(mirror / ninco.TABLE)
        assert len(table) == 24_992
        assert (table["model"].nunique(), table["dataset"].nunique()) == (31, 71)
        assert not table.duplicated(["model", "method", "dataset"]).any()
        assert set(table["dataset"]) >= ninco.UNIT_TESTS
        assert set(table["method"]) >= set(ninco.SCORES)

    def test_rates_are_those_of_as_many_images(self, mirror: Path) -> None:
        table = ninco.read_pickled(mirror / ninco.TABLE)
        rates = {str(name): rows.to_numpy() for name, rows in table.groupby("dataset")["fpr"]}
        for name, own in ninco.POPULAR.items():
            for end, version in ninco.VERSIONS.items():
                assert images_of(rates[name + end]) == OOD_SETS[own + version].images
        popular = tuple(ninco.POPULAR)
        classes = [name for name in rates if name not in ninco.UNIT_TESTS and not name.startswith(popular)]
        assert len(classes) == ninco.CLASSES
        assert sum(images_of(rates[name]) for name in classes) == OOD_SETS["ninco"].images

    def test_accuracy_confirms_the_weights(
        self, of_ninco: pd.DataFrame, accuracies: dict[str, pd.Series]
    ) -> None:
        accuracy = of_ninco["accuracy"].groupby("model").mean()
        named = rules_of("ninco").query("same_as == 'timm'")
        assert len(named) == 26
        tuned = 0
        for name, rule in named.iterrows():
            difference = abs(
                accuracy[str(name)] - accuracies["timm"][f"{rule['checkpoint']}@{rule['image_size']}"]
            )
            assert difference <= CONFIRMED, name
            if describe("ninco", str(name)).group == "clip_fine_tuned":
                tuned += 1
                assert difference <= 0.03 / 100
        assert tuned == 4

    def test_scores_of_two_clips_are_matching_of_concepts_alone(self, of_ninco: pd.DataFrame) -> None:
        clips = [
            name
            for name in of_ninco.index.unique("model")
            if describe("ninco", name).group == "clip_zero_shot"
        ]
        assert len(clips) == 2
        assert set(of_ninco.loc[clips].index.unique("score")) == {"maximum_concept_matching"}
        assert of_ninco.groupby(["model", "score"]).size().unique().tolist() == [9]

    def test_by_hand(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(ninco, "CLASSES", 2)
        sets = ("a", "b", "white", "textures_400_ood")
        rows = [
            ("net", method, area, 0.5, 0.7, name)
            for method in ("MSP", "mcm")
            for area, name in zip((0.6, 0.8, 1, 0.9), sets, strict=True)
        ]
        path = tmp_path / "df.pkl"
        path.write_bytes(pickled(rows))
        read = ninco.read_results(path)
        assert read["auroc"].to_dict() == pytest.approx(
            {
                ("net", "maximum_softmax", "ninco"): 0.7,
                ("net", "maximum_softmax", "ninco_textures_cleaned"): 0.9,
            }
        )
        monkeypatch.setattr(ninco, "CLASSES", 3)
        with pytest.raises(ClipsafeError, match="expected 3 classes of NINCO, got 2"):
            ninco.read_results(path)


class TestHostilePickles:
    """A pickle can call what it names; the reader knows what a table needs, and nothing else."""

    @pytest.mark.parametrize(
        ("module", "name"),
        [
            ("os", "system"),
            ("builtins", "eval"),
            ("builtins", "getattr"),
            ("numpy", "load"),
            ("pandas", "read_pickle"),
            ("subprocess", "Popen"),
            ("numpy.core.multiarray", "fromfile"),
            ("pickle", "loads"),
        ],
    )
    def test_what_no_table_needs_is_refused(self, tmp_path: Path, module: str, name: str) -> None:
        path, trace = tmp_path / "df.pkl", tmp_path / "was_run"
        path.write_bytes(f"c{module}\n{name}\n(S'touch {trace}'\ntR.".encode())
        with pytest.raises(
            ClipsafeError, match=rf"df\.pkl: .*asks for {module}\.{name}, which no table needs"
        ):
            ninco.read_pickled(path)
        assert not trace.exists()

    def test_a_dotted_name_gives_no_way_round(self, tmp_path: Path) -> None:
        path = tmp_path / "df.pkl"
        path.write_bytes(b"\x80\x04\x8c\x05numpy\x8c\x10ndarray.__base__\x93.")
        with pytest.raises(ClipsafeError, match="asks for numpy"):
            ninco.read_pickled(path)

    @pytest.mark.parametrize(
        "content", [b"", b"not a pickle", pickle.dumps({"a": 1}), pickle.dumps(list(range(9)))[:-4]]
    )
    def test_what_is_no_table_is_refused(self, tmp_path: Path, content: bytes) -> None:
        path = tmp_path / "df.pkl"
        path.write_bytes(content)
        with pytest.raises(ClipsafeError, match=r"df\.pkl: not the pickled table that was expected"):
            ninco.read_pickled(path)

    def test_a_table_of_others_is_refused(self, tmp_path: Path) -> None:
        path = tmp_path / "df.pkl"
        path.write_bytes(pickled([("net", "MSP", 1.5, 0.5, 0.7, "a")]))
        with pytest.raises(ClipsafeError, match="holds a share that does not lie between 0 and 1"):
            ninco.read_pickled(path)
        path.write_bytes(
            pickled([("net", "MSP", 0.5, 0.5, 0.7, "a")], ("model", "method", "auroc", "fpr", "acc", "set"))
        )
        with pytest.raises(ClipsafeError, match="column 'dataset' is missing"):
            ninco.read_pickled(path)

    def test_it_is_read_after_its_hash_was_checked(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        altered = tmp_path / ninco.TABLE
        altered.parent.mkdir(parents=True)
        altered.write_bytes(b"cos\nsystem\n(S'true'\ntR.".ljust(raw_files()[ninco.TABLE].bytes))
        monkeypatch.setenv("CLIPSAFE_MIRROR", str(tmp_path))
        with pytest.raises(ClipsafeError, match="was altered; its SHA-256 is not"):
            ninco.detection_scores()


def images_of(rates: np.ndarray) -> int:
    """Return the smallest number of images of which every rate is a whole number."""
    numbers = np.arange(1, 1_000)[:, None]
    whole = (np.abs(numbers * rates - (numbers * rates).round()) < 1e-6).all(axis=1)
    return int(numbers[whole.argmax(), 0])


def pickled(rows: Sequence[tuple[object, ...]], columns: Sequence[str] = COLUMNS) -> bytes:
    """Make a pickle laid out as the source's: a frame of pandas 1, which is not there to make one."""
    by_column = list(zip(*rows, strict=True))
    texts = [0, 1, 5]
    index = _made(
        "pandas.core.indexes.base", "_new_Index", _tuple(_plain("Index"), _plain({"data": list(columns)}))
    )
    of_texts = {"values": [by_column[place] for place in texts], "mgr_locs": texts}
    of_numbers = {"values": by_column[2:5], "mgr_locs": slice(2, 5)}
    content = _dict(axes=b"(" + index + b"l", blocks=_plain([of_texts, of_numbers]))
    state = _tuple(*[_plain([])] * 3, _dict(**{"0.14.1": content}))
    manager = _made("pandas.core.internals.managers", "BlockManager", _tuple(), state)
    return _made("pandas.core.frame", "DataFrame", _tuple(), _dict(_mgr=manager)) + b"."


def _plain(value: object) -> bytes:
    return pickle.dumps(value, protocol=3)[2:-1]


def _tuple(*parts: bytes) -> bytes:
    return b"(" + b"".join(parts) + b"t"


def _dict(**parts: bytes) -> bytes:
    return b"}" + b"".join(_plain(name) + part + b"s" for name, part in parts.items())


def _made(module: str, name: str, given: bytes, state: bytes = b"") -> bytes:
    return f"c{module}\n{name}\n".encode() + given + b"R" + (state + b"b" if state else b"")


class TestSetar:
    @pytest.mark.parametrize("encoder", setar.ENCODERS)
    def test_scores_give_the_printed_numbers(self, encoder: str, cube: xr.Dataset, mirror: Path) -> None:
        folder = mirror / setar.folder_of(encoder, setar.PLAIN)
        printed = setar.read_table(folder / "metrics_mcm_score_test.csv")
        of_model = cube.sel(model=f"setar:{encoder}/{setar.PLAIN}", score="maximum_concept_matching", draw=0)
        measured = of_model[list(printed)].sel(ood_set=list(printed.index)).to_dataframe()[list(printed)]
        assert (measured - printed)["auroc"].abs().max() <= 0.005 / 100 + 1e-9
        assert (measured - printed)["fpr95_id_positive"].abs().max() <= 0.05 / 100

    @pytest.mark.parametrize("encoder", setar.ENCODERS)
    def test_the_printed_rate_is_that_at_the_most_lenient_threshold(self, encoder: str, mirror: Path) -> None:
        folder = mirror / setar.folder_of(encoder, setar.PLAIN)
        printed = setar.read_table(folder / "metrics_mcm_score_test.csv")["fpr95_id_positive"]
        known = setar.read_scores(folder / "scores_ID_ImageNet1K_test.csv").sort_values(ascending=False)
        next_below = known.iloc[ID_IMAGES * 95 // 100]
        for name, ood_set in setar.SETS.items():
            others = setar.read_scores(folder / f"scores_{name}_test.csv")
            assert (others > next_below).mean() == pytest.approx(printed[ood_set], abs=0.005 / 100 + 1e-9)

    def test_numbers_of_images(self, mirror: Path) -> None:
        for encoder in setar.ENCODERS:
            folder = mirror / setar.folder_of(encoder, setar.PLAIN)
            assert len(setar.read_scores(folder / "scores_ID_ImageNet1K_test.csv")) == ID_IMAGES
            for name, ood_set in setar.SETS.items():
                assert len(setar.read_scores(folder / f"scores_{name}_test.csv")) == OOD_SETS[ood_set].images

    def test_counts_say_what_the_scores_say(self, cube: xr.Dataset, mirror: Path) -> None:
        for encoder in setar.ENCODERS:
            folder = mirror / setar.folder_of(encoder, setar.PLAIN)
            of_model = cube.sel(scored_model=f"{encoder}/{setar.PLAIN}")
            counts = of_model["score_count"].transpose("image_set", "score_bin")
            known = setar.read_scores(folder / "scores_ID_ImageNet1K_test.csv")
            for name, ood_set in setar.SETS.items():
                scores = detection(known, setar.read_scores(folder / f"scores_{name}_test.csv"))
                counted = detection_of_counts(counts.sel(image_set="id"), counts.sel(image_set=ood_set))
                assert abs(counted.auroc - scores.auroc) < 0.01 / 100
                assert counted.fpr95_id_positive == scores.fpr95_id_positive
                assert counted.fpr95_ood_positive == scores.fpr95_ood_positive

    def test_draws_and_hanley_mcneil_say_the_same(self, cube: xr.Dataset) -> None:
        area, error = cube["auroc"].sel(draw=0), cube["auroc_error"]
        by_numbers = auroc_error(area, cube["id_images"], cube["ood_images"])
        known = error.notnull().values
        assert known.sum() == len(setar.ENCODERS) * len(setar.SETS)
        ratio = error.values[known] / by_numbers[known]
        assert ((ratio > 0.7) & (ratio < 1.4)).all()

    def test_what_was_made_of_a_clip(self) -> None:
        groups = {method: describe("setar", f"clip_base/{method}").group for method in setar.CHANGED}
        assert groups == {"SeTAR": "other", "LoRA": "clip_fine_tuned", "SeTAR+FT": "clip_fine_tuned"}
        tuned = describe("setar", "clip_large/SeTAR+FT")
        assert (tuned.family, tuned.fine_tuning) == ("CLIP (WIT) ViT-L", "in1k (SeTAR+FT)")
        assert describe("setar", "clip_large/Vanilla_MCM").checkpoint == "ViT-L-14.openai"

    def test_by_hand(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(setar, "fetch", lambda path: tmp_path / path.rsplit("/", 1)[-1])
        scores = {"ID_ImageNet1K": [0.9, 0.8, 0.4] * 5} | {name: [0.5, 0.4] * 5 for name in setar.SETS}
        for name, values in scores.items():
            lines = ["mcm_score", *(str(-value) for value in values)]
            (tmp_path / f"scores_{name}_test.csv").write_text("\n".join(lines))
        measured = setar.measure("clip_base", setar.read_run("clip_base"))
        expected = detection([0.9, 0.8, 0.4], [0.5, 0.4])
        assert measured["auroc"].tolist() == [float(expected.auroc)] * 4
        assert measured["aupr"].tolist() == pytest.approx([float(expected.aupr)] * 4)
        assert (measured["auroc_error"] > 0).all()

    @pytest.mark.parametrize("text", ["mcm_score\n0.5\n", "mcm_score\n-0.5\nx\n", "score\n-0.5\n"])
    def test_what_are_no_negated_probabilities_is_refused(self, tmp_path: Path, text: str) -> None:
        path = tmp_path / "scores.csv"
        path.write_text(text)
        with pytest.raises(
            ClipsafeError, match=r"scores\.csv: (expected probabilities|not a column 'mcm_score')"
        ):
            setar.read_scores(path)

    def test_a_table_without_a_set_is_refused(self, tmp_path: Path) -> None:
        path = tmp_path / "metrics.csv"
        path.write_text("OOD dataset,FPR95,AUROC\nOOD_Sun,30,90\n")
        with pytest.raises(ClipsafeError, match="row 'OOD_iNaturalist' is missing"):
            setar.read_table(path)


class TestCube:
    def test_sets_are_laid_out_in_one_way(self) -> None:
        keys = pd.MultiIndex.from_tuples(
            [("b", "energy", "sun"), ("a", "energy", "cood")], names=["model", "score", "ood_set"]
        )
        laid_out = as_detection(pd.DataFrame({"auroc": [0.7, 0.8], "auroc_error": [0.1, np.nan]}, keys))
        assert laid_out["model"].values.tolist() == ["b", "a"]
        assert laid_out["score"].values.tolist() == list(SCORES)
        assert laid_out["auroc"].sel(draw=0, model="a", score="energy", ood_set="cood") == 0.8
        assert laid_out["auroc_error"].sel(model="b", score="energy", ood_set="sun") == 0.1
        assert laid_out["auroc"].notnull().sum() == 2
        assert laid_out["aupr"].isnull().all()

    def test_who_is_there(self, networks: dict[str, Network]) -> None:
        group = pd.Series({network.checkpoint: network.group for network in networks.values()})
        assert group.value_counts()[["clip_zero_shot", "clip_fine_tuned"]].tolist() == [9, 8]
        assert group.isin(["standard", "more_data"]).sum() > 500
        clips = [network for network in networks.values() if network.group == "clip_zero_shot"]
        assert {network.training_source for network in clips} == {"WIT"}
        assert len({network.family for network in clips}) == 3

    def test_no_source_measured_a_set_of_another(self, cube: xr.Dataset) -> None:
        together = measured_together(cube["auroc"].max("score"))
        assert together == [["cood"], list(OOD_SETS)[1:10], list(OOD_SETS)[10:]]

    def test_each_set_has_its_meaning_and_each_rule_a_row(self, networks: dict[str, Network]) -> None:
        assert all(one.meaning for one in OOD_SETS.values())
        for source in ("cood", "ninco", "setar"):
            bare = {name.split(":", 1)[1] for name in networks if name.startswith(f"{source}:")}
            for pattern in rules_of(source).index:
                assert any(re.fullmatch(pattern, name) for name in bare), pattern

    def test_a_rule_may_leave_it_to_another_source(self) -> None:
        row = describe("cood", "resnet50")
        assert row.model == "cood:resnet50"
        assert row.reference.startswith("COOD benchmark")
        timm = describe("timm", "resnet50.a1_in1k")
        assert (row.checkpoint, row.group, row.family) == (timm.checkpoint, timm.group, timm.family)
        clip = describe("ninco", "clip-ViT-B16")
        assert (clip.checkpoint, clip.samples_seen, clip.image_size) == ("ViT-B-16.openai", 12.8e9, 224)

    def test_a_source_can_be_left_out(
        self, mirror: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("CLIPSAFE_MIRROR", str(mirror))
        write_published(tmp_path, without=["ninco", "setar"])
        study = find_study(str(tmp_path))
        study.check()
        built = study.read("ood")
        assert built.attrs["licence"].startswith("MIT")
        assert all(name.startswith("cood:") for name in built["model"].values)

"""Shifts: printed accuracies become counts, every row of every source is there, and bad files are named."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from clipsafe_utils.cubes import find_study
from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.record import imagenet_testbed, open_clip_results, scaling_laws, timm_results
from clipsafe_utils.record import shifts as shift_module
from clipsafe_utils.record.conditions import CONDITIONS, Evaluations, recover_counts
from clipsafe_utils.record.public_sources import readings_of
from clipsafe_utils.record.shifts import as_dataset, rounding
from clipsafe_utils.record.tables import Locate, read_numbers
from clipsafe_utils.registry.catalogue import catalogue
from tests.conftest import FIXTURES

RESULTS = Path("results.csv")
TIMM_ID = f"{timm_results.FOLDER}/{timm_results.FILES['id']}"


SOURCES = readings_of("shifts")
"""By source, in the order of preference: what comes first speaks for a network that stands in several."""


def fixture(path: str) -> Path:
    return FIXTURES / "record" / path


def altered(tmp_path: Path, path: str, old: str, new: str) -> Locate:
    """Find fixtures, but for one file in which a piece of text was replaced."""
    text = fixture(path).read_text()
    assert old in text
    copy = tmp_path / Path(path).name
    copy.write_text(text.replace(old, new, 1))
    return lambda wanted: copy if wanted == path else fixture(wanted)


def counts_of(source: str) -> xr.Dataset:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shift_module, "fetch", fixture)
        return SOURCES[source].counts()


@pytest.fixture(scope="module")
def shifts() -> xr.Dataset:
    return find_study("published").read("shifts")


@pytest.fixture(scope="module")
def models() -> xr.Dataset:
    return find_study("published").read("models")


class TestRecoverCounts:
    @pytest.mark.parametrize("images", [7_500, 10_000, 30_000, 46_837, 50_000, 50_889])
    def test_percentages_of_timm_determine_every_count(self, images: int) -> None:
        hits = np.arange(images + 1)
        printed = np.round(np.round(100 * hits / images, 4), 3)
        counts = recover_counts(pd.Series(printed / 100, name="x"), images, timm_results.HALF_STEP, RESULTS)
        assert counts.off_by == 0
        np.testing.assert_array_equal(counts.hits, hits)

    @pytest.mark.parametrize(
        ("images", "off_by"),
        [(2_000, 0), (7_500, 0), (10_000, 0), (18_574, 1), (30_000, 1), (50_000, 2), (50_889, 3)],
    )
    def test_four_digits_of_open_clip_determine_counts_of_small_sets_only(
        self, images: int, off_by: int
    ) -> None:
        hits = np.arange(images + 1)
        printed = pd.Series(np.round(hits / images, 4), name="x")
        counts = recover_counts(printed, images, open_clip_results.HALF_STEP, RESULTS)
        assert counts.off_by == off_by
        assert np.abs(counts.hits - hits).max() <= off_by

    def test_a_wrong_number_of_images_shows(self) -> None:
        printed = pd.Series({"a": 0.12345}, name="top1")
        with pytest.raises(
            ClipsafeError, match=r"results\.csv: row 'a', column 'top1': .* of the 1,109 images"
        ):
            recover_counts(printed, 1_109, 1e-7, RESULTS)

    @pytest.mark.parametrize("value", [-0.01, 1.01])
    def test_accuracies_lie_between_none_and_all(self, value: float) -> None:
        with pytest.raises(ClipsafeError, match=r"row 'a', column 'top1': .* not in the range"):
            recover_counts(pd.Series({"a": value}, name="top1"), 100, 0.1, RESULTS)

    def test_what_is_not_reported_stays_so(self) -> None:
        counts = recover_counts(pd.Series({"a": np.nan, "b": 0.5}, name="top1"), 10, 0.01, RESULTS)
        assert np.isnan(counts.hits["a"])
        assert counts.hits["b"] == 5


class TestReadNumbers:
    @pytest.mark.parametrize(
        ("text", "words"),
        [
            ("model,top\na,1\n", "column 'top1' is missing"),
            ("model,top1\na,1\na,2\n", "row 'a' appears twice"),
            ("model,top1\na,one\n", "row 'a', column 'top1': 'one' is not a number"),
            ("model,top1\na,\n", "row 'a', column 'top1': '' is not a number"),
            ("", "not a readable table"),
            ('model,top1\na,"1\n', "not a readable table"),
        ],
    )
    def test_a_bad_table_is_refused(self, text: str, words: str, tmp_path: Path) -> None:
        path = tmp_path / "table.csv"
        path.write_text(text)
        with pytest.raises(ClipsafeError, match=rf"table\.csv: {words}"):
            read_numbers(path, ["model"], ["top1"])

    def test_a_table_that_is_not_there_is_named(self) -> None:
        with pytest.raises(ClipsafeError, match=r"^nowhere\.csv: not a readable table \(No such file"):
            read_numbers(Path("nowhere.csv"), ["model"], [])

    def test_bytes_that_are_no_text_are_refused(self, tmp_path: Path) -> None:
        path = tmp_path / "table.csv"
        path.write_bytes(b"model,top1\n\xff\xfe,1\n")
        with pytest.raises(ClipsafeError, match="not a readable table"):
            read_numbers(path, ["model"], ["top1"])

    def test_commas_between_thousands(self, tmp_path: Path) -> None:
        path = tmp_path / "table.csv"
        path.write_text('model,param_count\na,"1,013.01"\n')
        assert read_numbers(path, ["model"], ["param_count"])["param_count"].item() == 1013.01


class TestTimm:
    @pytest.fixture
    def evaluations(self) -> Evaluations:
        return timm_results.read_evaluations(fixture)

    def test_counts_by_hand(self, evaluations: Evaluations) -> None:
        row = "vit_base_patch16_clip_224.laion2b_ft_in12k_in1k@224"
        assert evaluations.counts["id"].hits[row] == 43_102
        assert {counts.off_by for counts in evaluations.counts.values()} == {0}

    def test_the_smallest_image_size_comes_first(self, evaluations: Evaluations) -> None:
        sizes = [row for row in evaluations.facts.index if row.startswith("convnext_small")]
        assert sizes == ["convnext_small.in12k_ft_in1k@224", "convnext_small.in12k_ft_in1k@288"]

    def test_facts(self, evaluations: Evaluations) -> None:
        giant = evaluations.facts.loc["eva_giant_patch14_224.clip_ft_in1k@224"]
        assert giant["parameters"] == 1_012_560_000
        assert giant["image_size"] == 224

    def test_a_row_of_one_file_only(self, evaluations: Evaluations) -> None:
        dataset = as_dataset(evaluations).sel(model="resmlp_24_224.fb_dino@224")
        assert dataset["condition"].values[dataset["hits"].notnull()].tolist() == ["a"]
        assert dataset["images"].sel(condition="a") == 7_500
        assert as_dataset(evaluations)["hits"].sel(model="resnet50.tv_in1k@224", condition="a").isnull()

    @pytest.mark.parametrize(
        ("path", "old", "new", "words"),
        [
            (
                TIMM_ID,
                ",480.31,",
                ",many,",
                "tf_efficientnet_l2.ns_jft_in1k 800', column 'param_count': 'many' is",
            ),
            (
                TIMM_ID,
                "88.360,",
                "88.361,",
                "tf_efficientnet_l2.ns_jft_in1k@800', column 'top1': .* 50,000 images",
            ),
            (TIMM_ID, "88.360,", "188.36,", "column 'top1': .* not in the range"),
            (TIMM_ID, "top1,", "first,", "column 'top1' is missing"),
            (TIMM_ID, "in1k,288,", "in1k,224,", "row 'convnext_small.in12k_ft_in1k 224' appears twice"),
        ],
    )
    def test_bad_rows_are_named(self, path: str, old: str, new: str, words: str, tmp_path: Path) -> None:
        with pytest.raises(ClipsafeError, match=rf"results-imagenet\.csv: .*{words}"):
            timm_results.read_evaluations(altered(tmp_path, path, old, new))


class TestOpenClip:
    def test_counts_by_hand(self) -> None:
        evaluations = open_clip_results.read_evaluations(fixture)
        counts = {name: one.hits["ViT-B-32.openai"] for name, one in evaluations.counts.items()}
        assert counts["id"] == 31_660
        assert counts["v2_matched_frequency"] == 5_592
        assert evaluations.counts["imagenet_o"].images == 2_000
        assert evaluations.facts.loc["RN50.openai"].tolist()[:2] == [102_010_000, 224]

    def test_the_activation_of_the_training_comes_first(self) -> None:
        rows = open_clip_results.read_evaluations(fixture).facts.index.tolist()
        assert rows.index("ViT-B-32-quickgelu.laion400m_e32") < rows.index("ViT-B-32.laion400m_e32")

    def test_both_files_of_the_source_agree(self, mirror: Path) -> None:
        columns = ["name", "pretrained", *open_clip_results.COLUMNS.values()]
        results = mirror / open_clip_results.RESULTS
        both = [
            pd.read_csv(path)[columns].sort_values(columns[:2], ignore_index=True)
            for path in (results, results.with_name("openclip_classification_results.csv"))
        ]
        pd.testing.assert_frame_equal(*both)

    @pytest.mark.parametrize(
        ("path", "old", "new", "words"),
        [
            (
                open_clip_results.RESULTS,
                ",ObjectNet,",
                ",Objects,",
                "results.csv: column 'ObjectNet' is missing",
            ),
            (
                open_clip_results.RESULTS,
                ",0.5982,",
                ",?,",
                "results.csv: row 'RN50 openai', column 'ImageNet 1k': '\\?'",
            ),
            (
                open_clip_results.PROFILE,
                "nllb-clip-base,",
                "nllb,",
                "profile.csv: row 'nllb-clip-base' is missing",
            ),
        ],
    )
    def test_bad_rows_are_named(self, path: str, old: str, new: str, words: str, tmp_path: Path) -> None:
        with pytest.raises(ClipsafeError, match=words):
            open_clip_results.read_evaluations(altered(tmp_path, path, old, new))


class TestScalingLaws:
    def test_counts_by_hand(self) -> None:
        evaluations = scaling_laws.read_evaluations(fixture)
        hits = {name: counts.hits["ViT-B-32.openai"] for name, counts in evaluations.counts.items()}
        assert hits == {
            "id": 31_667,
            "v2_matched_frequency": 5_596,
            "r": 20_796,
            "a": 2_353,
            "sketch": 21_528,
            "objectnet": 8_205,
        }
        small = evaluations.facts.filter(like="80M", axis=0).squeeze()
        assert small.tolist() == [149_620_000, 224, 2_560_013_280]

    @pytest.mark.parametrize(
        ("path", "old", "new", "words"),
        [
            (
                scaling_laws.RESULTS,
                "0.63334,",
                "0.633345,",
                "results.csv: row 'ViT-B-32.openai', column 'acc1': .* 50,000",
            ),
            (scaling_laws.DESIGNS, "ViT-B-32,", "ViT-B-33,", "arch_info.csv: row 'ViT-B-32' is missing"),
        ],
    )
    def test_bad_rows_are_named(self, path: str, old: str, new: str, words: str, tmp_path: Path) -> None:
        with pytest.raises(ClipsafeError, match=words):
            scaling_laws.read_evaluations(altered(tmp_path, path, old, new))


class TestTestbed:
    def test_every_count_is_exact(self) -> None:
        evaluations = imagenet_testbed.read_evaluations(fixture)
        assert {counts.off_by for counts in evaluations.counts.values()} == {0}
        images = {name: counts.images for name, counts in evaluations.counts.items()}
        assert images.pop("objectnet") == 18_514
        assert images == {name: CONDITIONS[name].images for name in images}
        assert evaluations.counts["id"].hits["resnet50"] == 38_065
        assert evaluations.counts["a"].hits["resnet50"] == 0

    def test_networks_that_report_no_condition_are_left_out(self) -> None:
        rows = imagenet_testbed.read_evaluations(fixture).facts.index
        table = pd.read_csv(fixture(imagenet_testbed.RESULTS))["model"]
        assert set(table) - set(rows) == {"resnet50_imagenet_subsample_125_classes_batch64_original_images"}

    def test_bad_rows_are_named(self, tmp_path: Path) -> None:
        locate = altered(tmp_path, imagenet_testbed.RESULTS, "stylized_imagenet", "styles")
        with pytest.raises(
            ClipsafeError, match=r"robustness_top1s\.csv: column 'stylized_imagenet' is missing"
        ):
            imagenet_testbed.read_evaluations(locate)


class TestRounding:
    def test_only_open_clip_is_inexact(self) -> None:
        said = rounding({source: counts_of(source) for source in SOURCES})["rounding"]
        assert said.startswith("exact, but for open_clip: id may be off by 2 (of 50,000 images), r may")
        assert ";" not in said

    @pytest.mark.parametrize("source", SOURCES)
    def test_hits_and_images_are_missing_together(self, source: str) -> None:
        dataset = counts_of(source)
        xr.testing.assert_equal(dataset["hits"].isnull(), dataset["images"].isnull())
        assert dataset["hits"].notnull().any("condition").all()
        assert list(dataset["condition"].values) == list(CONDITIONS)


class TestPublishedShifts:
    def test_rows_of_each_source(self, shifts: xr.Dataset) -> None:
        sources = pd.Series([name.split(":")[0] for name in shifts["model"].values]).value_counts()
        rows = {"timm": 1_557, "imagenet-testbed": 335, "open_clip": 121, "scaling-laws": 32}
        assert rows.items() <= sources.to_dict().items()
        order = [name.split(":")[0] for name in shifts["model"].values]
        assert list(dict.fromkeys(order)) == list(SOURCES)

    def test_every_model_of_the_catalogue_is_there_as_the_catalogue_says(
        self, shifts: xr.Dataset, models: xr.Dataset
    ) -> None:
        described = models.sel(model=shifts["model"].values).to_dataframe()
        assert len(catalogue()) == 210
        for known in catalogue().values():
            rows = described[described["checkpoint"] == known.name]
            assert len(rows), known.name
            for name in ("group", "architecture", "training_source", "fine_tuning"):
                assert set(rows[name]) == {getattr(known, name)}, known.name

    def test_the_first_row_of_a_classifier_has_the_size_of_the_catalogue(self, models: xr.Dataset) -> None:
        rows = models.to_dataframe()
        timm = rows[rows.index.str.startswith("timm:")].drop_duplicates("checkpoint").set_index("checkpoint")
        sizes = {model.name: model.input_size for model in catalogue().values() if model.library == "timm"}
        assert timm.loc[list(sizes), "image_size"].to_dict() == sizes

    def test_quantities_are_those_of_the_catalogue(self, models: xr.Dataset, repository: Path) -> None:
        table = pd.read_csv(repository / "clipsafe_utils" / "registry" / "catalogue.csv")
        listed = table.set_index("training_source")["training_images"].groupby(level=0).first()
        rows = models.to_dataframe().groupby("training_source")["training_images"].first()
        pd.testing.assert_series_equal(rows[listed.index], listed)

    def test_rows_of_one_checkpoint_agree_on_what_it_is(self, models: xr.Dataset) -> None:
        rows = models.to_dataframe().fillna(-1).groupby("checkpoint")
        same = [
            "group",
            "family",
            "architecture",
            "training_source",
            "pretraining",
            "fine_tuning",
            "training_images",
            "samples_seen",
            "parameters",
        ]
        assert (rows[same].nunique() == 1).all(axis=None)

    def test_one_network_under_a_shift(self, shifts: xr.Dataset) -> None:
        clip = shifts.sel(model="imagenet-testbed:vit_b_32_clip_zeroshot")
        accuracy = 100 * clip["hits"] / clip["images"]
        assert accuracy.sel(condition="r").item() == pytest.approx(69.26, abs=0.01)
        assert accuracy.sel(condition="id").item() == pytest.approx(63.30, abs=0.01)

    def test_what_is_missing_and_what_is_rounded_is_said(self, shifts: xr.Dataset) -> None:
        assert "does not report" in shifts["images"].attrs["not_measured"]
        assert "open_clip" in shifts["hits"].attrs["rounding"]
        assert shifts["condition"].attrs.keys() == CONDITIONS.keys()
        assert "nothing of detection" in shifts["condition"].attrs["imagenet_o"]

    def test_samples_seen_and_parameters_belong_to_the_weights(self, models: xr.Dataset) -> None:
        clip = models.sel(model="imagenet-x-testbed:vit_b_32_clip_zeroshot")
        assert clip["parameters"] == 151_280_000
        assert clip["samples_seen"] == 12_800_000_000
        assert np.isnan(clip["image_size"])
        assert models["samples_seen"].sel(model="open_clip:ViT-B-32.laion2b_s34b_b79k") == 34_725_395_968

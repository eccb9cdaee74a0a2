"""The record: raw rows become whole counts, every network is filed by a rule, and bad files are refused."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from clipsafe_utils.cubes import content_hash, find_study, read_cube, write_cube
from clipsafe_utils.cubes.schema import CUE_CLASSES
from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.record import imagenet_x, sources, texture_vs_shape
from clipsafe_utils.record.imagenet_x import Annotations, read_annotations, read_predictions, read_table
from clipsafe_utils.record.networks import describe
from clipsafe_utils.record.published import FILES, needed_paths, write_one, write_published
from clipsafe_utils.record.sessions import count_decisions, read_session
from clipsafe_utils.record.sources import fetch, raw_files, raw_paths
from tests.conftest import FIXTURES

ROWS = FIXTURES / "record"
FIRST_SOURCES = (
    *("imagenet-x-images", "imagenet-x-testbed", "imagenet-x-toolbox", "texture-vs-shape"),
    *("texture-vs-shape-trained", "open_clip", "scaling-laws", "timm", "imagenet-testbed"),
)
PUBLISHED = "published"


@pytest.fixture(scope="module")
def top() -> Annotations:
    return read_annotations("top")


class TestAnnotations:
    def test_prototypes_are_left_out(self, top: Annotations) -> None:
        assert len(top.labels) == 46_110
        assert top.images["pose"] == 15_064
        assert top.images["multiple_objects"] == 40

    def test_top_factors_partition_the_images_but_two(self, top: Annotations) -> None:
        per_image = top.flags.drop(columns="overall").sum(axis=1)
        assert per_image.value_counts().to_dict() == {1: 46_108, 0: 2}


class TestTables:
    @pytest.mark.parametrize("selection", imagenet_x.SELECTIONS)
    @pytest.mark.parametrize("source", imagenet_x.TABLES)
    def test_every_fixture_row_gives_whole_counts(self, source: str, selection: str) -> None:
        annotations = read_annotations(selection)
        path = ROWS / imagenet_x.table_path(source, selection)
        counts = read_table(path, annotations)
        accuracies = pd.read_csv(path).set_index("model")
        again = (counts["hits"] / counts["images"]).sel(factor="larger").to_series()
        np.testing.assert_allclose(again, accuracies["larger"], atol=1e-12)
        whole = accuracies["average"] * 46_110
        np.testing.assert_allclose(counts["hits"].sel(factor="overall"), whole, atol=1e-11 * 46_110)

    def test_an_altered_accuracy_is_refused(self, top: Annotations, tmp_path: Path) -> None:
        table = pd.read_csv(ROWS / imagenet_x.table_path("imagenet-x-toolbox", "top"))
        table.loc[1, "pose"] += 1e-5
        path = tmp_path / "table.csv"
        table.to_csv(path, index=False)
        with pytest.raises(
            ClipsafeError, match=r"table\.csv: row 'clipRN50', column 'pose': .* 15,064 images"
        ):
            read_table(path, top)
        table.drop(columns="style").to_csv(path, index=False)
        with pytest.raises(ClipsafeError, match="column 'style' is missing"):
            read_table(path, top)


class TestPredictions:
    @pytest.mark.parametrize("path", raw_paths(imagenet_x.PREDICTIONS_FOLDER))
    def test_hits_are_counted_by_factor(self, path: str, top: Annotations) -> None:
        rows = pd.read_csv(ROWS / path)
        images = top.labels.index.intersection(rows["file_name"])
        part = Annotations(top.flags.loc[images], top.labels.loc[images])
        counts = read_predictions(ROWS / path, part).sel(label_rule="class")
        by_hand = sum(
            int(row.predicted_class == top.labels[row.file_name])
            for row in rows.itertuples()
            if row.file_name in images
        )
        assert counts["hits"].sel(factor="overall").item() == by_hand
        assert counts["images"].sel(factor="overall").item() == len(images) > 10

    def test_a_missing_image_is_named(self, top: Annotations) -> None:
        path = ROWS / imagenet_x.PREDICTIONS_FOLDER / "ViT.csv"
        with pytest.raises(ClipsafeError, match=r"ViT\.csv: no prediction for the image ILSVRC2012_val_"):
            read_predictions(path, top)


class TestSessions:
    @pytest.mark.parametrize(
        "path", [path for f in texture_vs_shape.FOLDERS.values() for path in raw_paths(f)]
    )
    def test_every_fixture_session_is_read(self, path: str) -> None:
        session = read_session(ROWS / path)
        counts = count_decisions(session)
        assert counts.sum() == (session["shape"] != session["texture"]).sum()

    def test_counts_by_hand(self) -> None:
        rows = [("cat", "dog", "cat"), ("cat", "dog", "dog"), ("cat", "dog", "na"), ("cat", "cat", "cat")]
        counts = count_decisions(pd.DataFrame(rows, columns=["shape", "texture", "answer"]).assign(image=""))
        assert counts[CUE_CLASSES.index("cat")].tolist() == [1, 1, 1]
        assert counts.sum() == 3

    @pytest.mark.parametrize(
        ("old", "new", "words"),
        [
            ("object_response", "response", "column 'object_response' is missing"),
            (",bicycle,airplane,", ",tractor,airplane,", "line 2: .* no known answer"),
            ("airplane1-bicycle2", "airplane1-tractor2", "line 2: .* no known texture"),
            ("airplane1-chair2", "airplane1-bicycle2", "airplane1-bicycle2 appears twice"),
        ],
    )
    def test_bad_rows_are_named(self, old: str, new: str, words: str, tmp_path: Path) -> None:
        name = "style-transfer-512-nomask-experiment_alexnet_session_1.csv"
        text = (ROWS / texture_vs_shape.FOLDERS["texture-vs-shape"] / name).read_text()
        assert old in text
        path = tmp_path / name
        path.write_text(text.replace(old, new, 1))
        with pytest.raises(ClipsafeError, match=words):
            read_session(path)

    def test_a_session_in_both_folders_counts_once(self, monkeypatch: pytest.MonkeyPatch) -> None:
        one, two = texture_vs_shape.FOLDERS
        paths = {one: ["person.csv", "network.csv"], two: ["person.csv", "other.csv"]}
        answers = {"person.csv": "cat", "network.csv": "dog", "other.csv": "na"}
        monkeypatch.setattr(texture_vs_shape, "FOLDERS", {one: one, two: two})
        monkeypatch.setattr(texture_vs_shape, "raw_paths", paths.get)
        monkeypatch.setattr(texture_vs_shape, "fetch", lambda path: path)
        monkeypatch.setattr(
            texture_vs_shape,
            "read_session",
            lambda path: pd.DataFrame(
                {
                    "observer": [path],
                    "image": ["x"],
                    "shape": ["cat"],
                    "texture": ["dog"],
                    "answer": [answers[path]],
                }
            ),
        )
        models = {name: list(texture_vs_shape.decision_counts(name)["model"].values) for name in (one, two)}
        assert models == {one: paths[one], two: ["other.csv"]}


class TestNetworks:
    EXPECTED_GROUPS = (
        ("imagenet-x-testbed", "vit_b_32_clip_zeroshot", "clip_zero_shot"),
        ("imagenet-x-testbed", "resnet50_swav", "contrastive"),
        ("imagenet-x-testbed", "resnet50-vtab", "standard"),
        ("imagenet-x-testbed", "resnet50-vtab-rotation", "contrastive"),
        ("imagenet-x-testbed", "resnet50-randomized_smoothing_noise_0.00", "standard"),
        ("imagenet-x-testbed", "resnet50-randomized_smoothing_noise_0.25", "robust_intervention"),
        ("imagenet-x-testbed", "dpn92", "more_data"),
        ("imagenet-x-testbed", "dpn98", "standard"),
        ("imagenet-x-testbed", "resnet18_50k_42_epochs", "control"),
        ("imagenet-x-toolbox", "selecsls42", "other"),
        ("imagenet-x-toolbox", "resnet50_clip_soft_labels", "other"),
        ("imagenet-x-images", "ViT", "other"),
        ("texture-vs-shape", "subject-07", "human"),
        ("texture-vs-shape-trained", "resnet50-train-60-epochs", "robust_intervention"),
    )

    @pytest.mark.parametrize(("source", "name", "group"), EXPECTED_GROUPS)
    def test_group(self, source: str, name: str, group: str) -> None:
        assert describe(source, name).group == group

    def test_no_rule_no_group(self) -> None:
        with pytest.raises(ClipsafeError, match="no rule matches 'resnet9000'"):
            describe("imagenet-x-testbed", "resnet9000")

    def test_groups_of_the_published_study(self) -> None:
        """Of the first nine sources; a further one brings its own test."""
        group = find_study(PUBLISHED).read("models")["group"].to_series()
        first = group[group.index.str.split(":").str[0].isin(FIRST_SOURCES)]
        assert first.value_counts().to_dict() == {
            "clip_fine_tuned": 37,
            "clip_zero_shot": 152,
            "contrastive": 56,
            "control": 254,
            "human": 10,
            "more_data": 366,
            "other": 45,
            "robust_intervention": 200,
            "standard": 1_344,
        }

    def test_groups_differ_from_the_sources_only_where_a_note_says_so(self, mirror: Path) -> None:
        source_groups = pd.read_csv(mirror / "derived" / "testbed_model_groups.csv").set_index("model")[
            "group"
        ]
        same = {
            "STANDARD": "standard",
            "MORE_DATA": "more_data",
            "ROBUST_INTV": "robust_intervention",
            "LP_ADV": "robust_intervention",
            "SELFSUPERVISED": "contrastive",
        }
        models = find_study(PUBLISHED).read("models")
        testbed = [name for name in models["model"].values if name.startswith("imagenet-x-testbed:")]
        moved = {
            name.split(":")[1]: models["group"].sel(model=name).item()
            for name in testbed
            if models["group"].sel(model=name)
            != same.get(source_groups.get(name.split(":")[1], ""), "control")
        }
        assert moved == {
            "resnet50_clip_zeroshot": "clip_zero_shot",
            "vit_b_32_clip_zeroshot": "clip_zero_shot",
            "resnet50-vtab-exemplar": "contrastive",
            "resnet50-vtab-rotation": "contrastive",
            "resnet50-vtab-semi-exemplar": "contrastive",
            "resnet50-vtab-semi-rotation": "contrastive",
            "resnet50_simsiam": "contrastive",
            "resnet50_swav": "contrastive",
        }


class TestPublishedCubes:
    def test_398_factor_records_with_checkpoint_and_group(self) -> None:
        study = find_study(PUBLISHED)
        factors, models = study.read("factors"), study.read("models")
        assert factors.sizes["model"] == 398
        described = models.sel(model=factors["model"].values)
        assert (described["checkpoint"] != "").all()
        assert (described["group"] != "").all()
        joined = described["checkpoint"].to_series().value_counts()
        assert joined["ViT-B-32.openai"] == joined["RN50.openai"] == 2
        assert (joined["resnet50.tv_in1k"], joined["ViT-B-16.openai"]) == (3, 1)

    def test_image_level_and_table_agree_on_one_network(self) -> None:
        hits = find_study(PUBLISHED).read("factors")["hits"]
        xr.testing.assert_equal(
            hits.sel(model="imagenet-x-images:ResNet50", drop=True),
            hits.sel(model="imagenet-x-testbed:resnet50", drop=True),
        )

    def test_shape_bias_of_the_literature(self) -> None:
        count = find_study(PUBLISHED).read("shape_bias")["count"].sum("cue_class")
        people = [name for name in count["model"].values if name.startswith("texture-vs-shape:subject")]
        assert len(people) == 10
        bias = count.sel(decision="shape") / (count.sel(decision="shape") + count.sel(decision="texture"))
        for name, percent in (("alexnet", 42.9), ("googlenet", 31.2), ("vgg", 17.2)):
            assert bias.sel(model=f"texture-vs-shape:{name}").item() * 100 == pytest.approx(percent, abs=0.05)
        pooled = count.sel(model=people).sum("model")
        assert (pooled[0] / (pooled[0] + pooled[1])).item() * 100 == pytest.approx(95.9, abs=0.05)

    def test_non_commercial_data_says_so(self) -> None:
        assert "CC BY-NC" in find_study(PUBLISHED).read("factors").attrs["licence"]

    def test_rebuilt_cubes_equal_the_committed_ones(
        self, mirror: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("CLIPSAFE_MIRROR", str(mirror))
        read: set[str] = set()
        monkeypatch.setattr(sources, "_check", lambda _, raw: read.add(raw.path))
        built: list[str] = []
        hashes = write_published(tmp_path, built.append)
        assert built == [*FILES, "models"]
        assert read <= set(needed_paths())  # Else a file that is missing is missed late.
        committed = find_study(PUBLISHED)
        assert hashes == {name: content_hash(read_cube(committed.path(name))) for name in built}
        for name in hashes:
            path = committed.path(name)
            if read_cube(path).attrs["versions"] == read_cube(tmp_path / path.name).attrs["versions"]:
                assert path.read_bytes() == (tmp_path / path.name).read_bytes()


class TestFetch:
    PATH = "imagenet-testbed/robustness_top1s.csv"

    @pytest.mark.parametrize(
        ("content", "words"),
        [
            (None, "no such file; expected modestyachts/imagenet-testbed@0170eec6"),
            (b"half", "4 bytes where 869,425 were expected"),
            (b"x" * 869_425, "was altered"),
        ],
    )
    def test_a_bad_mirror_is_refused(
        self, content: bytes | None, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("CLIPSAFE_MIRROR", str(tmp_path))
        if content is not None:
            (tmp_path / "imagenet-testbed").mkdir()
            (tmp_path / self.PATH).write_bytes(content)
        with pytest.raises(ClipsafeError, match=words):
            fetch(self.PATH)

    def test_one_cube_needs_only_its_own_files(
        self, mirror: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        part = tmp_path / "mirror"
        part.mkdir()
        for name in (
            "texture-vs-shape",
            "model-vs-human",
            "model-vs-human-thieringer",
            "model-vs-human-burns",
            "beyond-inet",
        ):
            (part / name).symlink_to(mirror / name)
        (part / "vlm_shapebias").symlink_to(mirror / "vlm_shapebias")
        monkeypatch.setenv("CLIPSAFE_MIRROR", str(part))
        committed = find_study(PUBLISHED)
        folder = tmp_path / "cubes"
        write_cube(committed.read("models"), folder / "models.nc")
        files = ("shape_bias", "shape_bias.by-sa")
        built = {name: content_hash(read_cube(committed.path(name))) for name in files}
        assert write_one("shape_bias", folder) == built
        with pytest.raises(ClipsafeError, match="no such file"):
            write_one("shifts", folder)
        write_cube(committed.read("models").isel(model=slice(3)), folder / "models.nc")
        with pytest.raises(ClipsafeError, match=r"models\.nc: does not describe 'beyond-inet:"):
            write_one("shape_bias", folder)

    def test_a_file_is_asked_for_at_its_commit(self) -> None:
        assert raw_files()[self.PATH].address == (
            "https://raw.githubusercontent.com/modestyachts/imagenet-testbed/"
            "0170eec658d664289d9f61de8f90f967f49abca0/robustness_top1s.csv"
        )

    def test_a_bad_mirror_changes_no_cube(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("CLIPSAFE_MIRROR", str(tmp_path / "nothing"))
        with pytest.raises(ClipsafeError, match="no such file"):
            write_published(tmp_path / "cubes")
        assert not (tmp_path / "cubes").exists()

    def test_every_raw_file_is_pinned(self) -> None:
        for raw in raw_files().values():
            assert len(raw.sha256) == 64
            assert raw.bytes > 0
            assert raw.licence
            assert raw.package or len(raw.commit) == 40

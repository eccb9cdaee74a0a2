"""What counts as right on ImageNet-X: the class, ReaL, or the group of classes; and inside each group."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from clipsafe_utils.cubes import find_study
from clipsafe_utils.cubes.schema import FACTORS, LABEL_RULES
from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.record.imagenet_x import (
    LABELS_THEMSELVES,
    METACLASSES,
    PREDICTIONS_FOLDER,
    SELECTIONS,
    TABLES,
    Annotations,
    metaclasses,
    predictions_of,
    read_annotations,
    read_table,
    read_table_inside,
    real_labels,
    right_by_rule,
    table_path,
)
from clipsafe_utils.record.sources import fetch, raw_files
from tests.conftest import FIXTURES

ROWS = FIXTURES / "record"
PUBLISHED_TABLES = [
    (source, selection, rule)
    for source in TABLES
    for selection in SELECTIONS
    for rule in LABEL_RULES
    if table_path(source, selection, rule) in raw_files()
]
INSIDE = [table_path("imagenet-x-testbed", "top", rule, "_metaclass") for rule in ("class", "real")]


@pytest.fixture(scope="module")
def top() -> Annotations:
    return read_annotations("top")


@pytest.fixture(scope="module")
def cube() -> xr.Dataset:
    return find_study("published").read("factors")


class TestTables:
    def test_all_but_two_are_published(self) -> None:
        assert len(PUBLISHED_TABLES) == 10

    @pytest.mark.parametrize(("source", "selection", "rule"), PUBLISHED_TABLES)
    def test_every_fixture_row_gives_whole_counts(self, source: str, selection: str, rule: str) -> None:
        path = ROWS / table_path(source, selection, rule)
        counts = read_table(path, read_annotations(selection))
        accuracies = pd.read_csv(path).set_index("model").drop(LABELS_THEMSELVES, errors="ignore")
        again = (counts["hits"] / counts["images"]).sel(factor="larger").to_series()
        np.testing.assert_allclose(again, accuracies["larger"], atol=1e-12)

    @pytest.mark.parametrize(("source", "selection", "rule"), PUBLISHED_TABLES)
    def test_only_real_has_a_row_of_the_labels_themselves(
        self, mirror: Path, source: str, selection: str, rule: str
    ) -> None:
        by_class, by_rule = (
            pd.read_csv(mirror / table_path(source, selection, one))["model"] for one in ("class", rule)
        )
        assert set(by_rule) - set(by_class) == ({LABELS_THEMSELVES} if rule == "real" else set())
        assert len(by_rule) == len(by_class) + (rule == "real")


class TestTablesInside:
    @pytest.mark.parametrize("path", INSIDE)
    def test_groups_add_up_to_all_images(self, path: str, top: Annotations) -> None:
        inside = read_table_inside(ROWS / path, top)
        assert inside["model"].values.tolist() == ["alexnet", "resnet18_50k_1_epochs", "resnet50"]
        whole = read_table(ROWS / path.replace("_metaclass", ""), top)["hits"]
        for model in ("alexnet", "resnet50"):
            xr.testing.assert_equal(inside.sum("metaclass").sel(model=model), whole.sel(model=model))

    def test_a_blank_row_is_a_model_that_is_never_right(self, top: Annotations) -> None:
        inside = read_table_inside(ROWS / INSIDE[0], top).sel(model="resnet18_50k_1_epochs")
        assert (inside.sel(metaclass="primate") == 0).all()
        assert inside.sel(metaclass="dog", factor="overall") > 0

    def test_another_blank_cell_is_named(self, top: Annotations, tmp_path: Path) -> None:
        table = pd.read_csv(ROWS / INSIDE[0])
        table.loc[(table["model"] == "resnet50") & (table["metaclass"] == "dog"), "pose"] = np.nan
        path = tmp_path / "inside.csv"
        table.to_csv(path, index=False)
        with pytest.raises(ClipsafeError, match=r"inside\.csv: row 'resnet50 dog', column 'pose': '' is not"):
            read_table_inside(path, top)

    def test_images_by_group_and_factor(self, top: Annotations) -> None:
        images = top.images_inside
        assert images.index.tolist() == list(METACLASSES)
        pd.testing.assert_series_equal(images.sum(), top.images[list(FACTORS)], check_names=False)
        assert images.loc["dog", "pose"] == 2_435


class TestRightByRule:
    def test_by_hand(self) -> None:
        images = [f"ILSVRC2012_val_{place:08d}.JPEG" for place in (1, 2, 2, 3, 3, 3)]
        assert real_labels()[images].tolist() == [[], [970, 795], [970, 795], *[[230, 231]] * 3]
        # Goldfish and tench are fish, which is none of the named groups; classes 230 and 231 are dogs.
        labels = pd.Series([65, 970, 970, 230, 230, 230], images)
        predicted = pd.Series([65, 795, 0, 231, 151, 1], images)
        right = right_by_rule(predicted, labels)
        assert list(right) == list(LABEL_RULES)
        assert right["class"].tolist() == [True, False, False, False, False, False]
        assert right["real"].tolist() == [False, True, False, True, False, False]
        assert right["metaclass"].tolist() == [
            True,
            *(metaclasses()[one] == metaclasses()[970] for one in (795, 0)),
            True,
            True,
            False,
        ]

    def test_groups_are_those_of_the_package(self) -> None:
        groups = metaclasses()
        assert groups.size == 1_000
        assert set(groups) == set(METACLASSES)
        assert (groups[0], groups[1], groups[151], groups[207]) == ("other", "other", "dog", "dog")

    def test_the_published_rows_come_out(self, mirror: Path, top: Annotations) -> None:
        """ResNet-50's answers to each image give the row of the testbed's table by every rule."""
        path = mirror / PREDICTIONS_FOLDER / "ResNet50.csv"
        predicted = predictions_of(path, top.labels.index)["predicted_class"]
        for rule, right in right_by_rule(predicted, top.labels).items():
            table = read_table(mirror / table_path("imagenet-x-testbed", "top", rule), top)
            hits = top.flags.loc[right, list(FACTORS)].sum().to_numpy()
            assert hits.tolist() == table["hits"].sel(model="resnet50").values.tolist()


class TestPublishedCube:
    def test_hits_are_whole_under_every_rule_and_missing_where_no_table_is(self, cube: xr.Dataset) -> None:
        hits = cube["hits"]
        assert hits["label_rule"].values.tolist() == list(LABEL_RULES)
        assert (hits.fillna(0) == hits.fillna(0).round()).all()
        is_toolbox = cube["model"].str.startswith("imagenet-x-toolbox:")
        expected = is_toolbox & (cube["selection"] == "multi") & (cube["label_rule"] != "class")
        assert (hits.isnull() == expected).all()
        assert "not_measured" in hits.attrs

    def test_more_is_right_by_the_group_than_by_the_class(self, cube: xr.Dataset) -> None:
        hits = cube["hits"].sel(selection="top")
        assert (hits.sel(label_rule="metaclass") >= hits.sel(label_rule="class")).all()
        assert LABELS_THEMSELVES not in {name.partition(":")[2] for name in cube["model"].values.tolist()}

    def test_groups_of_classes_add_up(self, cube: xr.Dataset) -> None:
        hits, inside = cube["hits"].sel(selection="top"), cube["hits_inside"]
        measured = inside.notnull()
        assert (measured.all("metaclass") == measured.any("metaclass")).all()
        assert ((inside.sum("metaclass") == hits) | ~measured.all("metaclass")).all()
        models = measured.all(["metaclass", "factor"]).sum("model")
        assert models.sel(label_rule=["class", "real", "metaclass"]).values.tolist() == [344, 344, 0]
        images = cube["images"].sel(selection="top")
        assert (cube["images_inside"].sum("metaclass") == images).all()

    def test_image_level_and_table_agree_inside_groups(self, cube: xr.Dataset) -> None:
        inside = cube["hits_inside"].sel(label_rule=["class", "real"])
        xr.testing.assert_equal(
            inside.sel(model="imagenet-x-images:ResNet50", drop=True),
            inside.sel(model="imagenet-x-testbed:resnet50", drop=True),
        )


def test_the_wheel_has_the_labels_of_every_image() -> None:
    labels = pd.read_csv(fetch("imagenetx/annotations/filename_label.csv"))
    assert set(labels["file_name"]) == set(real_labels().index)

"""Answers of Burns' fork on ImageNet: names become classes, and networks that others read come out again."""

from pathlib import Path

import pandas as pd
import pytest
import xarray as xr

from clipsafe_utils.cubes import HEADLINE_FACTORS, OVERALL, find_study
from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.record import burns_imagenet
from clipsafe_utils.record.burns_imagenet import FOLDER, model_of, read_answers, read_counts
from clipsafe_utils.record.imagenet_x import Annotations, read_annotations
from clipsafe_utils.record.networks import describe
from clipsafe_utils.record.public_sources import readings_of
from clipsafe_utils.record.sources import raw_paths
from tests.conftest import FIXTURES

ROWS = FIXTURES / "record"
SOURCE = "burns"
IMAGES = 50_000


@pytest.fixture
def part() -> Annotations:
    """Those annotated images of which the fixtures have an answer."""
    top = read_annotations("top")
    images = top.labels.index.intersection(read_answers(ROWS / raw_paths(FOLDER)[0]).index)
    return Annotations(top.flags.loc[images], top.labels.loc[images])


@pytest.fixture(scope="module")
def cube() -> xr.Dataset:
    return find_study("published").read("factors")


class TestReading:
    @pytest.mark.parametrize("path", raw_paths(FOLDER))
    def test_hits_are_counted_by_factor(self, path: str, part: Annotations) -> None:
        rows = pd.read_csv(ROWS / path).set_index("imagename").loc[part.labels.index]
        by_hand = int((rows["object_response"] == rows["category"]).sum())
        counts = read_counts(ROWS / path, part).sel(label_rule="class").isel(model=0)
        assert counts["hits"].sel(factor=OVERALL).item() == by_hand
        assert counts["images"].sel(factor=OVERALL).item() == len(rows) > 10

    def test_a_class_is_the_rank_of_its_name(self) -> None:
        answers = read_answers(ROWS / raw_paths(FOLDER)[0])
        assert answers["category"].unique().tolist() == [0]
        assert read_answers(ROWS / FOLDER / "imagenet_validation_vits-sup_session-1.csv").iloc[0, 0] == 394

    @pytest.mark.parametrize(
        ("old", "new", "words"),
        [
            ("n01440764,NaN,ILSVRC2012_val_00002138", "n0,NaN,ILSVRC2012_val_00002138", "no class"),
            (
                "n01440764,NaN,ILSVRC2012_val_00002138",
                "n01443537,NaN,ILSVRC2012_val_00002138",
                "of its class",
            ),
            ("ILSVRC2012_val_00002138", "ILSVRC2012_val_00000293", "00000293.JPEG appears twice"),
            ("ILSVRC2012_val_00002138", "ILSVRC2012_val_99999999", "00002138.JPEG is not there"),
        ],
    )
    def test_bad_rows_are_named(
        self, old: str, new: str, words: str, part: Annotations, tmp_path: Path
    ) -> None:
        name = "imagenet_validation_resnet50_session-1.csv"
        text = (ROWS / FOLDER / name).read_text()
        assert old in text
        (tmp_path / name).write_text(text.replace(old, new, 1))
        with pytest.raises(ClipsafeError, match=f"resnet50_session-1.csv: .*{words}"):
            read_counts(tmp_path / name, part)


class TestNetworks:
    @pytest.mark.parametrize(
        ("name", "group", "family", "checkpoint"),
        [
            ("clip", "clip_zero_shot", "CLIP (WIT) ViT-B", "ViT-B-16.openai"),
            ("resnet50", "standard", "ResNet", "resnet50.tv_in1k"),
            ("vits-sup", "standard", "ViT", "deit_small_patch16_224.fb_in1k"),
            ("vits-sinsup", "robust_intervention", "Stylised training", "burns:vits-sinsup"),
            ("vits-dino", "contrastive", "DINO", "burns:vits-dino"),
            ("vits-dinov2", "contrastive", "DINO", "burns:vits-dinov2"),
            ("vits-moco", "contrastive", "MoCo", "burns:vits-moco"),
            ("vitb-moco", "contrastive", "MoCo", "burns:vitb-moco"),
            ("resnet50-dino", "contrastive", "DINO", "burns:resnet50-dino"),
            ("resnet50-moco", "contrastive", "MoCo", "burns:resnet50-moco"),
        ],
    )
    def test_every_name_has_its_rule(self, name: str, group: str, family: str, checkpoint: str) -> None:
        network = describe(SOURCE, name)
        assert (network.group, network.family, network.checkpoint) == (group, family, checkpoint)

    def test_whom_others_read_better_they_are_not_preferred_to(self) -> None:
        assert list(readings_of("factors"))[-1] == SOURCE

    def test_each_clip_has_the_accuracy_that_others_found(self, mirror: Path) -> None:
        """The top-1 on all 50,000 images says which weights they are."""
        shifts = find_study("published").read("shifts").sel(condition="id")
        percent = 100 * shifts["hits"] / shifts["images"]
        found = {}
        for path in raw_paths(FOLDER):
            answers = read_answers(mirror / path)
            assert len(answers) == IMAGES
            found[model_of(Path(path))] = 100 * (answers["answer"] == answers["category"]).mean()
        of_b16, of_b32 = (percent.sel(model=f"open_clip:ViT-B-{size}.openai").item() for size in (16, 32))
        assert found["clip"] == pytest.approx(of_b16, abs=0.01)
        assert abs(found["clip"] - of_b32) > 4
        # Other evaluations crop otherwise.
        for name, other in (
            ("resnet50", "imagenet-testbed:resnet50"),
            ("vits-sup", "timm:deit_small_patch16_224.fb_in1k@224"),
        ):
            assert found[name] == pytest.approx(percent.sel(model=other).item(), abs=0.12)


class TestCube:
    def test_the_network_that_others_read_comes_out_again(self, cube: xr.Dataset) -> None:
        top = cube.sel(selection="top")
        ours, theirs = (top.sel(model=f"{name}:resnet50") for name in (SOURCE, "imagenet-x-testbed"))
        apart = abs(ours["hits"] - theirs["hits"]).sel(label_rule="class", factor=list(HEADLINE_FACTORS))
        assert (apart / ours["images"].sel(factor=list(HEADLINE_FACTORS)) < 0.002).all()
        assert apart.sel(factor="background") == 7
        assert (apart.drop_sel(factor="background") <= 1).all()
        overall = [one["hits"].sel(label_rule="class", factor=OVERALL).item() for one in (ours, theirs)]
        assert overall == [34_437, 34_430]
        others = (
            abs(ours["hits"] - theirs["hits"]).sel(label_rule=["real", "metaclass"]).drop_sel(factor=OVERALL)
        )
        assert (others <= 5).all()

    def test_all_rules_and_both_selections_are_counted(self, cube: xr.Dataset) -> None:
        rows = cube.sel(model=[name for name in cube["model"].values if name.startswith(f"{SOURCE}:")])
        assert rows.sizes["model"] == len(raw_paths(burns_imagenet.FOLDER)) == 5
        assert rows["hits"].notnull().all()
        assert rows["hits_inside"].sel(label_rule=["class", "real"]).notnull().all()

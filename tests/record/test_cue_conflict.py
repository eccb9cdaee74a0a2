"""Decisions on cue-conflict images: what each source holds, and how we know that it was read rightly."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from clipsafe_utils.cubes import find_study, read_cube
from clipsafe_utils.cubes.panels import left_out
from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.record import model_vs_human, texture_vs_shape, vlm_shapebias
from clipsafe_utils.record.networks import describe
from clipsafe_utils.record.published import write_published
from clipsafe_utils.record.sessions import count_decisions, decisions_of, draw_decisions, read_session
from clipsafe_utils.record.sources import raw_paths
from clipsafe_utils.record.vlm_shapebias import read_choices

IMAGES, CONFLICTS = 1_280, 1_200
_TOOLBOX = "model-vs-human-thieringer/raw-data/cue-conflict/cue-conflict_{}_session-1.csv"
_BEYOND = "beyond-inet/inference/modelvshuman/raw-data/cue-conflict/cue-conflict_{}_session-1.csv"
_BETHGE = "model-vs-human/raw-data/cue-conflict/cue-conflict_{}_session-1.csv"
_BURNS = "model-vs-human-burns/raw-data/cue-conflict/cue-conflict_{}_session-1.csv"
_TRAINED = texture_vs_shape.FOLDERS["texture-vs-shape-trained"] + (
    "/style-transfer-512-nomask-experiment_{}_session-1.csv"
)
_CHOICES = "vlm_shapebias/raw-data/clip/{}.csv"


def session(*rows: tuple[str, str]) -> pd.DataFrame:
    """Make a session of images and answers."""
    table = pd.DataFrame(rows, columns=["image", "answer"])
    cues = table["image"].str.extract(r"(?P<shape>[a-z]+)\d+-(?P<texture>[a-z]+)\d+")
    return pd.concat([table, cues], axis=1)


@pytest.fixture(scope="module")
def sessions(mirror: Path) -> dict[str, pd.DataFrame]:
    folders = [*texture_vs_shape.FOLDERS.values()]
    folders += [f"{folder}/cue-conflict" for folder in model_vs_human.FOLDERS.values()]
    read = {path: read_session(mirror / path) for folder in folders for path in raw_paths(folder)}
    return read | {path: read_choices(mirror / path) for path in raw_paths(vlm_shapebias.FOLDER)}


@pytest.fixture(scope="module")
def published() -> tuple[xr.Dataset, xr.Dataset]:
    study = find_study("published")
    cube = study.read("shape_bias")
    return cube, study.read("models").sel(model=cube["model"].values)


def test_draws_count_each_image_as_often_as_it_is_drawn() -> None:
    answers = session(("cat1-dog1", "cat"), ("cat2-dog1", "dog"), ("cat3-dog1", "bear"), ("cat1-cat2", "cat"))
    draws = draw_decisions(answers)
    assert draws[0].tolist() == count_decisions(answers).sum(axis=0).tolist() == [1, 1, 1]
    assert draws.shape == (201, 3)
    assert draws[1:].mean() == pytest.approx(1, abs=0.15)
    # An image has its own draws, whoever answered and whatever else was asked.
    alone = draw_decisions(session(("cat1-dog1", "dog")))
    np.testing.assert_array_equal(alone[:, 1], draws[:, 0])


class TestMirror:
    """The checks of the description of the sources, on the files themselves."""

    def test_all_files_hold_the_same_images(self, sessions: dict[str, pd.DataFrame]) -> None:
        images = {tuple(one["image"]) for one in sessions.values()}
        assert len(images) == 1
        assert len(set(*images)) == IMAGES
        assert {len(decisions_of(one)) for one in sessions.values()} == {CONFLICTS}

    def test_every_network_knows_most_images_without_a_conflict(
        self, sessions: dict[str, pd.DataFrame]
    ) -> None:
        # Of texture-vs-shape one network learnt other classes; those files were read before.
        new = {path: one for path, one in sessions.items() if not path.startswith("texture-vs-shape/")}
        assert len(new) == 74
        for path, one in new.items():
            plain = one[one["shape"] == one["texture"]]
            assert len(plain) == 80
            assert 0.6 <= (plain["answer"] == plain["shape"]).mean() <= 1, path

    @pytest.mark.parametrize(
        ("one", "other", "equal"),
        [
            (_TOOLBOX.format("clip-16"), _BURNS.format("clip"), 1_276),
            (_TOOLBOX.format("resnet50"), _BURNS.format("resnet50"), 1_280),
            (_TOOLBOX.format("resnet50"), _BETHGE.format("resnet50"), 1_279),
            (_TOOLBOX.format("resnet50"), _BEYOND.format("tv-resnet50"), 1_278),
            (_TOOLBOX.format("convnext-base"), _BEYOND.format("convnext-base-21k"), 1_280),
            # Other preprocessing, other answers: the two runs that the ledger's page tells of.
            (_TOOLBOX.format("resnet50"), _TRAINED.format("resnet50"), 1_093),
            (_TOOLBOX.format("resnet50"), "vlm_shapebias/raw-data/inet_classifier/tv_resnet50.csv", 965),
        ],
    )
    def test_two_evaluations_of_one_network_agree(
        self, one: str, other: str, equal: int, sessions: dict[str, pd.DataFrame]
    ) -> None:
        assert (sessions[one]["answer"] == sessions[other]["answer"]).sum() == equal

    def test_read_outs_agree_on_four_fifths(self, sessions: dict[str, pd.DataFrame]) -> None:
        by_classes = sessions[_TOOLBOX.format("clip-14")]["answer"]
        by_names = sessions[_CHOICES.format("ViT_L_14_openai_None")]["answer"]
        assert 0.75 < (by_classes == by_names).mean() < 0.9

    def test_shape_bias_of_stylised_training_is_the_published_one(
        self, sessions: dict[str, pd.DataFrame]
    ) -> None:
        shape, texture, _ = count_decisions(sessions[_TOOLBOX.format("resnet50-trained-on-SIN")]).sum(axis=0)
        assert 100 * shape / (shape + texture) == pytest.approx(81.37, abs=0.005)

    @pytest.mark.parametrize(
        ("name", "people"), [("edge", 10), ("silhouette", 10), ("sketch", 7), ("stylized", 5)]
    )
    def test_people(self, name: str, people: int) -> None:
        files = raw_paths(f"{model_vs_human.FOLDERS['model-vs-human']}/{name}")
        assert sum("subject-" in path for path in files) == people


class TestCube:
    def test_numbers_of_observers(self, published: tuple[xr.Dataset, xr.Dataset]) -> None:
        cube, models = published
        assert (cube["count"].sum(["cue_class", "decision"]) == CONFLICTS).all()
        once = models.isel(model=np.unique(models["checkpoint"], return_index=True)[1])
        number = once["group"].to_series().value_counts()
        assert number["clip_zero_shot"] == 10
        assert number["clip_fine_tuned"] == 3
        assert number.sum() - 13 >= 44
        of_clips = once["training_source"].values[once["group"] == "clip_zero_shot"]
        assert set(of_clips) == {"WIT", "LAION-400M", "LAION-2B", "Merged-2B"}

    def test_the_suspect_run_counts_nowhere(self, published: tuple[xr.Dataset, xr.Dataset]) -> None:
        _, models = published
        row = models.sel(model="beyond-inet:convnext-clip")
        assert row["group"] == "other"
        assert "suspect" in row["reference"].item()
        assert (models["checkpoint"] == row["checkpoint"]).sum() == 1

    def test_a_checkpoint_is_counted_by_the_preferred_row(
        self, published: tuple[xr.Dataset, xr.Dataset]
    ) -> None:
        _, models = published
        first = models["model"].values[(models["checkpoint"] == "ViT-L-14.openai").values][0]
        assert first == "thieringer:clip-14"
        first = models["model"].values[(models["checkpoint"] == "RN50.openai").values][0]
        assert first == "vlm-shapebias:clip_RN50_openai@224/80 templates"

    def test_share_alike_rows_stand_in_a_part_of_their_own(self) -> None:
        study = find_study("published")
        own, part = (read_cube(path) for path in study.files("shape_bias"))
        assert own.attrs["licence"].startswith("CC BY 4.0")
        assert part.attrs["licence"].startswith("CC BY-SA 4.0")
        assert not any("vlm" in name for name in own["model"].values)
        assert all(name.startswith("vlm-shapebias:") for name in part["model"].values)
        assert study.read("shape_bias").sizes["model"] == own.sizes["model"] + part.sizes["model"]

    def test_prompts_and_read_outs(self, published: tuple[xr.Dataset, xr.Dataset]) -> None:
        cube, models = published
        is_clip = (models["group"] == "clip_zero_shot").values
        assert set(cube["prompt_set"].values[~is_clip]) == {"none", "80 templates"}  # the suspect run
        assert set(cube["prompt_set"].values[is_clip]) == {"80 templates", "one template", "bare name"}
        assert set(cube["read_out"].values[models["group"] == "human"]) == {"asked"}
        assert set(cube["read_out"].values[models["group"] == "clip_fine_tuned"]) == {"1,000 classes, mean"}


class TestSkills:
    def test_people_and_networks(self) -> None:
        study = find_study("published")
        cube = study.read("sixteen_way")
        seen = cube["images"].notnull().sum("model").to_series().to_dict()
        assert seen == {"edge": 28, "silhouette": 29, "sketch": 26, "stylized": 24}
        assert cube["images"].sel(model="thieringer:clip").values.tolist() == [160, 160, 800, 800]

    def test_by_hand(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        written = dict(_skills(tmp_path, "cat"))
        monkeypatch.setattr(model_vs_human, "raw_paths", lambda folder: written[folder.rsplit("/", 1)[-1]])
        monkeypatch.setattr(model_vs_human, "fetch", Path)
        cube = model_vs_human.sixteen_way_counts("thieringer")
        assert cube["model"].values.tolist() == ["net", "edge-subject-01"]
        assert cube["hits"].sel(set="edge").values.tolist() == [1, 1]
        assert cube["images"].sel(set="edge").values.tolist() == [2, 2]
        assert cube["hits"].sel(model="net", set="sketch").isnull()
        assert cube["read_out"].values.tolist() == ["1,000 classes, mean", "asked"]

    def test_an_unknown_answer_is_named(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        written = dict(_skills(tmp_path, "tractor"))
        monkeypatch.setattr(model_vs_human, "raw_paths", lambda folder: written[folder.rsplit("/", 1)[-1]])
        monkeypatch.setattr(model_vs_human, "fetch", Path)
        with pytest.raises(ClipsafeError, match="net on edge: line 2 names no known class"):
            model_vs_human.sixteen_way_counts("thieringer")


def _skills(folder: Path, answer: str) -> Iterator[tuple[str, list[str]]]:
    head = "subj,session,trial,rt,object_response,category,condition,imagename\n"
    for name in model_vs_human.SKILLS:
        paths = []
        for observer in ("net", "subject-01") if name == "edge" else ():
            path = folder / f"{name}_{observer}_session-1.csv"
            path.write_text(head + f"x,1,1,0,{answer},cat,0,a.png\nx,1,2,0,na,dog,0,b.png\n")
            paths.append(str(path))
        yield name, paths


class TestChoices:
    """Made-up rows: what is cut from the source would be share-alike."""

    def test_a_file_is_read_as_a_session(self, tmp_path: Path) -> None:
        path = tmp_path / "net_CLS.csv"
        path.write_text("image,response,pred_label\ncat1-dog2,A,cat\nbear1-bear2,B,dog\n")
        read = read_choices(path)
        assert read["shape"].tolist() == ["bear", "cat"]
        assert count_decisions(read).sum() == 1

    def test_a_row_without_a_class_is_named(self, tmp_path: Path) -> None:
        path = tmp_path / "net_CLS.csv"
        path.write_text("image,response,pred_label\ncat1-dog2,A,tractor\n")
        with pytest.raises(ClipsafeError, match=r"net_CLS\.csv: line 2: 'cat1-dog2' has no known answer"):
            read_choices(path)

    def test_a_file_that_names_no_prompts_is_refused(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(vlm_shapebias, "raw_paths", lambda folder: [f"{folder}/net.csv"])
        with pytest.raises(ClipsafeError, match="the name says no prompts"):
            vlm_shapebias.decision_counts()


@pytest.mark.parametrize(
    ("source", "name", "group", "checkpoint"),
    [
        ("thieringer", "clip-16", "clip_zero_shot", "ViT-B-16.openai"),
        ("thieringer", "swin-large", "more_data", "swin_large_patch4_window7_224.ms_in22k_ft_in1k"),
        ("thieringer", "dino-v8", "contrastive", "thieringer:dino-v8"),
        ("beyond-inet", "vit-clip", "clip_zero_shot", "ViT-B-16.laion400m_e31"),
        ("beyond-inet", "tv-resnet50", "standard", "resnet50.tv_in1k"),
        ("model-vs-human", "swag-vit-h14-in1k", "more_data", "model-vs-human:swag-vit-h14-in1k"),
        ("model-vs-human", "sketch-subject-07", "human", "model-vs-human:sketch-subject-07"),
        ("vlm-shapebias", "clip_RN101_openai@224/bare name", "clip_zero_shot", "RN101.openai"),
        ("vlm-shapebias", "llava_1_6_34b", "other", "vlm-shapebias:llava_1_6_34b"),
    ],
)
def test_who_they_are(source: str, name: str, group: str, checkpoint: str) -> None:
    network = describe(source, name)
    assert (network.group, network.checkpoint) == (group, checkpoint)


def test_a_source_can_be_left_out(mirror: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLIPSAFE_MIRROR", str(mirror))
    folder = tmp_path / "published"
    folder.mkdir()
    (folder / "shape_bias.by-sa.nc").write_bytes(b"of an earlier run")
    assert "shape_bias.by-sa" not in write_published(folder, without=["vlm-shapebias"])
    study = find_study(str(folder))
    study.check()
    assert study.files("shape_bias") == [folder / "shape_bias.nc"]
    assert not any(name.startswith("vlm") for name in study.read("models")["model"].values)
    (sentence,) = left_out([str(folder)], "shape_bias", ["human"])
    assert sentence == "The study `published` was built without these sources: vlm-shapebias."

"""The catalogue: it says what the record says, and what is wrong in a table of one's own is named."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from clipsafe_utils.cubes import find_study
from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.registry.catalogue import ModelEntry, catalogue, read_models, select

HEADER = "name,library,model,group,architecture,family,training_source,input_size,resolves_via,tag,in1k_top1"
ROW = "mine,timm,resnet50,standard,ResNet,ResNet,IN-1k,224,file:mine.pt,,"


def written(folder: Path, *lines: str) -> Path:
    path = folder / "own.csv"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


class TestOurs:
    def test_groups_of_the_study(self) -> None:
        assert Counter(entry.group for entry in catalogue().values()) == {
            "clip_zero_shot": 51,
            "clip_fine_tuned": 32,
            "standard": 68,
            "contrastive": 12,
            "more_data": 47,
        }

    def test_places_of_the_weights(self) -> None:
        places = Counter(
            "hub file" if entry.hub_repository else entry.resolves_via for entry in catalogue().values()
        )
        assert places == {"open_clip.list_pretrained": 28, "hub file": 23, "timm.list_pretrained": 159}

    @pytest.mark.parametrize("column", ["group", "architecture", "family", "training_source", "pretraining"])
    def test_text_agrees_with_the_record(self, column: str) -> None:
        described = (
            find_study("published").read("models").to_dataframe().groupby("checkpoint")[column].first()
        )
        for entry in catalogue().values():
            assert getattr(entry, column) == described[entry.name], entry.name

    @pytest.mark.parametrize("column", ["parameters", "samples_seen", "training_images"])
    def test_numbers_agree_with_the_record(self, column: str) -> None:
        described = (
            find_study("published").read("models").to_dataframe().groupby("checkpoint")[column].first()
        )
        for entry in catalogue().values():
            ours = getattr(entry, column)
            np.testing.assert_equal(np.nan if ours is None else float(ours), described[entry.name])

    def test_every_model_has_a_published_top1_and_its_source(self) -> None:
        assert all(entry.in1k_top1 and entry.top1_source for entry in catalogue().values())

    def test_every_openai_clip_asks_for_quickgelu(self) -> None:
        openai = select(catalogue().values(), group="clip_zero_shot", training_source="WIT")
        assert len(openai) == 9
        assert all(entry.model.endswith("-quickgelu") for entry in openai)


class TestOwn:
    def test_stands_behind_ours(self, tmp_path: Path) -> None:
        models = catalogue(written(tmp_path, HEADER, ROW))
        assert len(models) == 211
        assert models["mine"] == ModelEntry(
            "mine",
            "timm",
            "resnet50",
            "standard",
            "ResNet",
            "ResNet",
            "IN-1k",
            224,
            f"file:{tmp_path / 'mine.pt'}",
        )

    def test_table_of_a_spreadsheet(self, tmp_path: Path) -> None:
        path = tmp_path / "own.csv"
        path.write_bytes(b"\xef\xbb\xbf" + "\r\n".join([HEADER, ROW]).encode())
        assert [entry.name for entry in read_models(path)] == ["mine"]

    @pytest.mark.parametrize(
        ("lines", "complaint"),
        [
            ((HEADER.replace("family,", ""), ROW), "own.csv: column 'family' is missing."),
            ((HEADER.replace("tag", "tags"), ROW), "own.csv: column 'tags' is unknown; the columns are name"),
            ((HEADER, ROW + ",7"), "own.csv: row 1: expected one cell for each column of the header."),
            ((HEADER, ROW[:-2]), "own.csv: row 1: expected one cell for each column of the header."),
            ((HEADER, ROW, ROW), "own.csv: the name 'mine' appears twice in the catalogue."),
            ((HEADER, ROW.replace("mine,", "RN50.openai,")), "own.csv: the name 'RN50.openai' appears twice"),
            ((HEADER, ROW.replace("mine,", "a/b,")), "may hold letters, digits and . _ + - only."),
            ((HEADER, ROW.replace("IN-1k", "")), "row 1 ('mine'): column 'training_source' is blank."),
            (
                (HEADER, ROW.replace("timm", "keras")),
                "column 'library' holds 'keras', not open_clip or timm.",
            ),
            ((HEADER, ROW.replace("standard", "good")), "column 'group' holds 'good', not clip_zero_shot, "),
            ((HEADER, ROW.replace("224", "224.5")), "column 'input_size' holds '224.5', not a whole number"),
            ((HEADER, ROW.replace("224", "0")), "column 'input_size' holds '0', not a whole number above 0."),
            ((HEADER, ROW + "761"), "column 'in1k_top1' holds '761', not a percentage."),
            ((HEADER, ROW + "76.1"), "column 'top1_source' is blank though there is a top-1."),
            (
                (HEADER, ROW.replace("file:mine.pt", "the web")),
                "column 'resolves_via' holds 'the web', not timm.",
            ),
            (
                (HEADER, ROW.replace("file:mine.pt", "open_clip.list_pretrained")),
                "not timm.list_pretrained, hf_file:owner/repository or file:path.",
            ),
            ((HEADER, ROW.replace("file:mine.pt", "hf_file:a/b")), "column 'tag' is blank and has to name"),
            (
                (HEADER, ROW.replace("standard", "clip_zero_shot")),
                "needs a text tower, so the library open_clip.",
            ),
        ],
    )
    def test_what_is_wrong_is_named(self, tmp_path: Path, lines: tuple[str, ...], complaint: str) -> None:
        with pytest.raises(ClipsafeError) as raised:
            catalogue(written(tmp_path, *lines))
        assert complaint in str(raised.value)
        assert str(raised.value).count("\n") == 0

    def test_not_text(self, tmp_path: Path) -> None:
        (tmp_path / "own.csv").write_bytes(b"name,\xff\xfe")
        with pytest.raises(ClipsafeError, match=r"own.csv: expected a table in CSV and UTF-8"):
            read_models(tmp_path / "own.csv")


class TestSelect:
    def test_all_that_is_asked_for_holds(self) -> None:
        chosen = select(catalogue().values(), "clip_zero_shot", "LAION-2B", "ConvNeXt")
        assert len(chosen) == 8
        assert {(e.group, e.training_source, e.architecture) for e in chosen} == {
            ("clip_zero_shot", "LAION-2B", "ConvNeXt")
        }

    def test_nothing_asked_for_is_everything(self) -> None:
        assert len(select(catalogue().values())) == 210

    def test_unknown_value_names_those_there_are(self) -> None:
        with pytest.raises(
            ClipsafeError, match=r"No model has the group 'clip'; there are clip_fine_tuned, "
        ):
            select(catalogue().values(), group="clip")

    def test_no_model_of_all(self) -> None:
        with pytest.raises(ClipsafeError, match=r"No model is of 'standard' and 'WIT' at once\."):
            select(catalogue().values(), group="standard", training_source="WIT")

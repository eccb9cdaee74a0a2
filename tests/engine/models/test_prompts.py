"""Prompts: the sets, a set of one's own, and classifiers equal to open_clip's."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from clipsafe_engine.models.prompts import (
    SIZES,
    PromptSet,
    imagenet_class_names,
    prompt_set,
    read_prompts,
    zero_shot_classifier,
)
from clipsafe_utils.errors import ClipsafeError
from tests.engine.models.small_clips import TOWERS, small_entry

open_clip = pytest.importorskip("open_clip")


class TestSets:
    def test_each_holds_the_one_before(self) -> None:
        sets = [prompt_set(str(size)).templates for size in SIZES]
        assert [len(templates) for templates in sets] == [1, 5, 30, 80]
        for smaller, larger in pairwise(sets):
            assert larger[: len(smaller)] == smaller

    def test_the_largest_is_openais(self) -> None:
        theirs = {template("tench") for template in open_clip.OPENAI_IMAGENET_TEMPLATES}
        assert set(prompt_set("80").texts(["tench"])) == theirs

    def test_the_smallest_is_the_usual_one(self) -> None:
        assert prompt_set("1").texts(["cat"]) == ["a photo of a cat."]

    def test_the_next_continue_with_open_clips_small_set(self) -> None:
        small = [template("{}") for template in open_clip.SIMPLE_IMAGENET_TEMPLATES]
        assert list(prompt_set("5").templates[1:]) == small[:4]
        assert list(prompt_set("30").templates[1:8]) == small

    def test_class_names(self) -> None:
        assert len(imagenet_class_names()) == 1_000
        assert imagenet_class_names()[999] == "toilet paper"


class TestOwn:
    def test_read(self, tmp_path: Path) -> None:
        path = tmp_path / "mine.txt"
        path.write_text("a drawing of a {}.\n\n  the {}, crocheted  \n", encoding="utf-8")
        assert prompt_set(str(path)) == PromptSet("mine", ("a drawing of a {}.", "the {}, crocheted"))

    def test_braces_of_other_kinds_stay_as_they_are(self, tmp_path: Path) -> None:
        path = tmp_path / "mine.txt"
        path.write_text("a {} in {0} and {name}", encoding="utf-8")
        assert read_prompts(path).texts(["cat"]) == ["a cat in {0} and {name}"]

    @pytest.mark.parametrize(
        ("text", "complaint"),
        [
            ("a {}.\na cat.", r"mine.txt: line 2 has 0 places \{\} for the class, not one\."),
            ("a {} or {}.", r"mine.txt: line 1 has 2 places \{\} for the class, not one\."),
            ("a {}.\n\nthe {}.\na {}.", r"mine.txt: line 4 repeats line 1\."),
            (" \n\n", r"mine.txt: expected templates, one a line, and found none\."),
        ],
    )
    def test_what_is_wrong_is_named(self, tmp_path: Path, text: str, complaint: str) -> None:
        path = tmp_path / "mine.txt"
        path.write_text(text, encoding="utf-8")
        with pytest.raises(ClipsafeError, match=complaint):
            read_prompts(path)

    def test_not_text(self, tmp_path: Path) -> None:
        (tmp_path / "mine.txt").write_bytes(b"\xff\xfe{}")
        with pytest.raises(ClipsafeError, match=r"mine.txt: expected text in UTF-8"):
            read_prompts(tmp_path / "mine.txt")

    def test_no_such_set(self) -> None:
        with pytest.raises(
            ClipsafeError, match=r"7: no such file of prompts; the built-in sets are 1, 5, 30, 80"
        ):
            prompt_set("7")


def test_classifier_by_hand() -> None:
    embeddings = np.array([[[1, 0], [0, 1]], [[0.6, 0.8], [0.6, -0.8]]], np.float32)
    np.testing.assert_allclose(zero_shot_classifier(embeddings), [[0.5**0.5, 0.5**0.5], [1, 0]], atol=1e-7)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("tower", TOWERS)
def test_classifiers_are_those_of_open_clip(small_clips: Path, tower: str, size: int) -> None:
    from clipsafe_engine.models.loading import load_model

    entry = small_entry(tower)
    names, prompts = imagenet_class_names()[::125], prompt_set(str(size))
    ours = load_model(entry, small_clips).classifier(prompts, names)
    peer = open_clip.create_model(
        entry.model, pretrained=str(small_clips / f"{entry.name}.safetensors"), weights_only=True
    ).eval()
    theirs = open_clip.build_zero_shot_classifier(
        peer, open_clip.get_tokenizer(entry.model), names, prompts.templates
    )
    assert ours.shape == (len(names), 16)
    np.testing.assert_allclose(ours, theirs.T.numpy(), rtol=0, atol=1e-6)
    np.testing.assert_allclose(np.linalg.norm(ours, axis=1), 1, atol=1e-6)


def test_all_thousand_classes(small_clips: Path) -> None:
    from clipsafe_engine.models.loading import load_model

    model = load_model(small_entry("vit"), small_clips)
    classifier = model.classifier(prompt_set("1"))
    assert classifier.shape == (1_000, 16)
    assert model.text is not None
    np.testing.assert_allclose(
        classifier[999], model.text.embed(["a photo of a toilet paper."])[0], atol=1e-6
    )


def test_any_subset_follows_from_the_embeddings(small_clips: Path) -> None:
    from clipsafe_engine.models.loading import load_model

    model = load_model(small_entry("vit"), small_clips)
    every, names = prompt_set("30"), ["cat", "dog"]
    embeddings = model.prompt_embeddings(every, names)
    assert embeddings.shape == (2, 30, 16)
    chosen = [3, 7, 20]
    subset = PromptSet("subset", tuple(every.templates[i] for i in chosen))
    np.testing.assert_allclose(
        zero_shot_classifier(embeddings[:, chosen]), model.classifier(subset, names), atol=1e-6
    )

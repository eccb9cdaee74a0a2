"""Loading: what a model computes is what its library computes, and a bad file is named with the fix."""

import hashlib
import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.registry.catalogue import ModelEntry, catalogue, read_models
from tests.engine.models.small_clips import TOWERS, small_entry

torch = pytest.importorskip("torch")
open_clip = pytest.importorskip("open_clip")
timm = pytest.importorskip("timm")

from safetensors.torch import load_file, save_file  # noqa: E402

from clipsafe_engine.models.classifiers import with_imagenet_classes  # noqa: E402
from clipsafe_engine.models.loading import LoadedModel, load_model, transform_of  # noqa: E402

TIMM = ("test_vit", "test_resnet", "test_convnext", "test_efficientnet")


def timm_entry(model: str = "test_vit", **changes: Any) -> ModelEntry:
    entry = ModelEntry(
        name=f"{model}.r160_in1k",
        library="timm",
        model=model,
        group="standard",
        architecture="ViT",
        family="small",
        training_source="IN-1k",
        input_size=160,
        resolves_via="timm.list_pretrained",
        tag="r160_in1k",
    )
    return replace(entry, **changes)


@pytest.fixture(scope="module")
def classifiers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder with random weights of small classifiers under the names of their entries."""
    folder = tmp_path_factory.mktemp("classifiers")
    for model in TIMM:
        save_file(timm.create_model(model).state_dict(), folder / f"{model}.r160_in1k.safetensors")
    return folder


def batch_of(model: LoadedModel, images: list[Image.Image]) -> Any:
    return torch.stack([model.transform(image) for image in images])


class TestClips:
    @pytest.mark.parametrize("tower", TOWERS)
    def test_decisions_are_those_of_open_clips_own_zero_shot_evaluation(
        self, small_clips: Path, tower: str, images: list[Image.Image]
    ) -> None:
        entry = small_entry(tower)
        model = load_model(entry, small_clips)
        peer, _, preprocess = open_clip.create_model_and_transforms(
            entry.model, pretrained=str(small_clips / f"{entry.name}.safetensors")
        )
        peer.eval()
        names, templates = ["cat", "dog", "tench"], open_clip.SIMPLE_IMAGENET_TEMPLATES
        with torch.no_grad():
            weights = open_clip.build_zero_shot_classifier(
                peer, open_clip.get_tokenizer(entry.model), names, templates
            )
            batch = torch.stack([preprocess(image) for image in images])
            theirs = peer.logit_scale.exp() * peer.encode_image(batch, normalize=True) @ weights
        from clipsafe_engine.models.prompts import PromptSet

        prompts = PromptSet("simple", tuple(template("{}") for template in templates))
        embeddings = model.forward(batch_of(model, images))
        assert model.logit_scale is not None
        ours = model.logit_scale * embeddings @ model.classifier(prompts, names).T
        assert (model.kind, embeddings.dtype, embeddings.shape) == ("embeddings", np.float32, (4, 16))
        np.testing.assert_allclose(np.linalg.norm(embeddings, axis=1), 1, atol=1e-6)
        np.testing.assert_allclose(ours, theirs.numpy(), atol=1e-4)

    def test_the_activation_is_that_of_the_architecture(self, small_clips: Path, tmp_path: Path) -> None:
        # Near 0 the two activations are alike, so the random weights around them are made larger.
        tensors = load_file(small_clips / "small-vit.safetensors")
        weights = tmp_path / "large.safetensors"
        save_file({name: each * (10 if ".mlp." in name else 1) for name, each in tensors.items()}, weights)
        quick = load_model(small_entry("vit-quickgelu"), weights)
        plain = load_model(small_entry("vit"), weights)
        batch = torch.randn(2, 3, 32, 32, generator=torch.Generator().manual_seed(0))
        assert np.abs(quick.forward(batch) - plain.forward(batch)).max() > 1e-4

    @pytest.mark.parametrize("name", ["ViT-B-32.openai", "RN50.openai"])
    def test_openais_weights_without_quickgelu_are_refused(self, name: str, tmp_path: Path) -> None:
        entry = catalogue()[name]
        wrong = replace(entry, model=entry.model.removesuffix("-quickgelu"))
        with pytest.raises(
            ClipsafeError, match=f"{name}: the weights need QuickGELU, so the model '{entry.model}'"
        ):
            load_model(wrong, tmp_path)
        in_a_file = replace(wrong, resolves_via="file:mine.pt", tag="")
        with pytest.raises(ClipsafeError, match="the weights need QuickGELU"):
            load_model(in_a_file)

    def test_other_weights_that_need_quickgelu(self) -> None:
        entry = replace(catalogue()["ViT-H-14.laion2b_s32b_b79k"], tag="dfn5b")
        with pytest.raises(
            ClipsafeError, match="the weights need QuickGELU, so the model 'ViT-H-14-quickgelu'"
        ):
            transform_of(entry)
        assert transform_of(replace(entry, model="ViT-H-14-quickgelu")).crop.size == 224

    def test_weights_of_another_architecture(self, tmp_path: Path) -> None:
        entry = replace(catalogue()["ViT-B-32.laion2b_s34b_b79k"], model="ViT-B-32-quickgelu")
        with pytest.raises(
            ClipsafeError, match="lists no weights 'laion2b_s34b_b79k' of 'ViT-B-32-quickgelu'"
        ):
            load_model(entry, tmp_path)

    def test_a_file_of_known_weights_keeps_their_preprocessing(self) -> None:
        listed = catalogue()["ViT-L-14.laion2b_s32b_b82k"]
        assert transform_of(replace(listed, resolves_via="file:copy.pt")) == transform_of(listed)
        assert transform_of(listed).mean == (0.5, 0.5, 0.5)

    def test_equal_transforms_group(self) -> None:
        groups = {transform_of(small_entry(tower)) for tower in TOWERS}
        assert {transform.crop.size for transform in groups} == {32, 64}
        assert len(groups) == 2


class TestClassifiers:
    @pytest.mark.parametrize("name", TIMM)
    def test_logits_are_those_of_timm(self, classifiers: Path, name: str, images: list[Image.Image]) -> None:
        model = load_model(timm_entry(name), classifiers)
        peer = timm.create_model(name).eval()
        peer.load_state_dict(load_file(classifiers / f"{name}.r160_in1k.safetensors"))
        preprocess = timm.data.create_transform(**timm.data.resolve_model_data_config(peer))
        with torch.no_grad():
            theirs = peer(torch.stack([preprocess(image) for image in images]))
        ours = model.forward(batch_of(model, images))
        assert (model.kind, ours.dtype, model.text, model.logit_scale) == ("logits", np.float32, None, None)
        np.testing.assert_array_equal(ours, theirs.numpy())

    def test_numpy_batches_will_do(self, classifiers: Path) -> None:
        model = load_model(timm_entry(), classifiers)
        batch = np.zeros((2, 3, 160, 160), np.float32)
        np.testing.assert_array_equal(model.forward(batch), model.forward(torch.from_numpy(batch)))

    def test_has_no_text_tower(self, classifiers: Path) -> None:
        from clipsafe_engine.models.prompts import prompt_set

        with pytest.raises(ValueError, match="has no text tower"):
            load_model(timm_entry(), classifiers).classifier(prompt_set("1"))

    def test_the_thousand_among_more_classes(self) -> None:
        network = timm.create_model("test_resnet", num_classes=21_842).eval()
        names = timm.data.ImageNetInfo("imagenet-22k-ms").label_names()
        batch = torch.randn(1, 3, 160, 160, generator=torch.Generator().manual_seed(0))
        with torch.no_grad():
            every, thousand = network(batch)[0], with_imagenet_classes(network)(batch)[0]
        assert thousand.shape == (1_000,)
        tench = names.index("n01440764")
        assert thousand[0] == every[tench]
        assert thousand[999] == every[names.index("n15075141")]

    @pytest.mark.parametrize(
        ("classes", "complaint"),
        [(11_821, "lack 7 of the 1,000, for one n02085782"), (12, "has 12 classes, which are no known set")],
    )
    def test_classes_without_the_thousand_are_refused(self, classes: int, complaint: str) -> None:
        with pytest.raises(ClipsafeError, match=complaint):
            with_imagenet_classes(timm.create_model("test_resnet", num_classes=classes))

    def test_unknown_names(self, tmp_path: Path) -> None:
        with pytest.raises(ClipsafeError, match=r"timm .* has no architecture 'resnet5'"):
            load_model(timm_entry("resnet5"), tmp_path)
        with pytest.raises(ClipsafeError, match=r"timm .* lists no weights 'test_vit\.mine'"):
            load_model(timm_entry(tag="mine"), tmp_path)
        with pytest.raises(ClipsafeError, match=r"open_clip .* has no architecture 'ViT-Q-1'"):
            load_model(replace(small_entry("vit"), model="ViT-Q-1"), tmp_path)

    def test_another_size_than_the_catalogue_says(self, classifiers: Path) -> None:
        with pytest.raises(ClipsafeError, match=r"takes 160 pixels, the catalogue says 224\."):
            load_model(timm_entry(input_size=224), classifiers)


class TestPlaces:
    def test_every_form_of_the_same_weights_computes_the_same(
        self, small_clips: Path, tmp_path: Path
    ) -> None:
        tensors = load_file(small_clips / "small-vit.safetensors")
        training = {"epoch": 1, "state_dict": {f"module.{name}": each for name, each in tensors.items()}}
        torch.save(tensors, tmp_path / "small-vit.pt")
        torch.save(training, tmp_path / "epoch_1.pt")
        (tmp_path / "named").mkdir()
        (tmp_path / "hub").mkdir()
        shutil.copy(tmp_path / "small-vit.pt", tmp_path / "named")
        shutil.copy(tmp_path / "epoch_1.pt", tmp_path / "hub")
        batch = torch.randn(2, 3, 32, 32, generator=torch.Generator().manual_seed(0))
        entry = small_entry("vit")
        own = replace(entry, resolves_via=f"file:{tmp_path / 'epoch_1.pt'}", tag="")
        models = [
            load_model(entry, small_clips),
            load_model(entry, small_clips / "small-vit.safetensors"),
            load_model(entry, tmp_path / "named"),
            load_model(entry, tmp_path / "hub"),
            load_model(own),
        ]
        assert [model.weights.name for model in models] == [
            "small-vit.safetensors",
            "small-vit.safetensors",
            "small-vit.pt",
            "epoch_1.pt",
            "epoch_1.pt",
        ]
        for model in models:
            np.testing.assert_array_equal(model.forward(batch), models[0].forward(batch))
            assert model.weights_hash == hashlib.sha256(model.weights.read_bytes()).hexdigest()

    def test_a_table_names_files_from_its_own_folder(self, classifiers: Path) -> None:
        table = classifiers / "own.csv"
        table.write_text(
            "name,library,model,tag,group,architecture,family,training_source,input_size,resolves_via\n"
            "mine,timm,test_vit,r160_in1k,standard,ViT,ViT,IN-1k,160,file:test_vit.r160_in1k.safetensors\n",
            encoding="utf-8",
        )
        (entry,) = read_models(table)
        assert load_model(entry).weights == classifiers / "test_vit.r160_in1k.safetensors"

    def test_the_cache_of_the_hub(
        self, classifiers: Path, small_clips: Path, hub: Callable[[str, str, Path], Path]
    ) -> None:
        hub("timm/test_vit.r160_in1k", "model.safetensors", classifiers / "test_vit.r160_in1k.safetensors")
        model = load_model(timm_entry())
        assert model.weights_hash == model.weights.resolve().name
        tensors = load_file(small_clips / "small-vit.safetensors")
        checkpoint = small_clips.parent / "checkpoint.pt"
        torch.save({"state_dict": tensors}, checkpoint)
        hub("nobody/nowhere", "epoch_1.pt", checkpoint)
        assert load_model(small_entry("vit")).weights.name == "epoch_1.pt"

    def test_not_in_the_cache_and_no_network(self, hub: Callable[[str, str, Path], Path]) -> None:
        assert callable(hub)
        for name, command in {
            "RN50.openai": "hf download timm/resnet50_clip.openai open_clip_model.safetensors",
            "vgg16_bn.tv_in1k": "hf download timm/vgg16_bn.tv_in1k model.safetensors",
            "ViT-B-32.laion80m_s3b_bs32k": "hf download laion/scaling-laws-openclip "
            "Model-B-32_Data-80M_Samples-3B_lr-5e-4_bs-32k.pt",
        }.items():
            with pytest.raises(ClipsafeError) as raised:
                load_model(catalogue()[name])
            assert f"the weights of {name} are not in the hub's cache" in str(raised.value)
            assert f"run `{command}` where there is a network, or give --weights FOLDER." in str(raised.value)

    def test_a_file_that_the_hub_did_not_send(
        self, classifiers: Path, hub: Callable[[str, str, Path], Path]
    ) -> None:
        file = classifiers / "test_vit.r160_in1k.safetensors"
        cached = hub("timm/test_vit.r160_in1k", "model.safetensors", file)
        os.truncate(cached.resolve(), file.stat().st_size // 2)
        with pytest.raises(ClipsafeError, match=r"model.safetensors: not what the hub sent, perhaps cut off"):
            load_model(timm_entry())


class TestBadFiles:
    @pytest.fixture(params=["timm", "open_clip"])
    def case(
        self, request: pytest.FixtureRequest, classifiers: Path, small_clips: Path
    ) -> tuple[ModelEntry, Path]:
        if request.param == "timm":
            return timm_entry(), classifiers / "test_vit.r160_in1k.safetensors"
        return small_entry("vit"), small_clips / "small-vit.safetensors"

    def test_missing(self, case: tuple[ModelEntry, Path], tmp_path: Path) -> None:
        entry, _ = case
        name = entry.tag if entry.hub_repository else f"{entry.name}.safetensors"
        with pytest.raises(ClipsafeError) as raised:
            load_model(entry, tmp_path)
        assert f"{tmp_path / name}: no such file of weights; get it by `hf download" in str(raised.value)

    @pytest.mark.parametrize("suffix", [".safetensors", ".pt"])
    @pytest.mark.parametrize("share", [0, 0.001, 0.5, 0.99])
    def test_truncated(
        self, case: tuple[ModelEntry, Path], tmp_path: Path, suffix: str, share: float
    ) -> None:
        entry, whole = case
        file = tmp_path / f"weights{suffix}"
        if suffix == ".pt":
            torch.save(load_file(whole), file)
        else:
            shutil.copy(whole, file)
        os.truncate(file, int(share * file.stat().st_size))
        with pytest.raises(ClipsafeError) as raised:
            load_model(entry, file)
        assert f"{file}: not a whole file of tensors (" in str(raised.value)
        assert "; the right file comes by `hf download " in str(raised.value)
        assert "\n" not in str(raised.value)

    @pytest.mark.parametrize("suffix", [".safetensors", ".pt"])
    def test_something_else(self, case: tuple[ModelEntry, Path], tmp_path: Path, suffix: str) -> None:
        file = tmp_path / f"weights{suffix}"
        file.write_text("<!DOCTYPE html><title>404</title>")
        with pytest.raises(ClipsafeError, match="not a whole file of tensors"):
            load_model(case[0], file)

    def test_weights_of_another_model(
        self, case: tuple[ModelEntry, Path], classifiers: Path, small_clips: Path
    ) -> None:
        entry, _ = case
        for other in (
            classifiers / "test_resnet.r160_in1k.safetensors",
            small_clips / "small-convnext.safetensors",
        ):
            with pytest.raises(ClipsafeError, match=f"{other}: these are not weights of '{entry.model}'"):
                load_model(entry, other)

    @pytest.mark.parametrize("change", ["dropped", "added", "reshaped"])
    def test_one_tensor_wrong(self, case: tuple[ModelEntry, Path], tmp_path: Path, change: str) -> None:
        entry, whole = case
        tensors = load_file(whole)
        name = sorted(name for name in tensors if name.endswith("mlp.fc1.weight") or "c_fc.weight" in name)[0]
        if change == "added":
            tensors["one.more"] = torch.zeros(1)
        elif change == "dropped":
            del tensors[name]
        else:
            tensors[name] = tensors[name][:-1].clone()
        save_file(tensors, tmp_path / "wrong.safetensors")
        with pytest.raises(ClipsafeError, match=r"wrong\.safetensors: these are not weights of") as raised:
            load_model(entry, tmp_path / "wrong.safetensors")
        assert ("one.more" if change == "added" else name) in str(raised.value)

    @pytest.mark.parametrize("content", [[1, 2], {}, {"state_dict": {}}, {"a": 1}, 7])
    def test_no_tensors(self, case: tuple[ModelEntry, Path], tmp_path: Path, content: Any) -> None:
        torch.save(content, tmp_path / "odd.pt")
        with pytest.raises(ClipsafeError, match=r"odd.pt: (these are not weights|not a whole file)"):
            load_model(case[0], tmp_path / "odd.pt")

    def test_code_in_a_file_is_not_run(self, case: tuple[ModelEntry, Path], tmp_path: Path) -> None:
        entry, whole = case
        trace = tmp_path / "was-run"
        torch.save({**load_file(whole), "extra": _Malicious(trace)}, tmp_path / "bad.pt")
        with pytest.raises(
            ClipsafeError, match=r"bad.pt: not a whole file of tensors \(it holds something else\)"
        ):
            load_model(entry, tmp_path / "bad.pt")
        assert not trace.exists()


class _Malicious:
    """Pickles as a command that leaves a file."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self.trace),)

"""The networks: forms, sizes, and open_clip's own way to a zero-shot classifier."""

import pytest

torch = pytest.importorskip("torch")

from open_clip import build_zero_shot_classifier  # noqa: E402

from clipsafe_engine.lab.training.choices import ARCHITECTURES  # noqa: E402
from clipsafe_engine.lab.training.evaluation import outputs, zero_shot  # noqa: E402
from clipsafe_engine.lab.training.networks import (  # noqa: E402
    make_classifier,
    make_clip,
    prepare,
    text_classifier,
)
from clipsafe_engine.lab.world.captions import prompt_tokens  # noqa: E402
from clipsafe_engine.lab.world.world import World  # noqa: E402

MILLIONS = {"resnet_xs": 0.23, "resnet_s": 0.45, "convnext_s": 0.52, "vit_s": 0.41}


def test_the_zero_shot_classifier_is_open_clip_s(world: World) -> None:
    torch.manual_seed(0)
    clip = make_clip(world, "resnet_xs").eval()
    templates = world.language.templates
    theirs = build_zero_shot_classifier(
        clip, lambda texts: torch.from_numpy(world.language.tokens(texts)), world.class_names, templates
    )
    ours = text_classifier(clip, torch.from_numpy(prompt_tokens(world, templates)))
    assert torch.allclose(ours, theirs.T, atol=1e-6)
    assert (ours @ ours.T).fill_diagonal_(0).max() < 0.9999  # the classes differ
    kept, scale = zero_shot(world, clip, templates)
    assert (kept == ours.numpy()).all()
    assert scale == pytest.approx(1 / 0.07, rel=1e-5)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_every_architecture_is_small_and_answers(world: World, architecture: str) -> None:
    torch.manual_seed(0)
    images = torch.randint(0, 256, (5, 3, 32, 32), dtype=torch.uint8)
    network = make_classifier(architecture, 24).eval()
    assert outputs(network, "classifier", images).shape == (5, 24)
    count = sum(parameter.numel() for parameter in network.parameters()) / 1e6
    assert count == pytest.approx(MILLIONS[architecture], rel=0.1)
    embeddings = outputs(make_clip(world, architecture).eval(), "clip", images)
    assert embeddings.shape == (5, 64)
    assert (embeddings**2).sum(axis=1) == pytest.approx(1, abs=1e-5)
    assert embeddings.std(axis=0).max() > 1e-4  # and depend on the image


def test_outputs_do_not_depend_on_the_batch(world: World) -> None:
    torch.manual_seed(0)
    clip = make_clip(world, "resnet_xs").eval()
    images = torch.randint(0, 256, (300, 3, 32, 32), dtype=torch.uint8)
    assert outputs(clip, "clip", images)[256:] == pytest.approx(outputs(clip, "clip", images[256:]), abs=1e-5)


def test_text_is_read_at_its_end_and_nowhere_else(world: World) -> None:
    torch.manual_seed(0)
    clip = make_clip(world, "resnet_xs").eval()
    tokens = torch.from_numpy(world.language.tokens(["a cat", "a dog"]))
    longer = tokens.clone()
    longer[:, 8] = 5  # a word behind the end
    assert torch.allclose(clip.encode_text(tokens), clip.encode_text(longer), atol=1e-6)
    assert not torch.allclose(clip.encode_text(tokens)[0], clip.encode_text(tokens)[1], atol=1e-3)


def test_pixels_are_brought_to_about_unit_size() -> None:
    black, white = torch.zeros(1, 3, 32, 32, dtype=torch.uint8), torch.full((1, 3, 32, 32), 255).byte()
    assert prepare(black).unique().item() == pytest.approx(-0.5 / 0.28)
    assert prepare(white).unique().item() == pytest.approx(0.5 / 0.28)

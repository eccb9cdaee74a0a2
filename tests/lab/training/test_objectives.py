"""The losses are those of the libraries, worked out otherwise; a start gives what it is meant to give."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from open_clip.loss import ClipLoss  # noqa: E402
from torch.nn import functional  # noqa: E402

from clipsafe_engine.lab.training.augmentation import shifted, view  # noqa: E402
from clipsafe_engine.lab.training.evaluation import outputs, zero_shot  # noqa: E402
from clipsafe_engine.lab.training.networks import make_clip, make_clip_classifier, prepare  # noqa: E402
from clipsafe_engine.lab.training.objectives import (  # noqa: E402
    _FORMS,
    as_classifier,
    load_network,
    make_objective,
    masked_clip_loss,
)
from clipsafe_engine.lab.training.recipe import Recipe  # noqa: E402
from clipsafe_engine.lab.training.weights import write_weights  # noqa: E402
from clipsafe_engine.lab.world.captions import captions, read_labels  # noqa: E402
from clipsafe_engine.lab.world.renderer import render  # noqa: E402
from clipsafe_engine.lab.world.sources import label_concepts, labels  # noqa: E402
from clipsafe_engine.lab.world.world import World  # noqa: E402
from clipsafe_utils.errors import ClipsafeError  # noqa: E402

Make = Callable[..., Recipe]
ROWS = np.arange(0, 192)


def chance() -> np.random.Generator:
    return np.random.default_rng(5)


def batch(world: World, objective: object) -> "torch.Tensor":
    return prepare(render(world, objective.parameters.rows(ROWS)))  # type: ignore[attr-defined]


def unit(rows: int, seed: int) -> "torch.Tensor":
    return functional.normalize(torch.randn(rows, 8, generator=torch.Generator().manual_seed(seed)), dim=1)


def test_with_no_concept_twice_the_masked_loss_is_open_clip_s() -> None:
    images, texts, scale = unit(6, 1), unit(6, 2), torch.tensor(7.0)
    ours = masked_clip_loss(images, texts, scale, torch.arange(6))
    assert ours.item() == pytest.approx(ClipLoss()(images, texts, scale).item(), rel=1e-6)


def test_a_masked_pair_is_in_no_sum() -> None:
    images, texts, scale = unit(3, 1), unit(3, 2), torch.tensor(2.0)
    cosines = np.exp(2.0 * (images @ texts.T).numpy().astype(float))
    # Rows 0 and 2 show one concept: the first image meets the texts 0 and 1 only, and so on.
    sums = [(0, 1), (0, 1, 2), (1, 2)]
    by_image = [cosines[row, list(kept)].sum() / cosines[row, row] for row, kept in enumerate(sums)]
    by_text = [cosines[list(kept), row].sum() / cosines[row, row] for row, kept in enumerate(sums)]
    expected = (np.log(by_image).mean() + np.log(by_text).mean()) / 2
    loss = masked_clip_loss(images, texts, scale, torch.tensor([4, 9, 4]))
    assert loss.item() == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("masked", [False, True])
def test_a_held_scale_stays_and_a_free_one_starts_where_it_is_told(
    world: World, tiny: Make, masked: bool
) -> None:
    held = make_objective(world, tiny("a", "clip", "wit", scale=50.0, scale_held=True, masked=masked), Path())
    free = make_objective(world, tiny("a", "clip", "wit", scale=50.0, masked=masked), Path())
    for objective in (held, free):
        objective.start_epoch(0)
        objective.loss(batch(world, objective), ROWS, chance()).backward()
        assert objective.network.logit_scale.exp().item() == pytest.approx(50)
    assert held.network.logit_scale.grad is None
    assert free.network.logit_scale.grad is not None


def test_equal_captions_encoded_once_give_open_clip_s_loss(world: World, tiny: Make) -> None:
    objective = make_objective(world, tiny("a", "clip", "wit", captions="name_only"), Path())
    objective.start_epoch(2)
    images, network = batch(world, objective), objective.network.train()
    loss = objective.loss(images, ROWS, chance())
    loss.backward()
    ours = network.text_projection.grad.clone()
    network.zero_grad()

    named = replace_captions(world)
    tokens = captions(named, "wit", objective.parameters, 0, 2)[ROWS]
    assert len(np.unique(tokens, axis=0)) < len(tokens) / 2
    image = network.encode_image(images, normalize=True)
    text = network.encode_text(torch.from_numpy(tokens), normalize=True)
    whole = ClipLoss()(image, text, network.logit_scale.exp())
    whole.backward()
    assert loss.item() == pytest.approx(whole.item(), rel=1e-5)
    assert torch.allclose(ours, network.text_projection.grad, atol=1e-6)
    # And by hand: each image among the captions, each caption among the images.
    logits = (image @ text.T * network.logit_scale.exp()).detach().double()
    right = logits.diagonal()
    by_hand = (logits.logsumexp(1) - right).mean() / 2 + (logits.logsumexp(0) - right).mean() / 2
    assert loss.item() == pytest.approx(by_hand.item(), rel=1e-5)


def replace_captions(world: World) -> World:
    from dataclasses import replace

    from clipsafe_utils.registry.knobs import SourceParts

    return replace(world, sources={**world.sources, "wit": SourceParts(("wit",), ("name_only",))})


def test_labels_read_off_captions_leave_out_what_is_not_named(world: World, tiny: Make) -> None:
    objective = make_objective(world, tiny("a", "caption_labels", "wit"), Path())
    objective.start_epoch(1)
    images, network = batch(world, objective), objective.network.train()
    loss = objective.loss(images, ROWS, chance())
    said = read_labels(world, "wit", captions(world, "wit", objective.parameters, 0, 1))[ROWS]
    truth = labels(world, "wit", objective.parameters)[ROWS]
    named = said >= 0
    assert 0.8 < named.mean() < 0.97  # one in ten says nothing
    assert 0.9 < (said == truth)[named].mean() < 1  # one in twenty is wrong
    logs = functional.log_softmax(network(images), dim=1).detach().numpy()
    assert loss.item() == pytest.approx(-logs[named, said[named]].mean(), rel=1e-4)
    assert objective.classes == len(label_concepts(world, "wit")) == 40


def test_true_labels_do_not_change_with_the_epoch(world: World, tiny: Make) -> None:
    objective = make_objective(world, tiny("a", "labels", "labels_wide_near"), Path())
    images, network = batch(world, objective), objective.network.train()
    objective.start_epoch(3)
    truth = labels(world, "labels_wide_near", objective.parameters)[ROWS]
    logs = functional.log_softmax(network(images), dim=1).detach().numpy()
    assert objective.loss(images, ROWS, chance()).item() == pytest.approx(
        -logs[np.arange(len(ROWS)), truth].mean(), rel=1e-4
    )
    assert objective.classes == 48


def test_the_contrastive_loss_is_simclr_s(world: World, tiny: Make) -> None:
    objective = make_objective(world, tiny("a", "contrastive"), Path())
    images, network = batch(world, objective)[:24], objective.network.train()
    loss = objective.loss(images, ROWS[:24], chance()).item()
    same = chance()
    views = torch.cat([view(images, same), view(images, same)])
    assert (views[:24] - views[24:]).abs().mean() > 0.1
    seen = functional.normalize(network(views), dim=1).detach().double().numpy()
    total = 0.0
    for one in range(48):
        likeness = seen @ seen[one] / 0.2
        others = np.delete(likeness, one)
        total += np.log(np.exp(others).sum()) - likeness[(one + 24) % 48]
    assert loss == pytest.approx(total / 48, rel=1e-4)


def test_all_seeds_see_the_same_images_and_begin_differently(world: World, tiny: Make) -> None:
    one, other = (make_objective(world, tiny("a", "labels", seed=seed), Path()) for seed in (0, 1))
    again = make_objective(world, tiny("b", "labels", seed=0), Path())
    assert (one.parameters.glyph == other.parameters.glyph).all()
    assert not torch.equal(one.network.head.weight, other.network.head.weight)
    assert torch.equal(one.network.head.weight, again.network.head.weight)


def test_a_fine_tuned_clip_begins_as_its_zero_shot_classifier(world: World) -> None:
    torch.manual_seed(2)
    clip = make_clip(world, "resnet_xs").eval()
    images = torch.randint(0, 256, (9, 3, 32, 32), dtype=torch.uint8)
    classifier, scale = zero_shot(world, clip, world.language.templates)
    expected = scale * outputs(clip, "clip", images) @ classifier.T
    begun = as_classifier(world, clip, "resnet_xs", "labels").eval()
    assert outputs(begun, "clip_classifier", images) == pytest.approx(expected, abs=1e-4)
    wide = outputs(as_classifier(world, clip, "resnet_xs", "labels_wide_near").eval(), "", images)
    assert wide[:, :24] == pytest.approx(expected, abs=1e-4)
    unnamed = ~np.isin(label_concepts(world, "labels_wide_near"), world.captioned)
    assert unnamed.sum() == 12
    assert (wide[:, unnamed] == 0).all()
    assert (wide[:, ~unnamed] != 0).all()


def keep(world: World, folder: Path, name: str, form: str, classes: int, **described: object) -> None:
    torch.manual_seed(3)
    told = {"name": name, "form": form, "architecture": "resnet_xs", "classes": classes} | described
    write_weights(
        folder / f"{name}.safetensors", _FORMS[form](world, "resnet_xs", classes).state_dict(), told
    )


@pytest.mark.parametrize("form", ["classifier", "clip_classifier"])
def test_twice_the_classes_are_cut_to_the_tested_ones(
    tmp_path: Path, world: World, tiny: Make, form: str
) -> None:
    keep(world, tmp_path, "wide", form, 48, source="labels_wide_near")
    objective = make_objective(world, tiny("a", "labels", start="wide"), tmp_path)
    assert (objective.form, objective.classes) == (form, 24)
    images = torch.randint(0, 256, (9, 3, 32, 32), dtype=torch.uint8)
    whole, _ = load_network(world, tmp_path / "wide.safetensors")
    assert outputs(objective.network.eval(), form, images) == pytest.approx(
        outputs(whole, form, images)[:, :24], abs=1e-5
    )


def test_a_contrastive_encoder_is_kept_and_gets_a_new_head(tmp_path: Path, world: World, tiny: Make) -> None:
    keep(world, tmp_path, "self", "encoder", 0, source="labels")
    objective = make_objective(world, tiny("a", "labels", start="self"), tmp_path)
    begun, _ = load_network(world, tmp_path / "self.safetensors")
    kept = objective.network.encoder.state_dict()
    assert all(torch.equal(value, kept[name]) for name, value in begun.encoder.state_dict().items())
    assert (objective.form, objective.network.head.out_features) == ("classifier", 24)


@pytest.mark.parametrize(
    ("choices", "words"),
    [
        ({"start": "nobody"}, "there is no such weight file"),
        ({"start": "wide", "architecture": "resnet_s"}, "a: wide is a resnet_xs"),
        (
            {"start": "wide", "source": "labels_wide_far"},
            "the classes of wide are not those of labels_wide_far",
        ),
        ({"start": "wide", "source": "wit"}, "the classes of wide are not those of wit"),
    ],
)
def test_a_start_that_does_not_fit_is_named(
    tmp_path: Path, world: World, tiny: Make, choices: dict[str, object], words: str
) -> None:
    keep(world, tmp_path, "wide", "classifier", 48, source="labels_wide_near")
    with pytest.raises(ClipsafeError, match=words):
        make_objective(world, tiny(**({"name": "a", "loss": "labels"} | choices)), tmp_path)


def test_shifts_move_the_image_and_repeat_its_edge() -> None:
    image = torch.arange(64, dtype=torch.uint8).reshape(1, 1, 8, 8).expand(400, 3, 8, 8)
    moved = shifted(image, np.random.default_rng(0))
    assert moved.dtype == torch.uint8
    inside = moved[:, 0, 3, 3].tolist()
    assert set(inside) == {8 * row + column for row in range(1, 6) for column in range(1, 6)}
    for one in moved[:40]:
        top, left = divmod(int(one[0, 3, 3]) - 27, 8)
        left, top = (left - 8, top + 1) if left > 2 else (left, top)
        rows = (np.arange(8) + top).clip(0, 7)
        columns = (np.arange(8) + left).clip(0, 7)
        assert (one[0].numpy() == rows[:, None] * 8 + columns).all()


def test_a_classifier_of_unit_embeddings_ignores_their_length(world: World) -> None:
    network = make_clip_classifier(world, "resnet_xs", 24).eval()
    images = torch.randn(4, 3, 32, 32)
    features = network.encoder(images)
    expected = functional.normalize(features, dim=1) @ network.head.weight.T
    assert torch.allclose(network(images), expected, atol=1e-6)
    assert network.head.bias is None

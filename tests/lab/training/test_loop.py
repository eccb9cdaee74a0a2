"""Training: every loss ends in a file, the same bytes each time, also where a run was cut short."""

import errno
import math
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")

from clipsafe_engine.lab.training import loop  # noqa: E402
from clipsafe_engine.lab.training.average import average  # noqa: E402
from clipsafe_engine.lab.training.evaluation import development_accuracy, zero_shot  # noqa: E402
from clipsafe_engine.lab.training.loop import train  # noqa: E402
from clipsafe_engine.lab.training.networks import make_clip  # noqa: E402
from clipsafe_engine.lab.training.objectives import load_network  # noqa: E402
from clipsafe_engine.lab.training.recipe import Recipe  # noqa: E402
from clipsafe_engine.lab.training.weights import quantised, restored  # noqa: E402
from clipsafe_engine.lab.world.world import World  # noqa: E402
from clipsafe_utils.errors import ClipsafeError  # noqa: E402

Make = Callable[..., Recipe]


class StoppedError(Exception):
    """What ends a run from outside."""


def silent(_: int) -> None:
    """Tell nobody."""


@pytest.fixture(scope="module")
def zoo(tmp_path_factory: pytest.TempPathFactory, world: World, tiny: Make) -> Path:
    """One model of each kind, each from what it needs."""
    folder = tmp_path_factory.mktemp("zoo")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loop, "development_accuracy", lambda *_: 0.5)
        for recipe in (
            tiny("clip", "clip", "wit"),
            tiny("caption_labels", "caption_labels", "laion"),
            tiny("wide", "labels", "labels_wide_near"),
            tiny("self", "contrastive"),
            tiny("tuned-clip", "labels", start="clip"),
            tiny("tuned-wide", "labels", start="wide"),
            tiny("tuned-self", "labels", start="self"),
            tiny("half_way", "average", start="clip", average_with="tuned-clip"),
            tiny("vit", "labels", architecture="vit_s"),
            tiny("convnext", "clip", architecture="convnext_s"),
        ):
            train(world, recipe, folder, silent)
    return folder


@pytest.mark.parametrize(
    ("name", "form", "classes"),
    [
        ("clip", "clip", 0),
        ("caption_labels", "classifier", 40),
        ("wide", "classifier", 48),
        ("self", "encoder", 0),
        ("tuned-clip", "clip_classifier", 24),
        ("tuned-wide", "classifier", 24),
        ("tuned-self", "classifier", 24),
        ("half_way", "clip_classifier", 24),
        ("vit", "classifier", 24),
        ("convnext", "clip", 0),
    ],
)
def test_every_loss_and_every_start_ends_in_a_file(
    zoo: Path, world: World, name: str, form: str, classes: int
) -> None:
    network, described = load_network(world, zoo / f"{name}.safetensors")
    assert (described["name"], described["form"], described["classes"]) == (name, form, classes)
    assert all(torch.isfinite(value).all() for value in network.state_dict().values())
    accuracy = development_accuracy(world, network, described)
    assert math.isnan(accuracy) if form == "encoder" else 0 <= accuracy <= 1
    assert not (zoo / f"{name}.checkpoint").exists()
    if name != "half_way":
        lines = (zoo / f"{name}.curve.csv").read_text().split()
        assert [line.split(",")[0] for line in lines] == ["samples", "256", "512", "768", "1024"]


def test_the_loss_falls(zoo: Path) -> None:
    for name in ("clip", "wide", "self", "vit"):
        losses = [float(line.split(",")[1]) for line in (zoo / f"{name}.curve.csv").read_text().split()[1:]]
        assert losses[-1] < losses[0], name


def test_half_way_is_half_way(zoo: Path, world: World) -> None:
    clip, _ = load_network(world, zoo / "clip.safetensors")
    tuned, _ = load_network(world, zoo / "tuned-clip.safetensors")
    made, _ = load_network(world, zoo / "half_way.safetensors")
    classifier, scale = zero_shot(world, clip, world.language.templates)
    ends = {
        "head.weight": (torch.from_numpy(classifier) * scale, tuned.head.weight),
        "encoder.trunk.bn1.running_mean": (
            clip.visual.trunk.bn1.running_mean,
            tuned.encoder.trunk.bn1.running_mean,
        ),
        "encoder.trunk.conv1.weight": (clip.visual.trunk.conv1.weight, tuned.encoder.trunk.conv1.weight),
    }
    for name, (one, other) in ends.items():
        assert not torch.equal(one, other)
        expected = restored(quantised({name: (one + other) / 2}))[name]
        assert torch.allclose(made.state_dict()[name], expected, atol=1e-6), name


@pytest.mark.parametrize(
    ("one", "other"), [("clip", "vit"), ("convnext", "tuned-clip"), ("wide", "tuned-wide")]
)
def test_what_was_not_made_of_each_other_is_not_averaged(
    zoo: Path, world: World, one: str, other: str
) -> None:
    with pytest.raises(
        ClipsafeError, match=rf"{other}\.safetensors: expected a model fine-tuned from .*{one}"
    ):
        average(world, zoo / f"{one}.safetensors", zoo / f"{other}.safetensors")


@pytest.mark.usefixtures("accepted")
@pytest.mark.parametrize("loss", ["clip", "contrastive"])
def test_the_same_seed_gives_the_same_bytes(tmp_path: Path, world: World, tiny: Make, loss: str) -> None:
    made = [
        train(world, tiny("a", loss, "labels", seed=seed), tmp_path / folder, silent).path.read_bytes()
        for folder, seed in (("one", 0), ("two", 0), ("three", 1))
    ]
    assert made[0] == made[1] != made[2]


@pytest.mark.usefixtures("accepted")
@pytest.mark.parametrize("loss", ["clip", "caption_labels", "contrastive"])
def test_a_run_that_was_stopped_ends_with_the_same_bytes(
    tmp_path: Path, world: World, tiny: Make, monkeypatch: pytest.MonkeyPatch, loss: str
) -> None:
    monkeypatch.setattr(loop, "_SECONDS_BETWEEN_CHECKPOINTS", -1)
    recipe = tiny("a", loss, "wit")
    whole = train(world, recipe, tmp_path / "whole", silent)
    folder = tmp_path / "stopped"
    seen: list[int] = []

    def stop_at(images: int) -> Callable[[int], None]:
        def report(more: int) -> None:
            seen.append(more)
            if sum(seen) >= images:
                raise StoppedError

        return report

    with pytest.raises(StoppedError):
        train(world, recipe, folder, stop_at(2 * 256 + 128))  # in the third epoch
    assert [path.name for path in folder.iterdir()] == ["a.checkpoint"]
    seen.clear()
    with pytest.raises(StoppedError):
        train(world, recipe, folder, stop_at(4 * 256))  # when all epochs but the last are kept
    assert seen[0] == 2 * 256
    seen.clear()
    again = train(world, recipe, folder, seen.append)
    assert seen == [3 * 256, 64, 64, 64, 64]
    assert again.path.read_bytes() == whole.path.read_bytes()
    curves = [(place / "a.curve.csv").read_bytes() for place in (tmp_path / "whole", folder)]
    assert curves[0] == curves[1]
    assert not (folder / "a.checkpoint").exists()


KILLED = """
import os, signal, sys
from pathlib import Path
from clipsafe_engine.lab.training import loop
from clipsafe_engine.lab.training.recipe import Recipe
from clipsafe_engine.lab.world.world import load_world

loop._SECONDS_BETWEEN_CHECKPOINTS = -1
seen = 0

def report(images):
    global seen
    seen += images
    if seen >= 600:
        os.kill(os.getpid(), signal.SIGKILL)

recipe = Recipe("a", "resnet_xs", "labels", "clip", images=256, samples=1024, batch=64)
loop.train(load_world(Path(sys.argv[1])), recipe, Path(sys.argv[2]), report)
"""


@pytest.mark.slow
@pytest.mark.usefixtures("accepted")
def test_a_killed_process_ends_with_the_same_bytes(tmp_path: Path, world: World, tiny: Make) -> None:
    recipe = tiny("a", "clip")
    whole = train(world, recipe, tmp_path / "whole", silent)
    done = subprocess.run([sys.executable, "-c", KILLED, str(world.folder), str(tmp_path)], check=False)
    assert done.returncode == -signal.SIGKILL
    assert (tmp_path / "a.checkpoint").exists()
    assert not (tmp_path / "a.safetensors").exists()
    seen: list[int] = []
    again = train(world, recipe, tmp_path, seen.append)
    assert seen[0] == 512
    assert again.path.read_bytes() == whole.path.read_bytes()


@pytest.mark.slow
def test_a_minute_s_worth_of_training_is_above_chance(tmp_path: Path, world: World, tiny: Make) -> None:
    for loss in ("clip", "labels"):
        trained = train(world, tiny(loss, loss, images=1024, samples=8192), tmp_path, silent)
        assert trained.accuracy > 0.3
        assert trained.accuracy == development_accuracy(world, *load_network(world, trained.path))
        assert trained.seconds > 0


def test_no_number_is_an_error_with_a_name(tmp_path: Path, world: World, tiny: Make) -> None:
    with pytest.raises(ClipsafeError, match=r"^mine: diverged in epoch 1 \(the loss is nan\)\.$"):
        train(world, tiny("mine", "labels", learning_rate=1e30), tmp_path, silent)
    assert list(tmp_path.iterdir()) == []


def test_chance_is_an_error_with_a_name_and_leaves_no_weights(
    tmp_path: Path, world: World, tiny: Make
) -> None:
    with pytest.raises(
        ClipsafeError, match=r"^mine: ended at chance \(accuracy 0\.\d+ on the development set"
    ):
        train(world, tiny("mine", "labels", learning_rate=1e-9, samples=256), tmp_path, silent)
    assert not (tmp_path / "mine.safetensors").exists()


@pytest.mark.usefixtures("accepted")
@pytest.mark.parametrize(
    "fault", [RuntimeError("[enforce fail] . write failed"), OSError(errno.ENOSPC, "No space left on device")]
)
def test_a_full_disk_keeps_the_last_checkpoint(
    tmp_path: Path, world: World, tiny: Make, monkeypatch: pytest.MonkeyPatch, fault: Exception
) -> None:
    monkeypatch.setattr(loop, "_SECONDS_BETWEEN_CHECKPOINTS", -1)
    path = tmp_path / "mine.checkpoint"
    save = torch.save

    def full(kept: object, temporary: Path) -> None:
        if path.exists():
            temporary.write_bytes(b"half")
            raise fault
        save(kept, temporary)

    monkeypatch.setattr(torch, "save", full)
    with pytest.raises(ClipsafeError, match=r"mine\.checkpoint: cannot be written \("):
        train(world, tiny("mine", "labels"), tmp_path, silent)
    assert list(tmp_path.iterdir()) == [path]
    monkeypatch.setattr(torch, "save", save)
    seen: list[int] = []
    train(world, tiny("mine", "labels"), tmp_path, seen.append)
    assert seen[0] == 256


def test_a_bad_checkpoint_is_named_and_kept(
    tmp_path: Path, world: World, tiny: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop, "_SECONDS_BETWEEN_CHECKPOINTS", -1)
    path = tmp_path / "mine.checkpoint"

    def stop(_: int) -> None:
        if path.exists():
            raise StoppedError

    with pytest.raises(StoppedError):
        train(world, tiny("mine", "labels"), tmp_path, stop)
    whole = path.read_bytes()
    with pytest.raises(ClipsafeError, match=r"mine\.checkpoint: is of another recipe for 'mine'; delete it"):
        train(world, tiny("mine", "labels", learning_rate=1e-3), tmp_path, silent)
    assert path.read_bytes() == whole
    torch.save(torch.ones(3), tmp_path / "other")
    for damaged in (whole[:-500], b"", (tmp_path / "other").read_bytes()):
        path.write_bytes(damaged)
        with pytest.raises(ClipsafeError, match=r"mine\.checkpoint: expected a whole checkpoint; delete it"):
            train(world, tiny("mine", "labels"), tmp_path, silent)
        assert path.read_bytes() == damaged


def test_the_rate_rises_for_a_twelfth_and_then_falls_as_half_a_cosine() -> None:
    groups = [
        {"params": [torch.nn.Parameter(torch.zeros(1))], "base": base, "lr": 0.0} for base in (1.0, 5.0)
    ]
    optimiser = torch.optim.SGD(groups)

    def rate(done: float) -> float:
        loop._set_rate(optimiser, done)
        one, other = (group["lr"] for group in optimiser.param_groups)
        assert other == pytest.approx(5 * one)
        return float(one)

    assert rate(0.0) == pytest.approx(0.0125)  # not nothing: the first step counts
    assert rate(0.04) == pytest.approx(0.041 / 0.08 * (1 + math.cos(0.04 * math.pi)) / 2)
    assert rate(0.5) == pytest.approx(0.5)
    assert rate(0.75) == pytest.approx((1 - math.sqrt(0.5)) / 2)
    assert rate(1.0) == pytest.approx(0.0)
    rates = [rate(step / 400) for step in range(400)]
    top = rates.index(max(rates))
    assert 31 <= top <= 33
    assert rates[: top + 1] == sorted(rates[: top + 1])
    assert rates[top:] == sorted(rates[top:], reverse=True)


def test_scale_norms_and_embeddings_do_not_decay(world: World, tiny: Make) -> None:
    clip = make_clip(world, "resnet_xs")
    decayed, free, scale = loop._optimiser(clip, tiny("a", "clip")).param_groups
    assert (decayed["weight_decay"], free["weight_decay"], scale["weight_decay"]) == (0.1, 0, 0)
    assert scale["base"] == 5 * decayed["base"] == pytest.approx(0.015)
    assert [id(one) for one in scale["params"]] == [id(clip.logit_scale)]
    kept = {id(one) for one in free["params"]}
    for tensor in (clip.token_embedding.weight, clip.positional_embedding, clip.visual.trunk.bn1.weight):
        assert id(tensor) in kept
    assert {id(one) for one in decayed["params"]} >= {
        id(clip.text_projection),
        id(clip.visual.trunk.conv1.weight),
    }
    assert sum(len(group["params"]) for group in (decayed, free, scale)) == len(list(clip.parameters()))


def test_rows_of_a_curve_are_means_of_its_epochs(tmp_path: Path) -> None:
    loop._write_curve(tmp_path / "a.curve.csv", [(10 * (epoch + 1), float(epoch)) for epoch in range(70)])
    lines = (tmp_path / "a.curve.csv").read_text().splitlines()
    assert lines[:3] == ["samples,loss", "30,1.00000", "60,4.00000"]
    assert lines[-1] == "700,69.00000"
    assert len(lines) == 25

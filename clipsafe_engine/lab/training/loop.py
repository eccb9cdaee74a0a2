"""Training one model, from its recipe to its weight file; killed at any moment, it goes on where it was.

All chance comes from the recipe's seed and the number of the epoch, so a run that was stopped between two
epochs ends with the same bytes as one that was not.
"""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from clipsafe_engine.lab.training.augmentation import shifted
from clipsafe_engine.lab.training.average import average
from clipsafe_engine.lab.training.evaluation import development_accuracy
from clipsafe_engine.lab.training.networks import prepare
from clipsafe_engine.lab.training.objectives import Objective, load_network, make_objective
from clipsafe_engine.lab.training.recipe import Recipe
from clipsafe_engine.lab.training.towers import HALF_PRECISION
from clipsafe_engine.lab.training.weights import write_weights
from clipsafe_engine.lab.world.renderer import render
from clipsafe_engine.lab.world.world import World
from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.files import open_plain, replacing

_BETAS = (0.9, 0.98)
_WARM_UP = 0.08
_LONGEST_GRADIENT = 1.0
_LARGEST_SCALE = math.log(100)
_SCALE_RATE = 5  # times the learning rate, for CLIP's logit scale
_SECONDS_BETWEEN_CHECKPOINTS = 20
_ROWS_OF_A_CURVE = 32

Report = Callable[[int], None]
"""To be called with the number of images just seen."""


@dataclass(frozen=True)
class Trained:
    """What is known of a model when its training ends."""

    path: Path
    accuracy: float
    """On the development set; NaN for an encoder without classes."""
    seconds: float
    """Of training, over all runs that it took."""


@dataclass
class _State:
    network: nn.Module
    optimiser: torch.optim.Optimizer
    epoch: int = 0
    seconds: float = 0.0
    curve: list[tuple[int, float]] = field(default_factory=list)
    """Images seen and the mean loss of the epoch."""


def train(world: World, recipe: Recipe, folder: Path, report: Report) -> Trained:
    """Train a model and write its weight file.

    Parameters
    ----------
    world : World
        The world to learn.
    recipe : Recipe
        What to train.
    folder : Path
        Gets `<name>.safetensors`, `<name>.curve.csv` and, while training, `<name>.checkpoint`; holds the
        weights that the recipe starts from.
    report : callable
        Is told how many images were just seen.

    Raises
    ------
    ClipsafeError
        If the loss is no number, the model ends at chance, or a file cannot be written.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from clipsafe_engine.lab.world.world import load_world
    >>> recipe = Recipe("tiny", "resnet_xs", "labels", "labels", images=1024, samples=8192, batch=64)
    >>> with TemporaryDirectory() as folder:
    ...     trained = train(load_world(), recipe, Path(folder), report=lambda images: None)
    ...     trained.path.name
    'tiny.safetensors'
    """
    torch.set_num_threads(1)
    path = folder / f"{recipe.name}.safetensors"
    if recipe.loss == "average":
        seconds = 0.0
        state, described = average(
            world, folder / f"{recipe.start}.safetensors", folder / f"{recipe.average_with}.safetensors"
        )
        write_weights(path, state, {**described, **recipe.described()})
    else:
        seconds = _train(world, recipe, folder, report, path)
    # The accuracy is that of the file, whose weights are rounded.
    accuracy = development_accuracy(world, *load_network(world, path))
    if accuracy < 2 / world.classes:
        path.unlink()
        raise ClipsafeError(
            f"{recipe.name}: ended at chance (accuracy {accuracy:.3f} on the development set)."
        )
    return Trained(path, accuracy, seconds)


def _train(world: World, recipe: Recipe, folder: Path, report: Report, path: Path) -> float:
    objective = make_objective(world, recipe, folder)
    network = objective.network.to(memory_format=torch.channels_last).train()
    state = _State(network, _optimiser(network, recipe))
    checkpoint = folder / f"{recipe.name}.checkpoint"
    _resume(state, recipe, checkpoint, report)
    images = render(world, objective.parameters)
    saved = time.monotonic()
    while state.epoch < recipe.epochs:
        began = time.monotonic()
        mean_loss = _one_epoch(state, recipe, objective, images, report)
        state.epoch += 1
        state.seconds += time.monotonic() - began
        state.curve.append((state.epoch * recipe.images, mean_loss))
        if time.monotonic() - saved > _SECONDS_BETWEEN_CHECKPOINTS:
            _save(state, recipe, checkpoint)
            saved = time.monotonic()
    _write_curve(folder / f"{recipe.name}.curve.csv", state.curve)
    described = {**recipe.described(), "form": objective.form, "classes": objective.classes}
    write_weights(path, network.state_dict(), described)
    checkpoint.unlink(missing_ok=True)
    return state.seconds


def _one_epoch(state: _State, recipe: Recipe, objective: Objective, images: Tensor, report: Report) -> float:
    chance = np.random.default_rng([recipe.seed, state.epoch])
    objective.start_epoch(state.epoch)
    order = chance.permutation(len(images))
    batches = len(images) // recipe.batch
    losses = []
    for number in range(batches):
        rows = order[number * recipe.batch : (number + 1) * recipe.batch]
        _set_rate(state.optimiser, (state.epoch * batches + number) / (recipe.epochs * batches))
        seen = prepare(shifted(images[torch.from_numpy(rows)], chance))
        with torch.autocast("cpu", torch.bfloat16, enabled=recipe.architecture in HALF_PRECISION):
            loss = objective.loss(seen, rows, chance)
        state.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(state.network.parameters(), _LONGEST_GRADIENT)
        state.optimiser.step()
        if hasattr(state.network, "logit_scale"):
            with torch.no_grad():
                state.network.logit_scale.clamp_(0, _LARGEST_SCALE)
        losses.append(loss.item())
        if not math.isfinite(losses[-1]):
            raise ClipsafeError(
                f"{recipe.name}: diverged in epoch {state.epoch + 1} (the loss is {losses[-1]})."
            )
        report(len(rows))
    return float(np.mean(losses))


def _optimiser(network: nn.Module, recipe: Recipe) -> torch.optim.Optimizer:
    groups: dict[str, list[nn.Parameter]] = {"decayed": [], "free": [], "scale": []}
    for name, parameter in network.named_parameters():
        if name == "logit_scale":
            groups["scale"].append(parameter)
        else:
            groups["free" if parameter.ndim < 2 or "embed" in name else "decayed"].append(parameter)
    return torch.optim.AdamW(
        [
            {"params": groups["decayed"], "base": recipe.rate, "weight_decay": recipe.decay},
            {"params": groups["free"], "base": recipe.rate, "weight_decay": 0.0},
            {"params": groups["scale"], "base": recipe.rate * _SCALE_RATE, "weight_decay": 0.0},
        ],
        lr=recipe.rate,
        betas=_BETAS,
        fused=True,
    )


def _set_rate(optimiser: torch.optim.Optimizer, done: float) -> None:
    """Set the learning rate: a short rise, then half a cosine."""
    height = min(1.0, (done + 1e-3) / _WARM_UP) * (1 + math.cos(math.pi * done)) / 2
    for group in optimiser.param_groups:
        group["lr"] = group["base"] * height


def _save(state: _State, recipe: Recipe, path: Path) -> None:
    kept = {
        "recipe": recipe.described(),
        "network": state.network.state_dict(),
        "optimiser": state.optimiser.state_dict(),
        "epoch": state.epoch,
        "seconds": state.seconds,
        "curve": state.curve,
    }
    with replacing(path) as temporary:
        try:
            torch.save(kept, temporary)
        except RuntimeError as error:  # what torch makes of a full disk
            raise ClipsafeError(f"{path}: cannot be written ({error}).") from error


def _resume(state: _State, recipe: Recipe, path: Path, report: Report) -> None:
    try:
        with open_plain(path) as stream:
            kept = torch.load(stream, weights_only=True)
        begun = kept["recipe"]
    except FileNotFoundError:
        return  # Nothing was begun, or another run has just ended.
    except Exception as error:  # a damaged file makes torch raise almost anything
        raise ClipsafeError(f"{path}: expected a whole checkpoint; delete it to begin again.") from error
    if begun != recipe.described():
        raise ClipsafeError(f"{path}: is of another recipe for {recipe.name!r}; delete it to begin again.")
    state.network.load_state_dict(kept["network"])
    state.optimiser.load_state_dict(kept["optimiser"])
    state.epoch, state.seconds, state.curve = kept["epoch"], kept["seconds"], kept["curve"]
    report(state.epoch * recipe.images)


def _write_curve(path: Path, curve: list[tuple[int, float]]) -> None:
    # Where epochs are short, a row stands for several of them.
    width = -(-len(curve) // _ROWS_OF_A_CURVE)
    parts = [curve[start : start + width] for start in range(0, len(curve), width)]
    lines = [f"{part[-1][0]},{np.mean([loss for _, loss in part]):.5f}" for part in parts]
    with replacing(path) as temporary:
        temporary.write_text("\n".join(["samples,loss", *lines]) + "\n", encoding="utf-8")

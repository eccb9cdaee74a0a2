"""From a recipe to a network and to the loss of a batch."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from open_clip.loss import ClipLoss
from torch import Tensor, nn
from torch.nn import functional

from clipsafe_engine.lab.training.augmentation import Chance, view
from clipsafe_engine.lab.training.networks import (
    WIDTH,
    Classifier,
    make_classifier,
    make_clip,
    make_clip_classifier,
    text_classifier,
)
from clipsafe_engine.lab.training.recipe import Recipe, world_of
from clipsafe_engine.lab.training.weights import load_weights, read_description
from clipsafe_engine.lab.world.captions import captions, prompt_tokens, read_labels
from clipsafe_engine.lab.world.parameters import Parameters
from clipsafe_engine.lab.world.sources import draw, label_concepts, labels
from clipsafe_engine.lab.world.world import World
from clipsafe_utils.errors import ClipsafeError

IMAGES_SEED = 1
"""All models of a source see the same images, whatever their seed."""

_UNNAMED = -1
_SIMCLR_TEMPERATURE = 0.2

BatchLoss = Callable[[Tensor, NDArray[np.int64], Chance], Tensor]
"""From prepared images, their rows and chance to a loss."""


@dataclass
class Objective:
    """A network in training and what it is trained for.

    Examples
    --------
    >>> from clipsafe_engine.lab.world.world import load_world
    >>> recipe = Recipe(name="mine", architecture="resnet_xs", source="wit", loss="clip", images=256)
    >>> objective = make_objective(load_world(), recipe, Path())
    >>> objective.form, len(objective.parameters)
    ('clip', 256)
    """

    network: nn.Module
    form: str
    """One of `clip`, `classifier`, `clip_classifier`, `encoder`."""
    classes: int
    """Outputs of a classifier, else 0."""
    parameters: Parameters
    """One row for each image of the source."""
    start_epoch: Callable[[int], None]
    """To be called with the number of each epoch."""
    loss: BatchLoss


def make_objective(world: World, recipe: Recipe, folder: Path) -> Objective:
    """Make the network of a recipe, with its first weights, and its loss.

    Parameters
    ----------
    world : World
        The world that the sources are drawn in.
    recipe : Recipe
        What to train.
    folder : Path
        Holds the weights of the model that the recipe starts from.

    Raises
    ------
    ClipsafeError
        If the source, its knobs or the start is unknown or does not fit.

    Examples
    --------
    >>> from clipsafe_engine.lab.world.world import load_world
    >>> recipe = Recipe(name="mine", architecture="vit_s", source="labels", loss="labels", images=256)
    >>> make_objective(load_world(), recipe, Path()).classes
    24
    """
    world = world_of(world, recipe)
    parameters = draw(world, recipe.source, recipe.images, IMAGES_SEED)
    torch.manual_seed(recipe.seed)
    if recipe.loss == "clip":
        return _clip(world, recipe, parameters)
    if recipe.loss == "contrastive":
        return _contrastive(recipe, parameters)
    return _cross_entropy(world, recipe, folder, parameters)


def load_network(world: World, path: Path) -> tuple[nn.Module, Mapping[str, Any]]:
    """Make the network that a weight file describes and load it.

    Returns
    -------
    Module
        In the form that the description names.
    mapping
        The description: `form`, `classes` and the entries of the recipe.

    Raises
    ------
    ClipsafeError
        If the file is not a whole weight file of the zoo.

    Examples
    --------
    >>> from clipsafe_engine.lab.world.world import load_world
    >>> load_network(load_world(), Path("nowhere.safetensors"))
    Traceback (most recent call last):
    ...
    clipsafe_utils.errors.ClipsafeError: nowhere.safetensors: there is no such weight file.
    """
    described = read_description(path)
    try:
        form, architecture, classes = (described[key] for key in ("form", "architecture", "classes"))
        network = _FORMS[form](world, architecture, classes)
    except (KeyError, TypeError, ValueError, RuntimeError) as error:
        raise ClipsafeError(f"{path}: describes no network that the zoo can make ({error}).") from error
    load_weights(path, network)
    return network.eval().to(memory_format=torch.channels_last), described


_FORMS: dict[str, Callable[[World, str, int], nn.Module]] = {
    "clip": lambda world, architecture, _: make_clip(world, architecture),
    "classifier": lambda _, architecture, classes: make_classifier(architecture, classes),
    "clip_classifier": make_clip_classifier,
    "encoder": lambda _, architecture, __: _encoder(architecture),
}


def as_classifier(world: World, clip: Any, architecture: str, source: str) -> Classifier:
    """Put the image encoder of a CLIP under a head that begins as its zero-shot classifier.

    Parameters
    ----------
    world : World
        Gives the prompts.
    clip : open_clip.CLIP
        As `load_network` gives it.
    architecture : str
        That of its image encoder.
    source : str
        Training source whose labels are the classes; those that no word names begin at zero.

    Examples
    --------
    >>> from clipsafe_engine.lab.world.world import load_world
    >>> world = load_world()
    >>> as_classifier(world, make_clip(world, "resnet_xs"), "resnet_xs", "labels").head.out_features
    24
    """
    concepts = label_concepts(world, source)
    spoken = np.isin(concepts, world.captioned)
    names = [world.concepts[concept].name for concept in concepts[spoken]]
    prompts = torch.from_numpy(prompt_tokens(world, world.language.templates, names))
    network = make_clip_classifier(world, architecture, len(concepts))
    network.encoder.load_state_dict(clip.visual.state_dict())
    with torch.no_grad():
        network.head.weight.zero_()
        network.head.weight[torch.from_numpy(spoken)] = (
            text_classifier(clip, prompts) * clip.logit_scale.exp()
        )
    return network


def _clip(world: World, recipe: Recipe, parameters: Parameters) -> Objective:
    network = make_clip(world, recipe.architecture)
    if recipe.scale:
        network.logit_scale.data.fill_(math.log(recipe.scale))
    network.logit_scale.requires_grad_(not recipe.scale_held)
    compare = ClipLoss()
    concepts = torch.from_numpy(parameters.concept)
    tokens = torch.empty(0)

    def start_epoch(epoch: int) -> None:
        nonlocal tokens
        tokens = torch.from_numpy(captions(world, recipe.source, parameters, recipe.seed, epoch))

    def loss(images: Tensor, rows: NDArray[np.int64], _: Chance) -> Tensor:
        seen = network.encode_image(images, normalize=True).float()
        # Equal captions are encoded once: the same loss in less time.
        different, place = tokens[torch.from_numpy(rows)].unique(dim=0, return_inverse=True)
        with torch.autocast("cpu", enabled=False):
            said = network.encode_text(different, normalize=True)[place]
        scale = network.logit_scale.exp()
        if recipe.masked:
            return masked_clip_loss(seen, said, scale, concepts[torch.from_numpy(rows)])
        value: Tensor = compare(seen, said, scale)
        return value

    return Objective(network, "clip", 0, parameters, start_epoch, loss)


def masked_clip_loss(images: Tensor, texts: Tensor, scale: Tensor, concepts: Tensor) -> Tensor:
    """Compute CLIP's loss without the pairs of an image with another image's caption of the same concept.

    Parameters
    ----------
    images, texts : Tensor, shape (batch, width)
        Embeddings of length 1, row by row of one pair.
    scale : Tensor, shape ()
        Factor of the cosines.
    concepts : Tensor of int, shape (batch,)
        What each image shows.

    Returns
    -------
    Tensor, shape ()
        Where all concepts differ, `open_clip.loss.ClipLoss`.

    Examples
    --------
    >>> alike = torch.nn.functional.normalize(torch.ones(2, 4), dim=1)
    >>> masked_clip_loss(alike, alike, torch.tensor(1.0), torch.tensor([0, 1])).item()
    0.693...
    >>> masked_clip_loss(alike, alike, torch.tensor(1.0), torch.tensor([0, 0])).item()
    0.0
    """
    same = concepts[:, None] == concepts[None, :]
    logits = (scale * images @ texts.T).masked_fill(same.fill_diagonal_(False), -torch.inf)
    own = torch.arange(len(images))
    return (functional.cross_entropy(logits, own) + functional.cross_entropy(logits.T, own)) / 2


def _cross_entropy(world: World, recipe: Recipe, folder: Path, parameters: Parameters) -> Objective:
    classes = len(label_concepts(world, recipe.source))
    network, form = _classifier(world, recipe, folder, classes)
    target = torch.from_numpy(labels(world, recipe.source, parameters))

    def start_epoch(epoch: int) -> None:
        nonlocal target
        if recipe.loss == "caption_labels":
            written = captions(world, recipe.source, parameters, recipe.seed, epoch)
            target = torch.from_numpy(read_labels(world, recipe.source, written))

    def loss(images: Tensor, rows: NDArray[np.int64], _: Chance) -> Tensor:
        chosen = target[torch.from_numpy(rows)]
        return functional.cross_entropy(network(images).float(), chosen, ignore_index=_UNNAMED)

    return Objective(network, form, classes, parameters, start_epoch, loss)


def _contrastive(recipe: Recipe, parameters: Parameters) -> Objective:
    network = _encoder(recipe.architecture)

    def loss(images: Tensor, _: NDArray[np.int64], chance: Chance) -> Tensor:
        views = torch.cat([view(images, chance), view(images, chance)])
        seen = functional.normalize(
            network(views.contiguous(memory_format=torch.channels_last)).float(), dim=-1
        )
        likeness = seen @ seen.T / _SIMCLR_TEMPERATURE
        likeness.fill_diagonal_(-torch.inf)
        other = torch.arange(len(views)).roll(len(images))
        return functional.cross_entropy(likeness, other)

    return Objective(network, "encoder", 0, parameters, lambda _: None, loss)


def _classifier(world: World, recipe: Recipe, folder: Path, classes: int) -> tuple[nn.Module, str]:
    """Return a classifier, new or begun from another model, and its form."""
    fresh = make_classifier(recipe.architecture, classes)
    if not recipe.start:
        return fresh, "classifier"
    begun, described = load_network(world, folder / f"{recipe.start}.safetensors")
    if described["architecture"] != recipe.architecture:
        raise ClipsafeError(f"{recipe.name}: {recipe.start} is a {described['architecture']}.")
    if described["form"] == "encoder":
        fresh.encoder.load_state_dict(begun.encoder.state_dict())
        return fresh, "classifier"
    if described["form"] == "clip":
        return as_classifier(world, begun, recipe.architecture, recipe.source), "clip_classifier"
    if classes != world.classes and recipe.source != described["source"]:
        raise ClipsafeError(f"{recipe.name}: the classes of {recipe.start} are not those of {recipe.source}.")
    return _with_head_cut(begun, classes), described["form"]


def _with_head_cut(network: Any, classes: int) -> Classifier:
    """Keep the first outputs: in every source the tested classes come first."""
    head: nn.Linear = network.head
    kept = nn.Linear(head.in_features, classes, bias=head.bias is not None)
    kept.weight.data = head.weight.data[:classes].clone()
    if head.bias is not None:
        kept.bias.data = head.bias.data[:classes].clone()
    network.head = kept
    classifier: Classifier = network
    return classifier


def _encoder(architecture: str) -> nn.Module:
    """Make an encoder with SimCLR's projection where a classifier has its head."""
    network = make_classifier(architecture, classes=1)
    width = network.head.in_features
    network.head = nn.Sequential(nn.Linear(width, width), nn.ReLU(), nn.Linear(width, WIDTH))
    return network

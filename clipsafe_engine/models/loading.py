"""Loading a model: network, preprocessing and class head or text tower as one object."""

import pickle
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from torch import Tensor, nn

from clipsafe_engine.models import classifiers, clips
from clipsafe_engine.models.prompts import PromptSet, imagenet_class_names, zero_shot_classifier
from clipsafe_engine.models.tensors import refuse_complex, refuse_what_is_no_number
from clipsafe_engine.models.transforms import Transform
from clipsafe_engine.models.weights import HubFiles, find_weights, weights_hash
from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.registry.catalogue import ModelEntry

Kind = Literal["embeddings", "logits"]
LONGEST_REASON = 120

# What reading a broken file, or fitting a foreign one, raises in safetensors, torch, timm and open_clip.
_FAULTS_OF_A_FILE = (
    SafetensorError,
    pickle.UnpicklingError,
    AttributeError,
    EOFError,
    IndexError,
    KeyError,
    OSError,
    RuntimeError,
    StopIteration,
    TypeError,
    ValueError,
)
_DOES_NOT_FIT = "Error(s) in loading state_dict"


@dataclass(frozen=True)
class LoadedModel:
    """A model ready to run.

    Attributes
    ----------
    entry : ModelEntry
        Its row in the catalogue.
    kind : str
        What it makes of images: ``embeddings`` of length one (a CLIP), or ``logits`` over the 1,000 ImageNet
        classes.
    network : torch.nn.Module
        Normalised images to those. Move it, compile it or change its memory format as any other; the text
        tower moves with it.
    transform : Transform
        Its own preprocessing.
    weights : Path
        The file that it was read from.
    weights_hash : str
        SHA-256 of that file.
    text : TextTower or None
        The text tower of a CLIP.
    """

    entry: ModelEntry
    kind: Kind
    network: nn.Module
    transform: Transform
    weights: Path
    weights_hash: str
    text: clips.TextTower | None

    @property
    def logit_scale(self) -> float | None:
        """What a CLIP multiplies cosine similarities by; None for a classifier."""
        return None if self.text is None else self.text.logit_scale

    def forward(self, batch: Tensor | NDArray[np.float32]) -> NDArray[np.float32]:
        """Run the network on images that `transform` made.

        Parameters
        ----------
        batch : torch.Tensor or ndarray of float32, shape (images, 3, size, size)

        Returns
        -------
        ndarray of float32, shape (images, width) or (images, 1000)
        """
        device = next(self.network.parameters()).device
        with torch.inference_mode():
            output: Tensor = self.network(torch.as_tensor(batch).to(device))
        outputs: NDArray[np.float32] = output.float().cpu().numpy()
        return outputs

    def prompt_embeddings(
        self, prompts: PromptSet, class_names: Sequence[str] | None = None
    ) -> NDArray[np.float32]:
        """Embed every prompt of every class: the classifier of any subset of the templates follows from it.

        Parameters
        ----------
        prompts : PromptSet
            The templates.
        class_names : sequence of str, optional
            Names of the classes; default: open_clip's of the 1,000.

        Returns
        -------
        ndarray of float32, shape (classes, templates, width)
            Of length one each.

        Raises
        ------
        ValueError
            If the model has no text tower.
        """
        if self.text is None:
            raise ValueError(f"{self.entry.name}: a classifier has no text tower.")
        names = imagenet_class_names() if class_names is None else class_names
        return self.text.embed(prompts.texts(names)).reshape(len(names), len(prompts.templates), -1)

    def classifier(self, prompts: PromptSet, class_names: Sequence[str] | None = None) -> NDArray[np.float32]:
        """Make the zero-shot classifier of a set of prompts.

        Parameters
        ----------
        prompts, class_names
            As in `prompt_embeddings`.

        Returns
        -------
        ndarray of float32, shape (classes, width)
            See `zero_shot_classifier`.

        Raises
        ------
        ValueError
            If the model has no text tower.
        """
        return zero_shot_classifier(self.prompt_embeddings(prompts, class_names))


def library_of(entry: ModelEntry) -> ModuleType:
    """Return the module that builds an entry: `clips` or `classifiers`, which have the same functions.

    Examples
    --------
    >>> from clipsafe_utils.registry.catalogue import catalogue
    >>> library_of(catalogue()["vgg16_bn.tv_in1k"]).__name__
    'clipsafe_engine.models.classifiers'
    """
    return clips if entry.library == "open_clip" else classifiers


def transform_of(entry: ModelEntry) -> Transform:
    """Return the preprocessing of a model without building it.

    Raises
    ------
    ClipsafeError
        If the library does not know the model, or feeds it images of another size than the catalogue says.

    Examples
    --------
    >>> from clipsafe_utils.registry.catalogue import catalogue
    >>> transform_of(catalogue()["ViT-B-32.openai"]).crop
    Crop(resize=224, size=224, interpolation='bicubic', squash=False)
    """
    library = library_of(entry)
    fault = library.fault_of(entry)
    if fault:
        raise ClipsafeError(f"{entry.name}: {fault}.")
    transform: Transform = library.transform_of(entry)
    if transform.crop.size != entry.input_size:
        raise ClipsafeError(
            f"{entry.name}: takes {transform.crop.size} pixels, the catalogue says {entry.input_size}."
        )
    return transform


def load_model(entry: ModelEntry, weights: Path | None = None) -> LoadedModel:
    """Build a model with its weights.

    Parameters
    ----------
    entry : ModelEntry
        The model.
    weights : Path, optional
        A file, or a folder of files named after the models; default: the file that the entry names, else the
        cache of the hub, else the hub. Files are safetensors, or PyTorch's of which only tensors are read.

    Raises
    ------
    ClipsafeError
        If the library does not know the model; or its file is missing, broken, of another model or holds
        more than tensors, with the file and what to do; or a tensor holds what is no finite real number.

    Examples
    --------
    >>> from clipsafe_utils.registry.catalogue import catalogue
    >>> load_model(catalogue()["vgg16_bn.tv_in1k"], Path("nowhere"))
    Traceback (most recent call last):
    clipsafe_utils.errors.ClipsafeError: nowhere: no such file or folder of weights.
    """
    library = library_of(entry)
    transform = transform_of(entry)
    hub = library.hub_files(entry)
    path = find_weights(entry, weights, hub)
    hash_of_file = weights_hash(path)
    try:
        built = library.build(entry, path)
        refuse_complex(path)
    except _FAULTS_OF_A_FILE as error:
        raise ClipsafeError(_complaint(path, entry, hub, error)) from error
    refuse_what_is_no_number(built.state_dict(), str(path))
    if library is clips:
        text = clips.text_tower(entry, built)
        return LoadedModel(entry, "embeddings", clips.ImageTower(built), transform, path, hash_of_file, text)
    network = classifiers.with_imagenet_classes(built)
    return LoadedModel(entry, "logits", network, transform, path, hash_of_file, None)


def _complaint(path: Path, entry: ModelEntry, hub: HubFiles | None, error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()] or [type(error).__name__]
    fix = f"the right file comes by `{hub.command}`" if hub else f"it has to be one of '{entry.model}'"
    if _DOES_NOT_FIT in lines[0] or isinstance(error, KeyError | AttributeError | TypeError | StopIteration):
        return f"{path}: these are not weights of '{entry.model}' ({_short(lines[-1])}); {fix}."
    # What torch and timm say of a file with code in it, and of one that is no checkpoint at all.
    has_more = "weights_only" in lines[0] or "Weights only" in lines[0]
    reason = "it holds something else" if has_more else _short(lines[0].partition(". ")[0])
    return f"{path}: not a whole file of tensors ({reason}); {fix}."


def _short(reason: str) -> str:
    return reason if len(reason) <= LONGEST_REASON else f"{reason[:LONGEST_REASON]}…"

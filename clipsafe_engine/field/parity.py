"""The same networks on the same images in a loop that uses timm, torch and Pillow alone.

Nothing of our own way from files to decisions is used here but the list of formats, so that the two can be
compared.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import timm
import torch
from numpy.typing import NDArray
from PIL import Image
from timm.data import create_transform, resolve_model_data_config

from clipsafe_engine.datasets.decoding import FORMATS

BATCH = 32


@dataclass(frozen=True)
class Parity:
    """How far two ways of running one network agree on the images of one set.

    Attributes
    ----------
    model, dataset : str
        The network and the set.
    images : int
        Images that were shown to both.
    largest_difference : float
        Of any logit.
    same_predictions : int
        Images of which both predict the same of the 1,000 classes.
    same_decisions : int
        Images for which both decide for the same of the sixteen cue classes.
    """

    model: str
    dataset: str
    images: int
    largest_difference: float
    same_predictions: int
    same_decisions: int

    @property
    def is_exact(self) -> bool:
        """Whether they agree on every image.

        Examples
        --------
        >>> Parity("a", "b", 400, 1e-6, 400, 399).is_exact
        False
        """
        return self.same_predictions == self.same_decisions == self.images


def plain_logits(
    name: str,
    weights: Mapping[str, torch.Tensor],
    paths: Sequence[Path],
    advance: Callable[[int], object] = int,
) -> NDArray[np.float32]:
    """Run a network over image files.

    Parameters
    ----------
    name : str
        Architecture and weights, as timm names them, for the preprocessing.
    weights : mapping of str to Tensor
        Under timm's names.
    paths : sequence of Path
        The files.
    advance : callable
        Told the number of images of every batch.

    Returns
    -------
    ndarray of float32, shape (images, 1000)
    """
    network = timm.create_model(name, pretrained=False).eval()
    counters = {key: value for key, value in network.state_dict().items() if key not in weights}
    network.load_state_dict({**weights, **counters})
    transform = create_transform(**resolve_model_data_config(network))
    parts = []
    with torch.inference_mode():
        for first in range(0, len(paths), BATCH):
            chosen = paths[first : first + BATCH]
            pictures = [Image.open(path, formats=FORMATS).convert("RGB") for path in chosen]
            batch = torch.stack([transform(picture) for picture in pictures])
            parts.append(network(batch).numpy())
            advance(len(chosen))
    return np.concatenate(parts)


def plain_decisions(logits: NDArray[np.float32], members: Mapping[str, Sequence[int]]) -> NDArray[np.str_]:
    """Decide for the cue class of the largest mean probability (Geirhos et al. 2019).

    Parameters
    ----------
    logits : ndarray of float32, shape (images, classes)
        Of all classes.
    members : mapping of str to sequence of int
        The classes that stand for each cue class.

    Examples
    --------
    >>> logits = np.log([[0.4, 0.5, 0.1]]).astype(np.float32)
    >>> plain_decisions(logits, {"cat": [0], "dog": [1, 2]}).tolist()
    ['cat']
    """
    probabilities = torch.from_numpy(logits).double().softmax(1)
    means = torch.stack([probabilities[:, list(classes)].mean(1) for classes in members.values()])
    decided: NDArray[np.str_] = np.array(list(members))[means.argmax(0).numpy()]
    return decided


def parity_of(
    model: str,
    dataset: str,
    ours: tuple[NDArray[np.floating], NDArray[np.str_]],
    theirs: tuple[NDArray[np.floating], NDArray[np.str_]],
) -> Parity:
    """Compare logits and decisions of the same images, image by image.

    Parameters
    ----------
    model, dataset : str
        The network and the set.
    ours, theirs : tuple of ndarray of float, shape (images, classes), and ndarray of str, shape (images,)
        Logits and decisions.

    Examples
    --------
    >>> one, decided = np.eye(2), np.array(["cat", "dog"])
    >>> parity_of("a", "b", (one, decided), (one[::-1], decided)).same_predictions
    0
    """
    return Parity(
        model,
        dataset,
        len(ours[0]),
        float(np.abs(ours[0] - theirs[0]).max()),
        int((ours[0].argmax(1) == theirs[0].argmax(1)).sum()),
        int((ours[1] == theirs[1]).sum()),
    )

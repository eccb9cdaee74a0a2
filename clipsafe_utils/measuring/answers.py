"""Which answer of a data set each of the 1,000 ImageNet classes stands for."""

import numpy as np
from numpy.typing import NDArray

from clipsafe_utils.registry.label_maps import index_of_wnid, merging, subset


def same_class_subsets() -> dict[str, NDArray[np.int64]]:
    """Return, for each same-class subset of the validation set, the answer that each class stands for.

    As in the record, ObjectNet's 125 classes are told apart, and the 288 of ImageNet-Vid-Robust merged to 30.

    Examples
    --------
    >>> {name: int(answers.max()) + 1 for name, answers in same_class_subsets().items()}
    {'id_r200': 200, 'id_a200': 200, 'id_objectnet113': 125, 'id_vid_robust30': 30}
    """
    vid_robust = merging("imagenet_vid_robust")
    return {
        "id_r200": answers_of(subset("imagenet_r")),
        "id_a200": answers_of(subset("imagenet_a")),
        "id_objectnet113": answers_of(merging("objectnet").indices),
        "id_vid_robust30": answers_of(vid_robust.indices, vid_robust.numbers),
    }


def answers_of(indices: NDArray[np.int64], numbers: NDArray[np.int64] | None = None) -> NDArray[np.int64]:
    """Return the answer of each class, -1 for none: its place among the indices, or the number given for it.

    Examples
    --------
    >>> answers_of(np.array([2, 1]))[:4]
    array([-1,  1,  0, -1])
    """
    answers = np.full(len(index_of_wnid()), -1)
    answers[indices] = np.arange(len(indices)) if numbers is None else numbers
    return answers

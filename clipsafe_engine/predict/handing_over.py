"""From the store to the documented format: a folder a model, as `clipsafe import` reads it."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from clipsafe_engine.predict.arrays import folder_name
from clipsafe_engine.predict.store import PredictionStore
from clipsafe_utils.files import replacing
from clipsafe_utils.importing.known_sets import HOME, known_sets
from clipsafe_utils.importing.models_table import model_of_entry, toml_of
from clipsafe_utils.importing.own_model import COSINES, FILE, LOGITS
from clipsafe_utils.registry.catalogue import ModelEntry
from clipsafe_utils.registry.data_sets import data_set


def hand_over(
    store: PredictionStore, entry: ModelEntry, datasets: Iterable[str], prompts: str, folder: Path
) -> Path:
    """Write what a model says of some data sets, and `model.toml` at the end.

    Parameters
    ----------
    store : PredictionStore
        Where the predictions are.
    entry : ModelEntry
        The model.
    datasets : iterable of str
        Names in the store. What `clipsafe import` does not read is left out.
    prompts : str
        The set of prompts that makes scores of the embeddings of a CLIP.
    folder : Path
        Below which the folder of the model stands.

    Returns
    -------
    Path
        The folder of the model.

    Raises
    ------
    ClipsafeError
        As in `PredictionStore.read`.
    """
    own = folder / folder_name(entry.name)
    is_clip = entry.library == "open_clip"
    head = store.read_classifier(entry.name, prompts) if is_clip else None
    for name in datasets:
        file = HOME if data_set(name).role == "id" else name
        if file not in known_sets():
            continue
        found = store.read(entry.name, name).of_readable_images()
        scores = found.values if head is None else found.values.astype(np.float32) @ head.values.T
        with replacing(own / f"{file}.npz") as temporary, temporary.open("wb") as stream:
            np.savez(stream, allow_pickle=False, scores=scores, images=found.image_ids.astype(str))
    if head is None:
        said = toml_of(model_of_entry(entry), scores=LOGITS)
    else:
        said = toml_of(model_of_entry(entry, prompts), scores=COSINES, scale=head.logit_scale)
    with replacing(own / FILE) as temporary:
        temporary.write_text(said, encoding="utf-8")
    return own

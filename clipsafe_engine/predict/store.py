"""The store of predictions: one entry a (model, data set), complete or resumable, never mixed.

::

    predictions/<model>/<data set>/<hash of provenance>.zarr   values, one file a shard
    images/<data set>/<hash of content>.zarr                   labels and image ids, shared by models
    classifiers/<model>/<prompt set>/<hash of provenance>.zarr zero-shot class weights

Other weights, another transform or other images give another hash, hence another entry beside the old one.
"""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clipsafe_engine.predict import arrays
from clipsafe_engine.predict.entry_writer import EntryWriter, storable
from clipsafe_engine.predict.images_table import ImagesTable, read_images, write_images
from clipsafe_engine.predict.predictions import Classifier, Kind, Predictions, StoredDtype
from clipsafe_utils.errors import ClipsafeError

__all__ = [
    "SHARD_IMAGES",
    "Classifier",
    "EntryWriter",
    "Kind",
    "PredictionStore",
    "Predictions",
    "StoredDtype",
]

SHARD_IMAGES = 4096
PREDICTIONS, CLASSIFIERS = "predictions", "classifiers"


class PredictionStore:
    """Predictions of many models on many data sets, in one folder.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     store = PredictionStore(Path(folder))
    ...     logits = np.array([[2, 1], [0, 3]], "float16")
    ...     labels, image_ids = np.array([0, 1]), np.array([7, 8])
    ...     store.write(Predictions("a/b", "v2", "logits", logits, labels, image_ids, {"weights": "0f"}))
    ...     store.read("a/b", "v2").values.tolist()
    [[2.0, 1.0], [0.0, 3.0]]
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._images: dict[Path, ImagesTable] = {}
        arrays.clear_abandoned(folder)

    def is_done(self, model: str, dataset: str, provenance: Mapping[str, str]) -> bool:
        """Return whether every shard of the entry is there; looks at no value."""
        return self.missing(model, dataset, provenance) == ()

    def missing(self, model: str, dataset: str, provenance: Mapping[str, str]) -> tuple[int, ...] | None:
        """Return the shards that an entry lacks; None if it was not begun."""
        folder = self._entry(PREDICTIONS, model, dataset, provenance)
        return arrays.missing_shards(folder) if (folder / arrays.METADATA).is_file() else None

    def writer(
        self,
        model: str,
        dataset: str,
        *,
        kind: Kind,
        labels: NDArray[np.int64],
        image_ids: NDArray[Any],
        width: int,
        dtype: StoredDtype,
        provenance: Mapping[str, str],
        shard_images: int = SHARD_IMAGES,
    ) -> EntryWriter:
        """Begin an entry, or go on with one that was begun.

        Parameters
        ----------
        model, dataset : str
            Any names.
        kind : "embeddings" or "logits"
            What the values are.
        labels, image_ids : arrays (images, ...) and (images,)
            As in `Predictions`.
        width : int
            Classes, or width of the embedding.
        dtype : "float16" or "float32"
            How values are stored.
        provenance : mapping of str to str
            Hashes of all that makes the values; the entry's identity.
        shard_images : int
            Images in one shard.

        Raises
        ------
        ClipsafeError
            If an entry of the same provenance was begun with other images, type or shards.
        """
        shape = (len(image_ids), width)
        shard_rows = min(shard_images, len(image_ids))
        described = {
            "model": model,
            "dataset": dataset,
            "kind": kind,
            "images": write_images(self.folder, dataset, labels, image_ids).name,
            "provenance": dict(sorted(provenance.items())),
            "shape": list(shape),
            "dtype": dtype,
            "shard_images": shard_rows,
        }
        folder = self._entry(PREDICTIONS, model, dataset, provenance)
        if not folder.exists():
            with arrays.staging(self.folder) as staged:
                arrays.create_array(staged / "entry", shape, dtype, shard_rows, described)
                arrays.move_folder(staged / "entry", folder)
        _check_same(folder, described)
        return EntryWriter(self.folder, folder, shape, dtype, shard_rows)

    def write(self, predictions: Predictions) -> None:
        """Write the whole of a small entry; one that is there already is left as it is.

        Raises
        ------
        ClipsafeError
            As in `writer` and `EntryWriter.write`.
        """
        writer = self.writer(
            predictions.model,
            predictions.dataset,
            kind=predictions.kind,
            labels=predictions.labels,
            image_ids=predictions.image_ids,
            width=predictions.values.shape[1],
            dtype="float16" if predictions.values.dtype == np.float16 else "float32",
            provenance=predictions.provenance,
            shard_images=len(predictions.image_ids),
        )
        for shard in writer.missing:
            writer.write(shard, predictions.values[writer.rows(shard)])

    def read(self, model: str, dataset: str, provenance: Mapping[str, str] | None = None) -> Predictions:
        """Read one finished entry into memory.

        Parameters
        ----------
        model, dataset : str
            Their names.
        provenance : mapping of str to str, optional
            Which entry, where there may be several; may be left out where there is one.

        Raises
        ------
        ClipsafeError
            If there is no such entry, or several, or it is not finished, or damaged.
        """
        folder = self._find(PREDICTIONS, model, dataset, provenance)
        missing = arrays.missing_shards(folder)
        if missing:
            raise ClipsafeError(f"{folder}: {len(missing)} shards are missing; run the prediction again.")
        described = arrays.read_metadata(folder)["attributes"]
        images = self._read_images(dataset, described["images"])
        return Predictions(
            described["model"],
            described["dataset"],
            described["kind"],
            arrays.read_array(folder),
            images.labels,
            images.image_ids,
            described["provenance"],
        )

    def models(self) -> tuple[str, ...]:
        """Return the names of the models that have any entry, sorted."""
        return _names(self.folder / PREDICTIONS)

    def datasets(self, model: str) -> tuple[str, ...]:
        """Return the names of the data sets for which the model has a finished entry, sorted."""
        root = self.folder / PREDICTIONS / arrays.folder_name(model)
        return tuple(name for name in _names(root) if any(map(_is_finished, _entries(root, name))))

    def has_classifier(self, model: str, prompt_set: str, provenance: Mapping[str, str]) -> bool:
        """Return whether the classifier is there."""
        return self._entry(CLASSIFIERS, model, prompt_set, provenance).is_dir()

    def write_classifier(
        self,
        model: str,
        prompt_set: str,
        values: NDArray[np.floating[Any]],
        logit_scale: float,
        provenance: Mapping[str, str],
    ) -> None:
        """Write a zero-shot classifier (classes, width) in float32; one that is there stays as it is.

        Raises
        ------
        ClipsafeError
            If a value is not finite or the file cannot be written.
        """
        folder = self._entry(CLASSIFIERS, model, prompt_set, provenance)
        if folder.exists():
            return
        described = {"logit_scale": logit_scale, "provenance": dict(sorted(provenance.items()))}
        stored = storable(values, np.dtype("float32"), str(folder))
        with arrays.staging(self.folder) as staged:
            arrays.create_array(staged / "entry", stored.shape, "float32", len(stored), described)
            arrays.write_shard(staged / "entry", 0, stored)
            arrays.move_folder(staged / "entry", folder)

    def read_classifier(
        self, model: str, prompt_set: str, provenance: Mapping[str, str] | None = None
    ) -> Classifier:
        """Read a zero-shot classifier.

        Raises
        ------
        ClipsafeError
            As in `read`.
        """
        folder = self._find(CLASSIFIERS, model, prompt_set, provenance)
        described = arrays.read_metadata(folder)["attributes"]
        return Classifier(arrays.read_array(folder), described["logit_scale"], described["provenance"])

    def prompt_sets(self, model: str) -> tuple[str, ...]:
        """Return the names of the prompt sets for which the model has a classifier, sorted."""
        return _names(self.folder / CLASSIFIERS / arrays.folder_name(model))

    def _entry(self, part: str, model: str, name: str, provenance: Mapping[str, str]) -> Path:
        identity = hashlib.sha256(json.dumps(dict(provenance), sort_keys=True).encode()).hexdigest()
        folder = self.folder / part / arrays.folder_name(model) / arrays.folder_name(name)
        return folder / f"{identity[:16]}.zarr"

    def _find(self, part: str, model: str, name: str, provenance: Mapping[str, str] | None) -> Path:
        if provenance is not None:
            return self._entry(part, model, name, provenance)
        root = self.folder / part / arrays.folder_name(model)
        found = _entries(root, name)
        finished = [folder for folder in found if _is_finished(folder)] or found
        if not finished:
            raise ClipsafeError(f"{root / arrays.folder_name(name)}: no {part} of {model!r} on {name!r}.")
        if len(finished) > 1:
            names = ", ".join(folder.name for folder in finished)
            raise ClipsafeError(
                f"{finished[0].parent}: {len(finished)} entries of different provenance ({names}); "
                "remove those that are out of date."
            )
        return finished[0]

    def _read_images(self, dataset: str, identity: str) -> ImagesTable:
        folder = self.folder / "images" / arrays.folder_name(dataset) / identity
        if folder not in self._images:
            self._images[folder] = read_images(folder)
        return self._images[folder]


def _check_same(folder: Path, described: Mapping[str, object]) -> None:
    there = arrays.read_metadata(folder)["attributes"]
    other = [name for name in described if there.get(name) != described[name]]
    if other:
        raise ClipsafeError(
            f"{folder}: begun with other {', '.join(other)}; remove the folder to begin anew."
        )


def _names(root: Path) -> tuple[str, ...]:
    return tuple(sorted(arrays.plain_name(path.name) for path in root.iterdir())) if root.is_dir() else ()


def _entries(root: Path, name: str) -> list[Path]:
    return sorted((root / arrays.folder_name(name)).glob("*.zarr"))


def _is_finished(folder: Path) -> bool:
    return not arrays.missing_shards(folder)

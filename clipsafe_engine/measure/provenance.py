"""What made the predictions of a model, found without reading any of them, and hashes of plain data."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.measuring.plan import Plan

if TYPE_CHECKING:
    from clipsafe_engine.predict.store import PredictionStore

WEIGHTS = "weights"
"""The entry of a provenance that holds the hash of the weights."""

Described = dict[str, Any]

_SHOWN = 12


def described_predictions(
    store: "PredictionStore", model: str, plan: Plan, expected: Mapping[str, str]
) -> dict[str, Described]:
    """Return what is said of every entry that a plan needs of a model, by data set or prompts.

    Parameters
    ----------
    store : PredictionStore
        Where the predictions are.
    model : str
        Name of the model.
    plan : Plan
        What is to be measured.
    expected : mapping of str to str
        What the provenance of every prediction must hold. All entries must be of the same weights anyway.

    Raises
    ------
    ClipsafeError
        If an entry is missing or unfinished, or was made by something else.
    """
    datasets = [images.dataset for images in plan.image_sets]
    found = {name: _describe(store, "predictions", model, name) for name in datasets}
    weights = next(iter(found.values()))["provenance"].get(WEIGHTS, "")
    for name, described in found.items():
        check_provenance(
            described["provenance"], {WEIGHTS: weights, **expected}, f"{store.folder}: {model!r} on {name!r}"
        )
    if any(described["kind"] == "embeddings" for described in found.values()):
        for name in plan.classifiers:
            described = _describe(store, "classifiers", model, name)
            place = f"{store.folder}: {model!r} with the prompts {name!r}"
            check_provenance(described["provenance"], {WEIGHTS: weights}, place)
            found[f"prompts {name}"] = described
    return found


def check_provenance(provenance: Mapping[str, str], expected: Mapping[str, str], place: str) -> None:
    """Refuse what was made by something else than expected.

    Raises
    ------
    ClipsafeError
        If an entry of the provenance differs.

    Examples
    --------
    >>> check_provenance({"weights": "0f"}, {"weights": "1f"}, "'m' on 'v2'")
    Traceback (most recent call last):
    clipsafe_utils.errors.ClipsafeError: 'm' on 'v2' was made with weights 0f, expected 1f; predict again.
    """
    for key, value in expected.items():
        made_with = provenance.get(key, "")
        if made_with != value:
            raise ClipsafeError(
                f"{place} was made with {key} {made_with[:_SHOWN] or 'unknown'}, expected {value[:_SHOWN]}; "
                "predict again."
            )


def _describe(store: "PredictionStore", part: str, model: str, name: str) -> Described:
    from clipsafe_engine.predict import arrays

    folder = store._find(part, model, name, None)
    missing = arrays.missing_shards(folder)
    if missing:
        raise ClipsafeError(f"{folder}: {len(missing)} shards are missing; predict again.")
    described: Described = arrays.read_metadata(folder)["attributes"]
    return described


def digest(value: object) -> str:
    """Hash plain data: text, numbers, arrays, and dataclasses, mappings and sequences of such.

    Returns
    -------
    str
        64 hexadecimal digits.

    Examples
    --------
    >>> digest({"a": np.arange(2)}) == digest({"a": np.arange(2)})
    True
    >>> digest({"a": np.arange(2)}) == digest({"a": np.arange(3)})
    False
    """
    if isinstance(value, np.ndarray):
        content = value.tobytes() if value.dtype.kind != "O" else repr(value.tolist()).encode()
        return _sha256(f"array {value.dtype.str} {value.shape} ".encode() + content)
    if is_dataclass(value):
        return digest({item.name: getattr(value, item.name) for item in fields(value)})
    if isinstance(value, Mapping):
        return _sha256(json.dumps([[str(key), digest(inner)] for key, inner in value.items()]).encode())
    if isinstance(value, Sequence) and not isinstance(value, str):
        return _sha256(json.dumps([digest(inner) for inner in value]).encode())
    return _sha256(f"{type(value).__name__} {value!r}".encode())


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()

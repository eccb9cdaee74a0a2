"""Who the models of the zoo are: from the list of trained models to the records of the cubes."""

import json
from collections.abc import Mapping
from pathlib import Path

from clipsafe_engine.lab.measure.records import NONE, ModelRecord
from clipsafe_engine.lab.predict.sets import model_name, own_source
from clipsafe_engine.lab.training.ledger import Row
from clipsafe_engine.lab.training.weights import count_parameters

LOSSES = {
    "clip": "CLIP's contrastive loss",
    "labels": "cross-entropy on true labels",
    "caption_labels": "cross-entropy on labels read off captions",
    "average": "none: average of two models' weights",
}


def evaluated(ledger: Mapping[str, Row]) -> list[Row]:
    """Return the models that are measured: all but the references and what only serves as a start.

    Examples
    --------
    >>> evaluated({})
    []
    """
    return [row for row in ledger.values() if row.group or row.rung or row.knob]


def record_of(ledger: Mapping[str, Row], row: Row, weights: Path) -> ModelRecord:
    """Say who a model is.

    A model and what was made of it are one family: nothing else in the zoo shares more than the world, the
    source and the choices that its row names.

    Parameters
    ----------
    ledger : mapping of str to Row
        Holds what the model started from.
    row : Row
        The model.
    weights : Path
        Folder of its weight file.

    Raises
    ------
    ClipsafeError
        If the weight file is missing or damaged.

    Examples
    --------
    >>> from clipsafe_engine.lab.training.recipe import Recipe
    >>> row = Row.of(Recipe("mine", "resnet_xs", "wit", "clip", rung="d"), "ab12", 0.9, 60.0)
    >>> record_of({"mine": row}, row, Path("nowhere"))
    Traceback (most recent call last):
    ...
    clipsafe_utils.errors.ClipsafeError: nowhere/mine.safetensors: there is no such weight file.
    """
    chain = _chain(ledger, row)
    first = chain[0]
    tuned = [f"{one.source}, {one.images:,} images" for one in chain[1:] if one.loss != "average"]
    of_clip = first.loss == "clip"
    return ModelRecord(
        model=model_name(row),
        weights=row.weights,
        group=row.group or "control",
        training_source=first.source,
        training_images=first.images,
        samples_seen=sum(one.samples for one in chain if one.loss != "average"),
        architecture=row.architecture,
        family=first.name,
        checkpoint=row.name,
        parameters=count_parameters(weights / f"{row.name}.safetensors"),
        image_size=32,
        pretraining=NONE if len(chain) == 1 or of_clip else f"{first.source}, {first.loss}",
        fine_tuning=" then ".join(tuned) if of_clip and tuned else NONE,
        reference=f"clipsafe train {row.training_group} --only {row.name}",
        rung=row.rung or NONE,
        knob=row.knob or NONE,
        level=row.level,
        seed=row.seed,
        loss=LOSSES[row.loss],
        source=_source(row),
        own_images=own_source(row),
        shipped=bool(row.group),
    )


def _chain(ledger: Mapping[str, Row], row: Row) -> list[Row]:
    """Return a model and all that it started from, the first one first."""
    # The average of two stands in the place of its fine-tuned half.
    start = row.average_with or row.start
    return [*_chain(ledger, ledger[start]), row] if start else [row]


def _source(row: Row) -> str:
    parts = [row.source]
    if row.captions:
        parts.append(f"captions {row.captions}")
    parts += [f"{knob} {level:g}" for knob, level in json.loads(row.knobs).items()]
    return ", ".join(parts)

"""What a class sees of animals alone: standard networks of the record on five of the sixteen classes."""

from collections.abc import Mapping
from typing import Any

from clipsafe_utils.chapters.teaching.plans import ANIMALS
from clipsafe_utils.findings.shape.observers import Observers
from clipsafe_utils.findings.shape.result import shape_bias
from clipsafe_utils.parameters import check_parameters
from clipsafe_utils.say import Value


def on_animals() -> Observers:
    """Return by what standard networks decide on animals."""
    return _standard(ANIMALS.values)


def more_by_texture(animals: Observers) -> str:
    """Say whether the mean shape bias of `on_animals` is lower than that on all classes: `yes` or `no`.

    Examples
    --------
    >>> more_by_texture(on_animals())
    'yes'
    """
    some, every = animals.bias, _standard({}).bias
    assert isinstance(some, Value)
    assert isinstance(every, Value)
    return "yes" if some.estimate < every.estimate else "no"


def _standard(values: Mapping[str, Any]) -> Observers:
    return shape_bias(check_parameters("shape-bias", {"studies": ["published"], **values})).standard

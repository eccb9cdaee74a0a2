"""Checking the catalogue against the installed libraries, without weights, memory or network."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from clipsafe_engine.models.loading import library_of
from clipsafe_utils.registry.catalogue import ModelEntry

ROUNDING = 5_000
"""Parameters are published in millions with two decimals: half a step."""


@dataclass(frozen=True)
class Resolution:
    """What the installed libraries make of an entry.

    Attributes
    ----------
    name : str
        The model.
    source : str
        What holds its weights: ``open_clip tag``, ``timm weights``, ``hub file`` or ``own file``.
    parameters, input_size : int or None
        Of the network as built; None where it cannot be built.
    fault : str or None
        Where this is not what the catalogue says, in words.
    """

    name: str
    source: str
    parameters: int | None = None
    input_size: int | None = None
    fault: str | None = None


def resolve(entry: ModelEntry) -> Resolution:
    """Build a model on the meta device and compare it with its entry.

    Examples
    --------
    >>> from clipsafe_utils.registry.catalogue import catalogue
    >>> resolve(catalogue()["ViT-B-32.laion2b_s34b_b79k"]).parameters
    151277313
    """
    library = library_of(entry)
    source = _source(entry)
    fault = library.fault_of(entry)
    if fault:
        return Resolution(entry.name, source, fault=fault)
    try:
        network = library.build(entry, device="meta")
        input_size = library.input_size_of(network)
    except Exception as error:  # Whatever a library raises is a fault of this row, not of the check.
        return Resolution(entry.name, source, fault=f"cannot be built ({type(error).__name__}: {error})")
    parameters = sum(parameter.numel() for parameter in network.parameters())
    return Resolution(entry.name, source, parameters, input_size, _difference(entry, parameters, input_size))


def resolve_all(entries: Iterable[ModelEntry], advance: Callable[[str], object] = str) -> list[Resolution]:
    """Check entries one after another, calling `advance` with the name of each that is done.

    Examples
    --------
    >>> from clipsafe_utils.registry.catalogue import catalogue
    >>> [found.source for found in resolve_all([catalogue()["vgg16_bn.tv_in1k"]])]
    ['timm weights']
    """
    found = []
    for entry in entries:
        found.append(resolve(entry))
        advance(entry.name)
    return found


def _source(entry: ModelEntry) -> str:
    if entry.own_file:
        return "own file"
    if entry.hub_repository:
        return "hub file"
    return "open_clip tag" if entry.library == "open_clip" else "timm weights"


def _difference(entry: ModelEntry, parameters: int, input_size: int) -> str | None:
    if input_size != entry.input_size:
        return f"takes {input_size} pixels, the catalogue says {entry.input_size}"
    if entry.parameters is not None and abs(parameters - entry.parameters) > ROUNDING:
        return f"has {parameters:,} parameters, the catalogue says {entry.parameters:,}"
    return None

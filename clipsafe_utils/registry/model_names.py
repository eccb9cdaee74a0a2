"""The one short name of a model, which figures, charts, tables and sentences share."""

import re
from collections import Counter
from collections.abc import Sequence

_EVALUATION = re.compile(r"(@| \((?!stylised\))| as ).*$", re.DOTALL)
"""What stands behind the name of a network; `chosen.js` has the same."""


def short_names(models: Sequence[str], checkpoints: Sequence[str]) -> list[str]:
    """Return the short names of the models of a frame, in their order.

    A model is called by its checkpoint. Where several rows are evaluations of one checkpoint, what tells them
    apart stands behind: image size, read-out and prompts, the source of the row, and its name there.

    Parameters
    ----------
    models : sequence of str
        As cubes name them: `source:name@size/read_out/prompt_set`.
    checkpoints : sequence of str
        Of the same models.

    Examples
    --------
    >>> short_names(["a:rn50_clip", "b:RN50"], ["RN50.openai", "RN50.openai"])
    ['RN50.openai (a)', 'RN50.openai (b)']
    >>> short_names(["timm:vit@224", "timm:vit@384", "study:x"], ["vit", "vit", "study:x"])
    ['vit@224', 'vit@384', 'x']
    """
    plain = [_called(checkpoint.split(":", 1)[-1]) for checkpoint in checkpoints]
    for behind in (_variant, _source, _name):
        shared = Counter(plain)
        plain = [
            name + behind(model) if shared[name] > 1 else name
            for name, model in zip(plain, models, strict=True)
        ]
    return plain


def network_of(name: str) -> str:
    """Return the name of the network of a short name, without what tells its evaluations apart.

    Examples
    --------
    >>> [network_of(name) for name in ("vit@384", "RN50.openai (a) as RN50", "resnet50 (stylised) (a)")]
    ['vit', 'RN50.openai', 'resnet50 (stylised)']
    """
    return _EVALUATION.sub("", name)


def _called(name: str) -> str:
    """Give people and networks of one source the names by which they are spoken of."""
    if (subject := re.fullmatch(r"subject-(\d{1,9})", name, re.ASCII)) is not None:
        return f"person {int(subject[1])}"
    if (stylised := re.fullmatch(r"(.+)-train-60-epochs(?:-lr[\d.]+)?", name)) is not None:
        return f"{stylised[1]} (stylised)"
    return name


def _variant(model: str) -> str:
    _, at, variant = model.partition("@")
    return at + variant


def _source(model: str) -> str:
    source, colon, _ = model.partition(":")
    return f" ({source})" if colon else ""


def _name(model: str) -> str:
    return f" as {model.split(':', 1)[-1]}"

"""Every public name of a package: how it is called, and what it says of itself."""

import html
import inspect
import re
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from types import ModuleType

from clipsafe_utils.show.shown import Shown


def reference(package: ModuleType) -> Shown:
    """List the public names of a package, each with its signature, what it does, and its folded docstring."""
    entries = (_entry(getattr(package, name), name) for name in package.__all__)
    return Shown("".join(f'<div class="api-entry">{entry}</div>' for entry in entries))


def _entry(public: object, name: str) -> str:
    if not callable(public):
        return f"<p><code>{html.escape(name)}</code></p>"
    first, _, rest = (inspect.getdoc(public) or "").partition("\n")
    text = "\n\n".join(part for part in (rest.strip(), _methods(public)) if part)
    head = f"<p><code>{html.escape(name + _call(public))}</code><br>{_sentence(first)}</p>"
    if not text:
        return head
    pre = f'<pre tabindex="0">{html.escape(text)}</pre>'
    return f"{head}<details><summary>{html.escape(name)} in full</summary>{pre}</details>"


def _sentence(text: str) -> str:
    """Write the first line of a docstring, names in it as code."""
    return re.sub(r"(`+)([^`]+)\1", r"<code>\2</code>", html.escape(text))


def _methods(public: object) -> str:
    """List the public methods and properties that a class defines, a line each."""
    if not inspect.isclass(public):
        return ""
    described = {
        name: inspect.getdoc(value)
        for name, value in vars(public).items()
        if name[0] != "_" and (inspect.isroutine(value) or isinstance(value, (property, cached_property)))
    }
    lines = [f"{name}: {text.splitlines()[0]}" for name, text in described.items() if text]
    return "\n".join(["Methods", "-------", *lines]) if lines else ""


def _call(public: Callable[..., object]) -> str:
    """Write how a function or class is called, without types: the docstring has them."""
    parameters = inspect.signature(public).parameters.values()
    call = str(inspect.Signature([_bare(parameter) for parameter in parameters]))
    return call.replace("=Ellipsis", "=...")


def _bare(parameter: inspect.Parameter) -> inspect.Parameter:
    """Drop the type of a parameter, and a default that is a place on this machine."""
    has_place = isinstance(parameter.default, Path)
    default = Ellipsis if has_place else parameter.default
    return parameter.replace(annotation=inspect.Parameter.empty, default=default)

"""A card as text, Markdown, JSON, and the block that model hubs read."""

import json
import math
from typing import Any

import yaml

from clipsafe_utils.cards.card import NOT_A_CERTIFICATE, NOT_CHECKED, Card, Line
from clipsafe_utils.cards.placing import WINDOW, Place
from clipsafe_utils.cards.use import RULES
from clipsafe_utils.cards.wording import HEADINGS, about, cells_of, title_of, titled, unknown, ways
from clipsafe_utils.say import Missing, Value


def as_markdown(card: Card) -> str:
    """Write a card in Markdown, a table a part."""
    parts = [f"# {_plain(title_of(card))}", NOT_A_CERTIFICATE, *about(card)]
    seen = ""
    for _, cells in cells_of(card):
        if cells.part != seen:
            seen = cells.part
            parts.append(f"## {seen}\n\n| {' | '.join(HEADINGS)} |\n|{' --- |' * len(HEADINGS)}")
        title = f"{cells.title} ({cells.kind})" if cells.kind else cells.title
        row = (title, cells.value, cells.place, cells.equal, cells.use)
        parts[-1] += f"\n| {' | '.join(map(_plain, row))} |"
    for heading, items in (
        ("Not known", unknown(card)),
        ("Not checked", NOT_CHECKED),
        ("How the intervals of the ranks are made", ways(card)),
        ("How the sentences are chosen", RULES),
    ):
        if items:
            parts.append(f"## {heading}\n\n" + "\n".join(f"- {_plain(item)}" for item in items))
    return "\n\n".join(parts) + "\n"


def rows_of(card: Card) -> list[dict[str, str]]:
    """Return the rows of a table for the terminal."""
    return [
        dict(zip(HEADINGS, (titled(cells.title, cells.kind), *row), strict=True))
        for _, cells in cells_of(card)
        for row in [(cells.value, cells.place, cells.equal, cells.use)]
    ]


def as_json(card: Card) -> dict[str, Any]:
    """Return a card as plain values; what is missing gives its reason."""
    return {
        "model": card.model,
        "checkpoint": card.checkpoint,
        "group": card.group,
        "among": card.among,
        "study": card.study,
        "in_record": list(card.in_record),
        "window": WINDOW,
        "lines": [_line(line) for line in card.lines],
        "not_checked": list(NOT_CHECKED),
        "rules": list(RULES),
        "note": NOT_A_CERTIFICATE,
    }


def as_text_of_json(card: Card) -> str:
    """Write that as text."""
    return json.dumps(as_json(card), indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def as_model_index(card: Card) -> str:
    """Write the block `model-index` of a model's page on a hub: measured values alone, shares in percent."""
    results: dict[str, dict[str, Any]] = {}
    for line in card.measured:
        name, split = _data_set(line)
        result = results.setdefault(
            name,
            {
                "task": {"type": "image-classification"},
                "dataset": {"name": name, "type": name.lower().replace(" ", "-"), "split": split},
                "metrics": [],
            },
        )
        result["metrics"].append(_metric(line))
    index = {"model-index": [{"name": title_of(card), "results": list(results.values())}]}
    return str(yaml.safe_dump(index, sort_keys=False, allow_unicode=True))


def _plain(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;").replace("\n", " ")


def _line(line: Line) -> dict[str, Any]:
    texts = {name: getattr(line, name) for name in ("key", "part", "title", "best", "kind", "row")}
    return texts | {
        "value": _value(line.value),
        "chance": line.chance,
        "place": _value(line.place),
        "height": _value(line.height),
        "p_value": line.p_value,
        "verdict": line.verdict,
        "equal": _value(line.equal),
        "use": line.use,
    }


def _value(one: Value | Place | Missing) -> dict[str, Any]:
    if isinstance(one, Missing):
        return {"missing": one.reason}
    names = ("rank", "low", "high", "of", "among", "way")
    if isinstance(one, Value):
        names = ("estimate", "low", "high", "scale")  # type: ignore[assignment]
    return {name: _finite(getattr(one, name)) for name in names}


def _finite(number: Any) -> Any:
    return None if isinstance(number, float) and not math.isfinite(number) else number


_SETS = {"Accuracy": "ImageNet-1k", "Shape or texture": "cue conflict", "Calibration": "ImageNet-1k"}


def _data_set(line: Line) -> tuple[str, str]:
    """Return the set that a line speaks of, as a hub would list it, and its split."""
    if line.part == "Visual factors":
        return "ImageNet-X", "validation"
    if line.part == "Unknown images":
        return line.title.partition(",")[0], "test"
    split = "validation" if line.part in ("Accuracy", "Calibration") else "test"
    return _SETS.get(line.part, line.title), split


def _metric(line: Line) -> dict[str, Any]:
    assert isinstance(line.value, Value)
    is_share = line.value.scale in ("share", "difference")
    scale = 100 if is_share else 1
    metric = {
        "type": _type(line.key),
        "name": f"{titled(line.title, line.kind)}{', percent' if is_share else ''}",
        "value": round(scale * line.value.estimate, 3),
    }
    if line.value.has_interval:
        ends = [round(scale * end, 3) for end in (line.value.low, line.value.high)]
        metric["args"] = {"interval_95": ends}
    return metric


def _type(key: str) -> str:
    """Return the type of a metric: the first word of what no hub knows better."""
    first, *rest = key.split(":")
    if first in ("factor", "shift"):
        return "accuracy"
    return rest[-1] if first == "ood" else first

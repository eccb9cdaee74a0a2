"""The view of each model of the record: its card and what each evaluation of it gave, for a script."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from clipsafe_utils.cards.card import NOT_A_CERTIFICATE, Card
from clipsafe_utils.cards.making import cards
from clipsafe_utils.cards.measured import evaluations, models_of
from clipsafe_utils.cards.properties import properties_of
from clipsafe_utils.cards.wording import about, cells_of, kind_in_words, titled, unknown
from clipsafe_utils.cubes.studies import Study, find_study, list_studies
from clipsafe_utils.importing.recognising import RECORD
from clipsafe_utils.registry.model_names import network_of, short_names
from clipsafe_utils.say import Value

SHARDS = 23
"""Into so many scripts views are dealt, so that a reader loads few; `model-view.js` has the same number."""

PAGES = {
    "Accuracy": "03-distribution-shift",
    "Visual factors": "01-factor-robustness",
    "Shape or texture": "02-shape-bias",
    "Distribution shift": "03-distribution-shift",
    "Unknown images": "04-ood-correlation",
    "Calibration": "05-calibration",
}
"""By part of a card the chapter on it."""

View = list[Any]
"""Lists of texts: checkpoint, notes, parts of the card, what is unknown, evaluations."""

_NUMBER = re.compile(r"(?<![^\s(])[+−]?\d+(?:\.\d+)?(?!,\d|[\w.:@/-])")
_SLOT = "#"


def views() -> dict[str, list[View]]:
    """Make the views of all models of the record, by the name of the network.

    A few names are those of several networks that no source tells apart; such a name has a view of each.
    """
    evaluated = _evaluated(find_study(RECORD))
    found: dict[str, list[View]] = {}
    for card in cards():
        name = network_of(*short_names([card.model], [card.checkpoint]))
        found.setdefault(name, []).append(_view(card, evaluated.get(card.checkpoint, [])))
    return found


def names_of_networks() -> list[str]:
    """Return the names of the networks of all studies, as the table of models and all charts have them."""
    names: set[str] = set()
    for study in list_studies():
        if study.has("models"):
            models = study.read("models")
            rows = (models[name].values.tolist() for name in ("model", "checkpoint"))
            names.update(map(network_of, short_names(*rows)))
    return sorted(names)


def write_views(folder: Path) -> None:
    """Write the scripts that a page loads once a model is chosen: all names, and the views in shards."""
    folder.mkdir(parents=True, exist_ok=True)
    shards: list[dict[str, list[View]]] = [{} for _ in range(SHARDS)]
    for name, of_name in views().items():
        shards[shard_of(name)][name] = of_name
    for number, shard in enumerate(shards):
        words: dict[str, int] = {}
        stored = {name: _stored(of_name, words) for name, of_name in shard.items()}
        _write_script(folder / f"{number}.js", {"words": list(words), "views": stored})
    _write_script(folder / "names.js", names_of_networks())


def shard_of(name: str) -> int:
    """Return the number of the script that has the view of a network.

    Examples
    --------
    >>> shard_of("ab") == (31 * ord("a") + ord("b")) % SHARDS
    True
    """
    number = 0
    for letter in name:
        number = (31 * number + ord(letter)) % SHARDS
    return number


def _write_script(file: Path, data: object) -> None:
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    file.write_text(f"(window.modelViews ??= {{}})[{json.dumps(file.stem)}]={text};\n", encoding="utf-8")


def _stored(one: Any, words: dict[str, int]) -> Any:
    """Replace each text by its place in a list of words; its numbers, which differ most, stand behind."""
    if not isinstance(one, str):
        return [_stored(part, words) for part in one]
    numbers = [] if _SLOT in one else _NUMBER.findall(one)
    place = words.setdefault(_NUMBER.sub(_SLOT, one) if numbers else one, len(words))
    return " ".join([str(place), *numbers]) if numbers else place


def _view(card: Card, evaluated: list[Any]) -> View:
    parts: dict[str, list[list[str]]] = {}
    for _, cells in cells_of(card):
        line = [titled(cells.title, cells.kind), cells.value, cells.place, cells.equal, cells.use]
        parts.setdefault(cells.part, []).append(line)
    _, *how_to_read = about(card)
    return [
        card.checkpoint,
        [NOT_A_CERTIFICATE, *how_to_read],
        [[part, PAGES[part], lines] for part, lines in parts.items()],
        unknown(card),
        evaluated,
    ]


def _evaluated(study: Study) -> dict[str, list[Any]]:
    """Return by checkpoint its evaluations: row of the cubes, reference, and properties with their values."""
    models = study.read("models").sel(model=models_of(study)["row"].to_numpy())
    reference, checkpoint = (models[name].to_series().to_dict() for name in ("reference", "checkpoint"))
    properties: dict[str, list[list[str]]] = {}
    for title, values in (*_of_cards(study), *_of_other_cubes(study)):
        for row, value in values.items():
            properties.setdefault(row, []).append([title, value])
    found: dict[str, list[Any]] = {}
    for row, of_row in properties.items():
        if row in checkpoint:
            found.setdefault(checkpoint[row], []).append([row, reference[row], of_row])
    return found


_Values = Iterator[tuple[str, dict[str, str]]]


def _of_cards(study: Study) -> _Values:
    """Read the properties of cards in the order of these, each in all the ways in which it was measured."""
    read = list(evaluations(study))
    sets = [key.split(":")[1] for key, _, _ in read if key.startswith("ood:")]
    for one in properties_of(sets):
        for key, kind, column in read:
            if key == one.key:
                rows = column.rows.dropna(subset="value")
                numbers = zip(rows["row"], rows["value"], rows["low"], rows["high"], strict=True)
                yield (
                    titled(one.title, kind_in_words(key, kind)),
                    {
                        row: str(Value(at, low, high, scale=one.scale).in_full())
                        for row, at, low, high in numbers
                    },
                )


def _of_other_cubes(study: Study) -> _Values:
    """Read what cards leave out: skill on images that keep little, and images found for a text."""
    if study.has("sixteen_way"):
        cube = study.read("sixteen_way")
        for name in cube["set"].values.tolist():
            here = cube.sel(set=name, drop=True)
            yield f"right among sixteen classes, {name}", _shares((here["hits"] / here["images"]).to_series())
    if study.has("retrieval"):
        recall = study.read("retrieval")["recall_at_1"]
        for name in recall["set"].values.tolist():
            for direction in recall["direction"].values.tolist():
                title = f"{name}, recall at 1, {direction.replace('_', ' ')}"
                yield title, _shares(recall.sel(set=name, direction=direction, drop=True).to_series())


def _shares(values: pd.Series) -> dict[str, str]:
    return {str(row): str(Value(value).in_full()) for row, value in values.dropna().items()}

"""What a card says, in words: the same cells for the terminal, Markdown and HTML."""

from collections.abc import Iterator
from dataclasses import dataclass

from clipsafe_utils.cards.card import Card, Line
from clipsafe_utils.cards.placing import EVERYONE, FEWEST, WINDOW, Place
from clipsafe_utils.cards.properties import OF_ALL, SHIFTS
from clipsafe_utils.registry.groups import GROUPS
from clipsafe_utils.registry.set_names import shift_title
from clipsafe_utils.say import Value, listed

HEADINGS = ("Property", "Value (95 %)", "Place", "At equal accuracy", "For use")


@dataclass(frozen=True)
class Cells:
    """One line of a card in words; empty where there is nothing to say."""

    part: str
    title: str
    kind: str
    value: str
    place: str
    equal: str
    use: str


def cells_of(card: Card) -> Iterator[tuple[Line, Cells]]:
    """Write each measured line of a card."""
    for line in card.measured:
        assert isinstance(line.value, Value)
        equal = _place(line.equal, card)
        if isinstance(line.height, Value):
            equal = f"{line.height.points()} points, {line.verdict}; {equal}"
        yield (
            line,
            Cells(
                line.part,
                line.title,
                kind_in_words(line.key, line.kind),
                str(line.value.in_full()),
                _place(line.place, card),
                equal,
                line.use,
            ),
        )


def title_of(card: Card) -> str:
    """Return the name of the model without what cubes put before it."""
    return card.model.partition(":")[2] if card.checkpoint == card.model else card.checkpoint


def about(card: Card) -> list[str]:
    """Say who the model is, and how the card is to be read."""
    counted = ""
    if card.in_record:
        counted = f" The record has it already, as {listed(card.in_record)}; it is counted once."
    return [
        f"Group: {GROUPS[card.group]}. Values of the study {card.study}, beside the public record.{counted}",
        f"Place: its rank among the record's {card.among} measured in the same way, counting itself, or "
        f"among {EVERYONE} where there are fewer than {FEWEST} others. Rank 1 is the best, or the highest "
        "where neither end is better. In brackets: the range of the true rank, from simultaneous intervals "
        "of all differences.",
        f"At equal accuracy: rank among those within {100 * WINDOW:g} points of its accuracy on ImageNet. "
        "For factors and shifts the rank is by points above the line of the record's standard networks; "
        "beside it stands whether these are above, within or below the range of new standard families.",
    ]


def ways(card: Card) -> list[str]:
    """Say where the intervals of the ranks are from, with the properties of each way."""
    found: dict[str, list[str]] = {}
    for line in card.measured:
        if isinstance(line.place, Place):
            found.setdefault(line.place.way, []).append(line.title)
    return [f"{way}: {', '.join(titles)}" for way, titles in found.items()]


def unknown(card: Card) -> list[str]:
    """Say what was not measured, and why."""
    return [f"{', '.join(titles)}: {reason}" for reason, titles in card.unknown.items()]


def _place(place: object, card: Card) -> str:
    if not isinstance(place, Place):
        return getattr(place, "reason", "")
    return f"{place}" if place.among == card.among else f"{place}, {place.among}"


def titled(title: str, kind: str) -> str:
    """Name a property with the way in which it was measured.

    Examples
    --------
    >>> titled("ImageNet-A", "chosen among 1,000 classes"), titled("ImageNet-A", "")
    ('ImageNet-A (chosen among 1,000 classes)', 'ImageNet-A')
    """
    return f"{title} ({kind})" if kind else title


def kind_in_words(key: str, kind: str) -> str:
    """Say how a property was measured; empty where that is the usual way.

    Examples
    --------
    >>> kind_in_words("shift:a", "a_of_1000")
    'chosen among 1,000 classes'
    """
    if kind.endswith(OF_ALL):
        return "chosen among 1,000 classes"
    if key in SHIFTS:
        return "" if kind == SHIFTS[key][0] else shift_title(kind)
    return kind.replace("_", " ")

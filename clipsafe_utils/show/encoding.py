"""One colour and one mark mean one thing in the whole book: the registry of looks.

A group of models has a hue and a mark. A training source has a step of one other hue and a mark. A loss has a
line style, in ink. What a reader brought has a colour of its own. A label of the ledger that speaks of more
than one or two networks has one of two hues, for and against. Panels tell studies apart, never colours.
"""

from dataclasses import dataclass
from typing import Literal

from clipsafe_utils.cubes import GROUPS

Line = Literal["-", "--", ":"]

INK = "#010203"
"""Stands for the colour of the page's text, and is replaced by it."""


@dataclass(frozen=True)
class Look:
    """How the marks of one meaning are drawn, and what the legend calls them."""

    label: str
    light: str
    dark: str
    marker: str
    line: Line = "-"
    rank: int = 0  # Higher is drawn over lower.
    area: float = 1.0  # Of its marks, as a multiple of that of others.


def _groups() -> dict[str, Look]:
    # After Okabe and Ito (2008), moved to 4 : 1 or more on white and on the dark page.
    looks = {
        "clip_zero_shot": ("#CC4E00", "#F0762A", "D", 9),
        "clip_fine_tuned": ("#A87400", "#E8A91E", "P", 8),
        "human": (INK, INK, "*", 7),
        "contrastive": ("#008E6B", "#2CC29B", "^", 6),
        "robust_intervention": ("#B8558F", "#E08FC0", "v", 5),
        "more_data": ("#6B6B1F", "#B5B54A", "s", 4),
        "control": ("#767676", "#9C9C9C", "x", 3),
        "other": ("#767676", "#9C9C9C", "+", 2),
        "standard": ("#1F78B4", "#5AAEE0", "o", 1),
    }
    return {f"group/{name}": Look(GROUPS[name], *look[:3], rank=look[3]) for name, look in looks.items()}


def _sources() -> dict[str, Look]:
    steps = {
        "WIT": ("#241C6B", "#6F67E0", "D"),
        "LAION-80M": ("#8078D8", "#DEDCFD", "v"),
        "LAION-400M": ("#5F55C8", "#C4C1FA", "^"),
        "LAION-2B": ("#3D33A0", "#A9A4F5", "s"),
        "DataComp-1B": ("#7B3FA0", "#B38BE6", "h"),
        "WebLI": ("#A0559F", "#D6A5E0", "X"),
        "labels": ("#5F55C8", "#C4C1FA", "o"),
        "wit": ("#241C6B", "#6F67E0", "d"),
        "laion": ("#3D33A0", "#A9A4F5", "P"),
        "mixed": ("#7B3FA0", "#B38BE6", "*"),
        "LAION grid": ("#3D33A0", "#A9A4F5", "p"),
        "another source": ("#66707C", "#A9B4C0", "p"),
    }
    return {f"source/{name}": Look(name, *look, rank=9) for name, look in steps.items()}


def _rates() -> dict[str, Look]:
    # Steps of the hue of fine-tuned CLIPs.
    steps = {
        "low": ("#B98A1D", "#F7DFA6", "v"),
        "middle": ("#8A5F00", "#D9A441", "s"),
        "high": ("#4F3700", "#A9803A", "^"),
    }
    return {f"rate/{name}": Look(f"{name} learning rate", *look, rank=7) for name, look in steps.items()}


LOOKS: dict[str, Look] = {
    **_groups(),
    **_sources(),
    **_rates(),
    "rate/none": Look("linear probe", "#8A5F00", "#D9A441", "X", rank=9, area=2.0),
    "loss/clip": Look("CLIP's contrastive loss", INK, INK, "o", "-"),
    "loss/cross_entropy": Look("cross-entropy on true labels", INK, INK, "s", "--"),
    "ink": Look("", INK, INK, "o"),
    "ink/equal": Look("at equal accuracy in distribution", INK, INK, "D", rank=1),
    "ink/ideal": Look("if perfectly calibrated", INK, INK, "", ":"),
    "images/known": Look("images of known classes", INK, INK, "d"),
    "images/unknown": Look("images of unknown classes", INK, INK, "x", "--"),
    "label/for": Look("supported or reproduced", "#1A7340", "#57C785", "o", rank=2),
    "label/against": Look("contradicted or not reproduced", "#B3261E", "#FF8A80", "o", rank=2),
    "lineages/4": Look("4 lineages", INK, INK, "^"),
    "lineages/8": Look("8 lineages", INK, INK, "h"),
    "lineages/12": Look("12 lineages", INK, INK, "P"),
    "temperature/clean": Look("temperature of clean images", INK, INK, "v", "--"),
    "temperature/own": Look("temperature of shifted ones", INK, INK, "+", ":"),
    **{
        f"yours/{n}": Look("", "#D81B60", "#FF5C9A", mark, rank=10, area=3.0) for n, mark in enumerate("*ph8")
    },
}
"""Every look of the book by its key, as the column `look` of a frame names it."""


def group_look(group: str) -> str:
    """Return the key of the look of a group of models.

    Examples
    --------
    >>> LOOKS[group_look("standard")].marker
    'o'
    """
    return f"group/{group}"


def source_look(source: str) -> str:
    """Return the key of the look of a training source; those without one of their own share one.

    Examples
    --------
    >>> source_look("WIT"), source_look("a crawl of mine")
    ('source/WIT', 'source/another source')
    """
    key = f"source/{source}"
    return key if key in LOOKS else "source/another source"


def yours_look(number: int) -> str:
    """Return the key of the look of the reader's own model of that number, from 0; more than four share one.

    Examples
    --------
    >>> yours_look(0), yours_look(7)
    ('yours/0', 'yours/3')
    """
    return f"yours/{min(number, 3)}"


def yours(name: str, number: int) -> dict[str, str]:
    """Return what a mark of the reader's own model of that number says of it: its look, label and name.

    Examples
    --------
    >>> yours("ViT", 0)
    {'look': 'yours/0', 'label': 'ViT, yours', 'name': 'ViT'}
    """
    return {"look": yours_look(number), "label": f"{name}, yours", "name": name}


def is_own(key: str) -> bool:
    """Say whether a look is that of something that the reader brought."""
    return key.startswith("yours/")


def dark_colours() -> dict[str, str]:
    """Return by each colour that is drawn the one that stands for it on a dark page.

    Examples
    --------
    >>> dark_colours()["#CC4E00"]
    '#F0762A'
    """
    return {look.light: look.dark for look in LOOKS.values() if look.light != INK}

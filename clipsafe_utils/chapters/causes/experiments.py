"""Figures and tables of the experiments on language and on texture."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from clipsafe_utils.findings.experiments.language import CLEAN, LEAST, RUNGS, SOURCES, WRITTEN, Language
from clipsafe_utils.findings.experiments.texture import (
    EFFECTS,
    LARGEST_SHARE,
    LOSSES,
    OTHERS,
    TEXTURE,
    Texture,
    corners,
)
from clipsafe_utils.findings.ladder import SOURCES as TITLES
from clipsafe_utils.say import Value, level
from clipsafe_utils.show.dot_plot import dots
from clipsafe_utils.show.encoding import source_look
from clipsafe_utils.show.frame import ends_of, marks
from clipsafe_utils.show.shown import Shown
from clipsafe_utils.show.tables import folded, stacked, table

_POINTS = 100.0
_TOO_LITTLE = {"band_low": -_POINTS * LEAST, "band_high": 0.0}
_LOOKS = {"clip": "loss/clip", "labels": "loss/cross_entropy"}


def language(found: Language) -> Shown:
    """Draw shape bias of CLIPs less that of classifiers, a row a way to train them."""
    return dots(
        language_frame(found),
        "shape bias of CLIPs less that of classifiers, points",
        "Dot plot of shape bias, CLIP less cross-entropy on the same images, by how the CLIP was trained.",
        what="CLIPs with and without the artefacts of their captions",
        sources=found.trained.source_lines,
    )


def language_frame(found: Language) -> pd.DataFrame:
    """Give a mark a source and way to train, and one over sources; the bar is what is too little to count."""
    return marks(
        {"row": RUNGS[row["rung"]], **ends_of(row["difference"], _POINTS), **_look_of_source(row["source"])}
        | (_TOO_LITTLE if (row["rung"], row["source"]) == (CLEAN, "") else {})
        for row in found.rows.to_dict("records")
    )


def texture(found: Texture) -> Shown:
    """Draw what knobs do to shape bias, a row a kind of knob, a mark a loss."""
    return dots(
        texture_frame(found),
        "change of shape bias, points",
        "Dot plot of the change of shape bias from curated to web images, by the knobs that are turned.",
        what="trainings with the texture knobs turned alone",
        sources=found.trained.source_lines,
    )


def texture_frame(found: Texture) -> pd.DataFrame:
    """Give a mark a loss and kind of knob; the bar of the others is what they may move at the most."""
    return marks(
        {"row": row["turned"], "look": _LOOKS[row["loss"]], **ends_of(row["effect"], _POINTS)}
        | (_allowed(found, row["loss"]) if row["turned"] == OTHERS else {})
        for row in found.rows.sort_values("turned", key=lambda turned: turned.map(EFFECTS.index)).to_dict(
            "records"
        )
    )


def language_table(found: Language) -> Shown:
    """Tabulate the difference of accuracy by factor behind a line, and the trainings of each cell."""
    rows = [
        {
            "Factor": row["factor"].replace("_", " "),
            **{RUNGS[rung].capitalize(): row[rung].with_interval for rung in (WRITTEN, CLEAN)},
        }
        for row in found.factors.to_dict("records")
    ]
    by_factor = table(
        pd.DataFrame(rows),
        "Accuracy on one-factor sets, CLIP less cross-entropy on the same images: mean over sources, in "
        f"points, with {level(found.trained.confidence)} intervals over sources and images.",
    )
    return folded(stacked([by_factor, _shape_bias_table(found)]), "Accuracy by factor, and every cell")


def _shape_bias_table(found: Language) -> Shown:
    rows = [
        {
            "CLIPs": title,
            **{
                TITLES.get(source, source): f"{found.bias(rung, source)} ({found.seeds(rung, source)})"
                for source in SOURCES
            },
        }
        for rung, title in ({"": "none: cross-entropy on true labels"} | dict(RUNGS)).items()
    ]
    return table(
        pd.DataFrame(rows),
        "Shape bias: mean over seeds, and in brackets how many of the planned trainings there are.",
    )


def texture_table(found: Texture) -> Shown:
    """Tabulate what knobs do to shape bias where the rest stands, and to the factors behind a line."""
    places = {"labels": "curated", "wit": "as `wit`"}
    rows = [
        {
            "Turned": f"{turned}, the rest {place.replace('`', '')}",
            **{title: found.at(loss, turned, rest).with_interval for loss, title in LOSSES.items()},
        }
        for turned in (TEXTURE, OTHERS)
        for rest, place in places.items()
    ]
    trained = "; ".join(f"{title}: {found.trained.seeds(corners(loss))}" for loss, title in LOSSES.items())
    confidence = level(found.trained.confidence)
    by_place = table(
        pd.DataFrame(rows),
        f"Change of shape bias, in points, with {confidence} intervals over seeds and images. Trainings, of "
        f"those planned: {trained}.",
    )
    by_factor = table(
        pd.DataFrame([_factor_row(row) for row in found.factors.to_dict("records")]),
        "Change of relative accuracy by factor, in points: accuracy on a one-factor set over that on the "
        f"plain set; intervals as above, {confidence}.",
    )
    return folded(stacked([by_place, by_factor]), "By where the rest stands, and by factor")


def _factor_row(row: Mapping[Any, Any]) -> dict[str, str]:
    cells = {
        f"{turned}, {LOSSES[loss]}": row[loss, turned].with_interval
        for loss in LOSSES
        for turned in (TEXTURE, OTHERS)
    }
    return {"Factor": row["factor"].replace("_", " "), **cells}


def _look_of_source(source: str) -> dict[str, str]:
    return {"look": source_look(source)} if source else {"look": "ink", "label": "over sources"}


def _allowed(found: Texture, loss: str) -> dict[str, float]:
    of_texture = found.effect(loss, TEXTURE)
    if not isinstance(of_texture, Value):
        return {}
    most = _POINTS * LARGEST_SHARE * abs(of_texture.estimate)
    return {"band_low": -most, "band_high": most}

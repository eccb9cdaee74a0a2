"""Figures and tables of the experiments on the encoder and on drawn sources."""

import numpy as np
import pandas as pd

from clipsafe_utils.cubes.schema import HEADLINE_FACTORS
from clipsafe_utils.findings.experiments.encoder import READ, SOURCES, Encoder, resnets, vits
from clipsafe_utils.findings.experiments.many_sources import ManySources
from clipsafe_utils.say import Value, level
from clipsafe_utils.show.dot_plot import dots
from clipsafe_utils.show.encoding import group_look, source_look
from clipsafe_utils.show.frame import ends_of, marks
from clipsafe_utils.show.scatter_plot import Axes2D, scatter
from clipsafe_utils.show.shown import Shown
from clipsafe_utils.show.tables import folded, table

_PERCENT = 100.0


def encoder(found: Encoder) -> Shown:
    """Draw Vision Transformers less ResNets, a mark a source."""
    return dots(
        encoder_frame(found),
        "ViT-s less ResNet-xs, points",
        "Dot plot of differences between Vision Transformers and ResNets at about equal accuracy.",
        what="encoders at equal accuracy",
        sources=found.trained.source_lines,
    )


def encoder_frame(found: Encoder) -> pd.DataFrame:
    """Give a row what was read, a mark a source."""
    return marks(
        {
            "row": READ[row["property"]],
            "look": source_look(row["source"]),
            **ends_of(row["difference"], _PERCENT),
        }
        for row in found.rows.sort_values("property", ascending=False, kind="stable").to_dict("records")
    )


def encoder_table(found: Encoder) -> Shown:
    """Tabulate the difference of effective robustness by factor behind a line that opens it."""
    rows = [
        {
            "Factor": factor.replace("_", " "),
            **{source: found.factors[source][factor].with_interval for source in SOURCES},
        }
        for factor in HEADLINE_FACTORS
    ]
    trained = "; ".join(
        f"{source}: {found.trained.seeds([vits(source)])} and {found.trained.seeds([resnets(source)])}"
        for source in SOURCES
    )
    shown = table(
        pd.DataFrame(rows),
        "Residual from the line of standard networks, ViT-s less ResNet-xs, in points, with "
        f"{level(found.trained.confidence)} intervals over seeds. Trainings, of those planned: {trained}.",
    )
    return folded(shown, "Effective robustness by factor")


def many_sources(found: ManySources) -> Shown:
    """Draw the shape bias of each source against the knob that was named beforehand."""
    return scatter(
        many_sources_frame(found),
        Axes2D("images with the typical texture, %", "shape bias, %", y_limits=(0.0, _PERCENT), shared=True),
        "Scatter of the shape bias of drawn sources against their share of typical textures.",
        what="CLIPs of drawn sources",
        columns=3,
        sources=found.trained.source_lines,
    )


def many_sources_frame(found: ManySources) -> pd.DataFrame:
    """Give a panel each of the kinds of encoders that count; a mark a source, and what tells it."""
    rows = []
    for encoder_, title in found.kinds.items():
        told = found.told(encoder_)
        if told is None:
            continue
        low, high = _images(found, encoder_)
        for place, source in enumerate(found.sources):
            at = {"panel": title, "name": f"source {source}", "x": _PERCENT * float(found.knob[place])}
            bias = _PERCENT * float(found.biases(encoder_)[0][place])
            ends = {"low": float(low[place]), "high": float(high[place])}
            rows.append({**at, "value": bias, **ends, "look": group_look("clip_zero_shot")})
            rows.append(
                {
                    **at,
                    "value": _PERCENT * float(told.predicted[place]),
                    "look": "ink",
                    "label": "predicted from the other sources",
                }
            )
    return marks(rows)


def _images(found: ManySources, encoder_: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the ends of the interval over images of each source, in %."""
    tail = (1 - found.trained.confidence) / 2
    low, high = np.quantile(found.biases(encoder_)[1:], [tail, 1 - tail], axis=0)
    return _PERCENT * low, _PERCENT * high


def many_sources_table(found: ManySources) -> Shown:
    """Tabulate how well sources that were left out are told, by encoder."""
    rows = [
        {
            "CLIPs": title,
            "Error of the line, points": _size(found.error("line", encoder_)),
            "Error of the mean, points": _size(found.error("mean", encoder_)),
            "Ratio": found.ratio(encoder_).with_interval,
        }
        for encoder_, title in found.kinds.items()
    ]
    return table(
        pd.DataFrame(rows),
        "How far the shape bias of a source that was left out lies from a line in its share of typical "
        "textures through the others, and from their mean: root mean square over sources; the ratio with "
        f"{level(found.trained.confidence)} intervals over images. The rule reads the first row.",
    )


def _size(said: object) -> str:
    return said.size() if isinstance(said, Value) else str(said)

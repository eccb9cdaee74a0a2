"""Chapter 7 in the record: which encoder stands on which training source, so what cannot be told apart."""

import numpy as np
import pandas as pd

from clipsafe_utils.findings.shift.clouds import Clouds, choose_sources
from clipsafe_utils.say import Missing, Text, listed

OTHERS = "others"  # sources with fewer than five CLIPs, together


def nesting(clouds: Clouds) -> pd.DataFrame:
    """Count the zero-shot CLIPs of each line of encoders on each training source.

    Of the largest cloud; a column for each source with five CLIPs or more, and one for the `OTHERS`.
    """
    cloud = max(clouds.values(), key=lambda one: one.sizes["model"])
    clips = cloud.isel(model=(cloud["group"] == "clip_zero_shot").values)
    sources = choose_sources({"": clouds}, ["main"]).get("", [])
    named = clips["training_source"].to_series().to_numpy(str)
    counts = pd.crosstab(
        pd.Series([str(name).split(") ")[-1] for name in clips["family"].values], name="line", dtype=str),
        pd.Series(np.where(np.isin(named, sources), named, OTHERS), name="source", dtype=str),
    )
    counts = counts.reindex(columns=[*sources, OTHERS], fill_value=0)
    order = counts.sum(axis=1).sort_values(ascending=False, kind="stable").index
    return counts.loc[order]


def _crawls(counts: pd.DataFrame) -> dict[str, list[str]]:
    """Return, by line of encoders, the crawls of its main sources: their names without the size."""
    main = counts.drop(columns=OTHERS)
    return {
        str(line): sorted({str(source).split("-")[0] for source in main.columns[row > 0]})
        for line, row in zip(main.index, main.to_numpy(), strict=True)
    }


def on_one_crawl(counts: pd.DataFrame) -> dict[str, list[str]]:
    """Return, by crawl, the lines of encoders that no main source of another crawl has."""
    lines: dict[str, list[str]] = {}
    for line, crawls in _crawls(counts).items():
        if len(crawls) == 1:
            lines.setdefault(crawls[0], []).append(line)
    return lines


def shared(counts: pd.DataFrame) -> list[str]:
    """Return the lines of encoders that main sources of two crawls or more have."""
    return [line for line, crawls in _crawls(counts).items() if len(crawls) > 1]


def written(counts: pd.DataFrame) -> Text:
    """Write `on_one_crawl` as a list."""
    lists = [f"{listed(lines)} on {crawl}" for crawl, lines in on_one_crawl(counts).items()]
    return Text("; ".join(lists)) if lists else Missing("every line of encoders stands on several crawls")

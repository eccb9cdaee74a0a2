"""The temperature that suits each real zero-shot CLIP: by who fitted it, training source and encoder."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd

from clipsafe_utils.cubes.selection import is_real
from clipsafe_utils.cubes.studies import find_study
from clipsafe_utils.findings.clip_pairs import encoders_of
from clipsafe_utils.metrics.crossing import shares_of_spread
from clipsafe_utils.registry.training_sources import SOURCES
from clipsafe_utils.say import Missing, Text, listed, number, percent, span

FITTERS = {"hsc": "Hierarchical Selective Classification", "clip-calibration": "CLIP_Calibration"}
"""Who fitted the temperature of a row, by what the name of the row begins with."""

FEWEST = 2
"""Sources, and encoders, so that they are crossed."""

_CLIP = "clip_zero_shot"
_LIKE = 0.05
_COLUMNS = ["study", "fitter", "name", "encoder", "source", "images", "temperature"]


@dataclass(frozen=True)
class Crossing:
    """Sources that share encoders, fitted by one: how the spread of the log temperature parts."""

    sources: tuple[str, ...]
    encoders: tuple[str, ...]
    share: float  # that of the source, with its quantity
    of_encoder: float  # that of the encoder; the rest is what the two do together, and chance

    @property
    def cells(self) -> int:
        """How many temperatures are crossed."""
        return len(self.sources) * len(self.encoders)


@dataclass(frozen=True)
class Temperatures:
    """Every temperature of a zero-shot CLIP of the real studies, a row a CLIP and fitter."""

    rows: pd.DataFrame

    @property
    def widest(self) -> str | None:
        """Who fitted CLIPs of most sources: within one fitter sources can be compared."""
        if self.rows.empty:
            return None
        return str(self.rows.groupby("fitter", sort=False)["source"].nunique().idxmax())

    @property
    def fitter(self) -> Text:
        """The same in words."""
        return Text(self.widest) if self.widest else Missing("no temperature of a zero-shot CLIP")

    @property
    def of_widest(self) -> pd.DataFrame:
        """Its rows."""
        return self.rows[self.rows["fitter"] == self.widest]

    @property
    def by_source(self) -> Text:
        """Temperatures by source, of the fitter of most sources."""
        return listed(
            f"{span(part['temperature'], number)} in {_networks(len(part))} of {source}"
            for source, part in self.of_widest.groupby("source", sort=False)
        )

    @property
    def several_sources(self) -> bool:
        """Whether one fitter has CLIPs of several sources."""
        return bool(self.of_widest["source"].nunique() > 1)

    @property
    def apart(self) -> str:
        """Whether the temperatures of no two sources overlap, by that fitter: `yes`, `no` or `one source`."""
        if not self.several_sources:
            return "one source"
        ends = self.of_widest.groupby("source")["temperature"].agg(["min", "max"]).sort_values("min")
        above = ends["min"].to_numpy()[1:] > ends["max"].to_numpy()[:-1]
        return "yes" if above.all() else "no"

    @property
    def others(self) -> Text:
        """Temperatures of those whom other people fitted."""
        rest = self.rows[self.rows["fitter"] != self.widest]
        return listed(
            f"{span(part['temperature'], number)} ({fitter}, {_networks(len(part))} of"
            f" {listed(part['source'].unique())})"
            for fitter, part in rest.groupby("fitter", sort=False)
        )

    @property
    def twice(self) -> pd.DataFrame:
        """CLIPs that two have fitted: name, one temperature and the other."""
        mine, rest = self.of_widest, self.rows[self.rows["fitter"] != self.widest]
        return mine.merge(rest, on=["study", "name"], suffixes=("", "_other"))

    @property
    def fitters_differ(self) -> Text:
        """By how much at the most two fitters differ on one CLIP, in percent of the temperature."""
        both = self.twice
        if both.empty:
            return Missing("no CLIP was fitted twice")
        return percent(_factor(both["temperature"], both["temperature_other"]).max() - 1, 0)

    @property
    def number_twice(self) -> Text:
        """How many CLIPs two have fitted."""
        return Text(len(self.twice)) if len(self.twice) else Missing("no CLIP was fitted twice")

    @property
    def alike(self) -> pd.DataFrame:
        """Pairs of CLIPs of one fitter, encoder and quantity whose sources differ."""
        rows = self.of_widest
        both = rows.merge(rows, on="encoder", suffixes=("", "_other"))
        later = both["source"].map(_place) > both["source_other"].map(_place)
        like = (both["images"] / both["images_other"] - 1).abs() <= _LIKE
        return both[later & like]

    @property
    def pairs_alike(self) -> Text:
        """Those pairs in words."""
        return listed(
            f"{number(row['temperature_other'])} ({row['source_other']}) and {number(row['temperature'])}"
            f" ({row['source']}) for {row['encoder']}"
            for row in self.alike.to_dict("records")
        )

    @property
    def has_alike(self) -> str:
        """Whether there are such pairs: `yes` or `no`."""
        return "no" if self.alike.empty else "yes"

    @property
    def has_twice(self) -> str:
        """Whether two have fitted one CLIP: `yes` or `no`."""
        return "no" if self.twice.empty else "yes"

    @property
    def alike_differ(self) -> Text:
        """By how much these differ, in percent of the lower temperature."""
        pairs = self.alike
        if pairs.empty:
            return Missing("no two CLIPs are alike in all but the source")
        return span(
            _factor(pairs["temperature"], pairs["temperature_other"]) - 1, lambda one: percent(one, 0)
        )

    @property
    def by_encoder(self) -> pd.DataFrame:
        """The temperatures of that fitter, a row a source, a column an encoder; NaN where there is none."""
        return self.of_widest.pivot_table("temperature", "source", "encoder", "first", sort=False)

    @property
    def within_a_source(self) -> Text:
        """How far the highest temperature of a source is above its lowest at the most, by that fitter."""
        by_source = self.of_widest.groupby("source")["temperature"]
        return _percent_above((by_source.max() / by_source.min()).max())

    @property
    def across_sources(self) -> Text:
        """How far the highest temperature of all is above the lowest."""
        every = self.of_widest["temperature"]
        return _percent_above(every.max() / every.min())

    @property
    def crossings(self) -> tuple[Crossing, ...]:
        """The fullest crossings of sources with encoders that one fitter has: those with the most cells."""
        table, found = self.by_encoder, []
        for size in range(FEWEST, len(table) + 1):
            for names in combinations(table.index, size):
                shared = table.loc[list(names)].dropna(axis="columns")
                if shared.shape[1] >= FEWEST:
                    source, encoder, _ = shares_of_spread(np.log(shared.to_numpy())[None])[0].tolist()
                    found.append(Crossing(names, tuple(shared.columns), source, encoder))
        most = max((one.cells for one in found), default=0)
        return tuple(one for one in found if one.cells == most)

    @property
    def crossed(self) -> Text:
        """Those crossings in words, with the shares of the spread that are of the source and the encoder."""
        return listed(
            f"{percent(one.share, 0)} and {percent(one.of_encoder, 0)} over {listed(one.sources)} by"
            f" {len(one.encoders)} encoders"
            for one in self.crossings
        )


def read_temperatures(studies: Sequence[str], groups: Sequence[str]) -> Temperatures:
    """Read every temperature of a zero-shot CLIP of the studies of real models.

    Here, and here alone, a CLIP that two have fitted counts twice, once a fitter.
    """
    parts = []
    for study in map(find_study, studies):
        if _CLIP in groups and study.has("calibration"):
            models = study.read("models")
            cube = study.read("calibration")
            if is_real(models):
                models = models.sel(model=cube["model"].values)
                temperature = cube["temperature"].isel(draw=0).values
                known = (models["group"].values == _CLIP) & np.isfinite(temperature)
                models = models.isel(model=known)
                begins = [name.partition(":")[0] for name in models["model"].values.tolist()]
                parts.append(
                    pd.DataFrame(
                        {
                            "study": study.name,
                            "fitter": [FITTERS.get(begin, study.name) for begin in begins],
                            "name": models["checkpoint"].values,
                            "encoder": encoders_of(models),
                            "source": models["training_source"].values,
                            "images": models["training_images"].values,
                            "temperature": temperature[known],
                        }
                    )
                )
    rows = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=_COLUMNS)
    return Temperatures(rows.sort_values("source", key=lambda names: names.map(_place), kind="stable"))


def _place(source: str) -> int:
    order = list(SOURCES)
    return order.index(source) if source in order else len(order)


def _networks(number_of: int) -> str:
    return "one network" if number_of == 1 else f"{number_of} networks"


def _percent_above(ratio: float) -> Text:
    return percent(ratio - 1, 0) if np.isfinite(ratio) else Missing("no temperature of a zero-shot CLIP")


def _factor(one: pd.Series, other: pd.Series) -> pd.Series:
    ratio = one.astype(float) / other.astype(float)
    return ratio.where(ratio > 1, 1 / ratio)

"""Which zero-shot CLIPs somebody evaluated, by what was measured and by training lineage."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from clipsafe_utils.cubes import SCHEMAS, Study, find_study
from clipsafe_utils.cubes.selection import is_real
from clipsafe_utils.parameters import CheckedParameters
from clipsafe_utils.registry.training_sources import lineage_of
from clipsafe_utils.say import Missing, Text, count, listed

BY_ACCURACY = ("shifts", "retrieval", "recipes")
"""Cubes of shares of right answers, which people publish by the table."""

FAMED = "WIT"
_MOST = 4
"""Networks that are named for having most evaluations."""

_ROWS = ["cube", "checkpoint", "lineage", "asked"]
_NOBODY = Missing("no study of real models has zero-shot CLIPs")


@dataclass(frozen=True, eq=False)
class Evaluated:
    """The zero-shot CLIPs of a study of real models: a row an evaluation in a cube."""

    study: str
    rows: pd.DataFrame  # Columns as in `_ROWS`: `asked` is the row without its read-out and prompts.
    in_five_alone: Text = _NOBODY  # Of how many CLIPs recall is known among the first five alone.

    @property
    def by_cube(self) -> pd.DataFrame:
        """How many networks of each lineage a cube has: a row a cube, the commonest lineage first."""
        once = self.rows.drop_duplicates(["cube", "checkpoint"])
        counts = pd.crosstab(once["cube"], once["lineage"])
        by_size = counts.sum().sort_values(ascending=False, kind="stable").index
        in_order = [name for name in SCHEMAS if name in counts.index]
        return counts.loc[in_order, [FAMED, *by_size.drop(FAMED)] if FAMED in by_size else by_size]

    @property
    def by_accuracy(self) -> Text:
        """How many networks have accuracies, of how many lineages, and how many of them are of WIT."""
        return _told(self._rows(in_tables=True))

    @property
    def by_answers(self) -> Text:
        """The same of what needs answers or confidences image by image."""
        return _told(self._rows(in_tables=False))

    @property
    def accuracy_alone(self) -> Text:
        """Of which lineages nobody published more than accuracies."""
        told = set(self._rows(in_tables=False)["lineage"])
        return listed(name for name in self._rows(in_tables=True)["lineage"].unique() if name not in told)

    @property
    def most_read(self) -> Text:
        """Which networks have most evaluations that need answers, and how many of all these have."""
        rows = self._rows(in_tables=False)["checkpoint"].value_counts()
        if rows.empty:
            return _NOBODY
        most = rows.head(_MOST)
        return Text(f"{listed(sorted(most.index))} have {count(int(most.sum()), int(rows.sum()))}")

    @property
    def by_prompts(self) -> Text:
        """How many of these evaluations are of one network that was asked with several sets of prompts."""
        asked = self._rows(in_tables=False).groupby(["cube", "asked"]).size()
        several = asked[asked > 1]
        if several.empty:
            return Missing("no network was asked with several sets of prompts")
        return Text(f"{several.sum()} are of {len(several)} networks asked with several sets of prompts")

    def _rows(self, *, in_tables: bool) -> pd.DataFrame:
        return self.rows[self.rows["cube"].isin(BY_ACCURACY) == in_tables]


def _told(rows: pd.DataFrame) -> Text:
    once = rows.drop_duplicates("checkpoint")
    lineages = once["lineage"].nunique()
    of_lineages = f"{lineages} training lineage{'' if lineages == 1 else 's'}"
    famed = int((once["lineage"] == FAMED).sum())
    return Text(f"{len(once)} zero-shot CLIPs of {of_lineages}, {famed} of them of {FAMED}")


def clips_evaluated(chosen: CheckedParameters) -> Evaluated:
    """Count the zero-shot CLIPs of the first study of real models among some.

    Parameters
    ----------
    chosen : CheckedParameters
        Parameters of a page: its studies.

    Examples
    --------
    >>> from clipsafe_utils import parameters_of
    >>> clips_evaluated(parameters_of("what-we-cannot-say", {"studies": ["published"]})).study
    'published'
    """
    studies = [study for study in map(find_study, chosen.studies) if study.has("models")]
    real = [study for study in studies if is_real(study.read("models"))]
    if not real:
        return Evaluated("", pd.DataFrame(columns=_ROWS))
    return Evaluated(real[0].name, _rows_of(real[0]), _in_five_alone(real[0]))


def _in_five_alone(study: Study) -> Text:
    if not study.has("retrieval"):
        return Missing("no cube retrieval")
    cube = study.read("retrieval")
    models = study.read("models").sel(model=cube["model"].values)
    first = cube["recall_at_1"].notnull().any(["set", "direction"]).values
    is_clip = (models["group"] == "clip_zero_shot").values
    names = models["checkpoint"].values
    return Text(len(set(names[is_clip]) - set(names[is_clip & first])))


def _rows_of(study: Study) -> pd.DataFrame:
    known = study.read("models")[["group", "checkpoint", "training_source"]].to_dataframe()
    clips = known[known["group"] == "clip_zero_shot"]
    names: Sequence[str] = [name for name in study.cubes if name != "models"]
    parts = [
        clips.reindex(study.read(name)["model"].values.tolist())
        .dropna()
        .assign(
            cube=name,
            lineage=lambda part: part["training_source"].map(lineage_of),
            asked=lambda part: [name.partition("/")[0] for name in part.index],
        )
        for name in names
    ]
    return pd.concat(parts, ignore_index=True)[_ROWS] if parts else pd.DataFrame(columns=_ROWS)

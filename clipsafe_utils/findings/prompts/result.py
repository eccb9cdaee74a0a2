"""Test-time prompts: everything that chapter 6 says, found once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import pandas as pd

from clipsafe_utils.cubes.panels import Panel, nothing_to_show, read_panels
from clipsafe_utils.cubes.selection import is_real
from clipsafe_utils.findings.prompts import panels, subsets
from clipsafe_utils.findings.prompts.changes import PROPERTIES, Tested, changes, read_tested
from clipsafe_utils.findings.prompts.content import Contents, read_contents
from clipsafe_utils.findings.prompts.embedded import MEASURED
from clipsafe_utils.findings.prompts.own_clips import OwnClip, own_clips
from clipsafe_utils.findings.prompts.own_prompts import NONE, TextTowers, own_changes
from clipsafe_utils.findings.prompts.real import NO_REAL, RealPrompts, real_prompts
from clipsafe_utils.findings.prompts.subsets import Subsets, subset_changes, summarise_subsets
from clipsafe_utils.findings.prompts.templates import (
    NumberOfTemplates,
    UsualSet,
    number_of_templates,
    usual_set,
)
from clipsafe_utils.findings.prompts.wordings import Wordings, wordings_in
from clipsafe_utils.findings.shape.evaluations import PROMPTS, Evaluations, Moves
from clipsafe_utils.findings.shape.observers import every_evaluation
from clipsafe_utils.parameters import CheckedParameters
from clipsafe_utils.say import Missing, Said, Text, Value, count, nothing

_FAR = 10
"""How many times as much as the number of templates the words must change to matter "far more"."""


_NO_DECISIONS = Evaluations(None)
_NO_CONTENTS = Contents(None, 0.95)


@dataclass(frozen=True, eq=False)
class OtherPrompts:
    """What chapter 6 found, for its sentences, tables and figures; the sentences speak of the first study."""

    tested: Sequence[Tested]  # CLIPs under other prompts, a study each
    left_out: Sequence[str]  # in words, which studies have none
    kept: Sequence[Panel]  # cubes `embeddings`, a study each
    confidence: float
    own: Mapping[str, pd.DataFrame]  # by study, as of `own_changes`
    n_subsets: int = 20
    seed: int = 0  # of the random subsets
    asked: bool = False  # whether a reader gave prompts
    real: RealPrompts = NO_REAL  # accuracy of real CLIPs, of the first study that has it under three sets
    decisions: Evaluations = _NO_DECISIONS  # on cue conflict, of the first study of real CLIPs
    contents: Contents = _NO_CONTENTS  # templates that differ in what they say
    own_clips: Sequence[OwnClip] = ()  # a reader's, beside those of `real`

    @cached_property
    def changes(self) -> dict[str, pd.DataFrame]:
        """Changes from the usual set, by study."""
        return {one.study: changes(one, self.confidence) for one in self.tested}

    @cached_property
    def by_number(self) -> pd.DataFrame:
        """What the figure of the number of templates is drawn from."""
        return panels.number_changes(self.changes)

    @cached_property
    def by_wording(self) -> pd.DataFrame:
        """What the figure of the wordings is drawn from."""
        return panels.wording_changes(self.changes)

    @cached_property
    def subset_changes(self) -> dict[str, pd.DataFrame]:
        """Changes under random subsets of the templates, by study."""
        return {
            panel.study: subset_changes(panel.cube, panel.models, self.n_subsets, self.seed)
            for panel in self.kept
        }

    @cached_property
    def by_subset(self) -> pd.DataFrame:
        """What the figure of random subsets is drawn from."""
        return panels.of_studies(self.subset_changes, subsets.COLUMNS)

    @property
    def evidence(self) -> Literal["proxy", "measured"] | Missing:
        """Whether the first study is one of a drawn world or of real models."""
        models = [*(one.models for one in self.tested), *(one.models for one in self.kept)]
        if not models:
            return Missing("no study has properties beside accuracy under other prompts")
        return "measured" if is_real(models[0]) else "proxy"

    @property
    def drawn(self) -> Text:
        """The drawn world, by that name; missing where the sentences are about real models."""
        return Text("the drawn world") if self.evidence == "proxy" else Missing("the models are real")

    @property
    def own_prompts(self) -> Literal["none", "no embeddings", "shown"]:
        """Whether a reader's own prompts are shown."""
        return "none" if not self.asked else "shown" if self.own else "no embeddings"

    @cached_property
    def usual(self) -> UsualSet:
        """The usual set of prompts."""
        if not self.tested:
            return nothing(UsualSet, "no study has CLIPs under other prompts")
        return usual_set(self.tested[0], self.changes[self.tested[0].study])

    @cached_property
    def numbers(self) -> dict[str, NumberOfTemplates]:
        """The number of templates, by study; studies that have one number only are left out."""
        every = {one.study: number_of_templates(one, self.confidence) for one in self.tested}
        return {study: one for study, one in every.items() if one is not None}

    @property
    def number(self) -> NumberOfTemplates:
        """The number of templates in the first study."""
        none = Missing("no study has two sets that differ in number alone")
        nowhere = NumberOfTemplates(none, none, dict.fromkeys(PROPERTIES, none))
        return self.numbers.get(self.tested[0].study, nowhere) if self.tested else nowhere

    @cached_property
    def wordings(self) -> Wordings:
        """Other wordings."""
        return wordings_in(self.changes[self.tested[0].study] if self.tested else _NO_CHANGES)

    @property
    def words_matter(self) -> Literal["far more", "otherwise"] | Missing:
        """Whether the worst wording changes accuracy far more than the number of templates does."""
        number = self.number.changes["accuracy"]
        worst = self.wordings.worst_change
        if isinstance(worst, Missing):
            return worst
        is_far = isinstance(number, Value) and abs(worst.estimate) > _FAR * abs(number.estimate)
        return "far more" if is_far else "otherwise"

    @cached_property
    def subsets(self) -> Subsets:
        """Random subsets of the templates."""
        for panel in self.kept:
            table = self.subset_changes[panel.study]
            if len(table):
                return summarise_subsets(panel.cube, table)
        none = Missing("no study has kept the embeddings of single templates")
        nowhere: dict[str, Said] = dict.fromkeys(MEASURED, none)
        return Subsets(none, none, none, nowhere, nowhere, none)

    @cached_property
    def shape_bias(self) -> pd.DataFrame:
        """What fewer templates change in the shape bias of real CLIPs: a row a CLIP and set of prompts."""
        called = self.decisions.rows.set_index("model")["checkpoint"]
        rows = [
            (called[one.before], one.change, self.decisions.bias[one.before], change.over_images)
            for one, change in self.decisions.comparisons
            if one.kind == PROMPTS and one.is_alike
        ]
        return pd.DataFrame(rows, columns=["checkpoint", "prompt_set", "before", "change"])

    @property
    def moves_bias(self) -> Literal["none", "some", "most"] | Missing:
        """How many of these changes leave zero outside their interval over images."""
        beyond = [change.side != "neither" for change in self.shape_bias["change"]]
        if not beyond:
            return Missing("no decisions of real CLIPs under several sets of prompts")
        return "most" if sum(beyond) > len(beyond) / 2 else "some" if any(beyond) else "none"

    def bias(self, prompt_set: str) -> Moves:
        """Return what a set of prompts does to the shape bias of real CLIPs, in place of eighty templates."""
        return self.decisions.moves(PROMPTS, prompt_set)

    @property
    def inside(self) -> Text:
        """How many curves of the figure of numbers stay where changes are too small to matter."""
        curves = [
            rows["value"].abs().max() < PROPERTIES[str(property_)].smallest
            for (_, property_, _), rows in self.by_number.groupby(["study", "property", "source"])
        ]
        return count(sum(curves), len(curves)) if curves else Missing("no study has another number")


_DECISION_RULE = "mean"  # over a class's indices, as usual: zero-shot networks are asked for the class itself
_NO_CHANGES = pd.DataFrame(columns=["source", "prompt_set", "property", "level", "value", "families"])


def other_prompts(chosen: CheckedParameters, text_towers: TextTowers) -> OtherPrompts:
    """Find what other prompts change in zero-shot CLIPs.

    Parameters
    ----------
    chosen : CheckedParameters
        Parameters of chapter 6.
    text_towers : callable
        Reads templates of a reader that were not kept; `clipsafe_engine.lab.read_templates` does.

    Returns
    -------
    OtherPrompts
        What its tables, figures and sentences hold, computed when it is asked for.

    Raises
    ------
    ClipsafeError
        If a study or one of its cubes is at fault, none has CLIPs under other prompts, or a reader's own
        prompts cannot be measured.

    Examples
    --------
    >>> from clipsafe_utils import parameters_of
    >>> found = other_prompts(parameters_of("prompts", {"studies": ["miniature"]}), text_towers=lambda *_: {})
    >>> found.usual.clips, found.wordings.worst_title
    (22, a drawing of a …)
    """
    tested, sentences = read_tested(chosen.studies, chosen.groups)
    kept = read_panels(chosen.studies, "embeddings", chosen.groups)
    real = real_prompts(chosen.studies, chosen.groups, chosen.confidence)
    decided = [
        one
        for one in every_evaluation(chosen.studies, chosen.groups, _DECISION_RULE).values()
        if is_real(one.cube)
    ]
    if not (tested or kept or real):
        raise nothing_to_show(chosen.studies, "prompts", "embeddings")
    asked = tuple(chosen.prompts) != NONE
    own = {
        panel.study: own_changes(panel.cube, chosen.prompts, chosen.confidence, text_towers)
        for panel in (kept if asked else ())
    }
    return OtherPrompts(
        *(tested, sentences, kept, chosen.confidence, own, chosen.n_subsets, chosen.seed, asked, real),
        Evaluations(decided[0] if decided else None, chosen.confidence),
        read_contents(chosen.studies, chosen.groups, chosen.confidence),
        list(own_clips(tested, real.study, chosen.confidence)) if real else [],
    )

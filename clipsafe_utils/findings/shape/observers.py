"""Chapter 2: which decisions count, and what is computed from them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr

from clipsafe_utils.cubes import GROUPS
from clipsafe_utils.cubes.panels import Panel
from clipsafe_utils.cubes.studies import find_study
from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.metrics.groups import group_means
from clipsafe_utils.metrics.labelled import shape_bias_by_class
from clipsafe_utils.say import Missing, Said, Text, Value, listed, nothing, percent, span

_EVERY = "all"


@dataclass(frozen=True)
class Observers:
    """Some observers of real models or people: their shape bias, and what it leaves out."""

    number: Text
    bias: Said  # of all decisions of the group together
    lowest: Said
    highest: Said
    best: Text  # who has the highest
    decided: Said  # median share of images decided by either cue
    named: Said  # share of all images that are named by shape

    @property
    def span(self) -> Text:
        """From the lowest to the highest shape bias."""
        if isinstance(self.lowest, Missing) or isinstance(self.highest, Missing):
            return Missing("no such observer")
        return span([self.lowest.estimate, self.highest.estimate], percent)

    def against(self, other: "Observers") -> str | Missing:
        """Say where these stand against others by shape bias.

        `above` or `below` where every one is, `among` where they lie between the others' ends, `across`
        otherwise.
        """
        ends = (self.lowest, self.highest, other.lowest, other.highest)
        numbers = [end.estimate for end in ends if isinstance(end, Value)]
        if len(numbers) < len(ends):
            return Missing("one of the two kinds of observers is not there")
        low, high, other_low, other_high = numbers
        if low > other_high or high < other_low:
            return "above" if low > other_high else "below"
        return "among" if other_low <= low and high <= other_high else "across"


def observers_of(rows: xr.Dataset, names: Sequence[str], reason: str) -> Observers:
    """Gather what some rows of a `shape_bias_table` say; `reason` says why there is none."""
    if not rows.sizes["model"]:
        return nothing(Observers, reason)
    shape, texture = rows["shape_hits"].sum().item(), rows["texture_hits"].sum().item()
    bias = rows["shape_bias"].values
    return Observers(
        Text(bias.size),
        Value(shape / (shape + texture)),
        Value(float(bias.min())),
        Value(float(bias.max())),
        Text(names[int(bias.argmax())]),
        Value(rows["share_decided"].median().item()),
        Value(shape / rows["images"].sum().item()),
    )


def chosen_panels(
    panels: Sequence[Panel], cue_classes: Sequence[str], rule: str
) -> tuple[list[Panel], list[str]]:
    """Cut panels down to the decisions that a run asks for, and say in words what is left out.

    Left out are studies without the rule, classes that a study lacks, and models that decided nothing.
    """
    _refuse_unknown_classes(panels, cue_classes)
    kept, sentences = with_decision_rule(panels, rule)
    cut = [_with_classes(panel, cue_classes) for panel in kept]
    decided = [_that_decide(panel) for panel, _ in cut if panel]
    sentences += [sentence for _, sentence in cut + decided if sentence]
    return [panel for panel, _ in decided if panel], sentences


def every_evaluation(studies: Sequence[str], groups: Sequence[str], rule: str) -> dict[str, Panel]:
    """Read what decided anything by a rule, by study, with every row of a network."""
    panels = []
    for study in map(find_study, studies):
        if study.has("shape_bias"):
            cube, models = study.read("shape_bias"), study.read("models")
            kept = models.isel(model=models["group"].isin(list(groups)).values)
            kept = kept.isel(model=kept.indexes["model"].isin(cube.indexes["model"]))
            panels.append(Panel(study.name, cube.sel(model=kept["model"].values), kept))
    decided, _ = chosen_panels([one for one in panels if one.cube.sizes["model"]], (_EVERY,), rule)
    return {panel.study: panel for panel in decided}


def with_decision_rule(panels: Sequence[Panel], rule: str) -> tuple[list[Panel], list[str]]:
    """Keep the panels whose decisions were made by a rule, and say in words which were not.

    A cube with the dim `decision_rule` gives the rule's part; one that merged classes states its rule in the
    attribute of that name; one without either asked for its classes as they are: every rule gives the same.
    """
    kept, sentences = [], []
    for panel in panels:
        if "decision_rule" in panel.cube.dims and rule in panel.cube["decision_rule"].values:
            kept.append(Panel(panel.study, panel.cube.sel(decision_rule=rule, drop=True), panel.models))
        elif "decision_rule" not in panel.cube.dims and rule == panel.cube["count"].attrs.get(
            "decision_rule", rule
        ):
            kept.append(panel)
        else:
            sentences.append(
                f"The study `{panel.study}` has no decisions by the rule `{rule}`: its panel is left out."
            )
    return kept, sentences


def _refuse_unknown_classes(panels: Sequence[Panel], cue_classes: Sequence[str]) -> None:
    known = dict.fromkeys(str(name) for panel in panels for name in panel.cube["cue_class"].values)
    unknown = [name for name in cue_classes if name not in (_EVERY, *known)]
    if known and unknown:
        raise ClipsafeError(
            f"No study has the class '{unknown[0]}' in cue_classes; the choices are {_EVERY}, "
            f"{', '.join(known)}."
        )


def _with_classes(panel: Panel, cue_classes: Sequence[str]) -> tuple[Panel | None, str]:
    if _EVERY in cue_classes:
        return panel, ""
    names = [str(name) for name in panel.cube["cue_class"].values if name in cue_classes]
    absent = [name for name in cue_classes if name not in names]
    if not names:
        return None, f"The study `{panel.study}` has none of the classes: its panel is left out."
    sentence = (
        f"The study `{panel.study}` has no class {listed(absent, 'or')}: left out there." if absent else ""
    )
    return Panel(panel.study, panel.cube.sel(cue_class=names), panel.models), sentence


def _that_decide(panel: Panel) -> tuple[Panel | None, str]:
    count = panel.cube["count"].sel(decision=["shape", "texture"])
    decided = (count.sum(["cue_class", "decision"]) > 0).values
    if decided.all():
        return panel, ""
    sentence = (
        f"Of the study `{panel.study}`, {int((~decided).sum())} of {decided.size} observers decided no image "
        "by shape or texture: they are left out."
    )
    if not decided.any():
        return None, sentence
    return Panel(panel.study, panel.cube.isel(model=decided), panel.models.isel(model=decided)), sentence


def stylised_pairs(result: xr.Dataset, models: xr.Dataset) -> xr.Dataset:
    """Keep networks that were trained both on ordinary and on stylised images; add `family` and `stylised`.

    Of a family with several ordinary networks, only that of the same architecture and implementation counts:
    the pairs of texture-vs-shape's second folder.
    """
    stylised = (models["training_source"] == "Stylized-IN-1k").values
    source = np.array([name.split(":")[0] for name in models["model"].values.tolist()])
    partner = (models["training_source"] == "IN-1k").values & np.isin(source, source[stylised])
    partner &= np.isin(_plain_names(models), _plain_names(models)[stylised])
    # Training on both kinds of images at once has no partner, and neither has a name that says nothing.
    stylised &= np.isin(_plain_names(models), _plain_names(models)[partner])
    kept = stylised | partner
    pairs = result.isel(model=kept)
    return pairs.assign(family=("model", models["family"].values[kept]), stylised=("model", stylised[kept]))


def _plain_names(models: xr.Dataset) -> np.ndarray:
    return np.array([name.split(":")[-1].split("-train-")[0] for name in models["model"].values.tolist()])


def class_means(panels: Iterable[Panel], confidence: float) -> dict[str, xr.Dataset]:
    """Average the shape bias of each class over the families of each group, by study.

    An observer that decided no image of some class is left out, and so is a suspect run.
    """
    means = {}
    for panel in panels:
        bias = shape_bias_by_class(panel.cube)["shape_bias"]
        complete = bias.notnull().all("cue_class").values & ~is_suspect(panel.models)
        if complete.any():
            means[panel.study] = group_means(
                bias.isel(model=complete), panel.models.isel(model=complete), list(GROUPS), confidence
            )
    return means


def is_suspect(models: xr.Dataset) -> np.ndarray:
    """Return a mask of the runs of which the record's rules say that they went wrong."""
    return np.array(["suspect" in reference for reference in models["reference"].values.tolist()], bool)

"""The tables of chapter 6."""

from dataclasses import replace

import pandas as pd

from clipsafe_utils.findings.prompts.changes import EVERY, PROPERTIES, TITLES, Tested, change_of, weighed
from clipsafe_utils.findings.prompts.content import SAME
from clipsafe_utils.findings.prompts.embedded import MEASURED
from clipsafe_utils.findings.prompts.real import FEWER
from clipsafe_utils.findings.prompts.result import OtherPrompts
from clipsafe_utils.findings.prompts.sets import by_wording, title_of
from clipsafe_utils.say import Missing, level, number, percent, points
from clipsafe_utils.show.shown import Shown
from clipsafe_utils.show.tables import table

_SCORES, _GAP = "auroc", "factors"


def shape_table(found: OtherPrompts) -> Shown:
    """Return the shape bias of each real CLIP under eighty templates, and what fewer change."""
    asked = found.shape_bias
    rows = [
        {"CLIP": checkpoint, "Eighty templates": percent(of_clip["before"].iloc[0])}
        | {
            title.capitalize(): change.with_interval
            for title, change in zip(of_clip["prompt_set"], of_clip["change"], strict=True)
        }
        for checkpoint, of_clip in asked.groupby("checkpoint", sort=False)
    ]
    return table(
        pd.DataFrame(rows),
        "Shape bias of real CLIPs under eighty templates, and the change in points under fewer, with paired "
        f"{level(found.confidence)} intervals over images.",
    )


def usual_table(found: OtherPrompts, tested: Tested) -> Shown:
    """Return where the CLIPs of each source stand under the usual set."""
    changes = found.changes[tested.study]
    usual = changes[changes["prompt_set"] == tested.base]
    rows = []
    for source, of_source in usual.groupby("source", sort=False):
        levels = dict(zip(of_source["property"], of_source["level"], strict=True))
        cells = {TITLES[name]: _level(name, levels[name]) for name in PROPERTIES if name in levels}
        title = "all sources" if source == EVERY else source
        rows.append({"Source": title, "Families": of_source["families"].max(), **cells})
    return table(
        pd.DataFrame(rows),
        f"Zero-shot CLIPs under the usual set of prompts, means over families; study {tested.study}.",
    )


def number_table(found: OtherPrompts, study: str) -> Shown:
    """Return what fewer templates change in a study that has several numbers of them."""
    of_number = found.numbers[study]
    fewest, most = of_number.fewest.split()[0], of_number.most
    rows = [
        {
            "Property": panel.title,
            f"{fewest} less {most} ({level(found.confidence)} interval)": of_number.changes[name].in_full(),
            "With fewer templates it": weighed(of_number.changes[name], name),
        }
        for name, panel in PROPERTIES.items()
        if not isinstance(of_number.changes[name], Missing)
    ]
    clips = next(one.models.sizes["model"] for one in found.tested if one.study == study)
    return table(
        pd.DataFrame(rows),
        f"What fewer templates change: {fewest} in place of {most}, paired by model and draw; study "
        f"{study}, {clips} zero-shot CLIPs.",
    )


def content_table(found: OtherPrompts) -> Shown:
    """Return what eighty templates change in place of one: of two pools, and in real CLIPs."""
    contents, real = found.contents, found.real
    changes = {
        "that differ in what they say, in place of one of them": contents.gain,
        "of the same words, in place of one of them": lambda name: contents.gain(name, SAME),
        "that differ in what they say, in place of the usual ten": contents.beside_usual,
    }
    rows = [
        {"Eighty templates": title} | {TITLES[name]: change(name).in_full() for name in MEASURED}
        for title, change in changes.items()
    ]
    for few in FEWER if real else ():
        less = real.change(few)
        if isinstance(less, Missing):
            continue
        more = replace(less, estimate=-less.estimate, low=-less.high, high=-less.low)
        cells = dict.fromkeys((TITLES[name] for name in MEASURED), "–")
        title = f"of OpenAI, in place of the {few}: real CLIPs, ImageNet"
        rows.append({"Eighty templates": title} | cells | {TITLES["accuracy"]: more.in_full()})
    return table(
        pd.DataFrame(rows),
        f"What eighty templates change in place of fewer, with {level(found.confidence)} intervals: over "
        f"{contents.clips} CLIPs and images in the drawn world, over families in real ones. –: not read.",
    )


def scores_table(found: OtherPrompts, tested: Tested) -> Shown:
    """Return mean AUROC by every score: with the fewest templates, and under each other wording."""
    changes = found.changes[tested.study]
    rows = []
    for name in (name for name in tested.properties if name.startswith(_SCORES)):
        row = {"Score": name.removeprefix(f"{_SCORES}_").replace("_", " ")}
        if name == _SCORES:
            row["Score"] = "maximum softmax"
        if tested.study in found.numbers:
            ends = found.numbers[tested.study]
            row[f"{ends.fewest.split()[0]} less {ends.most}"] = ends.changes[name].in_full()
        for wording in by_wording(tested.prompt_sets):
            row[title_of(wording)] = change_of(changes, wording, name).in_full()
        rows.append(row)
    return table(
        pd.DataFrame(rows),
        f"Change of the mean AUROC by each score, with {level(found.confidence)} intervals, in points; study "
        f"{tested.study}.",
    )


def own_table(found: OtherPrompts, study: str) -> Shown:
    """Return what a reader's own prompts change."""
    changes = found.own[study]
    rows = []
    as_sets = changes.assign(prompt_set=changes["prompt"], source=EVERY, families=changes["models"])
    for prompt in changes["prompt"].unique():
        names = changes.loc[changes["prompt"] == prompt, "property"]
        cells = {TITLES[name]: change_of(as_sets, prompt, name).in_full() for name in names}
        rows.append({"Prompt": prompt, **cells})
    return table(
        pd.DataFrame(rows),
        f"Your own prompts against the usual set: change and {level(found.confidence)} interval, means over "
        f"{changes['models'].max()} CLIPs, on the images whose embeddings are kept; study {study}.",
    )


def _level(name: str, value: float) -> str:
    if name == _GAP:
        return f"{points(value)} points"
    return percent(value) if PROPERTIES[name].scale > 1 else number(value)

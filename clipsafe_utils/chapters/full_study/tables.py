"""Tables of the page of the full study: plans, rates, data sets, and the decisions of the study `field`."""

import pandas as pd

from clipsafe_utils.chapters.full_study.result import FullStudy, duration
from clipsafe_utils.registry.data_sets import NOT_PUBLISHED, data_sets
from clipsafe_utils.say import level
from clipsafe_utils.show.shown import Shown
from clipsafe_utils.show.tables import table


def decisions_table(r: FullStudy) -> Shown:
    """Tabulate the shape bias of every model."""
    frame = pd.DataFrame(
        {
            "Study": r.decisions["study"],
            "Model": r.decisions["model"],
            "Shape bias": r.decisions["bias"],
            f"{level(r.confidence)} interval": [bias.interval for bias in r.decisions["bias"]],
            "Decided": r.decisions["decided"],
            "Conflict images": [f"{images:,}" for images in r.decisions["images"]],
        }
    )
    return table(
        frame,
        "Shape bias: of the decisions for shape or texture, the share for shape, with its interval over "
        "classes and the share of images that were decided either way.",
    )


def plan_table(r: FullStudy) -> Shown:
    """Tabulate what `clipsafe predict --plan` says of each machine."""
    rows = [
        {
            "Machine": machine + ("" if machine == "laptop" else ", assumed"),
            "Images read and decoded": f"{plan['reads']:,}",
            "Forward passes": f"{plan['passes']:,}",
            "Device hours": f"{plan['device_hours']:,.0f}",
            "Core hours": f"{plan['core_hours']:,.1f}",
            "Elapsed time": duration(plan["hours"]),
        }
        for machine, plan in r.plans["plans"].items()
    ]
    return table(
        pd.DataFrame(rows),
        "The whole study by clipsafe predict --plan. Laptop: rates measured on two cores of a shared "
        "machine, on four networks, the others estimated from these. GPUs: rates assumed, not measured.",
    )


def rates_table(r: FullStudy) -> Shown:
    """Tabulate the rates that were measured."""
    laptop = r.plans["laptop"]
    seconds = {"read and decode": laptop["decode"], "crop once": laptop["crop"], **laptop["forward"]}
    rows = [{"What": what, "Milliseconds per image": f"{1000 * one:.1f}"} for what, one in seconds.items()]
    return table(
        pd.DataFrame(rows),
        f"Rates as measured here: {laptop['cores']} cores, {laptop['machine']}, while the machine had a "
        f"load of {r.plans['load']}.",
    )


def data_table() -> Shown:
    """Tabulate the data sets: what each is for, how large it is, how it comes."""
    roles = {"id": "in distribution", "ood": "out of distribution", "cue_conflict": "cue conflict"}
    rows = [
        {
            "Name": name,
            "For": roles.get(one.role, one.role),
            "Images": f"{one.images:,}",
            "GB": "–" if not one.bytes else f"{one.bytes / 1e9:.1f}",
            "From": "download" if one.archive else "its page",
            "Folder": one.folders[0],
        }
        for name, one in data_sets().items()
    ]
    return table(
        pd.DataFrame(rows),
        "The data sets, as the command line calls them, and where each has to lie. "
        f"Download: by clipsafe datasets --download. A dash: its size is {NOT_PUBLISHED}.",
    )

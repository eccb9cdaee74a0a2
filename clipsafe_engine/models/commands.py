"""The verb `clipsafe models`."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from clipsafe_utils.terminal import print_json, print_table, progress, say

if TYPE_CHECKING:
    from clipsafe_utils.registry.catalogue import ModelEntry


def models(
    group: Annotated[str | None, typer.Option(help="Only one group, for example clip_zero_shot.")] = None,
    source: Annotated[str | None, typer.Option(help="Only one training source, for example WIT.")] = None,
    architecture: Annotated[str | None, typer.Option(help="Only one architecture, for example ViT.")] = None,
    own: Annotated[
        Path | None, typer.Option("--own", help="CSV with models of your own, in the catalogue's columns.")
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Build each in the installed timm and open_clip, without weights.")
    ] = False,
    verify: Annotated[
        str | None, typer.Option(metavar="STUDY", help="Compare a study's top-1 with the published one.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for a script.")] = False,
) -> None:
    """List, check and verify the models of the full study.

    Example: [bold]clipsafe models --group clip_zero_shot --source WIT[/bold]
    """
    from clipsafe_utils.errors import ClipsafeError
    from clipsafe_utils.registry.catalogue import catalogue, select

    if check and verify is not None:
        raise ClipsafeError("Ask for --check or --verify, one at a time.")
    chosen = select(catalogue(own).values(), group, source, architecture)
    if check:
        _check(chosen, as_json)
    elif verify is not None:
        _verify(chosen, verify, as_json)
    else:
        _list(chosen, as_json)


def _list(entries: Sequence["ModelEntry"], as_json: bool) -> None:
    from dataclasses import asdict

    if as_json:
        print_json([asdict(entry) for entry in entries])
        return
    rows = [
        {
            "model": entry.name,
            "group": entry.group,
            "architecture": entry.architecture,
            "training source": entry.training_source,
            "fine-tuning": entry.fine_tuning,
            "parameters": "" if entry.parameters is None else f"{entry.parameters / 1e6:.1f} M",
            "pixels": entry.input_size,
            "top-1": "" if entry.in1k_top1 is None else f"{entry.in1k_top1:.1f} %",
        }
        for entry in entries
    ]
    print_table(rows, f"{len(rows)} models")


def _check(entries: Sequence["ModelEntry"], as_json: bool) -> None:
    from collections import Counter
    from dataclasses import asdict

    from clipsafe_engine.models.check import resolve_all
    from clipsafe_utils.errors import ClipsafeError

    with progress("Models", total=len(entries)) as advance:
        found = resolve_all(entries, advance)
    faults = [each for each in found if each.fault]
    if as_json:
        print_json([asdict(each) for each in found])
    elif faults:
        print_table([{"model": each.name, "fault": each.fault} for each in faults], "Faults")
    if faults:
        raise ClipsafeError(
            f"{len(faults)} of {len(found)} models are at fault, first {faults[0].name}: {faults[0].fault}."
        )
    if not as_json:
        kinds = Counter(each.source for each in found)
        parts = ", ".join(f"{kind} {count}" for kind, count in kinds.items())
        say(f"{len(found)} models checked, none at fault ({parts}).")


def _verify(entries: Sequence["ModelEntry"], name: str, as_json: bool) -> None:
    from dataclasses import asdict

    from clipsafe_engine.models.verify import compare_top1
    from clipsafe_utils.cubes import find_study
    from clipsafe_utils.errors import ClipsafeError

    found = compare_top1(entries, find_study(name))
    off = [each for each in found if each.is_off]
    if as_json:
        print_json([asdict(each) | {"is_off": each.is_off} for each in found])
    elif off:
        rows = [
            {
                "model": each.model,
                "measured": f"{each.measured:.2f} %",
                "interval": f"{each.low:.2f} to {each.high:.2f} %",
                "published": f"{each.published:.2f} %",
            }
            for each in off
        ]
        print_table(rows, "Off by more than the interval")
    if off:
        raise ClipsafeError(
            f"{len(off)} of {len(found)} models are off by more than their interval, first {off[0].model}: "
            f"{off[0].measured:.2f} % against {off[0].published:.2f} %."
        )
    if not as_json:
        say(f"{len(found)} models verified, none off by more than its interval.")

"""Count the units that each claim will have in the new sources of the record, from the names of models alone.

Command: python benchmarks/units_per_claim.py [--mirror ../shared/mirror]
Run time: a second or two.
Expected: the counts of benchmarks/units_per_claim.json, which the command writes anew.

No result is read, see `mirror_names`. Who the models are stands in units_per_claim.toml and, for names of
open_clip, timm and other sources that the project reads already, in the rules of `clipsafe_utils.record`.
"""

import argparse
import json
import os
import re
import sys
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mirror_names import Source, names_of

from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.record.networks import describe
from clipsafe_utils.record.sources import MIRROR_VARIABLE
from clipsafe_utils.registry.training_sources import lineage_of

REPORT = Path(__file__).with_suffix(".json")
WHO_IS_WHO = Path(__file__).with_suffix(".toml")
MIRROR = Path(__file__).parents[2] / "shared" / "mirror"

GROUPS = {"clip_zero_shot": "zero-shot", "clip_fine_tuned": "fine-tuned"}
PARTS = {
    "families": "family",
    "encoders": "encoder",
    "training_sources": "training_source",
    "lineages": "lineage",
}
"""What units may have in common, and what a CLIP calls it."""

WRONG_ACTIVATION = "wrong activation"
LIKE_A_CLIP = re.compile("clip|laion|openai|webli|datacomp", re.IGNORECASE)

Report = dict[str, Any]


@dataclass(frozen=True)
class Clip:
    """A CLIP of a source, as far as it is needed to count units."""

    name: str
    checkpoint: str
    group: str
    family: str
    encoder: str
    training_source: str

    @property
    def lineage(self) -> str:
        """What its training source was drawn from."""
        return lineage_of(self.training_source)


@dataclass(frozen=True)
class Models:
    """The models of a source: its CLIPs, those left out with the reason, and how many others it names."""

    clips: Sequence[Clip]
    left_out: Mapping[str, str]
    others: int | None  # Unknown where only the CLIPs are listed.
    known_before: str  # What we knew of its outcomes.


def main() -> None:
    """Count, print and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    default = Path(os.environ.get(MIRROR_VARIABLE) or MIRROR)
    parser.add_argument("--mirror", type=Path, default=default, help="folder of the raw public files")
    try:
        report = count(parser.parse_args().mirror)
    except ClipsafeError as error:
        print(error, file=sys.stderr)
        sys.exit(2)
    for line in lines(report):
        print(line)
    REPORT.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")


def count(mirror: Path, who_is_who: Path = WHO_IS_WHO) -> list[Report]:
    """Return what `units_per_claim.json` holds: a row for each group of claims that ask the same sources."""
    if not mirror.is_dir():
        raise ClipsafeError(f"{mirror}: expected the mirror of the public record; set {MIRROR_VARIABLE}.")
    tables = tomllib.loads(who_is_who.read_text(encoding="utf-8"))
    sources = {name: _complete(table, tables["sources"]) for name, table in tables["sources"].items()}
    models = {name: models_of(name, source, mirror) for name, source in sources.items()}
    return [_units(row, {name: models[name] for name in row.get("sources", [])}) for row in tables["claims"]]


def _complete(source: Source, sources: Mapping[str, Source]) -> Source:
    return {**sources[source["like"]], **source} if "like" in source else source


def models_of(source_name: str, source: Source, mirror: Path) -> Models:
    """Say of each name of a source who it is."""
    who = {name: _who(source_name, source, name) for name in names_of(source, mirror)}
    return Models(
        clips=[clip for clip in who.values() if isinstance(clip, Clip)],
        left_out={name: reason for name, reason in who.items() if isinstance(reason, str)},
        others=None if "listed" in source else list(who.values()).count(None),
        known_before=source["known_before"],
    )


def _who(source_name: str, source: Source, name: str) -> Clip | str | None:
    """Return a CLIP, the reason why a model counts nowhere, or nothing for what is no CLIP.

    A name like that of a CLIP that no rule matches is refused.
    """
    for pattern, reason in source.get("left_out", []):
        if re.fullmatch(pattern, name):
            return str(reason)
    for pattern, target in source["networks"]:
        if match := re.fullmatch(pattern, name):
            registry, _, known_as = match.expand(target).partition(":")
            if registry != "own":
                return _described(registry, known_as, name)
            group, training_source, encoder = known_as.split("/")
            family = f"CLIP ({training_source}) {encoder}"
            return Clip(name, f"{source_name}:{name}", group, family, encoder, training_source)
    if LIKE_A_CLIP.search(name):
        raise ClipsafeError(f"{WHO_IS_WHO.name}: no rule of the source {source_name} matches '{name}'.")
    return None


def _described(registry: str, known_as: str, name: str) -> Clip | str:
    network = describe(registry, known_as)
    if network.group not in GROUPS:
        return network.reference.partition("; ")[2]
    if WRONG_ACTIVATION in network.reference:
        return WRONG_ACTIVATION
    encoder = network.family.rpartition(") ")[2]
    return Clip(name, network.checkpoint, network.group, network.family, encoder, network.training_source)


def _units(row: Mapping[str, Any], models: Mapping[str, Models]) -> Report:
    """Count the units of a claim by source; a network that several sources have counts in the first."""
    clips = {clip.checkpoint: clip for of in models.values() for clip in of.clips}
    counted: set[str] = set()
    by_source, everything = {}, []
    for source, of in models.items():
        asked = [clip for clip in of.clips if clip.group == row.get("counts")]
        new = {clip.checkpoint: clip for clip in asked if clip.checkpoint not in counted}
        counted |= set(new)
        pairs = [_pair(ends, clips) for ends in row.get("pairs", {}).get(source, [])]
        units = [*((clip,) for clip in new.values()), *pairs]
        everything += units
        again = [clip.name for clip in asked if clip not in new.values()]
        by_source[source] = {
            "known_before": of.known_before,
            **_summary(units),
            "again": again,
            "left_out": of.left_out,
            "others": of.others,
        }
    return {
        "claims": row["ids"],
        "unit": "pair" if "pairs" in row else GROUPS[row["counts"]] if "counts" in row else "none",
        **_summary(everything),
        "note": row["note"],
        "by_source": by_source,
    }


def _pair(ends: Sequence[str], clips: Mapping[str, Clip]) -> tuple[Clip, ...]:
    if missing := [end for end in ends if end not in clips]:
        raise ClipsafeError(f"{WHO_IS_WHO.name}: no source of the claim has the checkpoint '{missing[0]}'.")
    return tuple(clips[end] for end in ends)


def _summary(units: Sequence[tuple[Clip, ...]]) -> Report:
    """Count units, and those of each family and the like; for a pair of two kinds its name has both."""
    summary: Report = {"units": len(units)}
    for name, part in PARTS.items():
        kinds = Counter(" and ".join(dict.fromkeys(getattr(clip, part) for clip in unit)) for unit in units)
        summary[name] = dict(sorted(kinds.items()))
    return summary


def lines(report: Sequence[Report]) -> Iterator[str]:
    """Yield what is printed."""
    for row in report:
        yield f"{', '.join(row['claims'])}: {_in_words(row, row['unit'])}. {row['note']}"
        for source, of in row["by_source"].items():
            beside = "" if of["others"] is None else f"; beside CLIPs {of['others']} names"
            yield f"    {source}: {_in_words(of, row['unit'])}{beside}"
            if of["again"]:
                yield f"        weights counted already: {', '.join(of['again'])}"
            for reason in dict.fromkeys(of["left_out"].values()):
                names = [name for name, why in of["left_out"].items() if why == reason]
                yield f"        left out, {reason}: {', '.join(names)}"


def _in_words(counted: Report, unit: str) -> str:
    if not counted["units"]:
        return "nothing"
    kinds = (f"{name.replace('_', ' ')} {len(counted[name])}" for name in ("families", "training_sources"))
    tallies = (
        f"{name} {len(counted[name])} ({', '.join(f'{kind} {n}' for kind, n in counted[name].items())})"
        for name in ("encoders", "lineages")
    )
    return f"{unit} {counted['units']}: " + "; ".join([*kinds, *tallies])


if __name__ == "__main__":
    main()

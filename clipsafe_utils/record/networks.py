"""Who the networks of the record are: group, family, training source and weights."""

# Each source has a file of rules in `rules`, one a line: a pattern that must match the whole name that the
# source uses, and what holds for every row that it matches. The first matching rule decides. Cells may refer
# to parts of the match; `{line}` stands for the line of designs that `rules/architectures.csv` finds for the
# part of the name before the first dot. For its 210 models the project's catalogue has the last word. Where a
# rule says `same_as`, another source's rules say all of its checkpoint, but for the image size and the note.
#
# A family is the unit of independence. Of a CLIP it is the training source with the line of its image
# encoder, so that families remain to compare within one training source; two families of one source still
# share their data, so comparisons between CLIPs and others should group CLIPs by `training_source`. Of every
# other network it is the line, with the source of its pre-training where it has one, or the training run.

import csv
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files

from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.record.public_sources import PUBLIC_SOURCES
from clipsafe_utils.registry.catalogue import catalogue

_catalogue = cache(catalogue)


@dataclass(frozen=True)
class Network:
    """One row of the record: what is known of the network behind it."""

    model: str
    group: str
    family: str
    architecture: str
    training_source: str
    pretraining: str
    fine_tuning: str
    samples_seen: float
    image_size: float
    checkpoint: str
    reference: str


def describe(source: str, name: str) -> Network:
    """Look a network up by the rules and the catalogue.

    The name may end in ``@size``. A checkpoint is named as in the catalogue, else the testbed, else timm or
    open_clip. A name that no rule matches is refused, so that none is filed by accident.
    """
    bare = name.partition("@")[0]
    rule, match = _first_match(PUBLIC_SOURCES[source].rules, bare, f"'{bare}' of the source {source}")
    cells = {column: match.expand(cell) for column, cell in rule.items() if column != "pattern"}
    reference = PUBLIC_SOURCES[source].citation + (f"; {cells['note']}" if cells["note"] else "")
    image_size = float(cells.get("image_size") or "nan")
    if other := cells.get("same_as"):
        known_as = describe(other, cells["checkpoint"])
        return replace(known_as, model=f"{source}:{name}", image_size=image_size, reference=reference)
    if "{line}" in cells["family"] or not cells["architecture"]:
        design, _ = _first_match("architectures", bare.partition(".")[0], f"the design of '{bare}'")
        cells["family"] = cells["family"].replace("{line}", design["line"])
        cells["architecture"] = cells["architecture"] or design["architecture"]
    checkpoint = _checkpoint(source, bare, cells["checkpoint"])
    if known := _catalogue().get(checkpoint):
        facts = ("group", "architecture", "training_source", "fine_tuning")
        cells |= {fact: getattr(known, fact) for fact in facts}
    texts = ("group", "family", "architecture", "training_source", "pretraining", "fine_tuning")
    return Network(
        model=f"{source}:{name}",
        samples_seen=float(cells["samples_seen"] or "nan"),
        image_size=image_size,
        checkpoint=checkpoint,
        reference=reference,
        **{text: cells[text] for text in texts},
    )


def training_images(training_sources: Iterable[str]) -> list[float]:
    """Return the number of images of each training source; NaN where no source states it."""
    counts = {row["training_source"]: float(row["images"]) for row in _table("training_sources.csv")}
    return [counts.get(name, float("nan")) for name in training_sources]


def _first_match(rules: str, name: str, what: str) -> tuple[dict[str, str], re.Match[str]]:
    for pattern, rule in _rules(rules):
        if match := pattern.fullmatch(name):
            return rule, match
    raise ClipsafeError(f"rules/{rules}.csv: no rule matches {what}.")


def _checkpoint(source: str, name: str, by_rule: str) -> str:
    # The activation is not part of the weights: open_clip lists some weights under two names.
    own = name.replace("-quickgelu", "") if PUBLIC_SOURCES[source].names_weights else f"{source}:{name}"
    return _one_name_for_shared_weights().get(by_rule or own, by_rule or own)


@cache
def _one_name_for_shared_weights() -> dict[str, str]:
    names: dict[str, str] = {}
    for row in _table("same_weights.csv"):
        kept = row["timm"] if row["timm"] in _catalogue() else row["testbed"]
        names |= {row["timm"]: kept, row["testbed"]: kept}
    return names


@cache
def _rules(stem: str) -> list[tuple[re.Pattern[str], dict[str, str]]]:
    # Some files have more patterns than `re` keeps compiled.
    return [(re.compile(rule["pattern"]), rule) for rule in _table(f"rules/{stem}.csv")]


@cache
def _table(name: str) -> list[dict[str, str]]:
    text = files("clipsafe_utils.record").joinpath(name).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))

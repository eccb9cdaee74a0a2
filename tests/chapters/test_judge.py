"""Three models to judge: the evidence tells them apart for every variant, and shape bias alone does not."""

import re
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from clipsafe_utils.chapters.teaching.judge import (
    CLIP,
    SETS,
    STYLISED,
    SUSPECTS,
    TUNED,
    Suspect,
    known_of,
    lineup,
    terms,
    write_lineup,
)
from clipsafe_utils.chapters.teaching.suspects_table import sorting_by_shape
from clipsafe_utils.importing.folder import open_folder
from clipsafe_utils.importing.study import import_folder
from clipsafe_utils.metrics.cue_decisions import shape_bias
from clipsafe_utils.registry.label_maps import index_of_wnid
from clipsafe_utils.registry.validation_set import validation_labels

KINDS = (CLIP, TUNED, STYLISED)
Evidence = dict[str, float]


def judged(models: list[Evidence]) -> list[str]:
    """Say which is which by the two steps of the answer key."""
    gained = [model["imagenet-r"] - model["imagenet-val"] for model in models]
    clip = int(np.argmax(gained))
    rest = [place for place in range(3) if place != clip]
    tuned = max(rest, key=lambda place: models[place]["imagenet-val"])
    return [CLIP if at == clip else TUNED if at == tuned else STYLISED for at in range(3)]


def judged_by_shape(models: list[Evidence]) -> list[str]:
    """Say it as who knows only chapter 2 may: stylised above CLIP above fine-tuned."""
    order = np.argsort([-model["shape bias"] for model in models])
    return [dict(zip(order.tolist(), (STYLISED, CLIP, TUNED), strict=True))[at] for at in range(3)]


def seen_in(folder: Path) -> Evidence:
    """Count what the files of a folder say, without the package's reader."""
    seen = {}
    for name in SETS:
        table = pd.read_csv(folder / f"{name}.csv")
        if name == "imagenet-val":
            number = table["image"].str.extract(r"_(\d{8})\.", expand=False).astype(int)
            truth = np.array(list(index_of_wnid()))[validation_labels()[number - 1]]
        else:
            truth = table["image"].str.split("/").str[0].to_numpy()
        seen[name] = float((table["prediction"] == truth).mean())
    cues = pd.read_csv(folder / "cue-conflict.csv")
    shape, texture = (
        cues["image"].str.extract(pattern, expand=False) for pattern in (r"^([a-z]+)", r"-([a-z]+)")
    )
    by_shape, by_texture = ((cues["prediction"] == cue).sum() for cue in (shape, texture))
    return {**seen, "shape bias": shape_bias(by_shape, by_texture).item()}


def of_kind(kind: str) -> list[Suspect]:
    return [one for one in SUSPECTS if one.kind == kind]


def test_the_evidence_tells_every_variant_apart_far_beyond_chance() -> None:
    known = {one: known_of(one) for one in SUSPECTS}
    variants = list(product(*map(of_kind, KINDS)))
    assert len(variants) == 36
    for variant in variants:
        clip, tuned, stylised = (known[one] for one in variant)
        assert judged([clip, tuned, stylised]) == list(KINDS)
        # Six standard errors of a difference of shares of 3,000 and 4,000 images are below 0.08.
        gained = [one["imagenet-r"] - one["imagenet-val"] for one in (clip, tuned, stylised)]
        assert gained[0] - max(gained[1:]) > 0.08
        assert tuned["imagenet-val"] - stylised["imagenet-val"] > 0.08
        assert tuned["imagenet-a"] - stylised["imagenet-a"] > 0.6


def test_shape_bias_alone_misleads_where_ordinary_images_were_seen_too() -> None:
    known = {one: known_of(one) for one in SUSPECTS}
    right = {
        variant: judged_by_shape([known[one] for one in variant]) == list(KINDS)
        for variant in product(*map(of_kind, KINDS))
    }
    assert {variant[2].name for variant, is_right in right.items() if is_right} == {"resnet50_trained_on_SIN"}
    assert sum(right.values()) == 12
    said = sorting_by_shape()
    assert said.right == "12 of 36"
    bias = {kind: [known[one]["shape bias"] for one in of_kind(kind)] for kind in KINDS}
    for written, kind in ((said.clips, CLIP), (said.tuned, TUNED)):
        ends = [f"{100 * end:.1f}" for end in (min(bias[kind]), max(bias[kind]))]
        assert re.findall(r"[\d.]+", written) == ends
    assert re.findall(r"[\d.]+", said.stylised) == [f"{100 * share:.1f}" for share in sorted(bias[STYLISED])]
    assert max(bias[TUNED]) < min(bias[CLIP])
    for kind in (CLIP, TUNED):
        assert not any(min(bias[kind]) <= share <= max(bias[kind]) for share in bias[STYLISED])
    assert judged_by_shape([known[one] for one in lineup(3)]) == [one.kind for one in lineup(3)]


@pytest.mark.parametrize("seed", range(8))
def test_a_class_can_tell_them_apart_by_the_files(seed: int, tmp_path: Path) -> None:
    suspects = write_lineup(seed, tmp_path)
    seen = [seen_in(tmp_path / f"model-{number}") for number in (1, 2, 3)]
    assert judged(seen) == [one.kind for one in suspects]
    for one, counted in zip(suspects, seen, strict=True):
        known = known_of(one)
        assert counted == pytest.approx(known, abs=0.08)
        assert counted != known


def test_variants_differ_and_a_seed_gives_the_same_files(tmp_path: Path) -> None:
    assert len({tuple(lineup(seed)) for seed in range(60)}) > 40
    assert {tuple(one.kind for one in lineup(seed)) for seed in range(60)} == {
        order for order in product(KINDS, repeat=3) if len(set(order)) == 3
    }
    for name in ("first", "again"):
        write_lineup(5, tmp_path / name)
    files = sorted(path.relative_to(tmp_path / "first") for path in (tmp_path / "first").rglob("*.*"))
    assert len(files) == 3 * 6
    for file in files:
        assert (tmp_path / "first" / file).read_bytes() == (tmp_path / "again" / file).read_bytes()


def test_import_takes_the_files_and_does_not_recognise_the_network(tmp_path: Path) -> None:
    suspects = write_lineup(1, tmp_path)
    for number, suspect in enumerate(suspects, 1):
        folder = tmp_path / f"model-{number}"
        made = import_folder(open_folder(folder), replicates=2, with_factors=False)
        assert set(made.cubes) == {"models", "shifts", "shape_bias"}
        assert not any("the record has this network" in note for note in made.notes)
        row = made.cubes["shifts"].isel(model=0)
        share = (row["hits"] / row["images"]).to_series()
        seen = seen_in(folder)
        assert share[["id", "a", "r", "sketch"]].tolist() == pytest.approx([seen[name] for name in SETS])
        written = "".join(path.read_text(encoding="utf-8") for path in folder.iterdir())
        assert suspect.name not in written


def test_the_terms_of_the_numbers_are_said() -> None:
    said = " ".join(terms())
    assert all(term in said for term in ("CC BY 4.0", "CC BY-SA 4.0", "Apache-2.0", "MIT"))

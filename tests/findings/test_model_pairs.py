"""Pairs of the ledger are those of the chapters, and differ in what they say they differ in alone."""

import numpy as np
import pytest
import xarray as xr

from clipsafe_utils.claims.reading import Reader
from clipsafe_utils.cubes import find_study
from clipsafe_utils.findings import model_pairs as pairs
from clipsafe_utils.findings.clip_pairs import fine_tuning_pairs, source_pairs, zero_shot_pairs
from clipsafe_utils.findings.shift import laboratory
from clipsafe_utils.registry.catalogue import catalogue
from tests.claims.statistics.small_studies import NUMBERS, described

LAION = {"training_source": "LAION-400M", "training_images": 4.07e8, "samples_seen": 1.3e10}
WEBLI = {"training_source": "WebLI"}
CURATED = {"training_source": "DataComp-1B", "training_images": 1.4e9, "samples_seen": 1.3e10}
WEB = {"training_source": "LAION-2B", "training_images": 2.3e9, "samples_seen": 1.3e10}


@pytest.fixture(scope="module")
def here() -> laboratory.Laboratory:
    found = laboratory.read_laboratory(["miniature"])
    assert found is not None
    return found


@pytest.fixture(scope="module")
def record() -> xr.Dataset:
    panel = Reader(find_study("published")).panel("shifts")
    assert panel is not None
    return panel.models


def named(*found: tuple[str, str]) -> list[tuple[str, str]]:
    return [(f"test:{before}", f"test:{after}") for before, after in found]


def test_twins_of_the_laboratory_share_all_but_the_source(here: laboratory.Laboratory) -> None:
    found, sources = pairs.source_twins(here.models)
    assert sources == ("laion", "wit")
    assert len(found) == 10
    assert all(before.replace("laion", "wit") == after for before, after in found)


def test_procedures_of_the_laboratory_begin_with_the_same_clip(here: laboratory.Laboratory) -> None:
    for procedure, of_it in pairs.fine_tuned_pairs(here.models).items():
        beginning = pairs.PROCEDURES[procedure]
        assert all(start.startswith("clip-") and made == f"{beginning}{start}" for start, made in of_it)
    assert len(pairs.fine_tuned_pairs(here.models)[pairs.STRONG]) == 8
    contrasts = pairs.procedure_contrasts(here.models)
    assert {name: len(found) for name, found in contrasts.items()} == {
        "strong instead of gentle": 6,
        "near classes first": 2,
        "far classes first": 2,
    }
    assert all(
        after.removeprefix("tuned-wide_far-") == before.removeprefix("tuned-")
        for before, after in contrasts["far classes first"]
    )


def test_models_carry_the_name_of_their_study() -> None:
    panel = Reader(find_study("miniature")).panel("ood")
    assert panel is not None
    found = [
        pairs.source_twins(panel.models)[0],
        *pairs.fine_tuned_pairs(panel.models).values(),
        *pairs.procedure_contrasts(panel.models).values(),
        pairs.curated_pairs(panel.models),
    ]
    known = set(panel.models["model"].values.tolist())
    assert all(
        name in known and name.startswith("miniature:") for each in found for one in each for name in one
    )
    assert pairs.curated_pairs(panel.models) == [
        ("miniature:clip-resnet_xs-wit-64k-s0", "miniature:clip-resnet_xs-labels-64k-s0")
    ]


def test_pairs_of_the_record_are_those_of_chapter_3(record: xr.Dataset) -> None:
    twins, sources = pairs.source_twins(record)
    assert (twins, sources) == (source_pairs(record), ("LAION-400M", "WIT"))
    assert len(pairs.curated_pairs(record)) == 3
    made = pairs.fine_tuned_pairs(record)
    assert made[pairs.IN_1K] == zero_shot_pairs(record)
    assert pairs.procedure_contrasts(record) == {pairs.BY_WAY: fine_tuning_pairs(record)}
    assert (len(made), len(made[pairs.BY_IN_12K])) == (2, 7)


def test_by_way_of_more_classes_starts_from_the_same_run(record: xr.Dataset) -> None:
    checkpoint = dict(zip(record["model"].values.tolist(), record["checkpoint"].values.tolist(), strict=True))
    made = pairs.fine_tuned_pairs(record)
    directly = dict(made[pairs.IN_1K])
    for start, after in made[pairs.BY_IN_12K]:
        assert checkpoint[after] == checkpoint[directly[start]].replace("_ft_in1k", "_ft_in12k_in1k")


def test_the_catalogue_of_the_full_study_has_pairs_of_every_kind_but_one() -> None:
    numbers = {name: name for name in NUMBERS} | {"image_size": "input_size"}
    columns = ("group", "training_source", "architecture", "family", "fine_tuning")
    full = described(
        {"checkpoint": entry.name}
        | {name: getattr(entry, name) for name in columns}
        | {name: float(getattr(entry, column) or np.nan) for name, column in numbers.items()}
        for entry in catalogue().values()
    )
    twins, sources = pairs.source_twins(full)
    assert (len(twins), sources) == (3, ("LAION-400M", "WIT"))
    assert {name: len(made) for name, made in pairs.fine_tuned_pairs(full).items()} == {
        pairs.IN_1K: 9,
        pairs.BY_IN_12K: 7,
    }
    (contrast,) = pairs.procedure_contrasts(full).values()
    assert len(contrast) == 10
    assert len(set(pairs.families_of_pairs(full, contrast)[0])) == 6
    assert pairs.curated_pairs(full) == []


def test_of_two_couples_with_as_many_pairs_the_books_order_decides() -> None:
    first = [{"checkpoint": "B.openai"}, {"checkpoint": "B.laion"} | LAION]
    second = [{"checkpoint": "L.openai"}, {"checkpoint": "L.webli"} | WEBLI]
    assert pairs.source_twins(described(second + first)) == (
        named(("B.laion", "B.openai")),
        ("LAION-400M", "WIT"),
    )
    third = [{"checkpoint": "H.openai"}, {"checkpoint": "H.webli"} | WEBLI]
    found, sources = pairs.source_twins(described(first + second + third))
    assert (found, sources) == (named(("L.webli", "L.openai"), ("H.webli", "H.openai")), ("WebLI", "WIT"))


@pytest.mark.parametrize(
    "unlike",
    [
        {"samples_seen": 1.36e10},
        {"samples_seen": np.nan},
        {"training_images": 3.7e8},
        {"image_size": 256.0},
        {"training_source": "WIT"},
        {"training_source": "YFCC-15M"},
        {"checkpoint": "L.laion"},
        {"group": "control"},
    ],
)
def test_twins_are_alike_in_all_else(unlike: dict[str, object]) -> None:
    rows = [{"checkpoint": "B.openai"}, {"checkpoint": "B.laion"} | LAION]
    assert len(pairs.source_twins(described(rows))[0]) == 1
    assert pairs.source_twins(described([rows[0], rows[1] | unlike])) == ([], ("", ""))


def test_curated_sources_stand_against_web_sources_of_like_size() -> None:
    rows = [
        {"checkpoint": "B.laion2b"} | WEB,
        {"checkpoint": "B.laion400m"} | LAION,
        {"checkpoint": "B.datacomp"} | CURATED,
        {"checkpoint": "B.metaclip"} | LAION | {"training_source": "MetaCLIP-400M"},
    ]
    assert pairs.curated_pairs(described(rows)) == named(
        ("B.laion2b", "B.datacomp"), ("B.laion400m", "B.metaclip")
    )


@pytest.mark.parametrize(
    "unlike",
    [
        {"samples_seen": 3.4e10},
        {"samples_seen": np.nan},
        {"parameters": 4.3e8},
        {"parameters": np.nan},
        {"architecture": "ConvNeXt"},
        {"image_size": 256.0},
        {"training_source": "LAION-Aesthetic"},
        {"group": "clip_fine_tuned"},
    ],
)
def test_curated_pairs_are_alike_in_all_else(unlike: dict[str, object]) -> None:
    rows = [{"checkpoint": "B.laion2b"} | WEB, {"checkpoint": "B.datacomp"} | CURATED]
    assert len(pairs.curated_pairs(described(rows))) == 1
    assert pairs.curated_pairs(described([rows[0], rows[1] | unlike])) == []


def test_curated_pairs_of_the_laboratory_are_of_one_seed_and_of_clips() -> None:
    kinds = ("clip-xs-labels-64k", "clip-xs-wit-64k", "clip-xs-laion-64k", "labels-xs-labels-64k")
    names = [f"{kind}-s{seed}" for kind in kinds for seed in range(2)]
    found = pairs.curated_pairs(described({"checkpoint": name, "group": "control"} for name in names))
    assert found == named(*((f"clip-xs-wit-64k-s{seed}", f"clip-xs-labels-64k-s{seed}") for seed in range(2)))


def test_a_pair_counts_for_the_family_of_its_first(record: xr.Dataset, here: laboratory.Laboratory) -> None:
    families, unit = pairs.families_of_pairs(record, pairs.curated_pairs(record))
    assert (families, unit) == (["CLIP (LAION-2B) ViT-B"] * 2 + ["CLIP (LAION-2B) ViT-L"], "family")
    for found in pairs.procedure_contrasts(here.models).values():
        families, unit = pairs.families_of_pairs(here.models, found)
        assert unit == "training run"
        assert all(before.endswith(family) for (before, _), family in zip(found, families, strict=True))


@pytest.mark.parametrize("groups", [[], ["standard"], ["clip_fine_tuned"], ["clip_zero_shot"]])
@pytest.mark.parametrize("study", ["published", "miniature"])
def test_without_one_of_two_groups_there_are_no_pairs_of_both(study: str, groups: list[str]) -> None:
    models = find_study(study).read("models")
    cut = models.isel(model=np.isin(models["group"].values, groups))
    assert pairs.fine_tuned_pairs(cut) == {}
    if "clip_zero_shot" not in groups:
        assert pairs.source_twins(cut) == ([], ("", ""))
        assert pairs.curated_pairs(cut) == []
    assert set(pairs.procedure_contrasts(cut)) == (
        {pairs.BY_WAY} if (study, groups) == ("published", ["clip_fine_tuned"]) else set()
    )

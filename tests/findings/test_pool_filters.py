"""Filters of a fixed pool: pairs equal in what is stated, by hand and in the record."""

import numpy as np
import pytest
import xarray as xr

from clipsafe_utils.chapters.causes import tables
from clipsafe_utils.cubes import GROUPS, find_study
from clipsafe_utils.findings.causes.filters import (
    NO_FILTERS,
    Filters,
    batch_of,
    filter_pairs,
    read_filters,
)
from clipsafe_utils.findings.causes.record import read_record
from clipsafe_utils.findings.clip_pairs import encoders_of
from clipsafe_utils.findings.shift.clouds import Clouds
from clipsafe_utils.say import Missing

CLIPS = {
    # checkpoint: source, samples seen, image size, in distribution, under shift
    "B.commonpool_m_s1m_b4k": ("CommonPool-M", 1e6, 224, 0.20, 0.20),
    "B.commonpool_m_clip_s1m_b4k": ("CommonPool-M (filter clip)", 1e6, 224, 0.30, 0.28),
    "B.commonpool_m_image_s1m_b4k": ("CommonPool-M (filter image)", 1e6, 224, 0.35, 0.25),
    "B.datacomp_m_s1m_b4k": ("DataComp-M", 1e6, 224, 0.35, 0.25),
    "B.datacomp_m_s1m_b9k": ("DataComp-M", 1e6, 224, 0.40, 0.30),
    "B.datacomp_m": ("DataComp-M", 1e6, 224, 0.41, 0.31),
    "B.datacomp_m_s9m_b4k": ("DataComp-M", 9e6, 224, 0.42, 0.32),
    "B.datacomp_m_s1m_b4k_large": ("DataComp-M", 1e6, 256, 0.43, 0.33),
    "L.datacomp_m_s1m_b4k": ("DataComp-M", 1e6, 224, 0.44, 0.34),
    "B.datacomp_l_s1m_b4k": ("DataComp-L", 1e6, 224, 0.45, 0.35),
    "B.laion2b_s1m_b4k": ("LAION-2B", 1e6, 224, 0.46, 0.36),
}


def cloud() -> xr.Dataset:
    source, samples, size, x, y = map(list, zip(*CLIPS.values(), strict=True))
    values = {"checkpoint": list(CLIPS), "training_source": source, "samples_seen": samples, "x": x, "y": y}
    values |= {"image_size": np.array(size, float), "group": ["clip_zero_shot"] * len(CLIPS)}
    values |= {"architecture": ["ViT"] * len(CLIPS), "parameters": [1.5e8] * len(CLIPS)}
    values |= {"family": ["CLIP (pool) ViT-B"] * len(CLIPS)}
    return xr.Dataset({name: ("model", column) for name, column in values.items()}, {"model": list(CLIPS)})


@pytest.fixture(scope="module")
def clouds() -> Clouds:
    return read_record(["published"], list(GROUPS))["published"]


@pytest.fixture(scope="module")
def found(clouds: Clouds) -> Filters:
    return read_filters(clouds, 0.95)


def test_a_pair_is_equal_in_encoder_samples_and_batch() -> None:
    # What is printed twice under two names counts once; what differs, or is not stated, is no pair.
    before = "B.commonpool_m_s1m_b4k"
    pairs = [(before, "B.commonpool_m_clip_s1m_b4k"), (before, "B.datacomp_m_s1m_b4k")]
    assert filter_pairs(cloud()) == pairs


def test_why_a_clip_has_no_twin_is_said() -> None:
    few = read_filters({"r": cloud()}, 0.95)
    assert few.pairs == "2"
    assert few.change() == "+10.0 to +15.0"
    assert few.more_accurate == "2 of 2"
    assert few.left_out.set_index("checkpoint")["why"].to_dict() == {
        "B.datacomp_m_s1m_b9k": "batch size: unlike",
        "B.datacomp_m": "batch size: not stated",
        "B.datacomp_m_s9m_b4k": "samples seen: unlike",
        "B.datacomp_m_s1m_b4k_large": "no CLIP of the unfiltered pool has its encoder and image size",
        "L.datacomp_m_s1m_b4k": "no CLIP of the unfiltered pool has its encoder and image size",
        "B.datacomp_l_s1m_b4k": "no CLIP of the unfiltered pool has its encoder and image size",
    }
    # One family draws no line.
    assert isinstance(few.rise_at_equal, Missing)
    assert isinstance(few.most_rise, Missing)
    assert isinstance(few.at_equal("r", like_imagenet=True), Missing)


def test_batches_are_read_from_names() -> None:
    assert batch_of("ViT-B-32.datacomp_xl_s13b_b90k") == 90
    assert batch_of("ViT-B-32.laion80m_s13b_bs32k") == 32
    assert np.isnan(batch_of("ViT-B-16.laion400m_e32"))


def test_pairs_of_the_record_are_equal_in_what_is_stated(clouds: Clouds) -> None:
    here = clouds["r"]
    rows = here.to_dataframe().assign(encoder=encoders_of(here))
    pairs = filter_pairs(here)
    assert len(pairs) == 20
    for pair in pairs:
        both = rows.loc[list(pair)]
        assert both[["encoder", "image_size", "parameters"]].nunique().eq(1).all()
        assert both["checkpoint"].map(batch_of).nunique() == 1
        assert both["samples_seen"].max() / both["samples_seen"].min() < 1.02
    after = rows.loc[[after for _, after in pairs]]
    assert not after[["x", "y"]].duplicated().any()
    assert "CommonPool-S (filter image)" not in set(after["training_source"])


def test_changes_of_the_record_are_those_of_the_counts(found: Filters) -> None:
    study = find_study("published")
    shifts = study.read("shifts").sel(condition="id")
    share = (shifts["hits"] / shifts["images"]).to_series()
    own = {name: share[f"open_clip:{name}"] for name in (*found.table["before"], *found.table["after"])}
    gains = [own[row["after"]] - own[row["before"]] for row in found.table.to_dict("records")]
    assert found.table["id"].tolist() == pytest.approx(gains)
    assert found.more_accurate == "20 of 20"
    assert found.change("CommonPool-XL") == "+3.2 to +6.9"


def test_at_equal_accuracy_filters_differ_by_what_they_look_for(found: Filters) -> None:
    assert found.with_a_line == "CommonPool-L and CommonPool-XL"
    assert (found.rise_at_equal, found.most_rise) == ("1 of 9", "no")
    assert found.at_equal("sketch", like_imagenet=True) == "−2.0 to −1.6"
    assert found.at_equal("sketch", like_imagenet=False) == "−1.4 to +0.1"


def test_the_pair_of_the_claim_with_another_batch_is_named(found: Filters) -> None:
    assert found.claim_differs == "1 of 3"
    assert found.claim_pairs == "ViT-B-32.datacomp_xl_s13b_b90k (batch 90,000 against 32,000)"


def test_tables_name_pairs_and_who_is_in_none(found: Filters) -> None:
    assert tables.filter_table(found).markup.count("<tr>") == 21
    assert "ViT-L-14.dfn2b" in tables.unfiltered_table(found).markup


def test_without_pools_all_is_missing() -> None:
    assert not NO_FILTERS
    texts = (NO_FILTERS.pairs, NO_FILTERS.pools, NO_FILTERS.more_accurate, NO_FILTERS.change())
    texts += (NO_FILTERS.with_a_line, NO_FILTERS.claim_differs, NO_FILTERS.claim_pairs)
    assert all(isinstance(one, Missing) for one in (*texts, NO_FILTERS.all_more_accurate))
    assert read_filters({"r": cloud().isel(model=[10])}, 0.95) is NO_FILTERS

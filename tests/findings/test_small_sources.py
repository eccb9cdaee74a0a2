"""Pairs of CLIPs of two small sources: by hand, and in the record."""

import pytest
import xarray as xr

from clipsafe_utils.chapters.distribution_shift import tables
from clipsafe_utils.findings.shift.result import distribution_shift
from clipsafe_utils.findings.shift.small_sources import small_sources
from clipsafe_utils.parameters import check_parameters
from clipsafe_utils.say import NOT_MEASURED

CLIPS = {
    # checkpoint: source, images, in distribution, under shift
    "B.one": ("YFCC-15M", 1.5e7, 0.38, 0.20),
    "B.two": ("CC-12M", 1.2e7, 0.37, 0.45),
    "B.far": ("CC-3M", 3e6, 0.17, 0.15),
    "R.two": ("CC-12M", 1.2e7, 0.375, 0.40),
    "B.large": ("LAION-2B", 2e9, 0.38, 0.60),
    "B.tuned": ("CC-3M", 3e6, 0.37, 0.10),
}


def cloud(under: float = 0.0) -> xr.Dataset:
    source, images, x, y = zip(*CLIPS.values(), strict=True)
    group = ["clip_fine_tuned" if name == "B.tuned" else "clip_zero_shot" for name in CLIPS]
    values = {"checkpoint": list(CLIPS), "training_source": list(source), "training_images": list(images)}
    values |= {"group": group, "x": list(x), "y": [one - under for one in y]}
    return xr.Dataset({name: ("model", value) for name, value in values.items()})


def test_pairs_are_of_one_encoder_two_small_sources_and_like_accuracy() -> None:
    found = small_sources({"r": cloud(), "sketch": cloud(0.05)})
    assert found.pairs == "1"
    assert (found.higher, found.lower) == ("CC-12M", "YFCC-15M")
    assert (found.change("id"), found.change("r"), found.change("sketch")) == ("−1.0", "+25.0", "+25.0")


def test_without_pairs_all_is_missing() -> None:
    for found in (small_sources({}), small_sources({"r": cloud().isel(model=[0]), "sketch": cloud()})):
        assert not found
        assert found.pairs == found.higher == found.lower == found.change("r") == NOT_MEASURED


def test_pairs_of_the_record_are_alike_in_distribution() -> None:
    found = distribution_shift(check_parameters("distribution-shift", {"studies": ["published"]})).small
    assert found
    assert found.table["id"].abs().max() <= 0.02
    assert (found.table["r"] >= 0).all()
    assert found.table.set_index("before").loc["ViT-B-16.slip_yfcc15m", "r"] == pytest.approx(
        0.4806 - 0.228667, abs=1e-5
    )
    assert "ViT-B-16.slip_cc12m" in tables.small_table(found).markup

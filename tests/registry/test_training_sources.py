from pathlib import Path

import pytest
import xarray as xr

from clipsafe_utils.registry.catalogue import catalogue
from clipsafe_utils.registry.training_sources import LINEAGES, SOURCES, lineage_of
from clipsafe_utils.show.encoding import LOOKS

CUBES = Path(__file__).resolve().parents[2] / "cubes"
OF_CLIPS = ("clip_zero_shot", "clip_fine_tuned")


def is_registered(source: str) -> bool:
    """Say whether somebody has said of which lineage a source is, or the pool that it was filtered from."""
    return source.partition(" (filter ")[0] in LINEAGES


@pytest.mark.parametrize("file", sorted(CUBES.glob("*/models.nc")), ids=lambda file: file.parent.name)
def test_every_clip_of_a_committed_study_has_a_lineage(file: Path) -> None:
    with xr.open_dataset(file) as models:
        sources = models["training_source"].values[models["group"].isin(OF_CLIPS).values]
    assert {source for source in sources.astype(str) if not is_registered(source)} == set()


def test_every_clip_of_the_catalogue_has_a_lineage() -> None:
    sources = {model.training_source for model in catalogue().values() if model.group in OF_CLIPS}
    assert all(map(is_registered, sources))
    assert {lineage_of(source) for source in sources} == {"WIT", "LAION"}


def test_lineages() -> None:
    members: dict[str, set[str]] = {}
    for source in LINEAGES:
        members.setdefault(lineage_of(source), set()).add(source.partition("-")[0])
    assert members == {
        "WIT": {"WIT"},
        "LAION": {"LAION", "Merged"},
        "CommonPool": {"CommonPool", "DataComp", "DFN"},
        "WebLI": {"WebLI"},
        "MetaCLIP": {"MetaCLIP"},
        "YFCC": {"YFCC"},
        "Conceptual Captions": {"CC"},
        "SynthCI": {"SynthCI"},
        "labels": {"labels"},
        "wit": {"wit"},
        "laion": {"laion"},
        "mixed": {"mixed"},
    }


def test_sources_in_order_are_those_with_a_colour() -> None:
    of_real_models = ("WIT", "LAION-80M", "LAION-400M", "LAION-2B", "DataComp-1B", "WebLI")
    assert (*of_real_models, "labels", "wit", "laion", "mixed") == SOURCES
    assert {source for source in LINEAGES if f"source/{source}" in LOOKS} == set(SOURCES)


@pytest.mark.parametrize("name", ["my own pairs", "laion-2b", "CommonPool-L (filter", "LAION-2B "])
def test_an_unknown_source_is_a_lineage_of_its_own(name: str) -> None:
    assert lineage_of(name) == name
    assert name not in {*LINEAGES, *LINEAGES.values()}


def test_a_filter_goes_by_its_pool() -> None:
    for size in "SML":
        assert lineage_of(f"CommonPool-{size} (filter image)") == LINEAGES[f"CommonPool-{size}"]


def test_filters_of_an_unknown_pool_go_by_it() -> None:
    assert lineage_of("CommonPool-XXL (filter clip)") == lineage_of("CommonPool-XXL") == "CommonPool-XXL"

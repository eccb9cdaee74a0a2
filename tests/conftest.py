"""Fixtures that several parts of the tests share."""

import os
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
import xarray as xr
from hypothesis import settings

from clipsafe_utils.cubes.schema import CUE_CLASSES, DECISIONS, FACTORS, SCHEMAS
from clipsafe_utils.publishing import render
from tests.built_site import SHARED
from tests.run_here import run_here

# Two workers on two cores: how long an example takes says nothing about the code.
settings.register_profile("any time", deadline=None)
settings.load_profile("any time")


_SHARED: list[TemporaryDirectory[str]] = []


def pytest_configure(config: pytest.Config) -> None:
    """Make a folder that all workers share; it goes when the tests end."""
    if not hasattr(config, "workerinput"):
        _SHARED.append(TemporaryDirectory(prefix="clipsafe-tests-"))
        os.environ[SHARED] = _SHARED[-1].name


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give the quick tests of a file to one worker, which makes what they share once; slow ones fill up."""
    for item in items:
        if not any(map(item.get_closest_marker, ("slow", "browser", "xdist_group"))):
            item.add_marker(pytest.mark.xdist_group(item.nodeid.partition("::")[0]))


REPOSITORY = Path(__file__).resolve().parents[1]
FIXTURES = REPOSITORY / "tests" / "fixtures"


@pytest.fixture(scope="session")
def repository() -> Path:
    return REPOSITORY


@pytest.fixture(scope="session")
def mirror() -> Path:
    """The public record as its authors publish it; not committed, so skipped where it is absent."""
    named = os.environ.get("CLIPSAFE_MIRROR")
    folder = Path(named) if named else REPOSITORY.parent / "shared" / "mirror"
    if not (folder / "SOURCES.csv").is_file():
        pytest.skip("needs the mirror of the public record: set CLIPSAFE_MIRROR")
    return folder


@pytest.fixture
def no_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have `render_chapter` run chapters in this process, for tests of what pages say.

    A figure is drawn once, as an SVG; the picture for hosts that show none would be the same figure again.
    """
    monkeypatch.setattr(render, "_run", run_here)
    monkeypatch.setattr("clipsafe_utils.show.drawing._png_of", lambda _: b"a picture")


def labelled(cube: xr.Dataset, name: str) -> xr.Dataset:
    """Give a cube the attributes that its schema asks for."""
    for variable in (*SCHEMAS[name].variables, *SCHEMAS[name].optional):
        if variable.name in cube:
            cube[variable.name].attrs = {
                "long_name": variable.long_name,
                "units": variable.units,
                "source": "made by a test",
            }
    return cube.assign_attrs(study="test", evidence="measured", licence="CC0", title=SCHEMAS[name].title)


@pytest.fixture
def factors() -> xr.Dataset:
    """Two models on both selections; pose has 30 of 100 images, every other factor 4."""
    images = np.array([30 if factor == "pose" else 4 for factor in FACTORS])
    images[-1] = 100
    hits = np.stack([images // 2, images // 4])
    return labelled(
        xr.Dataset(
            {
                "hits": (("selection", "model", "factor"), np.stack([hits, hits])),
                "images": (
                    ("selection", "model", "factor"),
                    np.broadcast_to(images, (2, 2, len(FACTORS))).copy(),
                ),
            },
            coords={"selection": ["top", "multi"], "model": ["a", "b"], "factor": list(FACTORS)},
        ),
        "factors",
    )


@pytest.fixture
def shape_bias_cube() -> xr.Dataset:
    """Two observers: one decides by shape in 50 of 75 images of a class, the other in 10."""
    count = np.array([[50, 15, 10], [10, 50, 15]])
    return labelled(
        xr.Dataset(
            {
                "count": (
                    ("model", "cue_class", "decision"),
                    np.repeat(count[:, np.newaxis], len(CUE_CLASSES), axis=1),
                )
            },
            coords={"model": ["a", "b"], "cue_class": list(CUE_CLASSES), "decision": list(DECISIONS)},
        ),
        "shape_bias",
    )


@pytest.fixture
def models() -> xr.Dataset:
    """Descriptions of the two models of the other fixtures."""
    text = {
        "group": ["standard", "clip_zero_shot"],
        "training_source": ["IN-1k", "WIT"],
        "architecture": ["ResNet", "ViT"],
        "family": ["ResNet", "CLIP"],
        "checkpoint": ["resnet50", "ViT-B-32.openai"],
        "pretraining": ["none", "none"],
        "fine_tuning": ["none", "none"],
        "reference": ["test", "test"],
    }
    numbers = {name: [1.0, 2.0] for name in ("training_images", "samples_seen", "parameters", "image_size")}
    return labelled(
        xr.Dataset(
            {name: ("model", values) for name, values in (text | numbers).items()},
            coords={"model": ["a", "b"]},
        ),
        "models",
    )

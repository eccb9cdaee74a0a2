from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.lab.measure.laboratories import Laboratory


@pytest.fixture(scope="session")
def laboratory(tmp_path_factory: pytest.TempPathFactory) -> "Laboratory":
    """A small world, its predictions and its cubes, made once."""
    pytest.importorskip("zarr")
    from tests.lab.measure.laboratories import make_laboratory

    return make_laboratory(tmp_path_factory.mktemp("laboratory"))

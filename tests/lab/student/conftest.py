import importlib.util
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.lab.student.tiny_study import Tiny

collect_ignore_glob = [] if all(map(importlib.util.find_spec, ("torch", "zarr"))) else ["tiny_study.py"]


@pytest.fixture(scope="session")
def tiny_study(tmp_path_factory: pytest.TempPathFactory) -> "Tiny":
    """Two models of a student's beside stand-ins for the zoo, made once."""
    pytest.importorskip("torch")
    pytest.importorskip("zarr")
    from tests.lab.student.tiny_study import make_tiny

    return make_tiny(tmp_path_factory.mktemp("student"))

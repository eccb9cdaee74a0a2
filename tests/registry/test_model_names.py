"""Every model has one short name, and no two models of a study share one."""

import pytest

from clipsafe_utils.cubes import find_study
from clipsafe_utils.registry.model_names import short_names


@pytest.mark.parametrize("study", ["published", "miniature", "field"])
def test_no_two_models_of_a_study_share_a_name(study: str) -> None:
    models = find_study(study).read("models")
    names = short_names(models["model"].values.tolist(), models["checkpoint"].values.tolist())
    assert len(set(names)) == len(names) == models.sizes["model"]


def test_what_tells_two_rows_apart_stands_behind() -> None:
    models = ["open_clip:RN50.openai", "open_clip:RN50-quickgelu.openai", "timm:RN50@224"]
    assert short_names(models, ["RN50.openai"] * 3) == [
        "RN50.openai (open_clip) as RN50.openai",
        "RN50.openai (open_clip) as RN50-quickgelu.openai",
        "RN50.openai@224",
    ]

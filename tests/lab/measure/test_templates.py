"""Templates that differ in what they say: what was frozen, and the cube by hand."""

import numpy as np
import pytest
from numpy.typing import NDArray

from clipsafe_engine.lab.measure import templates
from clipsafe_engine.lab.measure.templates import CONTENT, REASONS, SAME, Frozen, measure_templates
from clipsafe_engine.lab.world.captions import prompt_tokens
from clipsafe_engine.lab.world.prompts import read_prompt_sets
from clipsafe_engine.lab.world.world import load_world
from clipsafe_utils.cubes import validate
from clipsafe_utils.cubes.studies import find_study
from clipsafe_utils.findings.prompts.embedded import MEASURED, KeptImages
from clipsafe_utils.measuring.cubes import Facts

WORLD = load_world()
FACTS = Facts("miniature", "proxy", "CC0", "made by a test", REASONS)


def test_the_frozen_templates_are_eighty_others_of_the_worlds_words() -> None:
    frozen, eighty = Frozen.read(), read_prompt_sets(WORLD)["eighty"]
    assert len({*frozen.templates}) == len({*eighty}) == max(frozen.sizes)
    assert not {*frozen.templates} & {*eighty}
    assert prompt_tokens(WORLD, frozen.templates).shape[1] == len(frozen.templates)


def test_each_template_stands_alone_once_and_all_stand_together() -> None:
    frozen = Frozen.read()
    subsets = frozen.subsets_of(frozen.templates)
    assert sorted(subsets[1]) == sorted((one,) for one in frozen.templates)
    assert subsets[80] == [frozen.templates]
    assert len({*subsets[5]}) == frozen.subsets
    assert all(len({*one}) == 5 for one in subsets[5])


def test_the_cube_holds_what_the_kept_images_give(monkeypatch: pytest.MonkeyPatch) -> None:
    embeddings = find_study("miniature").read("embeddings").isel(model=[0])
    rng = np.random.default_rng(0)
    made: dict[str, NDArray[np.float32]] = {}

    def text_tower(_model: str, wanted: list[str], _weights: object) -> dict[str, NDArray[np.float32]]:
        made.update({one: rng.standard_normal((24, 64)).astype(np.float32) for one in wanted})
        return made

    monkeypatch.setattr(templates, "read_templates", text_tower)
    monkeypatch.setattr(templates.Frozen, "read", classmethod(lambda _: Frozen(0, (1, 5), 3, FEW)))
    monkeypatch.setattr(templates, "read_prompt_sets", lambda _: {"eighty": FEW[::-1]})
    cube = measure_templates(embeddings, WORLD, WEIGHTS, FACTS, replicates=3)
    validate(cube, "templates", "a test")
    kept = KeptImages(embeddings, str(embeddings["model"].values[0]), 3)
    kept.singles = made
    alone = [list(kept.measure_templates([one]).values()) for one in FEW]
    together = list(kept.measure_templates(FEW).values())
    of_content = cube.isel(model=0).sel(pool=CONTENT).transpose("subset", "size", "property", "draw", ...)
    assert of_content["subset_value"].sel(size="1").values == pytest.approx(
        np.array(alone)[:, :, 0], abs=1e-4
    )
    assert of_content["mean"].sel(size="1").values == pytest.approx(np.mean(alone, axis=0), abs=1e-4)
    assert of_content["mean"].sel(size="5").values == pytest.approx(np.array(together), abs=1e-4)
    assert cube["template"].sel(pool=SAME).values.tolist() == list(FEW[::-1])
    assert cube["property"].values.tolist() == list(MEASURED)


FEW = ("a red {}", "a blue {}", "a {} on sea", "a drawing of a {}", "a dark {}")
WEIGHTS = templates.FROZEN.parent

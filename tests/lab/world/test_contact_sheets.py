"""The strips of drawn images: what they show is what the renderer draws, and the book has all of them."""

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("torch")

from clipsafe_engine.lab.world.contact_sheets import COLUMNS, FOLDER, GAP, contact_strip, strips
from clipsafe_engine.lab.world.parameters import Parameters, changed_columns
from clipsafe_engine.lab.world.patterns import SIDE
from clipsafe_engine.lab.world.renderer import render
from clipsafe_engine.lab.world.sets import ONE_FACTOR, TEST_SETS
from clipsafe_engine.lab.world.world import load_world
from clipsafe_utils.cubes.schema import HEADLINE_FACTORS

WORLD = load_world()


@pytest.fixture(scope="module")
def shown() -> dict[str, Parameters]:
    return dict(strips(WORLD))


def test_every_kind_of_image_has_a_strip_in_the_book(shown: dict[str, Parameters]) -> None:
    kinds = {f"source-{name}" for name in ("labels", "labels_wide_near", "labels_wide_far", "wit", "laion")}
    factors = {f"factor-{name}" for name in ("plain", *HEADLINE_FACTORS)}
    assert set(shown) == kinds | factors | set(TEST_SETS) - set(ONE_FACTOR)
    assert {path.stem for path in FOLDER.glob("*.png")} == set(shown)
    assert {len(parameters) for parameters in shown.values()} == {COLUMNS}


def test_a_strip_shows_what_is_drawn_with_gaps_that_let_the_page_through(
    shown: dict[str, Parameters],
) -> None:
    strip = np.asarray(contact_strip(WORLD, shown["cue_conflict"]).convert("RGBA"))
    assert strip.shape == (SIDE, COLUMNS * (SIDE + GAP) - GAP, 4)
    is_gap = np.arange(strip.shape[1]) % (SIDE + GAP) >= SIDE
    assert (strip[:, is_gap, 3] == 0).all()
    assert (strip[:, ~is_gap, 3] == 255).all()
    drawn = render(WORLD, shown["cue_conflict"]).numpy().transpose(2, 0, 3, 1).reshape(SIDE, -1, 3)
    apart = np.abs(strip[:, ~is_gap, :3].astype(int) - drawn)
    assert apart.mean() < 10  # of 255: few colours, the same picture


def test_the_book_has_the_strips_of_this_world(shown: dict[str, Parameters]) -> None:
    for name in ("source-wit", "factor-pose", "scenes_known"):
        kept = np.asarray(Image.open(FOLDER / f"{name}.png").convert("RGB")).astype(int)
        made = np.asarray(contact_strip(WORLD, shown[name]).convert("RGB")).astype(int)
        assert np.abs(kept - made).mean() < 2, "run: python -m clipsafe_engine.lab.world.contact_sheets"


def test_a_factor_is_shown_on_the_same_objects(shown: dict[str, Parameters]) -> None:
    plain, moved = shown["factor-plain"], shown["factor-smaller"]
    assert changed_columns(plain, moved) == frozenset({"scale"})
    assert (plain.concept[: COLUMNS // 2] == plain.concept[COLUMNS // 2 :]).all()
    assert (plain.texture_of[: COLUMNS // 2] >= 0).all()
    assert (plain.texture_of[COLUMNS // 2 :] < 0).all()

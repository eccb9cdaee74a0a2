import dataclasses

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from clipsafe_engine.lab.world.material import seed_called  # noqa: E402
from clipsafe_engine.lab.world.palette import PATTERNS  # noqa: E402
from clipsafe_engine.lab.world.renderer import render, silhouettes  # noqa: E402
from clipsafe_engine.lab.world.sets import make_test_set  # noqa: E402
from clipsafe_engine.lab.world.sources import draw  # noqa: E402
from clipsafe_engine.lab.world.world import load_world  # noqa: E402
from clipsafe_utils.cubes.schema import HEADLINE_FACTORS  # noqa: E402
from clipsafe_utils.registry.drawn_world import DATA  # noqa: E402

WORLD = load_world()
SEED = seed_called(DATA, "development")
IMAGES = 240


def drawn(name):
    return make_test_set(WORLD, name, SEED).parameters.rows(slice(0, IMAGES))


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.mark.parametrize("name", ["laion", "mixed"])
def test_images_do_not_depend_on_the_block_nor_on_their_neighbours(name):
    table = draw(WORLD, name, 300, seed=0)
    images = render(WORLD, table)
    for block in (1, 37, 300):
        assert torch.equal(render(WORLD, table, block), images)
    order = np.random.default_rng(0).permutation(300)
    assert torch.equal(render(WORLD, table.rows(order)), images[torch.from_numpy(order)])
    torch.set_num_threads(2)
    assert torch.equal(render(WORLD, table), images)
    torch.set_num_threads(1)


def test_all_styles_of_test_sets_do_not_depend_on_the_block():
    for name in ("scenes_unseen", "textures", "renditions", "partial_view_random"):
        table = drawn(name)
        assert torch.equal(render(WORLD, table, 7), render(WORLD, table)), name


def test_same_seed_same_bytes_other_seed_other_images():
    first, again, other = (render(WORLD, draw(WORLD, "wit", 64, seed=seed)) for seed in (0, 0, 1))
    assert torch.equal(first, again)
    assert (first != other).flatten(1).any(dim=1).all()


def test_a_bad_block_is_refused():
    with pytest.raises(ValueError, match="block: expected 1 or more"):
        render(WORLD, drawn("natural"), 0)


def without_noise(world):
    drawing = dataclasses.replace(world.palette.drawing, pixel_noise=0.0)
    return dataclasses.replace(world, palette=dataclasses.replace(world.palette, drawing=drawing))


def differing(name, texture="typical"):
    """Share of images in which a pixel of a kind changes from the plain image, and the two silhouettes."""
    plain, moved = drawn(f"plain_{texture}"), drawn(f"{name}_{texture}")
    before, after = render(WORLD, plain), render(WORLD, moved)
    return (before != after).any(dim=1), silhouettes(WORLD, plain), silhouettes(WORLD, moved)


def widened(mask):
    return torch.nn.functional.max_pool2d(mask[:, None], 5, 1, 2)[:, 0] > 0


@pytest.mark.parametrize("texture", ["typical", "random"])
@pytest.mark.parametrize("factor", ["pattern", "color", "texture"])
def test_a_texture_moves_no_pixel_outside_the_object(factor, texture):
    changed, before, after = differing(factor, texture)
    assert torch.equal(before, after)
    assert not (changed & ~widened(before)).any()
    assert (changed & (before > 0.5)).flatten(1).any(dim=1).float().mean() > 0.95


def test_a_background_moves_no_pixel_inside_the_object():
    changed, before, after = differing("background")
    assert torch.equal(before, after)
    assert not (changed & (before >= 1)).any()
    assert (changed & (before == 0)).flatten(1).float().mean() > 0.3


def test_a_bar_moves_no_pixel_beside_it_and_hides_what_it_says():
    changed, before, after = differing("partial_view")
    assert torch.equal(before, after)
    hidden = drawn("partial_view_typical").occlusion
    share = changed.float().mean(dim=(1, 2)).numpy()
    assert (share <= hidden + 1 / 32).all()
    assert (share > hidden - 0.1).mean() > 0.95


def test_a_bar_comes_from_its_side():
    bare = drawn("plain_typical").rows(slice(0, 4))
    barred = bare.replace(occlusion=np.full(4, 0.25), occluder_side=range(4), occluder_colour=np.ones((4, 3)))
    changed = (render(WORLD, bare) != render(WORLD, barred)).any(dim=1)
    edges = [changed[0, :8], changed[1, :, :8], changed[2, -8:], changed[3, :, -8:]]
    for edge, image in zip(edges, changed, strict=True):
        assert edge.float().mean() > 0.9
        assert image.sum() == edge.sum()


@pytest.mark.parametrize("factor", ["pose", "smaller", "larger", "shape", "subcategory"])
def test_a_form_moves_no_pixel_where_neither_form_is(factor):
    changed, before, after = differing(factor)
    assert not (changed & ~widened(before) & ~widened(after)).any()
    assert (before != after).flatten(1).any(dim=1).float().mean() > 0.99


def test_sizes_are_what_the_table_says():
    area = {
        factor: silhouettes(WORLD, drawn(f"{factor}_typical")).sum().item()
        for factor in ("plain", "smaller", "larger")
    }
    assert 0.35 < area["smaller"] / area["plain"] < 0.55
    assert area["larger"] > 1.2 * area["plain"]


def test_every_factor_changes_nearly_every_image():
    for factor in HEADLINE_FACTORS:
        changed, _, _ = differing(factor)
        assert changed.flatten(1).any(dim=1).float().mean() > 0.95, factor


def test_every_pattern_is_drawn_and_none_like_another():
    plain = drawn("textures").rows(slice(0, 1))
    quiet = without_noise(WORLD)
    images = [
        render(quiet, plain.replace(pattern=[place], first_colour=[8], second_colour=[9], frequency=[3.0]))[
            0
        ].float()
        for place in range(len(PATTERNS))
    ]
    for place, image in enumerate(images):
        assert image.std() > 8, PATTERNS[place]
        for other in images[:place]:
            assert (image - other).abs().mean() > 10


def test_colours_are_those_of_the_palette():
    flat = drawn("renditions").rows(slice(0, 1))
    quiet = without_noise(WORLD)
    for place, rgb in enumerate(WORLD.palette.rgb):
        table = flat.replace(
            style=[2],
            first_colour=[place],
            second_colour=[(place + 1) % 10],
            first_tint=np.zeros((1, 3)),
            occlusion=[0],
            light=[0],
        )
        inside = silhouettes(quiet, table)[0] >= 1
        found = render(quiet, table)[0][:, inside].float() / 255
        assert (found - torch.from_numpy(rgb)[:, None]).abs().max() < 1 / 255


def test_a_silhouette_sits_where_the_table_says():
    table = drawn("plain_typical")
    x = silhouettes(WORLD, table.replace(x=np.full(IMAGES, 0.4), scale=np.full(IMAGES, 0.5)))
    moved = silhouettes(WORLD, table.replace(x=np.full(IMAGES, -0.4), scale=np.full(IMAGES, 0.5)))
    place = torch.arange(32, dtype=torch.float32)

    def centre(mask):
        return (mask.sum(dim=1) * place).sum(dim=1) / mask.sum(dim=(1, 2))

    assert ((centre(x) - centre(moved)) - 0.8 * 16).abs().max() < 0.5


def test_rotation_is_clockwise_and_mirroring_mirrors():
    upright = drawn("plain_typical").replace(
        rotation=np.zeros(IMAGES),
        shear=np.zeros(IMAGES),
        x=np.zeros(IMAGES),
        y=np.zeros(IMAGES),
        mirrored=np.zeros(IMAGES, bool),
    )
    mask = silhouettes(WORLD, upright)
    mirrored = silhouettes(WORLD, upright.replace(mirrored=np.ones(IMAGES, bool)))
    assert (mirrored - mask.flip(2)).abs().max() < 1e-4
    turned = silhouettes(WORLD, upright.replace(rotation=np.full(IMAGES, 90)))
    assert (turned - mask.rot90(-1, (1, 2))).abs().max() < 1e-3


def test_scenes_and_textures_have_no_object():
    assert silhouettes(WORLD, drawn("scenes_known")).max() == 0
    table = drawn("textures")
    other = table.replace(glyph=table.glyph[::-1], background=table.background[::-1])
    assert torch.equal(render(WORLD, table), render(WORLD, other))

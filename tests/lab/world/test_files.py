import re
import shutil
from pathlib import Path

import numpy as np
import pytest

from clipsafe_engine.lab.world.annotations import read_rules
from clipsafe_engine.lab.world.material import counts, seed_called
from clipsafe_engine.lab.world.world import load_world
from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.registry.drawn_world import DATA


@pytest.fixture
def folder(tmp_path):
    return Path(shutil.copytree(DATA, tmp_path / "data"))


def exchange(path, old, new):
    """Exchange the first place that reads like `old`, in which # stands for any number."""
    pattern = re.escape(old).replace(re.escape("#"), r"[\d.]+")
    text, found = re.subn(pattern, lambda _: new, path.read_text(), count=1)
    assert found
    path.write_text(text)


@pytest.mark.parametrize(
    ("name", "old", "new", "message"),
    [
        (
            "concepts.toml",
            'glyphs = ["mdi:cat", "ph:cat-fill"]',
            "glyphs = []",
            "concept 'cat': has no glyphs",
        ),
        (
            "concepts.toml",
            '"mdi:cat"',
            '"mdi:lynx"',
            "concept 'cat': the glyph 'mdi:lynx' is not in atlas.json",
        ),
        ("concepts.toml", '"mdi:cat"', '"mdi:dog"', "its name or one of its glyphs stands there twice"),
        ("concepts.toml", 'rare = "fa:cat"\n', "", "concept 'cat': a class needs a glyph 'rare'"),
        ("concepts.toml", 'name = "cat"', 'name = "lynx"', "'lynx', which is not in the vocabulary"),
        ("concepts.toml", 'group = "class"', 'group = "klass"', "there is no group 'klass'"),
        ("concepts.toml", 'pattern = "striped"', 'pattern = "plaid"', "there is no pattern 'plaid'"),
        ("concepts.toml", 'first = "red"', 'first = "mauve"', "there is no colour 'mauve'"),
        ("concepts.toml", '["sky", "snow"]', '["sky", "lava"]', "there is no known background 'lava'"),
        ("concepts.toml", '["sky", "snow"]', '["sky", "sky"]', "expected two different backgrounds"),
        ("concepts.toml", 'second = "white"', 'second = "red"', "needs two colours"),
        ("concepts.toml", "frequency = #", "frequency = 99", "expected a number from 0.5 to 8, got 99.0"),
        ("concepts.toml", "frequency = #", "", "expected TOML"),
        ("concepts.toml", "frequency = #", "frequenzy = 2.5", "has no entry 'frequenzy'"),
        (
            "concepts.toml",
            'glyph = "mdi:turtle"',
            'glyph = "fa:dog"',
            "concept 'dog' shows its glyph 'fa:dog'",
        ),
        ("captions.toml", '"a {}"', '"a lovely {}"', "the word 'lovely' is not in the vocabulary"),
        ("captions.toml", '"a {}"', '"a"', "expected one {} where the object goes"),
        ("captions.toml", '"a {}"', '"a a a a a a a {}"', "leaves too little room in 14 tokens"),
        ("captions.toml", '"stuff for sale"', '"lovely stuff"', "the word 'lovely' is not in the vocabulary"),
        ("captions.toml", '"purple"', '"violet"', "'purple', which is not in the vocabulary"),
        ("captions.toml", '"purple"', '"pink"', "'pink' stands there twice"),
        (
            "captions.toml",
            "junk_share = #",
            "junk_share = 1.4",
            "junk_share: expected a number from 0 to 1",
        ),
        (
            "sources.toml",
            "texture_correlation = #",
            "texture_correlation = 1.2",
            "texture_correlation: expected",
        ),
        (
            "sources.toml",
            "texture_correlation = #",
            "texture_correlation = nan",
            "texture_correlation: expected",
        ),
        (
            "sources.toml",
            "texture_correlation = #",
            'texture_correlation = "high"',
            "expected a number, got",
        ),
        ("sources.toml", "scale_min = #", "scale_min = 1.50", "must not be above the largest"),
        (
            "sources.toml",
            "sketches = #\nflats = #",
            "sketches = 0.9\nflats = 0.9",
            "must not be more than 1 together",
        ),
        ("sources.toml", 'based_on = "labels"', 'based_on = "nothing"', "expected a table above it"),
        ("sources.toml", 'classes = ["class"]', "classes = []", "expected at least one group"),
        ("sources.toml", 'images = ["wit", "laion"]', 'images = ["wit"]', "as many captions as images"),
        ("sources.toml", 'captions = ["laion"]', 'captions = ["lion"]', "there is no [captions.lion]"),
        ("sources.toml", 'images = ["labels"]', 'images = ["labels_wide_near"]', "are no words"),
        (
            "appearance.toml",
            "red = [#, #, #]",
            "red = [0.85, 0.12]",
            "colour 'red': expected three numbers",
        ),
        ("appearance.toml", 'role = "known"', 'role = "knwon"', "role is 'knwon'"),
        ("appearance.toml", 'pattern = "plain"', 'pattern = "plaid"', "no pattern 'plaid'"),
        ("atlas.json", '"glyphs"', '"glyfs"', "expected a list 'glyphs'"),
        ("atlas.json", "\n]}", "\n", "expected a list 'glyphs'"),
    ],
)
def test_a_bad_world_is_refused_in_one_sentence(folder, name, old, new, message):
    exchange(folder / name, old, new)
    with pytest.raises(ClipsafeError) as caught:
        load_world(folder)
    told = str(caught.value)
    assert message in told
    assert "\n" not in told
    assert told.endswith(".")


@pytest.mark.parametrize(
    "name", ["atlas.png", "atlas.json", "appearance.toml", "concepts.toml", "captions.toml", "sources.toml"]
)
def test_a_missing_file_is_named(folder, name):
    (folder / name).unlink()
    with pytest.raises(ClipsafeError, match=name):
        load_world(folder)


def test_an_atlas_that_was_cut_short_is_refused(folder):
    whole = (folder / "atlas.png").read_bytes()
    (folder / "atlas.png").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ClipsafeError, match=r"atlas\.png: cannot be read as an image"):
        load_world(folder)


def test_an_atlas_of_another_size_is_refused(folder):
    from PIL import Image

    Image.new("L", (80, 40)).save(folder / "atlas.png")
    with pytest.raises(ClipsafeError, match="expected tiles of 40 pixels"):
        load_world(folder)


def test_counts_and_rules_are_checked(folder):
    exchange(folder / "test_sets.toml", "natural = #", "natural = 0")
    exchange(folder / "factors.toml", "rotation = #", "rotation = 0.0")
    exchange(folder / "test_sets.toml", "reported = #", "reported = -1")
    with pytest.raises(ClipsafeError, match="natural: expected a number from 1"):
        counts(folder)
    with pytest.raises(ClipsafeError, match="rotation: expected a number from"):
        read_rules(folder)
    with pytest.raises(ClipsafeError, match="expected 'reported'"):
        seed_called(folder, "reported")


def test_the_end_of_text_has_the_largest_number():
    language = load_world().language
    assert language.end == max([*language.numbers.values(), 0, 1]) + 1
    assert (language.tokens(["a photo of a cat", "free photo"]).max(axis=1) == language.end).all()


def test_a_reader_s_own_unknown_word_is_named():
    with pytest.raises(ClipsafeError, match="'submarine' is not in the vocabulary"):
        load_world().language.tokens(["a photo of a submarine"])
    with pytest.raises(ClipsafeError, match="expected at most 12"):
        load_world().language.tokens(["a " * 13])


def test_the_world_has_the_parts_that_the_study_needs():
    world = load_world()
    sizes = [len(world.in_groups((group,))) for group in ("class", "web_shared", "web", "near", "far")]
    assert sizes == [24, 12, 4, 12, 12]
    assert len(world.unseen) >= 20
    assert world.exposed.sum() == 12
    assert 95 <= world.language.size <= 110
    assert all(len(concept.glyphs) >= 2 for concept in world.concepts[: world.classes])


def test_every_glyph_of_the_atlas_is_used_and_like_no_other_thing():
    world = load_world()
    owner = {
        glyph: concept.name
        for concept in world.concepts
        for glyph in (*concept.glyphs, concept.rare)
        if glyph
    }
    owner.update({item.glyph: f"unseen {item.kind}" for item in world.unseen})
    assert sorted(owner) == sorted(world.atlas.names)
    overlap = overlaps(world.atlas.tiles)
    things = np.array([owner[name] for name in world.atlas.names])
    assert overlap[things[:, None] != things].max() < 0.9


def test_exposed_glyphs_are_nearer_to_the_near_classes_than_the_others():
    world = load_world()
    overlap = overlaps(world.atlas.tiles)
    tiles, counts_of = world.common_glyphs
    near = [tile for row in world.in_groups(("near",)) for tile in tiles[row, : counts_of[row]]]
    far = [tile for row in world.in_groups(("far",)) for tile in tiles[row, : counts_of[row]]]
    exposed, other = world.unseen_glyphs[world.exposed], world.unseen_glyphs[~world.exposed]
    nearest = overlap[np.ix_(exposed, near)].max(axis=1)
    assert nearest.mean() > overlap[np.ix_(other, near)].max(axis=1).mean() + 0.1
    assert nearest.mean() > overlap[np.ix_(exposed, far)].max(axis=1).mean() + 0.1


def overlaps(tiles):
    """Intersection over union of each pair of silhouettes."""
    flat = tiles.reshape(len(tiles), -1).astype(np.float32) / 255
    shared = np.stack([np.minimum(one, flat).sum(axis=1) for one in flat])
    area = flat.sum(axis=1)
    return shared / (area[:, None] + area - shared)

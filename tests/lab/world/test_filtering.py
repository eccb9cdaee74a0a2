import dataclasses
import re
import shutil

import numpy as np
import pytest

from clipsafe_engine.lab.world.filtering import (
    candidates,
    choose_adversarial,
    choose_fooling,
    filtered,
    keep_rows,
)
from clipsafe_engine.lab.world.material import seed_called
from clipsafe_engine.lab.world.parameters import changed_columns
from clipsafe_engine.lab.world.world import load_world
from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.registry.drawn_world import DATA

WORLD = load_world()
SEED = seed_called(DATA, "development")


def test_what_a_reference_gets_wrong_is_chosen():
    pool = candidates(WORLD, "adversarial_wit", SEED)
    random = np.random.default_rng(0)
    given = random.dirichlet(np.full(24, 0.1), len(pool.labels))
    wanted = 24 * 50
    rows = choose_adversarial(pool.labels, given, wanted)
    assert (given[rows].argmax(axis=1) != pool.labels[rows]).all()
    assert (given[rows, pool.labels[rows]] <= 0.15).all()
    assert np.ptp(np.bincount(pool.labels[rows])) == 0
    with pytest.raises(ValueError, match="class 0 has 0 images that qualify"):
        choose_adversarial(pool.labels, np.eye(24)[pool.labels], wanted)
    with pytest.raises(ValueError, match="expected one row for each"):
        choose_adversarial(pool.labels[1:], given, wanted)
    sure = choose_fooling(given, 100)
    assert given[sure].max(axis=1).min() >= np.delete(given, sure, axis=0).max()
    with pytest.raises(ValueError, match="expected at least"):
        choose_fooling(given[:10], 100)


@pytest.fixture
def small_world(tmp_path):
    folder = tmp_path / "data"
    shutil.copytree(DATA, folder)
    text = (folder / "test_sets.toml").read_text()
    text = re.sub(r"^fooling = \d+", "fooling = 48", text, flags=re.MULTILINE)
    text = re.sub(r"^fooling_candidates = \d+", "fooling_candidates = 576", text, flags=re.MULTILINE)
    (folder / "test_sets.toml").write_text(text)
    return dataclasses.replace(WORLD, folder=folder)


def test_chosen_rows_come_back_as_the_same_images(small_world):
    pool = candidates(small_world, "fooling_wit", 5)
    rows = choose_fooling(np.random.default_rng(1).random((576, 24)), 48)
    keep_rows(small_world, "fooling_wit", 5, rows)
    made = filtered(small_world, "fooling_wit", 5)
    assert changed_columns(made.parameters, pool.parameters.rows(rows)) == frozenset()
    assert (made.columns["exposed"] == pool.columns["exposed"][rows]).all()
    with pytest.raises(ClipsafeError, match="no rows were chosen for this seed"):
        filtered(small_world, "fooling_labels", 5)
    with pytest.raises(ClipsafeError, match="no rows were chosen for this seed"):
        filtered(small_world, "fooling_wit", 6)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"rows": [1, 2]}', "expected 48 ascending rows"),
        ('{"rows": ' + str([*range(47), 576]) + "}", "below 576"),
        ('{"rows": ' + str([*range(47), 3]) + "}", "expected 48 ascending rows"),
        ('{"rows": "all"}', "expected a list 'rows'"),
        ("{", "expected a list 'rows'"),
    ],
)
def test_bad_rows_are_refused(small_world, text, message):
    path = keep_rows(small_world, "fooling_wit", 5, np.arange(48))
    path.write_text(text)
    with pytest.raises(ClipsafeError, match=message):
        filtered(small_world, "fooling_wit", 5)

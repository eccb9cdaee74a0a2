"""Statistics of shape bias find what was planted, and say what chapter 2 says of the laboratory."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from clipsafe_utils.claims.effects import Effect
from scipy import stats

from clipsafe_utils.claims.choices import Choices
from clipsafe_utils.claims.reading import Reader
from clipsafe_utils.claims.statistics import shape
from clipsafe_utils.cubes import CUE_CLASSES, find_study
from clipsafe_utils.cubes.schema import DECISIONS
from clipsafe_utils.findings.shape.laboratory import STRONG, population, tuning
from clipsafe_utils.metrics.labelled import shape_bias_table
from tests.claims.statistics.small_studies import described, reader_of
from tests.conftest import labelled

BOTH = (shape.shape_bias_of_clip, shape.shape_bias_after_fine_tuning)
FALLS = (0.30, 0.20, 0.25, 0.35, 0.15)
"""By how much full fine-tuning lowers the shape bias of each run."""

Row = dict[str, object]


def row(checkpoint: str, bias: float, **more: object) -> Row:
    return {"checkpoint": checkpoint, "bias": bias} | more


def cube_of(rows: Sequence[Row]) -> xr.Dataset:
    """Make a cube in which of 100 decisions for shape or texture a class, so many are for shape."""
    shape_hits = np.rint(100 * np.array([one["bias"] for one in rows], float)).astype(int)
    count = np.stack([shape_hits, 100 - shape_hits, np.full_like(shape_hits, 20)], axis=1)
    cube = xr.Dataset(
        {"count": (("model", "cue_class", "decision"), np.repeat(count[:, None], len(CUE_CLASSES), axis=1))},
        {
            "model": [f"test:{one['checkpoint']}" for one in rows],
            "cue_class": list(CUE_CLASSES),
            "decision": list(DECISIONS),
        },
    )
    return labelled(cube, "shape_bias")


def models_of(rows: Sequence[Row]) -> xr.Dataset:
    return described([{name: one[name] for name in one if name != "bias"} for one in rows])


def fine_tuned() -> list[Row]:
    """Five runs, what full fine-tuning made of them, and averages half-way; a sixth was averaged alone."""
    rows = []
    for place, fall in enumerate((*FALLS, 0.0)):
        run = f"clip-{place}"
        more = {"group": "clip_fine_tuned", "family": run}
        rows += [row(run, 0.8), row(f"half_way-{run}", 0.75, **more)]
        if fall:
            rows.append(row(f"tuned-{run}", 0.8 - fall, **more))
    return rows


def effect(found: Effect | str) -> Effect:
    assert isinstance(found, Effect), found
    return found


@pytest.fixture
def laboratory() -> Reader:
    return Reader(find_study("miniature"))


def test_clips_are_compared_by_training_source(tmp_path: Path) -> None:
    rows = [
        row("B.openai", 0.7),
        row("L.openai", 0.5),
        row("B.laion", 0.8, training_source="LAION-400M"),
        row("B.webli", 0.9, training_source="WebLI"),
        row("B.tuned", 0.1, group="clip_fine_tuned"),
        *(row(f"net{place}", bias, group="standard") for place, bias in enumerate((0.1, 0.2, 0.3, 0.2))),
    ]
    reader = reader_of(tmp_path, shape_bias=cube_of(rows), models=models_of(rows))
    found = effect(shape.shape_bias_of_clip(reader, Choices()))
    # Three sources with the mean 0.767 against four networks with 0.2; Welch's error, two degrees of freedom.
    sources, networks = np.array([0.6, 0.8, 0.9]), np.array([0.1, 0.2, 0.3, 0.2])
    error = np.sqrt(sources.var(ddof=1) / 3 + networks.var(ddof=1) / 4)
    assert (found.value, found.units) == (pytest.approx(sources.mean() - 0.2), 3)
    assert found.half_width() == pytest.approx(stats.t.isf(0.025, 2) * error)


def test_fine_tuning_is_read_within_runs(tmp_path: Path) -> None:
    rows = fine_tuned()
    reader = reader_of(tmp_path, shape_bias=cube_of(rows), models=models_of(rows))
    found = effect(shape.shape_bias_after_fine_tuning(reader, Choices()))
    expected = stats.ttest_1samp(-np.array(FALLS), 0.0)
    assert (found.which, found.units, found.unit) == ("fine-tuned strongly", 5, "training run")
    assert (found.value, found.error_of_images) == (pytest.approx(-0.25), 0.0)
    assert found.interval() == pytest.approx(tuple(expected.confidence_interval()))
    assert found.p_value() == pytest.approx(expected.pvalue)


def test_real_clips_are_paired_by_encoder_and_counted_by_family(tmp_path: Path) -> None:
    start = {"family": "CLIP (WIT) ViT-B"}
    made = start | {"group": "clip_fine_tuned", "fine_tuning": "in1k"}
    rows = [
        row("ViT-B-32.openai", 0.6, **start),
        row("ViT-B-16.openai", 0.7, **start),
        row("vit_base_patch32_clip_224.openai_ft_in1k", 0.3, **made),
        row("vit_base_patch16_clip_224.openai_ft_in1k", 0.5, **made),
    ]
    reader = reader_of(tmp_path, shape_bias=cube_of(rows), models=models_of(rows))
    found = effect(shape.shape_bias_after_fine_tuning(reader, Choices()))
    assert (found.which, found.units, found.unit) == ("fine-tuned on in1k", 1, "family")
    assert found.value == pytest.approx(-0.25)


def test_models_that_decide_nothing_are_left_out(tmp_path: Path) -> None:
    rows = fine_tuned()
    cube = cube_of(rows)
    cube["count"].loc[{"model": "test:tuned-clip-0"}] = [0, 0, 120]
    reader = reader_of(tmp_path, shape_bias=cube, models=models_of(rows))
    found = effect(shape.shape_bias_after_fine_tuning(reader, Choices()))
    assert (found.value, found.units) == (pytest.approx(-np.mean(FALLS[1:])), 4)


@pytest.mark.parametrize("statistic", BOTH)
def test_why_nothing_is_measured(
    tmp_path: Path, statistic: Callable[[Reader, Choices], Effect | str]
) -> None:
    rows = [row("B.openai", 0.7), row("L.openai", 0.5)]
    models = models_of(rows)
    assert statistic(reader_of(tmp_path / "none", models=models), Choices()) == "no cube shape_bias"
    by_maximum = cube_of(rows)
    by_maximum["count"].attrs["decision_rule"] = "max"
    silent = cube_of(rows)
    silent["count"].loc[{"decision": ["shape", "texture"]}] = 0
    for name, cube in {"rule": by_maximum, "silent": silent}.items():
        reader = reader_of(tmp_path / name, shape_bias=cube, models=models)
        assert statistic(reader, Choices()) == ("no model that decides by shape or texture, by the rule mean")
    alone = statistic(reader_of(tmp_path / "alone", shape_bias=cube_of(rows), models=models), Choices())
    assert alone in (
        "no zero-shot CLIP or no standard network that decides by shape or texture",
        "no zero-shot CLIP with what was made of it by full fine-tuning",
    )


def test_the_laboratory_is_read_as_in_chapter_2(laboratory: Reader) -> None:
    panel, causes = laboratory.panel("shape_bias"), laboratory.cube("causes")
    assert panel is not None
    assert causes is not None
    found = effect(shape.shape_bias_after_fine_tuning(laboratory, Choices()))
    table = tuning(causes, laboratory.models, 0.95).set_index("kind").loc[STRONG]
    assert (found.value, found.units) == (pytest.approx(table["change"].estimate), table["runs"])
    assert found.interval() == pytest.approx((table["change"].low, table["change"].high))
    assert found.error_of_images > 0
    apart = effect(shape.shape_bias_of_clip(laboratory, Choices()))
    expected = population(shape_bias_table(panel.cube), panel.models, 0.95)
    assert expected is not None
    assert apart.interval() == pytest.approx((float(expected.low), float(expected.high)))


def test_without_the_cube_of_causes_the_counts_say_the_same(tmp_path: Path, laboratory: Reader) -> None:
    cube, models = laboratory.cube("shape_bias"), laboratory.models
    assert cube is not None
    counted = effect(
        shape.shape_bias_after_fine_tuning(reader_of(tmp_path, shape_bias=cube, models=models), Choices())
    )
    drawn = effect(shape.shape_bias_after_fine_tuning(laboratory, Choices()))
    assert counted.value == pytest.approx(drawn.value, abs=1e-6)
    assert counted.error_of_units == pytest.approx(drawn.error_of_units, abs=1e-6)
    assert counted.error_of_images == 0.0

"""Statistics of factors find what was planted, and say what chapter 1 says of the studies."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from scipy import stats

from clipsafe_utils.claims.choices import Choices, one_at_a_time
from clipsafe_utils.claims.effects import Effect
from clipsafe_utils.claims.reading import Reader
from clipsafe_utils.claims.statistics import factors as statistics
from clipsafe_utils.cubes import GROUPS, HEADLINE_FACTORS, OVERALL, find_study
from clipsafe_utils.findings.factors.residuals import group_residuals
from clipsafe_utils.findings.model_pairs import curated_pairs, source_twins
from clipsafe_utils.metrics.labelled import effective_robustness
from tests.claims.statistics.small_studies import described, reader_of
from tests.conftest import labelled

ALL = (
    statistics.share_of_factors_above,
    statistics.residual_on_pose,
    statistics.residual_on_partial_view,
    statistics.source_on_factors,
    statistics.curated_on_factors,
)
CHOICES = ("axes", "fit", "selection", "reference")
IMAGES = 1_000_000
FIRST = dict(zip(HEADLINE_FACTORS, range(10), strict=True))
LAION = {"training_source": "LAION-400M"}
RUNS = (0.00, 0.01, -0.01, 0.02, -0.02)
"""What a run adds to the residuals of a CLIP; twins of one encoder have different runs."""

Row = dict[str, object]


def standard() -> list[Row]:
    """Seven families of four networks on the line: accuracy on each factor is 0.1 + 0.8 * the overall one."""
    return [
        {"checkpoint": f"{family}-{place}", "family": family, "group": "standard", "at": 0.35 + 0.1 * place}
        for family in "abcdefg"
        for place in range(4)
    ]


def clip(checkpoint: str, residuals: float | Sequence[float], at: float = 0.5, **more: object) -> Row:
    return {"checkpoint": checkpoint, "residuals": np.broadcast_to(residuals, 10), "at": at} | more


def study(folder: Path, rows: list[Row], kept: Sequence[str] = HEADLINE_FACTORS) -> Reader:
    """Write a study in which CLIPs are off the line by what is planted."""
    rows = [{"residuals": np.zeros(10)} | row for row in rows]
    at = np.array([row["at"] for row in rows], float)
    accuracy = 0.1 + 0.8 * at[:, None] + np.array([row["residuals"] for row in rows])
    counts = [
        np.rint(IMAGES * accuracy[:, [FIRST[name] for name in kept]]),
        np.rint(20 * IMAGES * at)[:, None],
    ]
    hits = np.concatenate(counts, axis=1).astype(int)
    images = np.broadcast_to([IMAGES] * len(kept) + [20 * IMAGES], hits.shape)
    models = described([{name: row[name] for name in row if name not in ("at", "residuals")} for row in rows])
    dims = ("selection", "model", "factor")
    cube = xr.Dataset(
        {"hits": (dims, np.stack([hits, hits])), "images": (dims, np.stack([images, images]))},
        {"selection": ["top", "multi"], "model": models["model"].values, "factor": [*kept, OVERALL]},
    )
    return reader_of(folder, factors=labelled(cube, "factors"), models=models)


def above(number: int) -> np.ndarray:
    return np.where(np.arange(10) < number, 0.05, -0.05)


def effect(found: Effect | str) -> Effect:
    assert isinstance(found, Effect), found
    return found


@pytest.fixture(scope="module")
def readers() -> dict[str, Reader]:
    return {name: Reader(find_study(name)) for name in ("published", "miniature")}


@pytest.fixture(scope="module")
def twins() -> list[Row]:
    """CLIPs of WIT are better on colour by 10 points, those of LAION-400M on nothing."""
    better = 0.1 * (np.array(HEADLINE_FACTORS) == "color")
    rows = standard()
    for place, run in enumerate(RUNS):
        rows.append(clip(f"{place}.laion", -run, **LAION))
        rows.append(clip(f"{place}.openai", better + run))
    return rows


def test_factors_above_are_counted_by_training_source(tmp_path: Path) -> None:
    clips = [
        clip("B.openai", above(8)),
        clip("L.openai", above(6)),
        clip("B.laion", above(6), **LAION),
        clip("B.webli", above(4), training_source="WebLI"),
        # Beyond the best standard network there is no line.
        clip("H.datacomp", above(10), at=0.8, training_source="DataComp-1B"),
    ]
    found = effect(statistics.share_of_factors_above(study(tmp_path, standard() + clips), Choices()))
    expected = stats.ttest_1samp([2.0, 1.0, -1.0], 0.0)
    assert (found.value, found.units, found.unit) == (pytest.approx(2 / 3), 3, "training source")
    assert found.interval() == pytest.approx(tuple(expected.confidence_interval()))


def test_a_residual_is_averaged_over_training_sources(tmp_path: Path) -> None:
    of_source = {"WIT": -0.03, "LAION-400M": -0.05, "LAION-2B": -0.01, "WebLI": -0.06, "DataComp-1B": -0.02}
    clips = [
        clip(f"{size}.{source}", residual, training_source=source)
        for source, residual in of_source.items()
        for size in ("B", "L")
    ]
    reader = study(tmp_path, standard() + clips)
    expected = stats.ttest_1samp(list(of_source.values()), 0.0)
    for statistic in (statistics.residual_on_pose, statistics.residual_on_partial_view):
        found = effect(statistic(reader, Choices()))
        assert (found.value, found.units) == (pytest.approx(-0.034, abs=1e-5), 5)
        assert found.interval() == pytest.approx(tuple(expected.confidence_interval()), abs=1e-5)
        assert found.p_value() == pytest.approx(expected.pvalue, rel=1e-3)


def test_each_residual_is_of_its_own_factor(tmp_path: Path) -> None:
    residuals = np.arange(10) / 100 - 0.05
    reader = study(tmp_path, [*standard(), clip("B.openai", residuals)])
    found = [
        effect(statistic(reader, Choices())).value
        for statistic in (statistics.residual_on_pose, statistics.residual_on_partial_view)
    ]
    assert found == pytest.approx([residuals[FIRST["pose"]], residuals[FIRST["partial_view"]]], abs=1e-5)


def test_twins_are_compared_on_the_factor_that_differs(tmp_path: Path, twins: list[Row]) -> None:
    found = effect(statistics.source_on_factors(study(tmp_path, twins), Choices()))
    expected = stats.ttest_1samp([0.1 + 2 * run for run in RUNS], 0.0)
    assert (found.which, found.choices) == ("color, WIT less LAION-400M", 10)
    assert (found.value, found.units, found.unit) == (pytest.approx(0.1, abs=1e-5), 5, "training run")
    assert found.p_value() == pytest.approx(10 * expected.pvalue, rel=1e-2)


def test_twins_without_a_line_are_left_out(tmp_path: Path, twins: list[Row]) -> None:
    far = [row | {"at": 0.8} if row["checkpoint"] == "0.openai" else row for row in twins]
    assert effect(statistics.source_on_factors(study(tmp_path / "one", far), Choices())).units == 4
    none = [row | {"at": 0.8} if "residuals" in row else row for row in twins]
    assert statistics.source_on_factors(study(tmp_path / "all", none), Choices()) == (
        "no two CLIPs where the line is supported that differ in the training source alone"
    )


def test_curation_is_judged_in_the_mean_over_factors(tmp_path: Path) -> None:
    rows = standard()
    for place, run in enumerate(RUNS):
        more = {"parameters": 1e8 * (1 + place)}
        rows.append(clip(f"{place}.laion2b", run, training_source="LAION-2B", **more))
        rows.append(clip(f"{place}.datacomp", above(8), training_source="DataComp-1B", **more))
    found = effect(statistics.curated_on_factors(study(tmp_path, rows), Choices()))
    expected = stats.ttest_1samp([0.03 - run for run in RUNS], 0.0)
    assert (found.value, found.units) == (pytest.approx(0.03, abs=1e-5), 5)
    assert found.p_value() == pytest.approx(expected.pvalue, rel=1e-3)


@pytest.mark.parametrize("statistic", ALL)
def test_no_cube_no_number(tmp_path: Path, statistic: Callable[[Reader, Choices], Effect | str]) -> None:
    assert (
        statistic(reader_of(tmp_path, models=described([{"checkpoint": "B"}])), Choices())
        == "no cube factors"
    )


@pytest.mark.parametrize("statistic", ALL)
def test_five_families_draw_no_line(
    tmp_path: Path, statistic: Callable[[Reader, Choices], Effect | str]
) -> None:
    few = [row for row in standard() if str(row["family"]) < "f"]
    assert statistic(study(tmp_path, [*few, clip("B.openai", 0.1)]), Choices()) == (
        f"The study `mine` has 5 families in the group “{GROUPS['standard']}”, and a line needs 6"
    )


def test_without_supported_clips_nothing_is_measured(tmp_path: Path) -> None:
    reader = study(tmp_path, [*standard(), clip("B.openai", 0.1, at=0.8)])
    for statistic in ALL[:3]:
        assert statistic(reader, Choices()) == "no zero-shot CLIP where the line is supported"


def test_factors_that_a_study_lacks(tmp_path: Path, twins: list[Row]) -> None:
    reader = study(tmp_path, twins, [name for name in HEADLINE_FACTORS if name not in ("pose", "texture")])
    lacking = "The study `mine` has no images for: "
    assert statistics.share_of_factors_above(reader, Choices()) == f"{lacking}pose, texture"
    assert statistics.residual_on_pose(reader, Choices()) == f"{lacking}pose"
    assert effect(statistics.residual_on_partial_view(reader, Choices())).units == 2
    assert effect(statistics.source_on_factors(reader, Choices())).choices == 8


def test_probit_axes_have_no_place_for_an_edge(tmp_path: Path) -> None:
    edge = standard()
    edge[0] = edge[0] | {"residuals": np.full(10, -0.1 - 0.8 * 0.35)}
    reader = study(tmp_path, [*edge, clip("B.openai", 0.1)])
    assert statistics.residual_on_pose(reader, replace(Choices(), axes="probit")) == (
        "The study `mine` has accuracies of 0 or 1, for which probit axes have no place"
    )
    assert effect(statistics.residual_on_pose(reader, Choices())).value > 0


@pytest.mark.parametrize(("name", "value", "choices"), list(one_at_a_time(CHOICES)))
def test_a_choice_reaches_the_residuals(
    readers: dict[str, Reader], name: str, value: str, choices: Choices
) -> None:
    reader = readers["published"]
    panel = reader.panel("factors")
    assert panel is not None
    judged = effective_robustness(panel.cube, panel.models, factor_names=["pose"], **{name: value})
    clips = (panel.models["group"] == "clip_zero_shot").values
    found = effect(statistics.residual_on_pose(reader, choices))
    assert found.value == pytest.approx(float(judged["residual"].values[clips].mean()))
    assert found.value != pytest.approx(
        effect(statistics.residual_on_pose(reader, Choices())).value, abs=1e-4
    )


@pytest.mark.parametrize("name", ["published", "miniature"])
def test_residuals_are_those_of_chapter_1(readers: dict[str, Reader], name: str) -> None:
    reader = readers[name]
    panel = reader.panel("factors")
    assert panel is not None
    result = effective_robustness(panel.cube, panel.models, factor_names=HEADLINE_FACTORS)
    means = group_residuals({name: result}, {name: panel.models}, 0.95)[name].sel(group="clip_zero_shot")
    for factor, statistic in (
        ("pose", statistics.residual_on_pose),
        ("partial_view", statistics.residual_on_partial_view),
    ):
        found, expected = effect(statistic(reader, Choices())), means.sel(factor=factor)
        ends = float(expected["low"]), float(expected["high"])
        assert (found.value, found.units) == (
            pytest.approx(float(expected["mean"])),
            int(expected["families"]),
        )
        assert found.interval() == pytest.approx(ends)


def test_two_clips_of_the_record_are_above_on_seven_and_eight_factors(
    readers: dict[str, Reader],
) -> None:
    found = effect(statistics.share_of_factors_above(readers["published"], Choices()))
    assert (found.value, found.units, found.enough_units) == (2.5, 1, False)


def test_pairs_of_the_laboratory_by_hand(readers: dict[str, Reader]) -> None:
    reader = readers["miniature"]
    panel = reader.panel("factors")
    assert panel is not None
    result = effective_robustness(panel.cube, panel.models, factor_names=HEADLINE_FACTORS)
    measured = result["measured"].all("factor").to_series()
    residual = result["residual"].to_pandas()
    twins = [pair for pair in source_twins(panel.models)[0] if measured[list(pair)].all()]
    changed = pd.DataFrame([residual.loc[after] - residual.loc[before] for before, after in twins])
    t_tests = stats.ttest_1samp(changed, 0.0)
    best = int(np.argmin(t_tests.pvalue))
    found = effect(statistics.source_on_factors(reader, Choices()))
    assert found.which == f"{HEADLINE_FACTORS[best]}, wit less laion"
    assert (found.value, found.units) == (pytest.approx(changed.iloc[:, best].mean()), len(twins))
    assert found.p_value() == pytest.approx(10 * t_tests.pvalue[best])
    (web, curated), *others = curated_pairs(panel.models)
    assert not others
    by_hand = (residual.loc[curated] - residual.loc[web]).mean()
    found = effect(statistics.curated_on_factors(reader, Choices()))
    assert (found.value, found.units) == (pytest.approx(by_hand), 1)

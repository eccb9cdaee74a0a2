"""Statistics of shape bias find what was planted, and say what chapter 2 says of the laboratory."""

from collections.abc import Sequence

import numpy as np
import pytest
import xarray as xr

from clipsafe_utils.claims.choices import Choices
from clipsafe_utils.claims.evidence import BINOMIAL
from clipsafe_utils.claims.reading import Reader
from clipsafe_utils.claims.statistics import shape
from clipsafe_utils.claims.statistics.cases import LINEAGE
from clipsafe_utils.claims.statistics.register import Statistic
from clipsafe_utils.cubes import CUE_CLASSES, find_study
from clipsafe_utils.cubes.schema import DECISIONS
from clipsafe_utils.findings.shape.laboratory import STRONG, tuning
from clipsafe_utils.metrics.labelled import shape_bias_table
from tests.claims.statistics.given import Given
from tests.claims.statistics.small_studies import described, effects, reason, units
from tests.conftest import labelled

BOTH = (shape.shape_bias_of_clip, shape.shape_bias_after_fine_tuning)
FALLS = (0.30, 0.20, 0.25, 0.35, 0.15)
"""By how much full fine-tuning lowers the shape bias of each run."""

DECIDED = 100 * len(CUE_CLASSES)
"""Images that a network decides by shape or texture."""

Row = dict[str, object]


def row(checkpoint: str, bias: float, **more: object) -> Row:
    return {"checkpoint": checkpoint, "bias": bias} | more


def study(rows: Sequence[Row]) -> Given:
    """Make a study in which of 100 decisions for shape or texture a class, so many are for shape."""
    shape_hits = np.rint(100 * np.array([one["bias"] for one in rows], float)).astype(int)
    count = np.stack([shape_hits, 100 - shape_hits, np.full_like(shape_hits, 20)], axis=1)
    models = described([{name: one[name] for name in one if name != "bias"} for one in rows])
    cube = xr.Dataset(
        {"count": (("model", "cue_class", "decision"), np.repeat(count[:, None], len(CUE_CLASSES), axis=1))},
        {
            "model": models["model"].values,
            "cue_class": list(CUE_CLASSES),
            "decision": list(DECISIONS),
        },
    )
    return Given(models, shape_bias=labelled(cube, "shape_bias"))


def fine_tuned() -> list[Row]:
    """Five runs, what full fine-tuning made of them, and averages half-way; a sixth was averaged alone."""
    rows = []
    for place, fall in enumerate((*FALLS, 0.0)):
        run = f"clip-{place}"
        source = {"family": run, "training_source": "WIT" if place < 3 else "LAION-2B"}
        more = source | {"group": "clip_fine_tuned"}
        rows += [row(run, 0.8, **source), row(f"half_way-{run}", 0.75, **more)]
        if fall:
            rows.append(row(f"tuned-{run}", 0.8 - fall, **more))
    return rows


def binomial(share: float) -> float:
    return float(np.sqrt(share * (1 - share) / DECIDED))


class TestOfClip:
    # Family means 0.1, 0.3 and 0.2.
    STANDARD = tuple(
        row(f"net{place}", bias, group="standard", family=family)
        for place, (bias, family) in enumerate(((0.1, "a"), (0.2, "b"), (0.4, "b"), (0.2, "c")))
    )
    CLIPS = (
        row("B.openai", 0.7),
        row("L.openai", 0.5),
        row("B.laion", 0.8, training_source="LAION-400M"),
        row("B.tuned", 0.1, group="clip_fine_tuned"),
    )

    def test_it_is_less_the_mean_over_families_of_standard_networks(self) -> None:
        evidence = shape.shape_bias_of_clip(study([*self.CLIPS, *self.STANDARD]), Choices())
        assert effects(evidence) == pytest.approx({"B.openai": 0.5, "L.openai": 0.3, "B.laion": 0.6})
        assert units(evidence) == {"B.openai": "WIT", "L.openai": "WIT", "B.laion": "LAION"}
        assert (evidence.unit, evidence.readings, evidence.images_error) == (LINEAGE, 1, BINOMIAL)

    def test_chance_is_in_the_decided_images_and_in_that_mean(self) -> None:
        evidence = shape.shape_bias_of_clip(study([*self.CLIPS, *self.STANDARD]), Choices())
        # The jackknife of a mean of three is its standard error.
        of_mean = np.std([0.1, 0.3, 0.2], ddof=1) / np.sqrt(3)
        expected = [np.hypot(binomial(bias), of_mean) for bias in (0.7, 0.5, 0.8)]
        assert [case.error for case in evidence.cases] == pytest.approx(expected)

    def test_a_network_that_was_read_twice_counts_once_and_makes_the_floor(self) -> None:
        again = row("B.openai", 0.6, name="again:B.openai")
        evidence = shape.shape_bias_of_clip(study([*self.CLIPS, again, *self.STANDARD]), Choices())
        assert effects(evidence) == pytest.approx({"B.openai": 0.5, "L.openai": 0.3, "B.laion": 0.6})
        assert evidence.floor == pytest.approx(0.1)

    @pytest.mark.parametrize("kept", [CLIPS, STANDARD, (*CLIPS, *STANDARD[1:3])])
    def test_without_clips_or_two_standard_families_it_says_so(self, kept: Sequence[Row]) -> None:
        assert reason(shape.shape_bias_of_clip, study(kept)) == (
            "no zero-shot CLIP or too few standard networks that decide by shape or texture"
        )


class TestFineTuning:
    def test_it_is_read_within_runs(self) -> None:
        evidence = shape.shape_bias_after_fine_tuning(study(fine_tuned()), Choices())
        assert evidence.which == "fine-tuned strongly"
        assert evidence.values == pytest.approx(-np.array(FALLS))
        assert [case.unit for case in evidence.cases] == ["WIT"] * 3 + ["LAION"] * 2
        assert (evidence.networks, evidence.families, evidence.readings) == (5, 5, 2)

    def test_chance_is_in_the_images_of_both(self) -> None:
        evidence = shape.shape_bias_after_fine_tuning(study(fine_tuned()), Choices())
        expected = [np.hypot(binomial(0.8), binomial(0.8 - fall)) for fall in FALLS]
        assert [case.error for case in evidence.cases] == pytest.approx(expected)
        assert (evidence.images_error, evidence.error_of_images) == (BINOMIAL, 0)

    def test_real_clips_are_paired_by_encoder(self) -> None:
        start = {"family": "CLIP (WIT) ViT-B"}
        made = start | {"group": "clip_fine_tuned", "fine_tuning": "in1k"}
        rows = [
            row("ViT-B-32.openai", 0.6, **start),
            row("ViT-B-16.openai", 0.7, **start),
            row("vit_base_patch32_clip_224.openai_ft_in1k", 0.3, **made),
            row("vit_base_patch16_clip_224.openai_ft_in1k", 0.5, **made),
        ]
        evidence = shape.shape_bias_after_fine_tuning(study(rows), Choices())
        assert (evidence.which, evidence.units, evidence.families) == ("fine-tuned on in1k", ["WIT"], 1)
        assert sorted(evidence.values) == pytest.approx([-0.3, -0.2])

    def test_networks_that_decide_nothing_are_left_out(self) -> None:
        given = study(fine_tuned())
        given.cubes["shape_bias"]["count"].loc[{"model": "test:tuned-clip-0"}] = [0, 0, 120]
        evidence = shape.shape_bias_after_fine_tuning(given, Choices())
        assert evidence.values == pytest.approx(-np.array(FALLS[1:]))

    def test_without_pairs_it_says_so(self) -> None:
        rows = [one for one in fine_tuned() if not str(one["checkpoint"]).startswith("tuned")]
        assert reason(shape.shape_bias_after_fine_tuning, study(rows)) == (
            "no zero-shot CLIP with what was made of it by full fine-tuning"
        )


@pytest.mark.parametrize("statistic", BOTH)
def test_why_nothing_is_measured(statistic: Statistic) -> None:
    given = study(fine_tuned())
    assert reason(statistic, Given(given.models)) == "no cube shape_bias"
    by_maximum = study(fine_tuned())
    by_maximum.cubes["shape_bias"]["count"].attrs["decision_rule"] = "max"
    silent = study(fine_tuned())
    silent.cubes["shape_bias"]["count"].loc[{"decision": ["shape", "texture"]}] = 0
    for reader in (by_maximum, silent):
        assert reason(statistic, reader) == "no model that decides by shape or texture, by the rule mean"


def test_biases_of_all_networks() -> None:
    bias, models = shape.shape_biases(study(fine_tuned()))
    assert bias.sel(model="test:tuned-clip-1").item() == pytest.approx(0.6)
    assert bias["model"].values.tolist() == models["model"].values.tolist()


@pytest.fixture
def laboratory() -> Reader:
    return Reader(find_study("miniature"))


class TestLaboratory:
    def test_fine_tuning_is_that_of_its_chapter(self, laboratory: Reader) -> None:
        causes = laboratory.cube("causes")
        assert causes is not None
        evidence = shape.shape_bias_after_fine_tuning(laboratory, Choices())
        table = tuning(causes, laboratory.models, 0.95).set_index("kind").loc[STRONG]
        assert evidence.values.mean() == pytest.approx(float(table["change"].estimate), abs=1e-6)
        assert evidence.networks == table["runs"]

    def test_clips_are_as_far_from_standard_networks_as_in_the_table(self, laboratory: Reader) -> None:
        panel = laboratory.needed("shape_bias")
        bias = shape_bias_table(panel.cube)["shape_bias"].to_series()
        families = panel.models["family"].to_series()
        group = panel.models["group"].to_series()
        of_standard = bias[group == "standard"].groupby(families).mean().mean()
        evidence = shape.shape_bias_of_clip(laboratory, Choices())
        assert evidence.values == pytest.approx((bias[group == "clip_zero_shot"] - of_standard).values)

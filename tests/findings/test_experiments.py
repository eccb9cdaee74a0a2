"""Judgements of the experiments: made-up trainings on both sides of each frozen rule, worked by hand."""

from collections.abc import Mapping

import numpy as np
import pytest
import xarray as xr
from scipy import stats

from clipsafe_utils.cubes.schema import HEADLINE_FACTORS, OVERALL
from clipsafe_utils.findings.experiments.cells import Experiments
from clipsafe_utils.findings.experiments.encoder import Encoder
from clipsafe_utils.findings.experiments.language import CLEAN, RUNGS, WRITTEN, Language
from clipsafe_utils.findings.experiments.many_sources import SOURCES, ManySources, leave_one_out
from clipsafe_utils.findings.experiments.texture import BOTH, OTHERS, TEXTURE, Texture
from clipsafe_utils.say import Missing, Value
from tests.findings.experiment_cubes import biases, experiments, made_up, without_study

NOBODY = Experiments((), 0.95)


def estimate(said: object) -> float:
    assert isinstance(said, Value)
    return said.estimate


def language(left: tuple[float, float, float], seeds: int = 3) -> Language:
    """Cross-entropy has a shape bias of 0.9; CLIPs 0.1 less, and without artefacts as much more as `left`."""
    means = {
        "labels-resnet_xs-wit-64k-s{seed}": 0.9,
        "labels-resnet_xs-laion-64k-s{seed}": 0.9,
        "language-mixed-labels-s{seed}": 0.9,
        "clip-resnet_xs-wit-64k-s{seed}": 0.8,
        "clip-resnet_xs-laion-64k-s{seed}": 0.8,
        "language-mixed-written-s{seed}": 0.8,
    }
    for source, more in zip(("wit", "laion", "mixed"), left, strict=True):
        means |= {f"language-{source}-{rung}-s{{seed}}": 0.85 for rung in ("right", "written-masked")}
        means[f"language-{source}-right-masked-s{{seed}}"] = 0.9 + more
    return Language(biases(means, seeds))


@pytest.mark.parametrize(
    ("left", "verdict"),
    [
        ((-0.10, -0.11, -0.12), "lowers"),
        ((-0.040, -0.041, -0.042), "lowers a little"),
        ((-0.10, 0.0, 0.10), "nothing left"),
        ((-0.01, -0.10, -0.20), "nothing left"),
        ((0.05, 0.06, 0.07), "raises"),
    ],
)
def test_language_is_judged_by_what_is_left_without_artefacts(
    left: tuple[float, float, float], verdict: str
) -> None:
    assert language(left).verdict == verdict


def test_the_interval_of_what_is_left_is_over_sources() -> None:
    found = language((-0.10, -0.11, -0.12))
    expected = stats.ttest_1samp([-0.10, -0.11, -0.12], 0).confidence_interval(0.95)
    left = found.left
    assert isinstance(left, Value)
    assert (left.low, left.high) == pytest.approx((expected.low, expected.high))
    assert (estimate(found.as_written), estimate(found.taken)) == pytest.approx((-0.10, -0.01))
    assert len(found.rows) == len(RUNGS) * 4
    assert found.trainings == "45 of 45"


def test_language_with_fewer_seeds_is_judged_and_without_a_source_is_not() -> None:
    assert language((-0.10, -0.11, -0.12), seeds=2).trainings == "30 of 45"
    assert language((-0.10, -0.11, -0.12), seeds=2).verdict == "lowers"
    two = {"labels-resnet_xs-wit-64k-s{seed}": 0.9, "language-wit-right-masked-s{seed}": 0.7}
    one_source = Language(biases(two))
    assert one_source
    assert one_source.verdict == "open"
    assert Language(NOBODY).verdict == "untrained"
    assert not Language(NOBODY)
    assert Language(NOBODY).rows.empty


def test_factor_accuracies_of_language_are_over_sources() -> None:
    means = {
        f"{start}{source}{end}-s{{seed}}": {"accuracy_pose_random": level, "accuracy_color_typical": 0.5}
        for start, end, level in (("labels-resnet_xs-", "-64k", 0.6), ("language-", f"-{CLEAN}", 0.5))
        for source in ("wit", "laion")
    }
    factors = Language(experiments(means)).factors.set_index("factor")
    assert estimate(factors.loc["pose", CLEAN]) == pytest.approx(-0.1)
    assert estimate(factors.loc["color", CLEAN]) == pytest.approx(0.0)
    assert isinstance(factors.loc["pose", WRITTEN], Missing)


def texture(clip: Mapping[str, float], labels: Mapping[str, float]) -> Texture:
    """Give the four corners of each loss a shape bias: curated, textures of wit, all else of wit, wit."""
    names = {
        "clip": ("clip-resnet_xs-labels-64k", "language-wit-right"),
        "labels": ("labels-resnet_xs-labels-64k", "labels-resnet_xs-wit-64k"),
    }
    means = {}
    for (loss, (curated, wit)), level in zip(names.items(), (clip, labels), strict=True):
        means |= {
            f"{curated}-s{{seed}}": level["curated"],
            f"texture-{loss}-labels-as-wit-s{{seed}}": level["texture"],
            f"texture-{loss}-wit-as-labels-s{{seed}}": level["others"],
            f"{wit}-s{{seed}}": level["wit"],
        }
    return Texture(biases(means))


MOSTLY = {"curated": 0.2, "texture": 0.8, "others": 0.3, "wit": 0.9}  # Texture 0.6, others 0.1.
PARTLY = {"curated": 0.2, "texture": 0.6, "others": 0.4, "wit": 0.8}  # Texture 0.4, others 0.2.
AGAINST = {"curated": 0.2, "texture": 0.6, "others": 0.0, "wit": 0.4}  # Texture 0.4, others -0.2.


@pytest.mark.parametrize(
    ("clip", "labels", "verdict"),
    [
        (MOSTLY, MOSTLY, "neither"),
        (PARTLY, MOSTLY, "clip"),
        (MOSTLY, PARTLY, "labels"),
        (PARTLY, AGAINST, "both"),
    ],
)
def test_the_step_is_one_of_texture_where_the_others_move_little(
    clip: Mapping[str, float], labels: Mapping[str, float], verdict: str
) -> None:
    assert texture(clip, labels).verdict == verdict


def test_effects_of_texture_worked_by_hand() -> None:
    found = texture(MOSTLY, AGAINST)
    assert [estimate(found.effect("clip", turned)) for turned in (TEXTURE, OTHERS, BOTH)] == pytest.approx(
        [0.6, 0.1, 0.7]
    )
    assert estimate(found.effect("labels", OTHERS)) == pytest.approx(-0.2)
    assert (estimate(found.share("clip")), estimate(found.share("labels"))) == pytest.approx((1 / 6, 0.5))
    assert estimate(found.excess("clip")) == pytest.approx(0.1 - 0.15)
    assert estimate(found.excess("labels")) == pytest.approx(0.2 - 0.1)
    ends = {"curated": 0.1, "texture": 0.4, "others": 0.2, "wit": 0.9}
    apart = texture(ends, ends)
    assert estimate(apart.at("clip", TEXTURE, "labels")) == pytest.approx(0.3)
    assert estimate(apart.at("clip", TEXTURE, "wit")) == pytest.approx(0.7)
    assert estimate(apart.at("clip", OTHERS, "labels")) == pytest.approx(0.1)
    assert estimate(apart.at("clip", OTHERS, "wit")) == pytest.approx(0.5)
    assert found.trainings == "24 of 24"


def test_texture_without_a_corner_is_not_judged() -> None:
    one = {"clip-resnet_xs-labels-64k-s{seed}": 0.2, "texture-clip-labels-as-wit-s{seed}": 0.8}
    assert Texture(biases(one)).verdict == "open"
    assert not Texture(biases(one))
    assert Texture(NOBODY).rows.empty


def encoder(wit: float, laion: float) -> Encoder:
    means = {}
    for source, bias in (("wit", wit), ("laion", laion)):
        means |= {
            f"encoder-resnet_xs-{source}-s{{seed}}": 0.5,
            f"clip-vit_s-{source}-64k-s0": bias,
            f"encoder-vit_s-{source}-s1": bias + 0.01,
            f"encoder-vit_s-{source}-s2": bias - 0.01,
        }
    return Encoder(biases(means))


@pytest.mark.parametrize(
    ("wit", "laion", "verdict"),
    [(0.4, 0.45, "shape less"), (0.6, 0.7, "shape more"), (0.4, 0.6, "sources differ")],
)
def test_encoders_are_judged_by_both_sources(wit: float, laion: float, verdict: str) -> None:
    found = encoder(wit, laion)
    assert found.verdict == verdict
    assert estimate(found.difference("wit")) == pytest.approx(wit - 0.5)
    assert found.trainings == "12 of 12"


def test_an_encoder_of_one_source_is_not_judged() -> None:
    found = Encoder(biases({"encoder-resnet_xs-wit-s{seed}": 0.5, "clip-vit_s-wit-64k-s0": 0.4}))
    assert found
    assert found.verdict == "open"
    assert isinstance(found.factors["wit"]["pose"], Missing)


def many(bias: Mapping[int, float], residual: float = 0.0) -> ManySources:
    """Sources whose knob stands at a tenth of their number; ViTs are 0.1 above their source, ResNets below.

    The standard networks name half of all images and of those of each factor; CLIPs name half of all, too,
    and `residual` more of those of a factor.
    """
    pairs = (("resnet_xs", -0.1), ("vit_s", 0.1))
    means = {f"source-{source}-{name}": level + by for source, level in bias.items() for name, by in pairs}
    standard = {f"standard-{at}": 0.3 for at in range(8)}
    cube = without_study(made_up({name: {"shape_bias": mean} for name, mean in (means | standard).items()}))
    words = [f"wit, texture_correlation {int(name.split('-')[1]) / 10:g}, wrong 0.1" for name in means]
    cube["source"] = ("model", [*words, *("labels" for _ in standard)])
    return ManySources(Experiments([cube], 0.95, *_factors([*means], [*standard], residual)))


def _factors(clips: list[str], standard: list[str], residual: float) -> tuple[xr.Dataset, xr.Dataset]:
    names = [*clips, *standard]
    groups = [*("control" for _ in clips), *("standard" for _ in standard)]
    models = xr.Dataset({"group": ("model", groups), "family": ("model", names)}, {"model": names})
    level = np.array([*(0.5 for _ in clips), *np.linspace(0.42, 0.58, len(standard))])
    share = np.repeat(level[:, None], len(HEADLINE_FACTORS) + 1, axis=1)
    share[: len(clips), :-1] += residual
    hits = np.round(10_000 * share)[None].astype(int)
    coords = {"selection": ["top"], "model": names, "factor": [*HEADLINE_FACTORS, OVERALL]}
    dims = ("selection", "model", "factor")
    return models, xr.Dataset({"hits": (dims, hits), "images": (dims, np.full_like(hits, 10_000))}, coords)


STRAIGHT = {source: 0.8 - 0.05 * source for source in SOURCES}
UNLIKE = {source: 0.5 + (0.2 if source % 2 else -0.2) for source in SOURCES}


def test_a_source_that_was_left_out_worked_by_hand() -> None:
    """Of 0, 1, 2 at 0, 1, 1: the others' lines tell 1, 0.5 and 2, their means 1, 0.5 and 0.5."""
    found = leave_one_out(np.array([0.0, 1.0, 2.0]), np.array([0.0, 1.0, 1.0]))
    assert found.predicted == pytest.approx([1.0, 0.5, 2.0])
    assert found.error_of_line == pytest.approx(np.sqrt((1 + 0.25 + 1) / 3))
    assert found.error_of_mean == pytest.approx(np.sqrt((1 + 0.25 + 0.25) / 3))


def test_the_named_knob_tells_a_source_or_does_not() -> None:
    assert many(STRAIGHT).verdict == "tells"
    assert many(UNLIKE).verdict == "does not"
    assert estimate(many(STRAIGHT).ratio()) == pytest.approx(0.0, abs=1e-9)
    assert estimate(many(STRAIGHT).slope) == pytest.approx(-0.05)
    slope = many(UNLIKE).slope
    x, y = np.arange(10), np.array([*UNLIKE.values()])  # in steps of ten points
    expected = stats.linregress(x, y)
    assert isinstance(slope, Value)
    assert slope.estimate == pytest.approx(expected.slope)
    assert slope.high - slope.estimate == pytest.approx(stats.t.ppf(0.975, 8) * expected.stderr)


def test_a_source_counts_once_and_only_with_both_encoders() -> None:
    found = many({source: STRAIGHT[source] for source in range(6)})
    assert (found.number, found.sources) == ("6 of 10", (0, 1, 2, 3, 4, 5))
    assert found.knob == pytest.approx(np.arange(6) / 10)
    assert found.biases()[0] == pytest.approx([STRAIGHT[source] for source in range(6)])
    assert found.biases("vit_s")[0] == pytest.approx([STRAIGHT[source] + 0.1 for source in range(6)])
    half = Experiments([cube.isel(model=slice(1, None)) for cube in found.trained.cubes], 0.95)
    assert ManySources(half).sources == (1, 2, 3, 4, 5)


def test_too_few_sources_are_not_judged() -> None:
    found = many({source: STRAIGHT[source] for source in range(3)})
    assert not found
    for said in (found.verdict, found.ratio(), found.slope, found.over_standard, found.on_factor("pose")):
        assert isinstance(said, Missing)
    assert not ManySources(NOBODY)


def test_claims_over_sources_worked_by_hand() -> None:
    found = many(STRAIGHT, residual=-0.05)
    assert estimate(found.over_standard) == pytest.approx(np.mean([*STRAIGHT.values()]) - 0.3)
    assert estimate(found.on_factor("pose")) == pytest.approx(-0.05, abs=1e-3)
    assert estimate(found.factors_above) == 0.0
    assert found.more_than_half == "down"
    assert many(STRAIGHT, residual=0.05).more_than_half == "up"
    assert estimate(many(STRAIGHT, residual=0.05).factors_above) == float(len(HEADLINE_FACTORS))

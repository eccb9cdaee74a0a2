"""The frozen rules of `length` and `regime`: each answer comes out either way, or is missing."""

import pytest

from clipsafe_utils.findings.experiments.cells import Experiments
from clipsafe_utils.findings.experiments.length import (
    ACCURACY,
    GAP_HARD,
    MASKED_AT_ONCE,
    SCALE,
    TEMPERATURE,
    ZOO,
    Length,
    cell_called,
)
from clipsafe_utils.findings.experiments.regime import (
    AFTER,
    AFTER_AT_HOME,
    BEFORE,
    NLL_AFTER,
    NLL_BEFORE,
    Regime,
)
from clipsafe_utils.say import Missing, Value
from tests.findings.experiment_cubes import experiments

TRAINED = {ACCURACY: 0.7, TEMPERATURE: 1.0, GAP_HARD: -0.02, SCALE: 100.0}
MASKED = "length-1-held100-masked-s{seed}"
CLIPS = {"wit": MASKED, **{one: f"regime-{one}-clip-s{{seed}}" for one in ("laion", "mixed")}}
LABELS = {one: f"regime-{one}-labels-s{{seed}}" for one in ("wit", "laion")}


def length(**changed: float) -> Length:
    return Length(experiments({MASKED: TRAINED | changed}))


def test_a_cell_is_like_a_trained_clip_where_each_mean_is_inside_the_rule() -> None:
    found = length()
    assert (found.answer, found.alike, found.is_alike(MASKED_AT_ONCE)) == ("some", [MASKED_AT_ONCE], True)
    assert found.names_of_alike == "×1, held at 100, masked"


@pytest.mark.parametrize("name", [ACCURACY, TEMPERATURE, GAP_HARD])
def test_one_mean_outside_is_enough(name: str) -> None:
    assert length(**{name: 0.5}).answer == "none"


def test_the_ends_of_the_rule_are_written_as_they_were_frozen() -> None:
    rule = length().rule
    assert [str(one).replace("\xa0", " ") for one in (rule.accuracy, rule.temperature, rule.gap)] == [
        "60 % to 80 %",
        "0.8 to 1.3",
        "−5 to +5",
    ]


def test_without_its_models_nothing_is_said() -> None:
    nobody = Length(Experiments([], 0.95))
    zoo_alone = Length(experiments({"clip-resnet_xs-wit-64k-s{seed}": {TEMPERATURE: 0.5}}))
    assert not nobody
    assert not zoo_alone
    assert isinstance(nobody.answer, Missing)
    assert isinstance(zoo_alone.is_alike(ZOO), Missing)
    assert (zoo_alone.zoo, cell_called("×16, free").models) == ("too unsure", ("length-16-free-s0",))
    assert isinstance(Regime(nobody.trained, nobody).f8, Missing)


def regime(before: dict[str, float], after: dict[str, float], labels: tuple[float, float]) -> Regime:
    means = {
        CLIPS[one]: {BEFORE: before[one], AFTER: after[one]} | (TRAINED if one == "wit" else {})
        for one in CLIPS
    }
    means |= {name: dict(zip((BEFORE, AFTER), labels, strict=True)) for name in LABELS.values()}
    trained = experiments(means)
    return Regime(trained, Length(trained))


def by_source(wit: float, laion: float, mixed: float) -> dict[str, float]:
    return {"wit": wit, "laion": laion, "mixed": mixed}


def verdicts(found: Regime) -> list[object]:
    return [found.f8, found.f9, found.f10, found.f11, found.f12]


def test_clips_that_err_more_and_stay_apart_speak_for_every_claim() -> None:
    found = regime(by_source(0.2, 0.3, 0.4), by_source(0.15, 0.15, 0.15), (0.1, 0.05))
    assert verdicts(found) == ["stands", "stands", "stands", "stands", "stands"]
    between, seeds = found.between_sources, found.between_seeds
    assert isinstance(between, Value)
    assert isinstance(seeds, Value)
    assert (between.estimate, seeds.estimate) == pytest.approx((0.2, 0.02))


def test_clips_that_err_less_everywhere_and_alike_after_scaling_speak_against() -> None:
    same = dict.fromkeys(CLIPS, 0.1)
    found = regime(same, dict.fromkeys(CLIPS, 0.05), (0.3, 0.05))
    assert verdicts(found) == ["falls", "falls", "falls", "falls", "stands"]


def test_opposite_sources_leave_the_trend_undecided() -> None:
    found = regime(by_source(0.1, 0.5, 0.3), by_source(0.1, 0.5, 0.3), (0.3, 0.3))
    assert verdicts(found) == ["stands", "stands", "stands", "undecided", "falls"]


def test_the_trend_is_read_where_the_temperature_was_fitted_and_scaling_in_nll_too() -> None:
    clips, labels = CLIPS["wit"], LABELS["wit"]
    scores = {BEFORE: 0.1, AFTER: 0.3, NLL_BEFORE: 1.0, NLL_AFTER: 0.5}
    trained = experiments(
        {
            clips: TRAINED | scores | {AFTER_AT_HOME: 0.2},
            labels: {BEFORE: 0.1, AFTER: 0.1, AFTER_AT_HOME: 0.1},
        }
    )
    found = Regime(trained, Length(trained))
    assert (found.f11, found.at_home, found.off_at_home) == ("stands", "apart", "+10.00")
    assert (found.alike, found.names_of_alike) == ("1 of 1", "`wit`")
    assert (found.scaled.falls, found.scaled.rises, found.scaled.kinds) == ("0 of 1", "1 of 1", "`wit`")
    assert (found.scaled_nll.falls, found.scaled_nll.rises) == ("1 of 1", "0 of 1")


def test_nothing_is_asked_where_no_cell_is_like_a_trained_clip() -> None:
    found = regime(dict.fromkeys(CLIPS, 0.1), dict.fromkeys(CLIPS, 0.1), (0.3, 0.1))
    nobody = Regime(found.trained, length(**{TEMPERATURE: 0.5}))
    assert not nobody.is_asked
    assert all(isinstance(one, Missing) for one in verdicts(nobody))

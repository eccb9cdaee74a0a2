"""The statistics on the cubes of the repository, to three digits: what a change of code may not move."""

import pytest
from clipsafe_utils.claims.effects import Effect

from clipsafe_utils.claims.choices import Choices
from clipsafe_utils.claims.reading import Reader
from clipsafe_utils.claims.statistics import STATISTICS
from clipsafe_utils.cubes import find_study

FOUND = {
    "published": {
        "accuracy_and_shift": "0.995 7 family LAION-2B, ImageNet-R",
        "curated_on_accuracy": "0.061 2 family",
        "fine_tuning_under_shift": "-0.272 6 family fine-tuned on in1k",
        "residual_on_partial_view": "-0.019 1 training source",
        "residual_on_pose": "-0.030 1 training source",
        "share_of_factors_above": "2.500 1 training source",
    },
    "miniature": {
        "accuracy_and_detection": "0.952 10 training run laion",
        "accuracy_and_shift": "0.455 10 training run wit, adversarial (wit)",
        "curated_on_accuracy": "0.024 1 training run",
        "curated_on_detection": "-0.037 1 training run",
        "curated_on_factors": "-0.030 1 training run",
        "fewer_prompts_on_calibration": "-0.004 22 training run one less eighty",
        "fewer_prompts_on_detection": "-0.000 22 training run one less eighty",
        "fewer_prompts_on_factors": "0.000 22 training run one less eighty",
        "fine_tuning_under_shift": "-0.069 6 training run fine-tuned strongly",
        "pairs_not_better_calibrated": "0.877 3 training source",
        "procedure_on_detection": "0.020 6 training run strong instead of gentle",
        "residual_on_partial_view": "-0.060 3 training source",
        "residual_on_pose": "-0.052 3 training source",
        "scaling_under_shift": "0.547 22 training run",
        "shape_bias_after_fine_tuning": "-0.223 8 training run fine-tuned strongly",
        "shape_bias_of_clip": "0.557 3 training source",
        "share_of_factors_above": "-0.815 3 training source",
        "source_and_quantity_beyond_half": "0.404 10000 image",
        "source_on_calibration": "-0.165 10 training run wit less laion",
        "source_on_detection": "0.079 10 training run wit less laion",
        "source_on_factors": "0.199 9 training run color, wit less laion",
        "trend_after_scaling": "0.973 22 training run",
        "worst_calibrated_clip": "0.392 10000 image clip-vit_s-laion-64k-s0",
    },
}
"""Value, units and which of several; a statistic that is not there has nothing to measure in that study."""


@pytest.mark.parametrize("study", FOUND)
def test_numbers_are_those_of_the_book(study: str) -> None:
    reader = Reader(find_study(study))
    effects = {name: measure(reader, Choices()) for name, measure in STATISTICS.items()}
    assert FOUND[study] == {
        name: f"{effect.value:.3f} {effect.units} {effect.unit} {effect.which}".strip()
        for name, effect in effects.items()
        if isinstance(effect, Effect)
    }
    reasons = [effect for effect in effects.values() if isinstance(effect, str)]
    assert all(reason.startswith("no ") for reason in reasons)

"""From which size on does an effect matter? Compute the numbers that `claims.toml` holds, from the cubes.

Command: python benchmarks/smallest_effects.py
Run time: ten seconds on one core.
Expected: clipsafe_utils/registry/smallest_effects.json as it was made before the claims were frozen.

An effect matters where it is larger than what an ordinary choice moves that nobody calls a finding: another
standard network, another recipe, another score. Each number stands in `claims.toml` beside the name of its
formula; it is computed once, from the cubes of the freezing commit, whose hashes are written beside it.
"""

import json
from collections.abc import Callable, Mapping
from itertools import combinations
from pathlib import Path

import numpy as np

from clipsafe_utils.claims.choices import Choices
from clipsafe_utils.claims.reading import Reader
from clipsafe_utils.claims.statistics.calibration_errors import at_home
from clipsafe_utils.claims.statistics.detection_scores import mean_auroc
from clipsafe_utils.claims.statistics.factors import judged_factors
from clipsafe_utils.claims.statistics.plain_accuracy import plain_accuracy
from clipsafe_utils.claims.statistics.shape import shape_biases
from clipsafe_utils.claims.statistics.shifts import mean_heights, rank_correlations_across
from clipsafe_utils.cubes import HEADLINE_FACTORS, find_study
from clipsafe_utils.cubes.storage import content_hash
from clipsafe_utils.findings.clip_pairs import LABEL_TRAINED
from clipsafe_utils.registry.smallest_effects import FILE

REPORT = Path(str(FILE))
FEWEST_IMAGES = 5_000
"""On fewer images the book makes no claim about ECE."""

DIGITS = 3


def other_network_in_shape() -> float:
    """Median difference of shape bias of two standard networks of different families."""
    bias, models = shape_biases(_published())
    standard = (models["group"] == "standard").values
    return _between_families(bias.values[standard], models["family"].values[standard])


def off_the_line() -> float:
    """Median size of the left-out residual of a standard network, over the ten factors."""
    result, models, _ = judged_factors(_published(), Choices(), HEADLINE_FACTORS)
    standard = (models["group"] == "standard").values & result["measured"].all("factor").values
    return float(np.median(np.abs(result["residual"].values[standard])))


def off_the_line_under_shift() -> float:
    """Median size of the height of a label-trained network above its line, in the mean over shifts."""
    heights, _, models = mean_heights(_published())
    trained = np.isin(models["group"].values, LABEL_TRAINED)
    return float(np.nanmedian(np.abs(heights.values[trained])))


def other_recipe_for_an_encoder() -> float:
    """Median difference of accuracy of two standard networks of one architecture and image size."""
    plain = plain_accuracy(_published())
    rows = plain.models[["group", "architecture", "image_size"]].to_dataframe()
    rows["accuracy"] = plain.shares.isel(draw=0).values
    alike = rows[rows["group"] == "standard"].groupby(["architecture", "image_size"])["accuracy"]
    return float(np.median([abs(a - b) for _, of_one in alike for a, b in combinations(of_one, 2)]))


def other_score_for_detection() -> float:
    """Median difference of mean AUROC of a standard network by maximum softmax and by maximum logit."""
    panel = Reader(find_study("miniature")).needed("ood")
    standard = (panel.models["group"] == "standard").values
    by_score = [
        mean_auroc(panel.cube, Choices(score=score)).isel(draw=0).values[standard]
        for score in ("maximum_softmax", "maximum_logit")
    ]
    return float(np.median(np.abs(by_score[0] - by_score[1])))


def chance_of_calibration_error() -> float:
    """Median ECE that the record's networks would show on `FEWEST_IMAGES` were they perfectly calibrated."""
    home = at_home(_published()).cube
    images = home["bin_count"].sum("bin").values
    floor = home["ece_floor"].isel(draw=0).values
    return float(np.median(floor * np.sqrt(images / FEWEST_IMAGES)))


def half_way_to_perfect() -> float:
    """Half of what the rank correlation across networks leaves to 1, in the median over kinds of shift."""
    return float((1 - np.median(rank_correlations_across(_published()))) / 2)


FORMULAS: Mapping[str, Callable[[], float]] = {
    "shape bias: another standard network": other_network_in_shape,
    "factors: a standard network off its line": off_the_line,
    "shift: a label-trained network off its line": off_the_line_under_shift,
    "accuracy: another recipe for the same encoder": other_recipe_for_an_encoder,
    "detection: another score for the same network": other_score_for_detection,
    "calibration: ECE of a perfect network on 5,000 images": chance_of_calibration_error,
    "correlation: half of the way from across models to perfect": half_way_to_perfect,
}


def main() -> None:
    """Compute, print and write."""
    effects = {name: round(formula(), DIGITS) for name, formula in FORMULAS.items()}
    for name, effect in effects.items():
        print(f"{name:<60} {effect:7.3f}")
    cubes = {
        f"{study}/{cube}": content_hash(find_study(study).read(cube))[:16]
        for study, cube in (
            ("published", "shape_bias"),
            ("published", "factors"),
            ("published", "shifts"),
            ("published", "calibration"),
            ("miniature", "ood"),
        )
    }
    REPORT.write_text(json.dumps({"effects": effects, "cubes": cubes}, indent=1) + "\n")


def _published() -> Reader:
    return Reader(find_study("published"))


def _between_families(values: np.ndarray, families: np.ndarray) -> float:
    return float(
        np.median(
            [
                abs(values[one] - values[other])
                for one, other in combinations(range(len(values)), 2)
                if families[one] != families[other]
            ]
        )
    )


if __name__ == "__main__":
    main()

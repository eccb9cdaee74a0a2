"""The choices behind the statistics: the headline, and alternatives that the ledger tries one at a time."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace

from clipsafe_utils.metrics.accuracies import Axes
from clipsafe_utils.metrics.baseline import Fit
from clipsafe_utils.metrics.labelled.factors import Reference


@dataclass(frozen=True)
class Choices:
    """One way to compute the statistics; as it is, that of the headline.

    Attributes
    ----------
    axes, fit, selection, reference : str
        Of effective robustness, as in chapter 1.
    score : str
        What detects unfamiliar images, as in chapter 3.
    detection : {"as_it_is", "at_equal_accuracy"}
        Whether AUROC is compared as it is, or as its height above the line of networks trained on labels.
    quantity : {"free", "fixed"}
        Whether a correlation holds the samples seen and the images fixed.
    filtered_by : {"both", "labels", "wit"}
        Which reference chose the adversarial and the fooling images, where a study has both.
    error : {"debiased", "plain", "equal_mass", "root_mean_square", "five_bins"}
        How calibration is measured; plain has 15 equal-width bins.
    consistency : {"better", "either_way"}
        Whether "not consistently better" is denied by better alone, or by worse as well.

    Examples
    --------
    >>> Choices().axes
    'raw'
    """

    axes: Axes = "raw"
    fit: Fit = "huber"
    selection: str = "top"
    reference: Reference = "overall"
    score: str = "maximum_softmax"
    detection: str = "as_it_is"
    quantity: str = "free"
    filtered_by: str = "both"
    error: str = "debiased"
    consistency: str = "better"


ALTERNATIVES: Mapping[str, tuple[str, ...]] = {
    "axes": ("probit",),
    "fit": ("least_squares", "local"),
    "selection": ("multi",),
    "reference": ("without_factor",),
    "score": ("maximum_concept_matching", "maximum_logit", "energy", "negative_entropy"),
    "detection": ("at_equal_accuracy",),
    "quantity": ("fixed",),
    "filtered_by": ("labels", "wit"),
    "error": ("plain", "equal_mass", "root_mean_square", "five_bins"),
    "consistency": ("either_way",),
}
"""What stands beside the headline for each choice."""

NAMES = tuple(field.name for field in fields(Choices))


def one_at_a_time(names: tuple[str, ...]) -> Iterator[tuple[str, str, Choices]]:
    """Change one of some choices at a time.

    Parameters
    ----------
    names : tuple of str
        Choices that bear on a statistic.

    Yields
    ------
    name, value, choices : tuple

    Examples
    --------
    >>> [(name, value) for name, value, _ in one_at_a_time(("axes", "fit"))]
    [('axes', 'probit'), ('fit', 'least_squares'), ('fit', 'local')]
    """
    for name in names:
        for value in ALTERNATIVES[name]:
            yield name, value, replace(Choices(), **{name: value})  # type: ignore[arg-type]

"""The statistic of the claim that curated data make a more accurate CLIP."""

from dataclasses import replace

from clipsafe_utils.claims.choices import Choices
from clipsafe_utils.claims.evidence import BINOMIAL, Evidence
from clipsafe_utils.claims.reading import Reader
from clipsafe_utils.claims.statistics.contrasts import curated_contrast
from clipsafe_utils.claims.statistics.plain_accuracy import plain_accuracy
from clipsafe_utils.claims.statistics.register import statistic


@statistic
def curated_on_accuracy(reader: Reader, choices: Choices) -> Evidence:  # noqa: ARG001
    """Compare the accuracy in distribution of CLIPs of curated with those of web sources."""
    plain = plain_accuracy(reader)
    if plain.shares.sizes["draw"] > 1:
        evidence = curated_contrast(plain.shares, plain.models)
    else:
        evidence = replace(curated_contrast(plain.shares, plain.models, plain.error), images_error=BINOMIAL)
    return replace(evidence, floor=reader.floor("shifts"))

"""What is left of F13 where CLIPs are compared with standard networks as accurate as they are."""

from dataclasses import dataclass

from clipsafe_utils.claims.choices import Choices
from clipsafe_utils.claims.registry import find_claim
from clipsafe_utils.claims.wording import number
from clipsafe_utils.findings.shift.detection_record import ByScore, in_words
from clipsafe_utils.say import Text, correlation, nothing, span


@dataclass(frozen=True)
class EqualRange:
    """F13's difference at equal range of accuracy, by the score that the ledger uses."""

    score: Text
    within: Text  # Rank correlation within the source.
    like: Text  # That of standard networks as accurate.
    left: Text  # The former less the latter; of several sources, the range.
    smallest: Text  # The smallest effect that matters to F13.
    matters: Text  # Whether what is left is that much: `yes` or `no`.


def at_equal_range(found: ByScore) -> EqualRange:
    """Hold what is left of the closeness within a source against the smallest effect of F13."""
    claim, score = find_claim("F13"), Choices().score
    ranks = [
        found.ranks[score, source].estimate for source in found.sources if (score, source) in found.ranks
    ]
    if score not in found.in_range or not ranks:
        return nothing(EqualRange, "no standard networks as accurate as these CLIPs by the ledger's score")
    like = found.in_range[score].estimate
    left = [rank - like for rank in ranks]
    return EqualRange(
        Text(in_words(score)),
        span(ranks, correlation),
        correlation(like),
        span(left, lambda value: number(claim, value)),
        number(claim, claim.smallest_effect),
        Text("yes" if max(left) >= claim.smallest_effect else "no"),
    )

"""A ledger made by hand: two studies and five findings."""

from typing import Any

from clipsafe_utils.claims.labels import Label
from clipsafe_utils.claims.ledger import Entry
from tests.claims.made import claim, entry, networks


def made_ledger() -> list[Entry]:
    """Two studies and the claims A, B, D and E, of which D has the parts D1 and D2 and E is outside.

    And one of this book, S.
    """
    parts = [claim(name, finding="D") for name in ("D1", "D2")]
    up, down = claim("A"), claim("B", direction="down", unit="nats of NLL", smallest_effect=0.1)
    whole = claim("D", statistic="", all_of=("D1", "D2"))
    outside = claim("E", statistic="", outside="cats are no images")
    own = claim("S")
    own = type(own)(**(vars(own) | {"seen": "book"}))
    lab: dict[str, Any] = {"study": "miniature", "of_proxy": True}
    three = networks([0.02, 0.03, 0.04])
    return [
        entry(up, Label.REPRODUCED, three, reason="3 of 3 networks as claimed; 3 training lineages"),
        entry(up, Label.OPPOSITE, networks([-0.04, -0.05, -0.06]), **lab),
        entry(down, Label.NO_DATA, reason="no cube factors"),
        entry(down, Label.NOT_TESTABLE, networks([0.3, 0.4, 0.5]), reason="the logit scale", **lab),
        entry(whole, Label.AGREES, reason="D1 is supported, D2 is agrees so far"),
        entry(whole, Label.NOT_SHOWN, reason="D1 is shown possible, D2 is not shown", **lab),
        entry(parts[0], Label.SUPPORTED, networks([0.02, 0.03, 0.02, 0.03]), p_value=0.004),
        entry(parts[0], Label.SHOWN_POSSIBLE, three, **lab),
        entry(parts[1], Label.AGREES, networks([0.02], "a"), reason="1 of 1 network as claimed"),
        entry(parts[1], Label.NOT_SHOWN, networks([0.02, -0.02]), **lab),
        entry(outside, Label.OUTSIDE, reason="cats are no images"),
        entry(outside, Label.OUTSIDE, reason="cats are no images", **lab),
        entry(own, Label.CONTRADICTED, networks([-0.02, -0.03, -0.02, -0.03]), p_value=0.02),
        entry(own, Label.BUILT_IN, three, reason="the sources were drawn apart", **lab),
    ]

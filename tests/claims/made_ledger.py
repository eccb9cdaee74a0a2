"""A ledger made by hand: two studies and five findings."""

from typing import Any

from clipsafe_utils.claims.ledger import Entry
from clipsafe_utils.claims.verdicts import Verdict
from tests.claims.made import claim, effect, entry

S, C, U, N = Verdict.SUPPORTED, Verdict.CONTRADICTED, Verdict.UNDECIDED, Verdict.NOT_MEASURED


def made_ledger() -> list[Entry]:
    """Two studies and the claims A, B, D and E, of which D has the parts D1 and D2 and E is out of scope."""
    parts = [claim(name, finding="D") for name in ("D1", "D2")]
    up, down = claim("A"), claim("B", direction="down", unit="nats of NLL", smallest_effect=0.1)
    whole = claim("D", statistic="", all_of=("D1", "D2"))
    outside = claim("E", statistic="", out_of_scope="cats are no images")
    lab: dict[str, Any] = {"study": "miniature", "evidence": "proxy", "of_proxy": True}
    nothing = lab | {"evidence": ""}
    return [
        entry(up, S, effect(0.03)),
        entry(up, C, effect(-0.05), **lab),
        entry(down, N, reason="no cube factors", evidence=""),
        entry(down, C, effect(0.4), **lab),
        entry(whole, U, reason="D2 is undecided", evidence=""),
        entry(whole, U, reason="D2 is undecided", **nothing),
        entry(parts[0], S, effect(0.02)),
        entry(parts[0], S, effect(0.03), **lab),
        entry(parts[1], U, effect(0.02, 0.02, units=3), reason="too few families: 3, and 5 are needed"),
        entry(parts[1], U, effect(0.02, 0.02), reason="chance may explain it", **lab),
        entry(outside, N, reason="cats are no images", evidence=""),
        entry(outside, N, reason="cats are no images", **nothing),
    ]

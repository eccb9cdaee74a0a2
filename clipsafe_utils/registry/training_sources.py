"""Training sources of CLIP: their order in tables, legends and pairs, and the lineage of each."""

import re
from collections.abc import Mapping

_IN_ORDER = {
    "WIT": "WIT",
    "LAION-80M": "LAION",
    "LAION-400M": "LAION",
    "LAION-2B": "LAION",
    "DataComp-1B": "CommonPool",
    "WebLI": "WebLI",
    "labels": "labels",
    "wit": "wit",
    "laion": "laion",
    "mixed": "mixed",
}
_BEHIND = {
    "LAION-5B": "LAION",
    "LAION-Aesthetic": "LAION",
    "LAION-200M (normalised)": "LAION",  # LAION-400M without near copies
    "Merged-2B": "LAION",  # 1.6 of 2 billion images are LAION-2B's, the others COYO-700M's
    "DataComp-L": "CommonPool",
    "DataComp-M": "CommonPool",
    "DataComp-S": "CommonPool",
    "CommonPool-XL": "CommonPool",
    "CommonPool-L": "CommonPool",
    "CommonPool-M": "CommonPool",
    "CommonPool-S": "CommonPool",
    "DFN-2B": "CommonPool",
    "DFN-5B": "CommonPool",
    "MetaCLIP-400M": "MetaCLIP",
    "MetaCLIP-2.5B": "MetaCLIP",
    "YFCC-15M": "YFCC",
    "CC-3M": "Conceptual Captions",
    "CC-12M": "Conceptual Captions",
    "SynthCI-30M": "SynthCI",
}

SOURCES = tuple(_IN_ORDER)
"""Those of colours, legends and pairs: of real models, then of the laboratory. Others come behind."""

LINEAGES: Mapping[str, str] = _IN_ORDER | _BEHIND
"""Lineage by training source.

Sources of one lineage are drawn from one collection, by whatever filter: their CLIPs are no independent
witnesses. Filters of a pool (`CommonPool-L (filter clip)`) go by the pool's row.
"""

_FILTERED = re.compile(r"(CommonPool-\w+) \(filter \w+\)")


def lineage_of(training_source: str) -> str:
    """Return the lineage of a training source of CLIPs; a source that is not in `LINEAGES` is its own.

    Parameters
    ----------
    training_source : str
        As cubes and the catalogue name it.

    Examples
    --------
    >>> lineage_of("LAION-2B") == lineage_of("Merged-2B")
    True
    >>> lineage_of("CommonPool-L (filter clip)")
    'CommonPool'
    >>> lineage_of("my own pairs")
    'my own pairs'
    """
    filtered = _FILTERED.fullmatch(training_source)
    collection = filtered[1] if filtered else training_source
    return LINEAGES.get(collection, collection)

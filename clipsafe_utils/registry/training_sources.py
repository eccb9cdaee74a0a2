"""Training sources of CLIP: the order in which tables, legends and pairs take them."""

SOURCES = (
    "WIT",
    "LAION-80M",
    "LAION-400M",
    "LAION-2B",
    "DataComp-1B",
    "WebLI",
    "labels",
    "wit",
    "laion",
    "mixed",
)
"""Those of real models, then those of the laboratory; others come behind."""

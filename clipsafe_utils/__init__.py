"""How far can you rely on a CLIP model: what a page of the book, or a notebook of yours, needs by name.

Every public name is in `__all__` and is imported when it is asked for: nothing heavy is imported here.

Examples
--------
>>> from clipsafe_utils import Value
>>> Value(-0.098, -0.171, -0.024, scale="difference").moved
lower by 9.8 points (2.4 to 17.1)
"""

from clipsafe_utils.lazy import lazily

__version__ = "0.1.0"

_HOMES = {
    "clipsafe_utils.cards.making": ("card",),
    "clipsafe_utils.chapters.group_sizes": ("group_sizes",),
    "clipsafe_utils.chapters.quoted": ("results_of",),
    "clipsafe_utils.claims.gaps": ("open_claims",),
    "clipsafe_utils.claims.ledger": ("verdicts_of",),
    "clipsafe_utils.claims.result": ("claims_ledger",),
    "clipsafe_utils.claims.simulation": ("simulated_verdicts",),
    "clipsafe_utils.claims.worlds.result": ("against_record",),
    "clipsafe_utils.cubes": ("find_study", "list_studies", "read_cube", "write_cube"),
    "clipsafe_utils.expressions": ("publish", "section_needs"),
    "clipsafe_utils.findings.calibration.result": ("calibration",),
    "clipsafe_utils.findings.causes.result": ("causes",),
    "clipsafe_utils.findings.factors.result": ("factor_robustness",),
    "clipsafe_utils.findings.prompts.result": ("other_prompts",),
    "clipsafe_utils.findings.shape.result": ("shape_bias",),
    "clipsafe_utils.findings.shift.result": ("distribution_shift", "ood_correlation"),
    "clipsafe_utils.parameters": ("parameters_of",),
    "clipsafe_utils.show.tables": ("table",),
    "clipsafe_utils.say": (
        *("Missing", "Value", "change", "choose", "count", "level", "listed", "number", "percent", "points"),
    ),
}
__all__, __getattr__ = lazily(__name__, _HOMES)


def __dir__() -> list[str]:
    return [*__all__, "__version__"]

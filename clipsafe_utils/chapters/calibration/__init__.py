"""What the page of chapter 5 shows: its tables and figures, and the experiment with digits."""

from clipsafe_utils.chapters.calibration import figures, laboratory_tables, tables, trained_alike
from clipsafe_utils.findings.calibration import digits
from clipsafe_utils.findings.calibration.digits_result import Digits
from clipsafe_utils.metrics.logits import summarise_logits
from clipsafe_utils.metrics.temperature import fit_temperature

__all__ = [
    "Digits",
    "digits",
    "figures",
    "fit_temperature",
    "laboratory_tables",
    "summarise_logits",
    "tables",
    "trained_alike",
]

"""What the page of chapter 4 shows: tables, figures, alternative texts, and the experiment with digits."""

from clipsafe_utils.chapters.calibration import descriptions as alt
from clipsafe_utils.chapters.calibration import laboratory_tables, tables
from clipsafe_utils.chapters.training_texts import describe_ladder
from clipsafe_utils.figures import calibration as figures
from clipsafe_utils.figures import calibration_scaling as scaling_figures
from clipsafe_utils.figures import calibration_trials as trial_figures
from clipsafe_utils.figures import causes as training_figures
from clipsafe_utils.figures import hover_views
from clipsafe_utils.findings.calibration import digits
from clipsafe_utils.findings.calibration.digits_result import Digits
from clipsafe_utils.findings.calibration.errors import FEWEST_IMAGES
from clipsafe_utils.findings.ladder import RUNGS
from clipsafe_utils.metrics.logits import summarise_logits
from clipsafe_utils.metrics.temperature import fit_temperature

__all__ = [
    "FEWEST_IMAGES",
    "RUNGS",
    "Digits",
    "alt",
    "describe_ladder",
    "digits",
    "figures",
    "fit_temperature",
    "hover_views",
    "laboratory_tables",
    "scaling_figures",
    "summarise_logits",
    "tables",
    "training_figures",
    "trial_figures",
]

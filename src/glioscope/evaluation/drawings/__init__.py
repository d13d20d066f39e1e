"""Scores, drawn: the only part of the room that needs matplotlib; import it where you draw."""

from glioscope.evaluation.drawings.calibration import reliability_figure, uncertainty_figure
from glioscope.evaluation.drawings.canvas import drawing_bytes, write_drawing
from glioscope.evaluation.drawings.classes import confusion_figure, roc_figure
from glioscope.evaluation.drawings.forest import ablation_figure
from glioscope.evaluation.drawings.heat import heat_figure
from glioscope.evaluation.drawings.subsets import subsets_figure
from glioscope.evaluation.drawings.training import read_history, training_figure

__all__ = [
    "ablation_figure",
    "confusion_figure",
    "drawing_bytes",
    "heat_figure",
    "read_history",
    "reliability_figure",
    "roc_figure",
    "subsets_figure",
    "training_figure",
    "uncertainty_figure",
    "write_drawing",
]

"""Everything a user may choose of a run, subsystem by subsystem."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from glioscope.anatomy import LocateConfig
from glioscope.core import Patient, Sequence
from glioscope.prediction import Known
from glioscope.preparation import PrepareConfig
from glioscope.segmentation import SegmentConfig


@dataclass(frozen=True, slots=True, kw_only=True)
class AnalyzeConfig:
    """Choices of a run.

    Args:
        prepare: Of the preparation.
        segment: Of the segmentation.
        locate: Of the location; ``None`` leaves it out.
        known: Facts of the pathologist and the surgeon, for the predictions.
        predict: Predict what the tumor is likely to be.
        plan: Say what guidelines support, from the facts that are known.
        save_probabilities: Write the regions' probabilities and the uncertainty map too.
    """

    prepare: PrepareConfig = field(default_factory=PrepareConfig)
    segment: SegmentConfig = field(default_factory=SegmentConfig)
    locate: LocateConfig | None = field(default_factory=LocateConfig)
    known: Known = field(default_factory=Known)
    predict: bool = True
    plan: bool = False
    save_probabilities: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What to analyze.

    Args:
        folder: The patient's folder, DICOM or NIfTI.
        case_id: Pseudonym; the folder's name where ``None``.
        overrides: A file (or DICOM folder) for a sequence, instead of what would be found.
        brain_mask: The user's own brain mask.
        patient: Age and sex.
    """

    folder: Path
    case_id: str | None = None
    overrides: Mapping[Sequence, Path] = field(default_factory=dict)
    brain_mask: Path | None = None
    patient: Patient = field(default_factory=Patient)

    @property
    def paths(self) -> tuple[Path, ...]:
        """Everything that is read."""
        masks = () if self.brain_mask is None else (self.brain_mask,)
        return (self.folder, *self.overrides.values(), *masks)

"""A patient's sequences after preparation: one grid, one brain mask."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from glioscope.core.errors import CaseError
from glioscope.core.labels import Sequence
from glioscope.core.notices import Notice
from glioscope.core.volume import Volume, check_same_grid


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    """Measured quality of one raw series, before anything was done to it.

    Args:
        sequence: Which of the four.
        series_id: The series it was measured on.
        shape: Voxels as acquired.
        spacing_mm: As acquired.
        coverage_mm: Extent along the slice axis, mm.
        snr: Mean of the brain or foreground over the standard deviation of the noise;
            ``None`` where the background holds no noise (stripped or masked images).
        contrast_to_noise: Between the two main tissue peaks over the noise, ``None`` as above.
        motion: Ghosting ratio along the worst axis, 0 is none; ``None`` as above.
        saturated_percent: Voxels at the maximum of the stored range, percent of the foreground.
        noise_slices: Indices of slices that hold noise or nothing.
        notices: What of this may harm the result.
    """

    sequence: Sequence
    series_id: str
    shape: tuple[int, int, int]
    spacing_mm: tuple[float, float, float]
    coverage_mm: float
    snr: float | None
    contrast_to_noise: float | None
    motion: float | None
    saturated_percent: float
    noise_slices: tuple[int, ...] = ()
    notices: tuple[Notice, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Which series was taken for a sequence, and what each witness said.

    Args:
        sequence: What it was taken as.
        series_id: The series.
        by_tags: What its tags say it is.
        by_content: What its image content says it is.
        by_name: What its file name or the user says it is.
        content_probability: Of ``by_content``, 0 to 1.
    """

    sequence: Sequence
    series_id: str
    by_tags: Sequence | None
    by_content: Sequence | None
    by_name: Sequence | None
    content_probability: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Alignment:
    """How one series was brought to the reference.

    Args:
        sequence: The sequence moved.
        to_reference: Shape ``(4, 4)``: world of the series (RAS+ mm) to world of the
            reference (RAS+ mm), rigid; identity if it was aligned already.
        moved_mm: Mean displacement over the brain, mm.
        similarity: Normalized mutual information after, 1 to 2.
        already_aligned: Recognized as aligned before, and left alone.
    """

    sequence: Sequence
    to_reference: npt.NDArray[np.float64]
    moved_mm: float
    similarity: float
    already_aligned: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Sequences of one patient at one time point, on one voxel grid.

    A value of this type has passed the grid check; code that takes one never checks again.
    Raw, unregistered input is a ``Study`` instead.

    Args:
        case_id: Pseudonym.
        images: One to four sequences; float32, 1 mm isotropic, RAS+ axes, bias-corrected and
            normalized: brain median 0, brain robust standard deviation 1, outside the brain 0.
        brain: Boolean brain mask on the same grid.
        heads: The same sequences resampled but neither stripped nor normalized, for pictures.
        reference: The sequence whose world the case lies in.
        reference_grid: The grid of the reference series as acquired (its data is the raw
            intensities): results return to it.
        to_template: Shape ``(4, 4)``, affine from the case's world to MNI ICBM 152 world, RAS+
            mm; ``None`` until located.
        choices: Which series became which sequence.
        alignments: By sequence.
        qualities: By sequence.
        notices: All that preparation noticed.
    """

    case_id: str
    images: Mapping[Sequence, Volume]
    brain: Volume
    heads: Mapping[Sequence, Volume]
    reference: Sequence
    reference_grid: Volume
    to_template: npt.NDArray[np.float64] | None = None
    choices: tuple[Choice, ...] = ()
    alignments: tuple[Alignment, ...] = ()
    qualities: tuple[Quality, ...] = ()
    notices: tuple[Notice, ...] = field(default=())

    def __post_init__(self) -> None:
        if not self.images:
            msg = f"case {self.case_id}: no sequence; give at least one of T1, T1c, T2, FLAIR"
            raise CaseError(msg)
        if self.reference not in self.images:
            msg = f"case {self.case_id}: the reference {self.reference} is not among the images"
            raise CaseError(msg)
        if not self.brain.data.any():
            msg = f"case {self.case_id}: the brain mask is empty; give one with --brain-mask"
            raise CaseError(msg)
        named = {str(sequence): volume for sequence, volume in self.images.items()}
        heads = {f"head of {sequence}": volume for sequence, volume in self.heads.items()}
        check_same_grid(case_id=self.case_id, **named, **heads, brain=self.brain)

    @property
    def sequences(self) -> tuple[Sequence, ...]:
        """The sequences present, in channel order."""
        return tuple(sequence for sequence in Sequence if sequence in self.images)

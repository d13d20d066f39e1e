"""Study to Case: the steps of this room in their order."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Final, Literal

import numpy as np

from glioscope.core import (
    Case,
    CaseError,
    Notice,
    Progress,
    Quality,
    Sequence,
    Severity,
    Silent,
    Study,
    Volume,
)
from glioscope.preparation.align import Aligned, align, measured_over
from glioscope.preparation.bias import without_bias
from glioscope.preparation.grid import bounds, case_grid, cropped, resampled
from glioscope.preparation.identify import Identification, identify
from glioscope.preparation.mask import BrainMask, Extract, Placed, brain_mask
from glioscope.preparation.normalize import robust_zscore
from glioscope.preparation.quality import measure_quality, refusal
from glioscope.preparation.recognize import Recognized, recognize
from glioscope.preparation.register import RegisterConfig
from glioscope.preparation.scene import padding_of

_STRIPPED_MARGIN_MM: Final = 5.0
_UNCOVERED_PERCENT: Final = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PrepareConfig:
    """How a study is prepared.

    Args:
        spacing_mm: Of the case's isotropic grid.
        reference: The sequence whose world the case lies in, if it is there; ``None`` for T1c if
            it is there, else the one of the smallest voxels.
        n4: Remove the bias field; ``"auto"`` does so unless the images came stripped and aligned.
        register: How series are aligned.
        head_margin_mm: Kept around the brain, for pictures.
    """

    spacing_mm: float = 1.0
    reference: Sequence | None = None
    n4: bool | Literal["auto"] = "auto"
    register: RegisterConfig = field(default_factory=RegisterConfig)
    head_margin_mm: float = 25.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Examined:
    """The series taken, and what was found out about them before anything was done.

    Images that came stripped and aligned are cropped to the brain: nothing is searched beyond it.
    """

    found: Identification
    images: Mapping[Sequence, Volume]
    qualities: tuple[Quality, ...]
    state: Recognized
    reference: Sequence
    notices: tuple[Notice, ...]


def prepare(
    study: Study,
    config: PrepareConfig | None = None,
    *,
    progress: Progress | None = None,
    extract: Extract | None = None,
) -> Case:
    """Bring a study to one grid: identified, measured, aligned, stripped, corrected, normalized.

    Args:
        study: As read.
        config: Grid, reference, bias correction, alignment.
        progress: Told of each stage.
        extract: Takes the place of the shipped brain extraction.

    Raises:
        CaseError: If no series is usable, the quality allows no result, or no brain is found.
    """
    config, progress = config or PrepareConfig(), progress or Silent()
    progress.stage("identify")
    examined = _examine(study, config)
    progress.stage("align")
    aligned, placed = _place(examined, config)
    progress.stage("brain")
    brain = brain_mask(study, placed, examined.state, extract=extract)
    progress.stage("normalize")
    return _case(study, examined, aligned, placed, brain, config)


def _examine(study: Study, config: PrepareConfig) -> _Examined:
    found = identify(study, {})
    images = {sequence: series.volume for sequence, series in found.series.items()}
    state = recognize(images)
    measured = {
        sequence: measure_quality(series, sequence=sequence, stripped=state.stripped_each[sequence])
        for sequence, series in found.series.items()
    }
    refused = {name: why for name, quality in measured.items() if (why := refusal(quality))}
    usable = {name: image for name, image in images.items() if name not in refused}
    if not usable:
        reasons = "; ".join(f"{name.upper()}: {why}" for name, why in refused.items())
        msg = f"case {study.case_id}: no series can be used ({reasons}); give the whole head"
        raise CaseError(msg)
    if state.brain is not None:
        low, high = bounds(state.brain, margin_mm=_STRIPPED_MARGIN_MM)
        usable = {name: cropped(image, low=low, high=high) for name, image in usable.items()}
    return _Examined(
        found=found,
        images=usable,
        qualities=tuple(measured.values()),
        state=state,
        reference=_reference(usable, config.reference),
        notices=tuple(_unusable(name, why) for name, why in refused.items()),
    )


def _unusable(sequence: Sequence, why: str) -> Notice:
    return Notice(
        code="sequence-unusable",
        severity=Severity.ALARM,
        message=f"{sequence.upper()} is left out: {why}.",
        sequence=sequence,
    )


def _reference(images: Mapping[Sequence, Volume], wanted: Sequence | None) -> Sequence:
    for sequence in (wanted, Sequence.T1C):
        if sequence is not None and sequence in images:
            return sequence
    return min(images, key=lambda sequence: images[sequence].voxel_volume_ml)


def _place(examined: _Examined, config: PrepareConfig) -> tuple[Aligned, Placed]:
    """Align all series and bring them to the case's grid with one interpolation each."""
    images, reference, state = examined.images, examined.reference, examined.state
    aligned = align(images, reference=reference, already=state.aligned, config=config.register)
    grid = case_grid(images[reference], spacing_mm=config.spacing_mm)
    heads = {
        sequence: resampled(
            _without_padding(image, stripped=state.stripped),
            like=grid,
            to_reference=aligned.alignments[sequence].to_reference,
            outside=state.background[sequence] if state.stripped else float("nan"),
        )
        for sequence, image in images.items()
    }
    placed = Placed(images=images, heads=heads, alignments=aligned.alignments, reference=reference)
    return aligned, placed


def _without_padding(image: Volume, *, stripped: bool) -> Volume:
    """Mark what a program filled in around a head (wedges) as not covered."""
    if stripped:
        return image
    data = image.data.astype(np.float32)
    return image.with_data(np.where(padding_of(image), np.float32(np.nan), data))


def _case(
    study: Study,
    examined: _Examined,
    aligned: Aligned,
    placed: Placed,
    found_brain: BrainMask,
    config: PrepareConfig,
) -> Case:
    """Crop to the head, correct, normalize, and put it all together."""
    state = examined.state
    margin_mm = _STRIPPED_MARGIN_MM if state.stripped else config.head_margin_mm
    low, high = bounds(found_brain.mask, margin_mm=margin_mm)
    brain = cropped(found_brain.mask, low=low, high=high)
    partial = {name: cropped(head, low=low, high=high) for name, head in placed.heads.items()}
    covered = {name: head.with_data(np.isfinite(head.data)) for name, head in partial.items()}
    heads = {name: head.with_data(np.nan_to_num(head.data)) for name, head in partial.items()}
    corrects = config.n4 is True or (config.n4 == "auto" and not (state.stripped and state.aligned))
    images = _normalized(heads, covered, brain, study.case_id, corrects=corrects)
    return Case(
        case_id=study.case_id,
        images=images,
        brain=brain,
        heads=heads,
        reference=examined.reference,
        reference_grid=examined.found.series[examined.reference].volume,
        choices=examined.found.choices,
        alignments=tuple(measured_over(one, brain) for one in aligned.alignments.values()),
        qualities=examined.qualities,
        notices=_notices(
            study,
            examined,
            (*aligned.notices, *found_brain.notices, *_uncovered(covered, brain)),
        ),
    )


def _notices(study: Study, examined: _Examined, later: tuple[Notice, ...]) -> tuple[Notice, ...]:
    found = examined.found
    read = (notice for series in found.series.values() for notice in series.notices)
    measured = (notice for quality in examined.qualities for notice in quality.notices)
    before = (*study.notices, *read, *found.notices, *measured, *examined.notices)
    return (*before, *examined.state.notices, *later)


def _normalized(
    heads: Mapping[Sequence, Volume],
    covered: Mapping[Sequence, Volume],
    brain: Volume,
    case_id: str,
    *,
    corrects: bool,
) -> dict[Sequence, Volume]:
    """Correct and normalize each sequence over what it covers of the brain; 0 elsewhere."""

    def one(name: Sequence) -> Volume:
        seen = brain.with_data(brain.data & covered[name].data)
        even = without_bias(heads[name], brain=seen) if corrects else heads[name]
        return robust_zscore(even, brain=seen, case_id=case_id)

    with ThreadPoolExecutor(max_workers=2) as pool:
        return dict(zip(heads, pool.map(one, heads), strict=True))


def _uncovered(covered: Mapping[Sequence, Volume], brain: Volume) -> list[Notice]:
    """Say which sequences miss a part of the brain."""
    total = np.count_nonzero(brain.data)
    notices = []
    for name, where in covered.items():
        percent = 100.0 * np.count_nonzero(brain.data & ~where.data) / total
        if percent > _UNCOVERED_PERCENT:
            message = (
                f"{name.upper()} does not reach {percent:.0f}% of the brain; there it is taken as"
                " missing, and findings rest on the other sequences."
            )
            notices.append(
                Notice(
                    code="brain-not-covered",
                    severity=Severity.WARNING,
                    message=message,
                    sequence=name,
                )
            )
    return notices

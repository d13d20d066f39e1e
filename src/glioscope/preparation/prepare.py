"""Study to Case: the steps of this room in their order."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Final, Literal

import numpy as np

from glioscope.core import Case, Notice, Progress, Sequence, Severity, Silent, Study, Volume
from glioscope.preparation.align import Aligned, align, measured_over
from glioscope.preparation.bias import without_bias
from glioscope.preparation.brain import extract_brain
from glioscope.preparation.content import see
from glioscope.preparation.examine import STRIPPED_MARGIN_MM, Examined, examine
from glioscope.preparation.fit import lay_over
from glioscope.preparation.grid import bounds, case_grid, cropped, resampled
from glioscope.preparation.identify import Testimony, confront
from glioscope.preparation.mask import BrainMask, Extract, Placed, brain_mask
from glioscope.preparation.normalize import robust_zscore
from glioscope.preparation.register import RegisterConfig
from glioscope.preparation.scene import padding_of

_UNCOVERED_PERCENT: Final = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PrepareConfig:
    """How a study is prepared.

    Args:
        spacing_mm: Of the case's isotropic grid.
        reference: The sequence whose world the case lies in, if it is there; ``None`` for T1c if
            it is there, else the one of the smallest voxels.
        n4: Remove the bias field; ``"auto"`` does so unless the images came stripped and aligned.
        content: Ask the image content which sequence each series is, beside tags and names.
        register: How series are aligned.
        head_margin_mm: Kept around the brain, for pictures.
    """

    spacing_mm: float = 1.0
    reference: Sequence | None = None
    n4: bool | Literal["auto"] = "auto"
    content: bool = True
    register: RegisterConfig = field(default_factory=RegisterConfig)
    head_margin_mm: float = 25.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Cropped:
    """What is kept around the brain, on the case's grid."""

    brain: Volume
    heads: Mapping[Sequence, Volume]
    covered: Mapping[Sequence, Volume]


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
    extract = extract or partial(extract_brain, case_id=study.case_id)
    progress.stage("identify")
    examined = examine(study, reference=config.reference, extract=extract)
    progress.stage("align")
    aligned, placed = _place(examined, config)
    progress.stage("brain")
    found = brain_mask(study, placed, examined.state, extract=extract)
    kept = _kept(placed, found.mask, examined, config)
    testimony = _testimony(examined, kept, config)
    progress.stage("normalize")
    corrects = config.n4 is True or (config.n4 == "auto" and not examined.state.aligned)
    images = _normalized(kept, study.case_id, corrects=corrects)
    return Case(
        case_id=study.case_id,
        images=images,
        brain=kept.brain,
        heads=kept.heads,
        reference=examined.reference,
        reference_grid=examined.found.series[examined.reference].volume,
        choices=testimony.choices,
        alignments=tuple(measured_over(one, kept.brain) for one in aligned.alignments.values()),
        qualities=examined.qualities,
        notices=_notices(examined, testimony, aligned, found, kept),
    )


def _place(examined: Examined, config: PrepareConfig) -> tuple[Aligned, Placed]:
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


def _kept(placed: Placed, brain: Volume, examined: Examined, config: PrepareConfig) -> _Cropped:
    """Crop to the brain and, for pictures, some of the head around it."""
    stripped = examined.state.stripped
    low, high = bounds(brain, margin_mm=STRIPPED_MARGIN_MM if stripped else config.head_margin_mm)
    partial_heads = {name: cropped(head, low=low, high=high) for name, head in placed.heads.items()}
    return _Cropped(
        brain=cropped(brain, low=low, high=high),
        heads={n: head.with_data(np.nan_to_num(head.data)) for n, head in partial_heads.items()},
        covered={n: head.with_data(np.isfinite(head.data)) for n, head in partial_heads.items()},
    )


def _testimony(examined: Examined, kept: _Cropped, config: PrepareConfig) -> Testimony:
    """Ask the content of the aligned images, and confront it with tags and names."""
    if not config.content:
        return confront(examined.found, {})
    reference = kept.heads[examined.reference]
    tissues = lay_over(reference, brain=kept.brain)
    images = {}
    for name, head in kept.heads.items():
        missing = np.where(kept.covered[name].data, head.data, np.float32(np.nan))
        images[name] = resampled(head.with_data(missing), like=tissues.brain, outside=float("nan"))
    return confront(examined.found, see(images, tissues))


def _normalized(kept: _Cropped, case_id: str, *, corrects: bool) -> dict[Sequence, Volume]:
    """Correct and normalize each sequence over what it covers of the brain; 0 elsewhere."""

    def one(name: Sequence) -> Volume:
        seen = kept.brain.with_data(kept.brain.data & kept.covered[name].data)
        even = without_bias(kept.heads[name], brain=seen) if corrects else kept.heads[name]
        return robust_zscore(even, brain=seen, case_id=case_id)

    with ThreadPoolExecutor(max_workers=2) as pool:
        return dict(zip(kept.heads, pool.map(one, kept.heads), strict=True))


def _notices(
    examined: Examined,
    testimony: Testimony,
    aligned: Aligned,
    found: BrainMask,
    kept: _Cropped,
) -> tuple[Notice, ...]:
    return (
        *examined.notices,
        *testimony.notices,
        *aligned.notices,
        *found.notices,
        *_uncovered(kept),
    )


def _uncovered(kept: _Cropped) -> list[Notice]:
    """Say which sequences miss a part of the brain."""
    total = np.count_nonzero(kept.brain.data)
    notices = []
    for name, where in kept.covered.items():
        percent = 100.0 * np.count_nonzero(kept.brain.data & ~where.data) / total
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

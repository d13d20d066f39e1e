"""The tables of the input, and of the accuracy that it lets expect."""

from __future__ import annotations

from collections.abc import Mapping

from glioscope.core import (
    Alignment,
    CaseResult,
    Choice,
    Quality,
    Region,
    Segmentation,
    Sequence,
)
from glioscope.report.document import Column, Table
from glioscope.report.numbers import fixed, optional
from glioscope.report.plain import without_folder
from glioscope.report.words import (
    REGION_NAMES,
    REGION_ORDER,
    SEQUENCE_NAMES,
    capitalized,
    missing_sequences,
)

_TIMES = "\N{NO-BREAK SPACE}×\N{NO-BREAK SPACE}"


def accuracy_table(segmentation: Segmentation) -> Table:
    """Return the accuracy measured for these sequences, beside that of all four."""
    expected, complete = segmentation.expected_dice, segmentation.complete_dice
    return Table(
        caption="Agreement with experts to be expected (Dice, 1 is perfect)",
        columns=(
            Column(title="Region", weight=2.0),
            Column(title="These sequences", weight=1.2, numeric=True),
            Column(title="95% interval", weight=1.4, numeric=True),
            Column(title="All four sequences", weight=1.2, numeric=True),
            Column(title="95% interval of all four", weight=1.4, numeric=True),
        ),
        rows=tuple(
            (
                capitalized(REGION_NAMES[region]),
                *_dice(expected, region),
                *_dice(complete, region),
            )
            for region in REGION_ORDER
            if region in expected
        ),
    )


def sequences_table(result: CaseResult) -> Table:
    """Return which series was taken for what, why, and how it was aligned."""
    alignments = {alignment.sequence: alignment for alignment in result.case.alignments}
    rows = [_choice_row(choice, alignments.get(choice.sequence)) for choice in result.case.choices]
    rows += [
        (SEQUENCE_NAMES[sequence], "missing", *["–"] * 6)
        for sequence in missing_sequences(result)
        if sequence not in {choice.sequence for choice in result.case.choices}
    ]
    return Table(
        caption="Which series was taken for which sequence",
        columns=(
            Column(title="Sequence", weight=1.0),
            Column(title="Series", weight=2.6, breakable=True),
            Column(title="By tags", weight=0.8),
            Column(title="By content", weight=1.0),
            Column(title="By name", weight=0.8),
            Column(title="Witnesses", weight=1.0),
            Column(title="Moved (mm)", weight=1.1, numeric=True),
            Column(title="Match after", weight=0.8, numeric=True),
        ),
        rows=tuple(rows),
        note=f"Reference: {SEQUENCE_NAMES[result.case.reference]}. Match: normalized mutual"
        " information with the reference after registration, 1 to 2.",
    )


def quality_table(result: CaseResult) -> Table:
    """Return the measured quality of each series as it came."""
    return Table(
        caption="Quality of the series as they came",
        columns=(
            Column(title="Sequence", weight=1.3),
            Column(title="Voxels", weight=1.9),
            Column(title="Voxel size (mm)", weight=2.2),
            Column(title="Coverage (mm)", weight=1.2, numeric=True),
            Column(title="SNR", weight=0.7, numeric=True),
            Column(title="CNR", weight=0.7, numeric=True),
            Column(title="Ghosting", weight=1.1, numeric=True),
            Column(title="Saturated (%)", weight=1.3, numeric=True),
            Column(title="Slices without image", weight=1.1, numeric=True),
        ),
        rows=tuple(_quality_row(quality) for quality in result.case.qualities),
        note="SNR: signal to noise; CNR: contrast to noise. A dash: not measurable, as where the"
        " background was removed before.",
    )


def _dice(figures: Mapping[Region, tuple[float, float, float]], region: Region) -> tuple[str, str]:
    if region not in figures:
        return ("–", "–")
    mean, low, high = figures[region]
    return (fixed(mean, 2), f"{fixed(low, 2)} to {fixed(high, 2)}")


def _choice_row(choice: Choice, alignment: Alignment | None) -> tuple[str, ...]:
    probability = optional(choice.content_probability, 2)
    content = _name(choice.by_content)
    if choice.content_probability is not None:
        content = f"{content} ({probability})"
    return (
        SEQUENCE_NAMES[choice.sequence],
        without_folder(choice.series_id),
        _name(choice.by_tags),
        content,
        _name(choice.by_name),
        _witnesses(choice),
        *_alignment_cells(alignment),
    )


def _witnesses(choice: Choice) -> str:
    said = [s for s in (choice.by_tags, choice.by_content, choice.by_name) if s is not None]
    if any(sequence is not choice.sequence for sequence in said):
        return "DISAGREE"
    return "agree" if len(said) > 1 else "only one" if said else "none"


def _alignment_cells(alignment: Alignment | None) -> tuple[str, str]:
    if alignment is None:
        return ("–", "–")
    moved = "was aligned" if alignment.already_aligned else fixed(alignment.moved_mm, 1)
    return (moved, fixed(alignment.similarity, 2))


def _quality_row(quality: Quality) -> tuple[str, ...]:
    return (
        SEQUENCE_NAMES[quality.sequence],
        _TIMES.join(str(size) for size in quality.shape),
        _TIMES.join(fixed(size, 2) for size in quality.spacing_mm),
        fixed(quality.coverage_mm, 0),
        optional(quality.snr, 1),
        optional(quality.contrast_to_noise, 1),
        optional(quality.motion, 2),
        fixed(quality.saturated_percent, 1),
        str(len(quality.noise_slices)),
    )


def _name(sequence: Sequence | None) -> str:
    return "–" if sequence is None else SEQUENCE_NAMES[sequence]

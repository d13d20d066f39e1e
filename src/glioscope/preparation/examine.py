"""Which series are there, how good they are, and what was already done to them."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

import numpy as np

from glioscope.core import (
    CaseError,
    Notice,
    Quality,
    Sequence,
    Series,
    Severity,
    Study,
    Volume,
)
from glioscope.preparation.content import Seen, see_one
from glioscope.preparation.fit import lay_over
from glioscope.preparation.grid import bounds, cropped, resampled
from glioscope.preparation.identify import Identification, identify, nameless
from glioscope.preparation.mask import Extract
from glioscope.preparation.quality import measure_quality, refusal
from glioscope.preparation.recognize import Recognized, recognize
from glioscope.preparation.stripped import foreground_mask, is_stripped

STRIPPED_MARGIN_MM: Final = 5.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Examined:
    """The series taken, and what was found out about them before anything was done.

    Args:
        found: Which series is which sequence.
        images: Those that can be used, as scanned; ones that came stripped and aligned are cropped
            to the brain, because nothing is searched beyond it.
        qualities: Of all taken.
        state: What was already done to them.
        reference: The sequence in whose world the case will lie.
        notices: Of reading, quality, and series left out.
    """

    found: Identification
    images: Mapping[Sequence, Volume]
    qualities: tuple[Quality, ...]
    state: Recognized
    reference: Sequence
    notices: tuple[Notice, ...]


def examine(study: Study, *, reference: Sequence | None, extract: Extract) -> Examined:
    """Identify the series, measure their quality, and find out what was done to them.

    Args:
        study: As read.
        reference: Wanted, if it is there; else T1c, else the one of the smallest voxels.
        extract: Finds the brain in a head; only used on series that nothing names.

    Raises:
        CaseError: If no series is any of the four sequences, or none can be used.
    """
    found = identify(study, _seen_alone(study, extract))
    images = {sequence: series.volume for sequence, series in found.series.items()}
    state = recognize(images)
    qualities = _qualities(found.series, state)
    refused = {quality.sequence: why for quality in qualities if (why := refusal(quality))}
    usable = {name: image for name, image in images.items() if name not in refused}
    if not usable:
        reasons = "; ".join(f"{name.upper()}: {why}" for name, why in refused.items())
        msg = f"case {study.case_id}: no series can be used ({reasons}); give the whole head"
        raise CaseError(msg)
    if state.brain is not None:
        low, high = bounds(state.brain, margin_mm=STRIPPED_MARGIN_MM)
        usable = {name: cropped(image, low=low, high=high) for name, image in usable.items()}
    read = (notice for series in found.series.values() for notice in series.notices)
    measured = (notice for quality in qualities for notice in quality.notices)
    left_out = (_unusable(name, why) for name, why in refused.items())
    return Examined(
        found=found,
        images=usable,
        qualities=qualities,
        state=state,
        reference=_reference(usable, reference),
        notices=(*study.notices, *read, *found.notices, *measured, *left_out, *state.notices),
    )


def _seen_alone(study: Study, extract: Extract) -> dict[str, Seen]:
    """Look at the content of series of which nothing else is known."""
    seen = {}
    for series in nameless(study):
        looks_like = _look(series, extract)
        if looks_like is not None:
            seen[series.series_id] = looks_like
    return seen


def _look(series: Series, extract: Extract) -> Seen | None:
    volume = series.volume
    try:
        brain = foreground_mask(volume) if is_stripped(volume) else extract(volume)
    except CaseError:  # no brain in it: a localizer or a map, and not one of the four
        return None
    if not brain.data.any():
        return None
    tissues = lay_over(volume, brain=brain)
    return see_one(resampled(volume, like=tissues.brain, outside=float("nan")), tissues)


def _qualities(series: Mapping[Sequence, Series], state: Recognized) -> tuple[Quality, ...]:
    with ThreadPoolExecutor(max_workers=2) as pool:
        return tuple(
            pool.map(
                lambda name: measure_quality(
                    series[name], sequence=name, stripped=state.stripped_each[name]
                ),
                series,
            )
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
    return min(images, key=lambda name: float(np.round(images[name].voxel_volume_ml, 9)))

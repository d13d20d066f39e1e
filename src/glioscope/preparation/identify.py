"""Which series is which sequence: by tags, by name, and by what the image shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import nibabel as nib
import numpy as np

from glioscope.core import CaseError, Choice, Notice, Sequence, Series, Severity, Study
from glioscope.preparation.content import Seen
from glioscope.preparation.tags import TagVerdict, read_tags

_CONFIDENT: Final = 0.9
"""Content below this probability neither names a series nor contradicts another witness."""

_VOLUMETRIC_MM: Final = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Identification:
    """Which series was taken for which sequence.

    Args:
        series: One by sequence.
        notices: Series left aside.
    """

    series: Mapping[Sequence, Series]
    notices: tuple[Notice, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Testimony:
    """What all witnesses said of the series taken.

    Args:
        choices: By series.
        notices: Disagreements.
    """

    choices: tuple[Choice, ...]
    notices: tuple[Notice, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Heard:
    """One series and its witnesses."""

    series: Series
    tags: TagVerdict
    content: Seen | None

    @property
    def sequence(self) -> Sequence | None:
        """The verdict: the user, then the tags, then the name, then a confident content."""
        if self.series.by_user:
            return self.series.declared
        if self.tags.other:
            return None
        return self.tags.sequence or self.series.declared or self.confident

    @property
    def confident(self) -> Sequence | None:
        """What the content says, if it is sure."""
        if self.content is None or self.content.probability < _CONFIDENT:
            return None
        return self.content.sequence


def nameless(study: Study) -> tuple[Series, ...]:
    """Return the series of which neither the user nor tags nor name say anything."""
    return tuple(
        series
        for series in study.series
        if series.declared is None
        and not (tags := read_tags(series.acquisition)).other
        and tags.sequence is None
    )


def identify(study: Study, seen: Mapping[str, Seen]) -> Identification:
    """Choose the series of each sequence: by the user, else tags, else name, else content.

    Args:
        study: As read.
        seen: What the content of nameless series looks like, by series id.

    Raises:
        CaseError: If no series is any of the four.
    """
    heard = [
        _Heard(series=s, tags=read_tags(s.acquisition), content=seen.get(s.series_id))
        for s in study.series
    ]
    taken: dict[Sequence, Series] = {}
    notices: list[Notice] = []
    for sequence in Sequence:
        rivals = [one for one in heard if one.sequence is sequence]
        if rivals:
            best = max(rivals, key=_merit)
            taken[sequence] = best.series
            notices += _about_rivals(sequence, best, rivals)
    if not taken:
        msg = (
            f"case {study.case_id}: none of {len(heard)} series is T1, T1c, T2 or FLAIR by its tags"
            " or its name; say which is which with --t1, --t1c, --t2, --flair"
        )
        raise CaseError(msg)
    return Identification(series=taken, notices=tuple(notices))


def confront(found: Identification, seen: Mapping[Sequence, Seen]) -> Testimony:
    """Hear tags, name and content of each series taken, and tell where they disagree.

    Args:
        found: The series taken.
        seen: What each looks like; one may be missing.
    """
    heard = {
        sequence: _Heard(
            series=series, tags=read_tags(series.acquisition), content=seen.get(sequence)
        )
        for sequence, series in found.series.items()
    }
    return Testimony(
        choices=tuple(_choice(sequence, one) for sequence, one in heard.items()),
        notices=tuple(
            notice for sequence, one in heard.items() for notice in _contradictions(sequence, one)
        ),
    )


def _choice(sequence: Sequence, one: _Heard) -> Choice:
    return Choice(
        sequence=sequence,
        series_id=one.series.series_id,
        by_tags=one.tags.sequence,
        by_content=one.content.sequence if one.content else None,
        by_name=one.series.declared,
        content_probability=one.content.probability if one.content else None,
    )


def _merit(one: _Heard) -> tuple[bool, bool, bool, bool, float, float, str]:
    """Order rivals: the user's, as acquired, whole head, axial or 3D, thin, fine."""
    volume = one.series.volume
    spacing = np.array(volume.spacing_mm)
    slice_axis = int(np.argmax(spacing))
    coverage_mm = float(spacing[slice_axis] * volume.shape[slice_axis])
    axial = nib.aff2axcodes(volume.affine)[slice_axis] in {"S", "I"}
    derived = "DERIVED" in {kind.upper() for kind in one.series.acquisition.image_type}
    return (
        one.series.by_user,
        not derived,
        coverage_mm >= 100.0,
        axial or float(spacing.max()) <= _VOLUMETRIC_MM,
        -round(float(spacing.max()), 1),
        -round(volume.voxel_volume_ml, 5),
        one.series.series_id,
    )


def _about_rivals(sequence: Sequence, taken: _Heard, rivals: list[_Heard]) -> list[Notice]:
    if len(rivals) == 1:
        return []
    thick = max(taken.series.volume.spacing_mm)
    message = (
        f"{len(rivals)} series are {sequence.upper()}; the one of {thick:.1f} mm slices was taken"
        " (original before derived, whole head, axial or 3D, then the finest)."
    )
    return [
        Notice(code="several-series", severity=Severity.INFO, message=message, sequence=sequence)
    ]


def _contradictions(sequence: Sequence, one: _Heard) -> list[Notice]:
    """Say where a witness contradicts what the series was taken as."""
    notices = []
    source = "the option given" if one.series.by_user else "its file name"
    witnesses = {
        source: one.series.declared,
        "its tags": one.tags.sequence,
        "its image content": one.confident,
    }
    against = {name: said for name, said in witnesses.items() if said not in {None, sequence}}
    if against:
        said = ", ".join(f"{name} says {what.upper()}" for name, what in against.items() if what)
        message = (
            f"The series taken as {sequence.upper()} may be another sequence: {said}. Check it"
            f" before relying on this result; --{sequence} FILE chooses another."
        )
        notices.append(_notice("sequence-disagreement", Severity.ALARM, message, sequence))
    if one.tags.conflict is not None:
        message = f"The tags of {sequence.upper()} contradict themselves: {one.tags.conflict}."
        notices.append(_notice("tags-conflict", Severity.ALARM, message, sequence))
    if one.tags.other and one.series.by_user:
        message = (
            f"The tags of the series given as {sequence.upper()} describe another kind of image."
        )
        notices.append(_notice("sequence-disagreement", Severity.ALARM, message, sequence))
    if one.tags.sequence is None and one.series.declared is None:
        message = f"Nothing but the image itself says that this is {sequence.upper()}."
        notices.append(_notice("sequence-from-content", Severity.WARNING, message, sequence))
    return notices


def _notice(code: str, severity: Severity, message: str, sequence: Sequence) -> Notice:
    return Notice(code=code, severity=severity, message=message, sequence=sequence)

"""What the tags of a series say it is: echo times first, then the words of its description."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from glioscope.core import Acquisition, Sequence

_OTHER: Final = re.compile(
    r"\b(dwi|adc|dti|trace\w*|b\s?1000|perf\w*|pwi|dsc|dce|cbv|cbf|mtt|ttp|asl|swi|swan|susc\w*"
    r"|tof|mra|mrv|angio\w*|mip|mpr|loc\w*|scout|survey|aahead\w*|calib\w*|phase|fmri|bold|spectr\w*"
    r"|mrs|sub(traction)?|fa|pd|proton|stir|t2star|haste|fiesta|ciss)\b|\bt2\s?\*"
)
_FLAIR: Final = re.compile(r"flair|dark.?fluid|tirm|tir2d|\bt2f\b")
_T1: Final = re.compile(
    r"\bt1|t1w|mprage|mp.?rage|spgr|bravo|\btfl|vibe|\btfe\b|\bt1n\b|_t1\b|se2d1"
)
_T2: Final = re.compile(r"\bt2|t2w|_t2\b|tse2d1_\d+_t2")
_CONTRAST: Final = re.compile(
    r"post|gad|\bgd\b|gd\b|\+\s?c\b|\+\s?gd|\bc\+|\bce\b|t1ce|t1c\b|contrast|enhanced|\bkm\b|t1gd"
)
_WITHOUT: Final = re.compile(r"\bpre\b|pre.?contrast|without|non.?contrast|unenhanced|\bw/?o\b")
_NO_AGENT: Final = frozenset({"", "no", "none", "n", "0", "false"})
_DERIVED_KINDS: Final = frozenset(
    {"ADC", "TRACEW", "FA", "MIP", "PROJECTION IMAGE", "SUBTRACTION", "PERFUSION", "LOCALIZER"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TagVerdict:
    """What the tags say.

    Args:
        sequence: The verdict; ``None`` if they say nothing, or that it is none of the four.
        other: They say that it is none of the four (diffusion, angiography, a map, ...).
        conflict: Times and words contradict each other, in words; ``None`` if not.
    """

    sequence: Sequence | None
    other: bool = False
    conflict: str | None = None


def read_tags(acquisition: Acquisition) -> TagVerdict:
    """Say which sequence the tags describe.

    Times decide (inversion, echo, repetition); words decide where there are no times, and whether
    contrast was given.  Where both speak and differ, the times win and the conflict is told: times
    come from the scanner, words from a person.
    """
    words = f"{acquisition.series_description or ''} {acquisition.protocol_name or ''}".lower()
    words = re.sub(r"[_\-./:]+", " ", words)
    kinds = {kind.upper() for kind in acquisition.image_type}
    if kinds & _DERIVED_KINDS or _OTHER.search(words) or _is_t2_star(acquisition):
        return TagVerdict(sequence=None, other=True)
    by_times, by_words = _by_times(acquisition), _by_words(words)
    weighting = by_times or by_words
    if weighting is Sequence.T1 and _has_contrast(acquisition, words):
        weighting = Sequence.T1C
    conflict = None
    if by_times is not None and by_words is not None and by_times is not by_words:
        conflict = f"times say {by_times.upper()}, the description says {by_words.upper()}"
    return TagVerdict(sequence=weighting, conflict=conflict)


def _is_t2_star(acquisition: Acquisition) -> bool:
    """Tell a gradient echo of long echo time and small angle, which shows blood, not T1 or T2."""
    gradient = "GR" in acquisition.scanning_sequence
    angle = acquisition.flip_angle_deg
    return (
        gradient and (acquisition.echo_time_ms or 0.0) >= 12.0 and angle is not None and angle < 40
    )


def _by_times(acquisition: Acquisition) -> Sequence | None:
    """Return T1, T2 or FLAIR by the times of the pulse sequence, or ``None``.

    T2-FLAIR nulls water (inversion about 1.6 to 3 s) and has a long echo; T1 sequences have a short
    echo and either a short repetition or a short inversion (MPRAGE, T1-FLAIR); T2 has a long echo
    and no inversion.  A long repetition with a short echo and no inversion is proton density.
    """
    echo, repetition = acquisition.echo_time_ms, acquisition.repetition_time_ms
    inversion = acquisition.inversion_time_ms or 0.0
    if echo is None:
        return None
    if inversion >= 1500.0 and echo >= 50.0:
        return Sequence.FLAIR
    if echo < 35.0 and (300.0 <= inversion < 1500.0 or (repetition or 1e9) <= 1500.0):
        return Sequence.T1
    if echo >= 60.0 and inversion == 0.0 and (repetition or 0.0) >= 1500.0:
        return Sequence.T2
    return None


def _by_words(words: str) -> Sequence | None:
    if _FLAIR.search(words):
        return Sequence.T1 if re.search(r"\bt1\b", words) else Sequence.FLAIR
    if _T1.search(words):
        return Sequence.T1
    return Sequence.T2 if _T2.search(words) else None


def _has_contrast(acquisition: Acquisition, words: str) -> bool:
    agent = (acquisition.contrast_bolus_agent or "").strip().lower()
    if _WITHOUT.search(words):
        return False
    return agent not in _NO_AGENT or _CONTRAST.search(words) is not None

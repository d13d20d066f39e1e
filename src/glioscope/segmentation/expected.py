"""The accuracy that was measured for just the sequences at hand, and what the missing ones cost."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from glioscope.core import Notice, Region, Sequence, Severity

_NAMES = {
    Sequence.T1: "T1",
    Sequence.T1C: "T1c",
    Sequence.T2: "T2",
    Sequence.FLAIR: "FLAIR",
}


def subset_name(sequences: tuple[Sequence, ...]) -> str:
    """Return the key of a subset in a model's card, such as ``"t1c+flair"``."""
    return "+".join(sequence for sequence in Sequence if sequence in sequences)


def expected_dice(
    card: Mapping[str, Any], sequences: tuple[Sequence, ...]
) -> dict[Region, tuple[float, float, float]]:
    """Return mean Dice and its 95% interval by region, out of fold, for this subset.

    Args:
        card: Of the model.
        sequences: Those at hand.

    Returns:
        Empty if the card holds no figures for the subset.
    """
    figures = card["expected_dice"].get(subset_name(sequences), {})
    return {Region(name): (v[0], v[1], v[2]) for name, v in figures.items()}


def missing_notices(card: Mapping[str, Any], sequences: tuple[Sequence, ...]) -> Iterator[Notice]:
    """Say which sequences are missing and what that costs in measured Dice."""
    missing = [sequence for sequence in Sequence if sequence not in sequences]
    if not missing:
        return
    full, here = expected_dice(card, tuple(Sequence)), expected_dice(card, sequences)
    costs = [
        f"{_SHORT[region]} {here[region][0]:.2f} instead of {full[region][0]:.2f}"
        for region in _SHORT
        if region in here and region in full
    ]
    cost = f" Mean Dice in cross-validation without it: {', '.join(costs)}." if costs else ""
    names = ", ".join(_NAMES[sequence] for sequence in missing)
    yield Notice(
        code="sequence-missing",
        severity=Severity.WARNING,
        message=f"Missing: {names}.{cost}",
        sequence=missing[0] if len(missing) == 1 else None,
    )


_SHORT = {
    Region.WT: "whole tumor",
    Region.TC: "tumor core",
    Region.ET: "enhancing tumor",
}

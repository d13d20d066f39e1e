"""A prepared case of one image, for phantoms that skip the preparation."""

from __future__ import annotations

from glioscope.core import Case, Sequence, Volume


def phantom_case(
    image: Volume, *, brain: Volume, sequence: Sequence = Sequence.T1, case_id: str = "phantom"
) -> Case:
    """Return a case that holds one image on its own grid, without head, choices or alignment.

    Args:
        image: What the case shows, on the grid of the brain.
        brain: Bool mask.
        sequence: What the image is taken for; the reference too.
        case_id: Named in errors and results.
    """
    return Case(
        case_id=case_id,
        images={sequence: image},
        brain=brain,
        heads={},
        reference=sequence,
        reference_grid=image,
    )

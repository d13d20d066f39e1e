"""What a stage draws from, and how."""

from __future__ import annotations

from dataclasses import dataclass

from glioscope.core import Sequence
from glioscope.learning.data.listing import ListedCase


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawPlan:
    """How examples of a stage are drawn.

    Args:
        sequences: Channels of the network, in their order.
        box: Edges of the box, voxels; empty for the whole case.
        tumor_share: Share of boxes around the tumor.
        order: ``uniform`` or ``curriculum``; cases without outlines, whose tumors nobody has
            measured, come last.
        labelled_share: Probability that an example is of a case with outlines; ``None`` draws all
            cases alike.
        examples: Drawn in the whole stage; a curriculum goes along them.
        stride: Whole cases are padded to a multiple of this.
        spacing_mm: Of the training grid.
        keep_all: Share of examples that keep all their sequences.
        keep_pair: Share that keeps T1c and FLAIR.
        cutmix: Probability that a part of another class's tumor is pasted in.
        cutmix_head: Question whose classes those are.
        whole: Edges that the whole image beside a box is averaged down to; empty for none.
        seed: Of all draws.
    """

    sequences: tuple[Sequence, ...] = tuple(Sequence)
    box: tuple[int, ...] = ()
    tumor_share: float = 0.7
    order: str = "uniform"
    labelled_share: float | None = None
    examples: int = 1
    stride: int = 1
    spacing_mm: float = 1.0
    keep_all: float = 1.0
    keep_pair: float = 0.0
    cutmix: float = 0.0
    cutmix_head: str = "grade"
    whole: tuple[int, ...] = ()
    seed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool:
    """The cases that a stage draws from.

    Args:
        cases: All of them, prepared.
        unlabelled: Ids of those whose labels, of every kind, must not be used.
    """

    cases: tuple[ListedCase, ...]
    unlabelled: frozenset[str] = frozenset()

    @property
    def domains(self) -> dict[str, int]:
        """The number of each source, in the order of their names."""
        return {name: n for n, name in enumerate(sorted({case.source for case in self.cases}))}

    def outlined(self, case: ListedCase) -> bool:
        """Return whether an expert's outline of a case may be used."""
        return case.labels is not None and case.case_id not in self.unlabelled

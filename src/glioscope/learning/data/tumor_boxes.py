"""The box around the tumor of each case, as it is."""

from __future__ import annotations

from collections.abc import Sequence

from torch.utils.data import Dataset

from glioscope.core import CaseError
from glioscope.learning.data.batch import Example
from glioscope.learning.data.cache import CaseCache
from glioscope.learning.data.fitting import stripped, unchanged_example
from glioscope.learning.data.listing import ListedCase
from glioscope.learning.data.plan import DrawPlan


class TumorBoxes(Dataset[Example]):
    """Every case once, cut to the plan's box with the tumor in its middle.

    Args:
        cases: All of them, prepared and outlined.
        cache: Where they are.
        plan: Its sequences and box count.
    """

    def __init__(self, cases: Sequence[ListedCase], cache: CaseCache, plan: DrawPlan) -> None:
        self._cases, self._cache, self._plan = tuple(cases), cache, plan

    def __len__(self) -> int:
        """Return the number of cases."""
        return len(self._cases)

    def __getitem__(self, number: int) -> Example:
        """Return a box.

        Raises:
            CaseError: If the case has no tumor.
        """
        case = self._cases[number]
        cached = self._cache.open(case.case_id)
        middle = cached.tumor_middle_vox
        if middle is None:
            msg = f"case {case.case_id}: no tumor is outlined; outline it or leave the case out"
            raise CaseError(msg)
        i, j, k = self._plan.box
        x, y, z = (at - edge // 2 for at, edge in zip(middle, (i, j, k), strict=True))
        sample = stripped(cached.box((x, y, z), (i, j, k)))
        return unchanged_example(sample, case, self._plan.sequences)

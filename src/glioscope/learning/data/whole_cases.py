"""Every case, whole."""

from __future__ import annotations

from collections.abc import Sequence

from torch.utils.data import Dataset

from glioscope.learning.data.batch import Example
from glioscope.learning.data.cache import CaseCache
from glioscope.learning.data.fitting import padded, stripped, unchanged_example
from glioscope.learning.data.listing import ListedCase
from glioscope.learning.data.plan import DrawPlan


class WholeCases(Dataset[Example]):
    """Every case once, whole and as it is.

    Args:
        cases: All of them, prepared.
        cache: Where they are.
        plan: Its sequences and stride count.
    """

    def __init__(self, cases: Sequence[ListedCase], cache: CaseCache, plan: DrawPlan) -> None:
        self._cases, self._cache, self._plan = tuple(cases), cache, plan

    def __len__(self) -> int:
        """Return the number of cases."""
        return len(self._cases)

    def __getitem__(self, number: int) -> Example:
        """Return a case."""
        case = self._cases[number]
        sample = stripped(self._cache.open(case.case_id).sample())
        sample = padded(sample, self._plan.stride)
        return unchanged_example(sample, case, self._plan.sequences)

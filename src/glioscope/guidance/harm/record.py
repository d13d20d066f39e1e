"""A harm: what must never stand in a plan, and why."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from glioscope.core import TreatmentOption
from glioscope.guidance.harm.seen import Seen, components, warned


@dataclass(frozen=True, slots=True, kw_only=True)
class Harm:
    """What must never stand in a plan.

    Args:
        id: Unique.
        why: What it would do to the patient, a sentence.
        when: Whether the facts and the plan are such that it would do harm.
        offered: Treatments that must not be options then; empty with ``given`` for a harm that
            lies in the plan itself.
        given: Components that no option may have then, such as ``"temozolomide"``.
        unless_warned: Words, in lower case; an option of which a condition or a caution speaks of
            one of them does no harm, since whoever reads it is told.
    """

    id: str
    why: str
    when: Callable[[Seen], bool]
    offered: frozenset[str] = frozenset()
    given: frozenset[str] = frozenset()
    unless_warned: tuple[str, ...] = ()

    def done(self, seen: Seen) -> bool:
        """Return whether a plan does it."""
        if not self.when(seen):
            return False
        return not (self.offered or self.given) or any(map(self._is_in, seen.plan.options))

    def _is_in(self, option: TreatmentOption) -> bool:
        meant = option.treatment in self.offered or bool(self.given & components(option))
        return meant and not warned(option, self.unless_warned)

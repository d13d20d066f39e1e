"""All harms of a plan."""

from __future__ import annotations

from typing import Final

from glioscope.core import Plan
from glioscope.guidance.facts import Facts
from glioscope.guidance.harm.organs import ORGANS
from glioscope.guidance.harm.patient import PATIENT
from glioscope.guidance.harm.record import Harm
from glioscope.guidance.harm.seen import Seen
from glioscope.guidance.harm.silence import SILENCE
from glioscope.guidance.harm.tumor import TUMOR

HARMS: Final[tuple[Harm, ...]] = (*TUMOR, *PATIENT, *ORGANS, *SILENCE)


def harms(facts: Facts, plan: Plan) -> tuple[str, ...]:
    """Return the ids of the harms that a plan would do to a patient; none is the only good answer.

    Args:
        facts: As they went into the plan.
        plan: Made of them.
    """
    seen = Seen(facts=facts, plan=plan)
    return tuple(harm.id for harm in HARMS if harm.done(seen))

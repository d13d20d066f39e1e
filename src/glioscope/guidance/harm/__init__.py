"""What would harm a patient, told apart from the rules that make a plan: they are proved by it."""

from glioscope.guidance.harm.find import HARMS, harms
from glioscope.guidance.harm.record import Harm
from glioscope.guidance.harm.seen import Seen

__all__ = ["HARMS", "Harm", "Seen", "harms"]

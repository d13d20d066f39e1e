"""What a language model wrote, held against the records that it cites; in doubt it goes."""

from glioscope.guidance.wording.check.claims import Checked, Claim, check_claims
from glioscope.guidance.wording.check.evidence import Evidence, evidence_of
from glioscope.guidance.wording.check.scope import Scope, scope_of

__all__ = ["Checked", "Claim", "Evidence", "Scope", "check_claims", "evidence_of", "scope_of"]

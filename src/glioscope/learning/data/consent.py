"""Which listed cases their patients let anybody train on."""

from __future__ import annotations

from pathlib import Path

from glioscope.core import ConsentError
from glioscope.learning.data.files import files_of
from glioscope.learning.data.listing import LeftOut, ListedCase, Listing
from glioscope.privacy.consent.decision import ConsentPolicy
from glioscope.privacy.consent.file import Use


def permitted(listing: Listing, consent: ConsentPolicy, *, roots: tuple[Path, ...] = ()) -> Listing:
    """Leave out, with its reason, each case whose consent does not cover training.

    Args:
        listing: Left untouched.
        consent: How it is asked for; its audit log gets a line a case and folder.
        roots: Folders of the data sets; what lies between one and a case counts too.

    Raises:
        OutputError: If the audit log can't be written.
    """
    kept: list[ListedCase] = []
    left_out = list(listing.left_out)
    for case in listing.cases:
        reason = _objection(case, consent, roots)
        if reason is None:
            kept.append(case)
        else:
            left_out.append(LeftOut(case_id=case.case_id, reason=reason))
    return Listing(
        cases=tuple(kept),
        left_out=tuple(sorted(left_out, key=lambda case: (case.case_id, case.reason))),
    )


def _objection(case: ListedCase, consent: ConsentPolicy, roots: tuple[Path, ...]) -> str | None:
    """Ask in every folder that holds a file of the case, and in those above it."""
    try:
        for folder in sorted({path.parent for path in files_of(case).values()}):
            above = (root for root in roots if folder.absolute().is_relative_to(root.absolute()))
            consent.allow(folder, Use.TRAINING, root=next(above, None))
    except ConsentError as error:
        return " ".join(str(error).split())
    return None

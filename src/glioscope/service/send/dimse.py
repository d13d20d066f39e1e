"""C-STORE: instances to a DICOM node."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from pydicom.config import disable_value_validation
from pydicom.uid import UID, ImplicitVRLittleEndian
from pynetdicom.association import Association
from pynetdicom.presentation import PresentationContext, build_context
from pynetdicom.status import code_to_category

from glioscope.core import OutputError, Progress
from glioscope.service.remote.dimse import association
from glioscope.service.remote.node import Link, Node
from glioscope.service.send.files import Outgoing
from glioscope.service.send.tally import Sent, Tally

_KINDS_AT_ONCE: Final = 64
"""Kinds of instances an association: each takes up to two of its 128 presentation contexts."""
_OUT_OF_RESOURCES: Final = range(0xA700, 0xA800)


def store_by_dimse(files: Sequence[Outgoing], to: Node, *, link: Link, progress: Progress) -> Sent:
    """Send each instance and wait for its status.

    Raises:
        OutputError: If the node is not there, goes away, or does not store each instance.
    """
    tally = Tally(total=len(files), to=to, progress=progress)
    for group in _groups(files):
        with association(to, _contexts(group), link, failure=OutputError) as peer:
            for file in group:
                _store(file, peer, tally)
    return tally.sent()


def _groups(files: Sequence[Outgoing]) -> Iterator[list[Outgoing]]:
    """Split files so that the contexts of each group fit one association."""
    kinds = sorted({(file.sop_class, file.transfer_syntax) for file in files})
    for start in range(0, len(kinds), _KINDS_AT_ONCE):
        of_group = set(kinds[start : start + _KINDS_AT_ONCE])
        yield [file for file in files if (file.sop_class, file.transfer_syntax) in of_group]


def _contexts(files: Sequence[Outgoing]) -> list[PresentationContext]:
    """Offer each kind as it is, and what is not compressed also in the syntax that all know."""
    kinds: set[tuple[UID, UID]] = set()
    for file in files:
        kinds.add((file.sop_class, file.transfer_syntax))
        if not file.transfer_syntax.is_compressed:
            kinds.add((file.sop_class, ImplicitVRLittleEndian))
    return [build_context(sop_class, syntax) for sop_class, syntax in sorted(kinds)]


def _store(file: Outgoing, peer: Association, tally: Tally) -> None:
    if not peer.is_established:
        raise tally.broken()
    try:
        with disable_value_validation():
            answer = peer.send_c_store(file.path)
    except ValueError:
        # no context was accepted that this file can be encoded in; the others may still go
        kind = f"{file.sop_class.name} in {file.transfer_syntax.name}"
        tally.refused(f"of {kind} can't be sent in a form that it accepts")
        return
    if "Status" not in answer:
        raise tally.broken()
    category = code_to_category(answer.Status)
    if category in {"Success", "Warning"}:
        tally.stored(changed=category == "Warning")
    else:
        full = ", out of resources" if answer.Status in _OUT_OF_RESOURCES else ""
        tally.refused(f"refused with status {answer.Status:04X}{full}")

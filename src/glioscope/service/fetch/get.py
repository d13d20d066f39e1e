"""C-GET: the PACS sends a study over the association that asked for it."""

from __future__ import annotations

from typing import Final

from pydicom.uid import (
    EnhancedMRImageStorage,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLosslessSV1,
    MRImageStorage,
    RLELossless,
)
from pynetdicom import StoragePresentationContexts, build_role, evt
from pynetdicom.presentation import PresentationContext, build_context
from pynetdicom.sop_class import StudyRootQueryRetrieveInformationModelGet

from glioscope.core import InputError
from glioscope.service.fetch.arrivals import follow, identifier, stored_in
from glioscope.service.fetch.landing import Landing
from glioscope.service.fetch.query import FoundStudy
from glioscope.service.remote.dimse import association
from glioscope.service.remote.node import Link, Node

_IMAGES: Final = (MRImageStorage, EnhancedMRImageStorage)
_COMPRESSED: Final = (JPEGLosslessSV1, JPEG2000Lossless, RLELossless)


def get(study: FoundStudy, node: Node, link: Link, landing: Landing) -> None:
    """Have the node send each series of a study back to us.

    Raises:
        InputError: If the node does not speak C-GET, goes away, or does not send all.
        OutputError: If a file can't be written.
    """
    contexts = _contexts()
    kinds = {context.abstract_syntax for context in contexts[1:]}
    # We send the request and receive the instances, so we are both in each kind of object.
    roles = [build_role(kind, scu_role=True, scp_role=True) for kind in sorted(kinds)]
    handlers = [(evt.EVT_C_STORE, stored_in(landing))]
    with association(
        node, contexts, link, failure=InputError, roles=roles, handlers=handlers
    ) as peer:
        accepted = {context.abstract_syntax for context in peer.accepted_contexts}
        if StudyRootQueryRetrieveInformationModelGet not in accepted:
            msg = f"{node} does not offer C-GET; fetch without --get"
            raise InputError(msg)
        for series in study.series:
            asked = identifier(study, series)
            answers = peer.send_c_get(asked, StudyRootQueryRetrieveInformationModelGet)
            follow(answers, node, landing)


def _contexts() -> list[PresentationContext]:
    """Return the request itself, kinds of objects as they come, and images compressed too.

    127 in all, of the 128 that an association may have.
    """
    plain = [ExplicitVRLittleEndian, ImplicitVRLittleEndian]
    kinds = [context.abstract_syntax for context in StoragePresentationContexts]
    return [
        build_context(StudyRootQueryRetrieveInformationModelGet),
        *(build_context(kind, plain) for kind in kinds),
        *(build_context(kind, syntax) for kind in _IMAGES for syntax in _COMPRESSED),
    ]

"""Answers C-ECHO and C-STORE: the side of the listener that others talk to."""

from __future__ import annotations

import logging
import threading
import time
from typing import Any, Final
from weakref import WeakKeyDictionary

from pydicom.uid import (
    JPEG2000,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGExtended12Bit,
    JPEGLossless,
    JPEGLosslessSV1,
    JPEGLSLossless,
    JPEGLSNearLossless,
    RLELossless,
)
from pynetdicom import AE, AllStoragePresentationContexts, evt
from pynetdicom.sop_class import Verification

from glioscope.core import InputError, OutputError
from glioscope.service.listen.config import ListenConfig
from glioscope.service.listen.instance import read_instance
from glioscope.service.listen.intake import Intake, Outcome
from glioscope.service.listen.pace import Pace
from glioscope.service.listen.pseudonyms import Pseudonyms
from glioscope.service.listen.receiver_socket import Server, bound_pdu_size, server_tls
from glioscope.service.remote.node import keep_out_of_logs

_LOGGER = logging.getLogger(__name__)

_TRANSFER_SYNTAXES: Final = (
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    ExplicitVRBigEndian,
    RLELossless,
    JPEGLosslessSV1,
    JPEGLossless,
    JPEGLSLossless,
    JPEGLSNearLossless,
    JPEG2000Lossless,
    JPEG2000,
    JPEGBaseline8Bit,
    JPEGExtended12Bit,
)
"""What is read here. Offered another, an archive converts; deflated data could hide a bomb."""

_SUCCESS: Final = 0x0000
_OUT_OF_RESOURCES: Final = 0xA700
_MISMATCH: Final = 0xA900
_NOT_UNDERSTOOD: Final = 0xC000
"""Status of C-STORE: PS3.4, table B.2-1."""

_PDU_BYTES: Final = 131_072
_NEGOTIATION_S: Final = 15.0
_SILENCE_S: Final = 60.0
_STOP_S: Final = 30.0
_POLL_S: Final = 0.02
_ACCEPT_POLL_S: Final = 0.1
_MB: Final = 1e6


class Receiver:
    """A storage and verification SCP on pynetdicom; success means that the instance is on disk."""

    def __init__(self, config: ListenConfig, intake: Intake, pseudonyms: Pseudonyms) -> None:
        """Take how to receive, where instances go, and what they are called in the log."""
        self._config = config
        self._intake = intake
        self._pseudonyms = pseudonyms
        self._pace = Pace(config.limits.instances_per_second)
        self._stopping = threading.Event()
        self._message_bytes: WeakKeyDictionary[Any, int] = WeakKeyDictionary()
        self._entity = _entity(config)

    def start(self) -> int:
        """Listen; return the port.

        Raises:
            InputError: If the TLS files can't be used.
            OutputError: If the address can't be had.
        """
        # pynetdicom's own lines may quote UIDs and text of data sets
        keep_out_of_logs("pynetdicom")
        keep_out_of_logs("pydicom")
        where = (self._config.host, self._config.port)
        try:
            server = self._entity.make_server(
                where,
                ssl_context=None if self._config.tls is None else server_tls(self._config.tls),
                evt_handlers=self._handlers(),
                server_class=Server,
            )
        except OSError as error:
            msg = f"can't listen at {where[0]}:{where[1]} ({error.strerror}); choose another --port"
            raise OutputError(msg) from error
        self._server = server
        threading.Thread(
            target=server.serve_forever, args=(_ACCEPT_POLL_S,), name="accept", daemon=True
        ).start()
        return int(server.server_address[1])

    def stop(self) -> None:
        """Accept nothing new, finish what is being written, end the associations."""
        self._stopping.set()
        self._server.stop()
        deadline = time.monotonic() + _STOP_S
        while self._intake.writing and time.monotonic() < deadline:
            time.sleep(_POLL_S)
        for association in self._entity.active_associations:
            association.abort()

    def _handlers(self) -> list[tuple[Any, Any]]:
        return [
            (evt.EVT_CONN_OPEN, self._opened),
            (evt.EVT_REJECTED, self._rejected),
            (evt.EVT_PDU_RECV, self._count),
            (evt.EVT_ABORTED, self._aborted),
            (evt.EVT_C_ECHO, self._echo),
            (evt.EVT_C_STORE, self._store),
        ]

    def _opened(self, event: Any) -> None:  # noqa: ANN401 - pynetdicom has no types
        bound_pdu_size(event.assoc, _PDU_BYTES)
        self._message_bytes[event.assoc] = 0

    def _rejected(self, event: Any) -> None:  # noqa: ANN401
        _LOGGER.warning("refused an association of %s", _sender(event))

    def _aborted(self, event: Any) -> None:  # noqa: ANN401
        _LOGGER.warning("an association of %s was aborted; what came is kept", _sender(event))

    def _count(self, event: Any) -> None:  # noqa: ANN401
        """End an association whose message would not fit, before it fills the memory."""
        before = self._message_bytes.get(event.assoc, 0)
        self._message_bytes[event.assoc] = total = before + event.pdu.pdu_length
        limit = self._config.limits.max_study_mb * _MB + _PDU_BYTES
        if before <= limit < total:
            _LOGGER.warning("an instance of %s is larger than a study may be", _sender(event))
            event.assoc.abort()

    def _echo(self, _: Any) -> int:  # noqa: ANN401
        return _SUCCESS

    def _store(self, event: Any) -> int:  # noqa: ANN401
        self._message_bytes[event.assoc] = 0
        self._pace.wait()
        if self._stopping.is_set():
            return _OUT_OF_RESOURCES
        try:
            instance = read_instance(event.encoded_dataset(), self._pseudonyms)
            if instance.name != self._pseudonyms.instance(event.request.AffectedSOPInstanceUID):
                _LOGGER.warning("study %s: an instance is not what it was sent as", instance.study)
                return _MISMATCH
            return self._answer(instance.study, self._intake.store(instance))
        except InputError as error:
            _LOGGER.warning("refused an instance of %s: %s", _sender(event), error)
            return _NOT_UNDERSTOOD
        except OutputError as error:
            _LOGGER.error("an instance of %s was not kept: %s", _sender(event), error)  # noqa: TRY400 - a traceback may tell of the patient
            return _OUT_OF_RESOURCES
        except Exception as error:  # noqa: BLE001 - pynetdicom would log the patient's data set
            _LOGGER.error("an instance was not kept (%s); please report it", type(error).__name__)  # noqa: TRY400
            return _OUT_OF_RESOURCES

    def _answer(self, study: str, outcome: Outcome) -> int:
        if outcome is Outcome.TOO_LARGE:
            _LOGGER.warning("study %s: an instance was refused, it is too large", study)
            return _OUT_OF_RESOURCES
        return _SUCCESS


def _entity(config: ListenConfig) -> Any:  # noqa: ANN401
    entity = AE(ae_title=config.aet)
    entity.maximum_pdu_size = _PDU_BYTES
    entity.maximum_associations = config.limits.max_associations
    entity.acse_timeout = entity.dimse_timeout = _NEGOTIATION_S
    entity.network_timeout = _SILENCE_S
    entity.require_called_aet = True
    entity.require_calling_aet = list(config.allow)
    entity.add_supported_context(Verification)
    for context in AllStoragePresentationContexts:
        entity.add_supported_context(context.abstract_syntax, list(_TRANSFER_SYNTAXES))
    return entity


def _sender(event: Any) -> str:  # noqa: ANN401
    """Return who sends, in a form that can't forge a line of the log."""
    return ascii(str(event.assoc.requestor.ae_title).strip())

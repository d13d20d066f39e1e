"""A DICOMweb service: its client, and its failures in words."""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Final

import requests
from dicomweb_client.api import DICOMwebClient
from pydicom.errors import BytesLengthException, InvalidDicomError

from glioscope.core import GlioscopeError, InputError
from glioscope.service.remote.node import Link, WebRoot, keep_out_of_logs

_TOKEN: Final = "GLIOSCOPE_DICOMWEB_TOKEN"  # noqa: S105 - a variable's name
_USER: Final = "GLIOSCOPE_DICOMWEB_USER"
_PASSWORD: Final = "GLIOSCOPE_DICOMWEB_PASSWORD"  # noqa: S105 - a variable's name
_BY_STATUS: Final = {
    HTTPStatus.UNAUTHORIZED: f"wants a login: set {_TOKEN}, or {_USER} and {_PASSWORD}",
    HTTPStatus.FORBIDDEN: "does not allow this to the login given; ask its administrator",
    HTTPStatus.NOT_FOUND: "has nothing there; check the URL of its DICOMweb root, and the study",
    HTTPStatus.CONFLICT: "stored none of the instances; ask its administrator what it accepts",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "takes no request of that size; raise its limit",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "does not take this kind of file; ask its administrator",
}
_NO_DICOMWEB: Final = (
    requests.exceptions.InvalidJSONError,
    InvalidDicomError,
    BytesLengthException,
    NotImplementedError,
    ValueError,
    KeyError,
    TypeError,
    AttributeError,
    IndexError,
    EOFError,
    struct.error,
)
"""What the client and pydicom raise on an answer that is no DICOMweb."""


@contextmanager
def web_client(
    root: WebRoot, link: Link, *, failure: type[GlioscopeError]
) -> Iterator[DICOMwebClient]:
    """Hold a client; what goes wrong while it is used becomes one error.

    A proxy or password file of the environment is not used and no redirection is followed, so
    that the data go to the given host and to no other.  Nothing is tried twice.

    Args:
        root: The service.
        link: TLS and timeouts.
        failure: What to raise.

    Raises:
        GlioscopeError: As ``failure``, if the service is not there, refuses, or does not speak
            DICOMweb.
        InputError: If the environment names a user without a password.
    """
    session = _session(link)
    client = DICOMwebClient(
        root.url,
        session=session,
        headers={"Accept": "application/dicom+json"},
        timeout=(link.timeouts.connect_s, link.timeouts.answer_s),
    )
    client.set_http_retry_params(retry=False)
    keep_out_of_logs("dicomweb_client")
    with session:
        try:
            yield client
        except _NO_DICOMWEB as error:
            msg = f"{root} answered with something else than DICOMweb; check the URL of its root"
            raise failure(msg) from error
        except requests.RequestException as error:
            msg = f"{root} {_told(error)}"
            raise failure(msg) from error


def _session(link: Link) -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    session.max_redirects = 0
    if link.tls is not None:
        tls = link.tls
        session.verify = True if tls.ca is None else str(tls.ca)
        if tls.certificate is not None:
            own = str(tls.certificate)
            session.cert = own if tls.key is None else (own, str(tls.key))
    _log_in(session)
    return session


def _log_in(session: requests.Session) -> None:
    token, user, password = (os.environ.get(name) for name in (_TOKEN, _USER, _PASSWORD))
    if token:
        session.headers["Authorization"] = f"Bearer {token}"
    elif user:
        if password is None:
            msg = f"{_USER} is set without {_PASSWORD}; set both"
            raise InputError(msg)
        session.auth = (user, password)


def _told(error: requests.RequestException) -> str:
    if isinstance(error, requests.TooManyRedirects):
        return "points to another address; give the URL of the DICOMweb root itself"
    if error.response is not None:
        status = error.response.status_code
        reason = _BY_STATUS.get(HTTPStatus(status)) if status in set(HTTPStatus) else None
        return reason or f"answered with HTTP status {status}; see its own log"
    if isinstance(error, requests.exceptions.SSLError):
        return "shows a TLS certificate that is not trusted; give its authority with --tls-ca"
    if isinstance(error, requests.Timeout):
        return "does not answer in time; check that it runs"
    return "can't be reached, or went away; check that it runs, and the URL"

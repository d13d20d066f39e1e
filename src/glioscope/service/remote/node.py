"""Where a PACS is, and how it is spoken to: a DICOM node, or the root of a DICOMweb service."""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

from glioscope.core import InputError, is_loopback
from glioscope.service.remote.tls import ClientTls

_NODE: Final = re.compile(
    r"(?P<aet>[^@]+)@(?P<host>\[[0-9A-Fa-f:.]+\]|[^@:/\s]+):(?P<port>\d{1,5})"
)
_AE_TITLE: Final = re.compile(r"[\x20-\x5b\x5d-\x7e]{1,16}")
"""Printable ASCII without the backslash, as the value representation AE of PS3.5 has it."""
_LAST_PORT: Final = 65535


class Destination:
    """A PACS: a `Node` or a `WebRoot`; what `str` gives names it in messages."""

    __slots__ = ()

    @staticmethod
    def parse(text: str, *, insecure: bool = False) -> Node | WebRoot:
        """Read ``AET@host:port``, or the URL of a DICOMweb root.

        Args:
            text: As the user gave it.
            insecure: Allow http to another machine; patients' data and passwords then travel
                in the clear.

        Raises:
            InputError: If it is neither, or http to another machine without ``insecure``.
        """
        if text.lower().startswith(("http://", "https://")):
            return WebRoot.of(text, insecure=insecure)
        return Node.of(text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Node(Destination):
    """A DICOM application entity.

    Args:
        aet: Its AE title.
        host: Name or address, without brackets.
        port: 1 to 65,535.
    """

    aet: str
    host: str
    port: int

    @classmethod
    def of(cls, text: str) -> Node:
        """Read ``AET@host:port``.

        Raises:
            InputError: If it is something else.
        """
        found = _NODE.fullmatch(text)
        if found is None or not 0 < int(found["port"]) <= _LAST_PORT:
            msg = (
                "a PACS is given as AET@host:port, such as ORTHANC@127.0.0.1:4242, or as the URL"
                " of its DICOMweb root, such as https://host/dicom-web; this is neither"
            )
            raise InputError(msg)
        return cls(
            aet=checked_ae_title(found["aet"]),
            host=found["host"].strip("[]"),
            port=int(found["port"]),
        )

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.aet}@{host}:{self.port}"


@dataclass(frozen=True, slots=True, kw_only=True)
class WebRoot(Destination):
    """The root of a DICOMweb service, below which ``/studies`` lies.

    Args:
        url: Without a slash at its end, without a user's name and password.
    """

    url: str

    @classmethod
    def of(cls, text: str, *, insecure: bool = False) -> WebRoot:
        """Check the URL of a DICOMweb root.

        Raises:
            InputError: If it is no plain http(s) URL, or http to another machine without
                ``insecure``.
        """
        parts = urlsplit(text)
        if not parts.hostname or parts.query or parts.fragment:
            msg = "the URL of a DICOMweb root looks like https://host/dicom-web; this one does not"
            raise InputError(msg)
        if parts.username is not None or parts.password is not None:
            msg = (
                f"the URL of {parts.hostname} holds a user's name or password; leave them out"
                " and set GLIOSCOPE_DICOMWEB_USER and GLIOSCOPE_DICOMWEB_PASSWORD"
            )
            raise InputError(msg)
        if parts.scheme == "http" and not insecure and not is_loopback(parts.hostname):
            msg = (
                f"http://{parts.hostname} would send a patient's data unencrypted; use https,"
                " or allow it with --insecure on a network that you trust"
            )
            raise InputError(msg)
        return cls(url=text.rstrip("/"))

    def __str__(self) -> str:
        return self.url


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeouts:
    """How long a PACS may keep silent, in seconds.

    Args:
        connect_s: Until the connection, and the association, stand.
        answer_s: Between two answers, of a message or of a retrieval.
    """

    connect_s: float = 10.0
    answer_s: float = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """How a PACS is spoken to.

    Args:
        calling_aet: AE title of ours, which the PACS may have to know.
        tls: ``None`` speaks plain DICOM to a node, and judges the certificate of a DICOMweb
            service by the public authorities.
        timeouts: When to give up.
    """

    calling_aet: str = "GLIOSCOPE"
    tls: ClientTls | None = None
    timeouts: Timeouts = field(default_factory=Timeouts)

    def __post_init__(self) -> None:
        checked_ae_title(self.calling_aet)


def checked_ae_title(title: str) -> str:
    """Return an AE title as it is.

    Raises:
        InputError: If it is blank, longer than 16 characters, or has others than ASCII's.
    """
    if _AE_TITLE.fullmatch(title) is None or not title.strip():
        msg = "an AE title has 1 to 16 characters of ASCII, without a backslash; this one has not"
        raise InputError(msg)
    return title


def keep_out_of_logs(library: str) -> None:
    """Silence a library that quotes data sets or UIDs in its log lines, for good."""
    logging.getLogger(library).setLevel(logging.CRITICAL + 1)

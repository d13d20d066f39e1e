"""TLS towards a PACS: whom to trust, and who we are."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from pathlib import Path

from glioscope.core import InputError


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientTls:
    """Files of PEM; the host's name is always checked against its certificate.

    Args:
        ca: Authorities that may have signed the PACS's certificate; the public ones without it.
        certificate: Our own, where the PACS asks for one.
        key: Of our certificate; may lie in the same file.

    Raises:
        InputError: If a file is missing, or a key has no certificate.
    """

    ca: Path | None = None
    certificate: Path | None = None
    key: Path | None = None

    def __post_init__(self) -> None:
        if self.key is not None and self.certificate is None:
            msg = "a TLS key was given without its certificate; give --tls-cert too"
            raise InputError(msg)
        for path in (self.ca, self.certificate, self.key):
            if path is not None and not path.is_file():
                msg = f"{path.name}: no such TLS file; check the path"
                raise InputError(msg)

    def context(self) -> ssl.SSLContext:
        """Return what the socket of an association is wrapped in.

        Raises:
            InputError: If a file holds no certificate or key, or they don't fit each other.
        """
        try:
            context = ssl.create_default_context(cafile=self.ca)
            if self.certificate is not None:
                context.load_cert_chain(self.certificate, self.key)
        except OSError as error:
            msg = (
                "the TLS files can't be used: they are damaged, or key and certificate don't"
                " belong together; give files of PEM"
            )
            raise InputError(msg) from error
        return context

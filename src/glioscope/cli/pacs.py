"""Options of the commands that speak to a PACS."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from glioscope.service.remote.node import Link

Aet = Annotated[str, typer.Option("--aet", help="Our AE title, as the PACS knows it.")]
Insecure = Annotated[
    bool, typer.Option("--insecure", help="Allow http to another machine: unencrypted.")
]
Timeout = Annotated[
    float, typer.Option("--timeout", min=0.1, help="Seconds that the PACS may keep silent.")
]
Tls = Annotated[bool, typer.Option("--tls", help="Speak DICOM over TLS.")]
TlsCa = Annotated[
    Path | None, typer.Option("--tls-ca", help="Who signed the PACS's certificate, PEM.")
]
TlsCert = Annotated[Path | None, typer.Option("--tls-cert", help="Our own certificate, PEM.")]
TlsKey = Annotated[Path | None, typer.Option("--tls-key", help="Its key, PEM.")]

CONNECT_S = 10.0


def link(
    *,
    aet: str,
    timeout_s: float,
    tls: bool,
    ca: Path | None,
    certificate: Path | None,
    key: Path | None,
) -> Link:
    """Return how the PACS is spoken to; a file of TLS asks for TLS as ``--tls`` does.

    Raises:
        InputError: If the AE title or a file of TLS can't be used.
    """
    from glioscope.service.remote.node import Link, Timeouts
    from glioscope.service.remote.tls import ClientTls

    asked = tls or any(path is not None for path in (ca, certificate, key))
    return Link(
        calling_aet=aet,
        tls=ClientTls(ca=ca, certificate=certificate, key=key) if asked else None,
        timeouts=Timeouts(connect_s=min(CONNECT_S, timeout_s), answer_s=timeout_s),
    )

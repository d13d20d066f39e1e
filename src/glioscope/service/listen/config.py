"""What a listener may be told."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from glioscope.core import InputError
from glioscope.service.remote.node import checked_ae_title


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a sender may not exceed.

    Args:
        max_study_mb: Of all instances of a study together, MB (10^6 bytes).
        max_instance_mb: Of one instance; a larger one is received, refused and forgotten. What
            is larger than a whole study may be ends the association while it comes in.
        max_associations: At one time; more are told to come again later.
        instances_per_second: Of all senders together; faster ones are slowed, not refused.
            ``None`` slows nobody.
    """

    max_study_mb: float = 4096.0
    max_instance_mb: float = 512.0
    max_associations: int = 20
    instances_per_second: float | None = None

    def __post_init__(self) -> None:
        values = (self.max_study_mb, self.max_instance_mb, self.max_associations)
        if min(values) <= 0 or (self.instances_per_second or 1.0) <= 0:
            msg = "a limit of the listener is 0 or less; give a number above 0"
            raise InputError(msg)


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsFiles:
    """Files of PEM for a listener that speaks TLS only.

    Args:
        certificate: Of the listener, with the chain up to the authority.
        key: Its private key.
        authority: Certificates that a sender's own must lead up to; ``None`` asks for none.
    """

    certificate: Path
    key: Path
    authority: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListenConfig:
    """How a listener receives.

    Args:
        folder: Where everything lies: studies, queue, results.
        aet: Its own AE title; an association with another one is refused.
        host: Address to listen at; only this machine can reach the default.
        port: 0 takes a free one.
        allow: AE titles of senders; all others are refused. Empty allows everyone.
        quiet_seconds: A study is complete when nothing of it came for this long.
        limits: What a sender may not exceed.
        tls: Without it the connection is not encrypted.
        jobs: Studies analyzed side by side.
        timeout_seconds: An analysis that takes longer is ended.

    Raises:
        InputError: If a value can't be used.
    """

    folder: Path
    aet: str = "GLIOSCOPE"
    host: str = "127.0.0.1"
    port: int = 11112
    allow: tuple[str, ...] = ()
    quiet_seconds: float = 30.0
    limits: Limits = field(default_factory=Limits)
    tls: TlsFiles | None = None
    jobs: int = 1
    timeout_seconds: float = 3600.0

    def __post_init__(self) -> None:
        for title in (self.aet, *self.allow):
            checked_ae_title(title)
        if not 0 <= self.port <= 65535:
            msg = f"port {self.port}: give 1 to 65535, or 0 for any that is free"
            raise InputError(msg)
        if min(self.quiet_seconds, self.timeout_seconds, self.jobs) <= 0:
            msg = "seconds and jobs of the listener must be above 0"
            raise InputError(msg)

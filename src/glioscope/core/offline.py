"""OpenVINO without its call home."""

from __future__ import annotations

import sys
from typing import Any, cast


def silence_openvino() -> None:
    """Keep OpenVINO from telling its maker that it was imported; to be called before it is.

    Each import sends an event over the network, unless its package of telemetry is missing:
    then OpenVINO brings a stand-in that sends nothing.
    """
    cast("dict[str, Any]", sys.modules).setdefault("openvino_telemetry", None)

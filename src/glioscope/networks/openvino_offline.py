"""OpenVINO, imported without its call home; every module of ours that needs it takes it here."""

from __future__ import annotations

from glioscope.core import silence_openvino

silence_openvino()

import openvino as ov  # noqa: E402 - silenced first

__all__ = ["ov"]

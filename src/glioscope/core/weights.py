"""Where the shipped models and atlases lie."""

from __future__ import annotations

from pathlib import Path

import glioscope


def weights_folder(name: str) -> Path:
    """Return the folder of a shipped model or atlas; it need not exist.

    Args:
        name: Such as ``"tumor"``, ``"brain"``, ``"atlas"``.
    """
    return Path(glioscope.__file__).parent / "weights" / name

"""Where the shipped models and atlases lie."""

from __future__ import annotations

from pathlib import Path


def weights_folder(name: str) -> Path:
    """Return the folder of a shipped model or atlas; it need not exist.

    Args:
        name: Such as ``"tumor"``, ``"brain"``, ``"atlas"``.
    """
    return Path(__file__).parents[1] / "weights" / name

"""Packages that only an extra of the distribution installs."""

from __future__ import annotations

import importlib
from types import ModuleType

from glioscope.core.errors import MissingPackageError


def require(package: str, *, extra: str) -> ModuleType:
    """Import a package at the point of use.

    Args:
        package: Dotted name, such as ``"torch"``.
        extra: The extra of Glioscope that installs it, named in the error.

    Raises:
        MissingPackageError: If it is not installed.
    """
    try:
        return importlib.import_module(package)
    except ModuleNotFoundError as error:
        msg = f"{package} is not installed; run: pip install 'glioscope[{extra}]'"
        raise MissingPackageError(msg) from error

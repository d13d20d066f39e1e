"""Every refusal of Glioscope: what is wrong, where, and what to do.

No message may hold text of a patient (name, birth date, identifier of the hospital); cases
are named by the pseudonym that the caller chose.
"""

from __future__ import annotations


class GlioscopeError(Exception):
    """Base of all refusals; ``exit_code`` is what the command line returns."""

    exit_code = 1


class InputError(GlioscopeError):
    """The files given can't be used: wrong, missing, mixed or corrupt."""

    exit_code = 2


class GeometryError(InputError):
    """An image has no geometry, or one that can't be true."""


class CaseError(InputError):
    """One case can't go on; other cases of a cohort do."""


class GridMismatchError(CaseError):
    """Two volumes that must share a voxel grid do not."""


class ConsentError(InputError):
    """What the patient consented to does not cover this use, or can't be read."""

    exit_code = 7


class ModelError(GlioscopeError):
    """A shipped or named model is missing, damaged or does not fit the case."""

    exit_code = 3


class OutputError(GlioscopeError):
    """A result can't be written (disk full, no permission, folder of another patient)."""

    exit_code = 4


class MissingPackageError(GlioscopeError):
    """A package of an optional extra is not installed."""

    exit_code = 5

"""Refusals that all transforms share."""

from __future__ import annotations

from torch import Tensor


def check_share(**values: float) -> None:
    """Refuse a probability or a share outside 0 to 1.

    Raises:
        ValueError: At the first one.
    """
    for name, value in values.items():
        if not 0 <= value <= 1:
            msg = f"{name} is {value:g}; give 0 to 1"
            raise ValueError(msg)


def check_slice(image: Tensor, *, least: tuple[int, int] = (1, 1)) -> None:
    """Refuse what is not one slice, or is smaller than needed.

    Args:
        image: Shape ``(C, I, J)``.
        least: Fewest voxels along ``I`` and ``J``.

    Raises:
        ValueError: If it has another number of axes or is too small.
    """
    if image.dim() != 3:
        msg = f"a slice has shape (C, I, J), not {tuple(image.shape)}; give one slice at a time"
        raise ValueError(msg)
    rows, columns = image.shape[1:]
    if rows < least[0] or columns < least[1]:
        msg = f"a slice of {rows} x {columns} is smaller than {least[0]} x {least[1]}; pad it first"
        raise ValueError(msg)

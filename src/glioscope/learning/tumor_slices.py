"""What the ResNet paper grades: every axial slice of a tumor, and nothing but the tumor."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from glioscope.core import CaseError
from glioscope.learning.sample import Sample


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TumorSlices:
    """The slices of one patient.

    Args:
        images: Tumor pixels, all others 0, shape ``(N, 4, I, J)``, at least one slice.  Channels
            are in the order of the product (T1, T1c, T2, FLAIR; the paper has T2 before T1c).
        places: Where each slice lay along ``K``, ascending, shape ``(N,)``.
    """

    images: Tensor
    places: Tensor


def tumor_slices(sample: Sample, *, case_id: str, least_pixels: int = 1) -> TumorSlices:
    """Return every axial slice that holds tumor.

    Args:
        sample: With ``K`` running from the feet to the head and the whole tumor outlined.
        case_id: Named in errors.
        least_pixels: Fewest tumor pixels of a slice that is kept.

    Raises:
        CaseError: If nobody outlined the tumor, or no slice holds enough of it; the paper leaves
            out tumors that are too small.
    """
    if not sample.known[0] > 0:
        msg = f"case {case_id}: the whole tumor is not outlined; outline it or leave the case out"
        raise CaseError(msg)
    tumor = sample.regions[0] > 0.5
    pixels = tumor.sum(dim=(0, 1))
    places = torch.nonzero(pixels >= max(least_pixels, 1))[:, 0]
    if not len(places):
        msg = (
            f"case {case_id}: no slice holds {max(least_pixels, 1)} pixels of tumor (most:"
            f" {int(pixels.max())}); lower least_pixels or leave the case out"
        )
        raise CaseError(msg)
    images = (sample.image * tumor)[..., places].permute(3, 0, 1, 2).contiguous()
    return TumorSlices(images=images, places=places)


def balancing_weights(classes: Sequence[int]) -> Tensor:
    r"""Return how often to draw each slice, so that all classes come up equally often.

    $$N / (C n_c)$$ for a class with $$n_c$$ of $$N$$ slices: up-sampling of the minority, by
    ``torch.utils.data.WeightedRandomSampler`` instead of copies.

    Args:
        classes: One a slice, at least one.

    Returns:
        float64, shape ``(N,)``, mean 1.

    Raises:
        ValueError: If there are none.
    """
    if not classes:
        msg = "no slices to balance; give the class of each slice"
        raise ValueError(msg)
    counts = Counter(classes)
    each = {name: len(classes) / (len(counts) * count) for name, count in counts.items()}
    return torch.tensor([each[name] for name in classes], dtype=torch.float64)

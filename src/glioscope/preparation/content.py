"""What the image itself shows: T1, T1c, T2 or FLAIR, by how bright the tissues are.

The template, laid over the brain, says where grey matter, white matter and fluid lie; their order
of brightness tells the weighting, bright spots in the fluid spaces (vessels, dura, choroid plexus)
tell contrast agent.  A logistic model, fitted on real patients (`weights/sequence/card.md`), turns
these into probabilities.  It never looks at tags or names.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
import numpy.typing as npt

from glioscope.core import ModelError, Sequence, Volume, weights_folder
from glioscope.preparation.normalize import robust_statistics

FEATURES: Final = (
    "gray_minus_white",
    "fluid_low",
    "fluid_high",
    "white",
    "lowest",
    "low",
    "high",
    "highest",
    "fluid_highest",
    "spread",
)
_LEAST_VOXELS: Final = 200
_UNFAMILIAR: Final = 3.5
_CLEARLY: Final = 0.5
_SURELY_BRAIN: Final = 0.95
"""Both the mask and the template must say brain: a mask that leaks does no harm then."""


Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What the content of one series looks like.

    Args:
        sequence: The likeliest sequence.
        probability: Of it, 0 to 1.
    """

    sequence: Sequence
    probability: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Tissues:
    """The template laid over one brain.

    Args:
        brain: Bool mask.
        gray: Probability of grey matter, on the same grid.
        white: Of white matter.
        fluid: Of cerebrospinal fluid.
    """

    brain: Volume
    gray: Volume
    white: Volume
    fluid: Volume


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ContentModel:
    """Multinomial logistic regression over the features.

    Args:
        mean: Shape ``(F,)``, of the features in training.
        deviation: Shape ``(F,)``.
        weights: Shape ``(F + 1, 4)``, the last row is the constant; columns in the order of
            ``Sequence``.
        typical: Shape ``(4, F)``, mean of the features of each sequence.
        spread: Shape ``(4, F)``, standard deviation likewise.
    """

    mean: Floats
    deviation: Floats
    weights: Floats
    typical: Floats
    spread: Floats

    def probabilities(self, features: Floats) -> Floats:
        """Return the probability of T1, T1c, T2, FLAIR.

        An image unlike all that the model was fitted on is judged with reserve: if a feature lies
        more than 3.5 standard deviations from those of the likeliest sequence, or if the order of
        grey and white matter contradicts it, no probability exceeds 0.55.

        Args:
            features: Shape ``(F,)``.

        Returns:
            Shape ``(4,)``.
        """
        scaled = (features - self.mean) / self.deviation
        logits = scaled @ self.weights[:-1] + self.weights[-1]
        raised = np.exp(logits - logits.max())
        probs = raised / raised.sum()
        best = int(probs.argmax())
        away = float((np.abs(features - self.typical[best]) / self.spread[best]).max())
        if away > _UNFAMILIAR or _against_physics(tuple(Sequence)[best], features):
            probs = 0.4 * probs + 0.15
        return np.asarray(probs)


def _against_physics(sequence: Sequence, features: Floats) -> bool:
    """Tell whether grey matter is clearly brighter than white on T1, or darker on the others."""
    gray_minus_white = float(features[FEATURES.index("gray_minus_white")])
    if sequence in {Sequence.T1, Sequence.T1C}:
        return gray_minus_white > 0.0
    return gray_minus_white < -_CLEARLY


@cache
def load_content_model() -> ContentModel:
    """Read the shipped model.

    Raises:
        ModelError: If it is missing or was made for other features.
    """
    path = weights_folder("sequence") / "card.json"
    if not path.is_file():
        msg = f"the content model {path.parent.name}/{path.name} is missing; install glioscope anew"
        raise ModelError(msg)
    card = json.loads(path.read_text(encoding="utf-8"))
    if tuple(card["features"]) != FEATURES:
        msg = f"the content model was made for the features {card['features']}; fit it anew"
        raise ModelError(msg)
    return ContentModel(
        mean=np.array(card["mean"]),
        deviation=np.array(card["deviation"]),
        weights=np.array(card["weights"]),
        typical=np.array(card["typical"]),
        spread=np.array(card["spread"]),
    )


def content_features(image: Volume, tissues: Tissues) -> Floats | None:
    """Return the features of one image, in robust standard deviations of its brain, as arcsinh.

    Args:
        image: Intensities, any gain and offset, on the grid of the tissues; NaN is left out.
        tissues: The template laid over the brain.

    Returns:
        Shape ``(10,)``; ``None`` if the image is constant or shows too
        little of one tissue.
    """
    known = tissues.gray.data + tissues.white.data + tissues.fluid.data > _SURELY_BRAIN
    brain = tissues.brain.data & known & np.isfinite(image.data)
    places = [
        brain & (tissues.gray.data > 0.7),
        brain & (tissues.white.data > 0.8),
        brain & (tissues.fluid.data > 0.5),
    ]
    if min(int(np.count_nonzero(place)) for place in places) < _LEAST_VOXELS:
        return None
    median, scale = robust_statistics(image.data, brain)
    if scale <= 0:
        return None
    scaled = (image.data.astype(np.float64) - median) / scale
    gray, white, fluid = (scaled[place] for place in places)
    values = (
        float(np.median(gray) - np.median(white)),
        *np.percentile(fluid, (15.0, 80.0)).tolist(),
        float(np.median(white)),
        *np.percentile(scaled[brain], (1.0, 5.0, 95.0, 99.5)).tolist(),
        float(np.percentile(fluid, 98.0)),
        float(np.log((np.percentile(white, 75) - np.percentile(white, 25)) + 0.05)),
    )
    return np.asarray(np.arcsinh(np.array(values)), dtype=np.float64)


def see_one(image: Volume, tissues: Tissues) -> Seen | None:
    """Say what one image alone looks like, or ``None`` if it shows too little.

    Args:
        image: On the grid of the tissues.
        tissues: The template laid over its brain.
    """
    features = content_features(image, tissues)
    return None if features is None else _likeliest(load_content_model().probabilities(features))


def _likeliest(probs: Floats) -> Seen:
    best = int(probs.argmax())
    return Seen(sequence=tuple(Sequence)[best], probability=float(probs[best]))


def see(images: Mapping[Sequence, Volume], tissues: Tissues) -> dict[Sequence, Seen]:
    """Say what each of several images of one patient looks like.

    T1 and T1c are told apart together where both are there: the one with the brighter vessels is
    T1c, which is far surer than looking at either alone.

    Args:
        images: By what they were taken as, on the grid of the tissues.
        tissues: The template laid over the brain.
    """
    model = load_content_model()
    probs: dict[Sequence, Floats] = {}
    for name, image in images.items():
        features = content_features(image, tissues)
        if features is not None:
            probs[name] = model.probabilities(features)
    if Sequence.T1 in probs and Sequence.T1C in probs:
        probs |= told_apart(probs[Sequence.T1], probs[Sequence.T1C])
    return {name: _likeliest(p) for name, p in probs.items()}


def told_apart(t1: Floats, t1c: Floats) -> dict[Sequence, Floats]:
    """Return both probability vectors, given that exactly one of the two has contrast agent.

    Args:
        t1: Shape ``(4,)``, of the image taken as T1.
        t1c: Shape ``(4,)``, of the one taken as T1c.
    """
    order = tuple(Sequence)
    plain, contrast = order.index(Sequence.T1), order.index(Sequence.T1C)
    as_taken = float(t1[plain] * t1c[contrast])
    swapped = float(t1[contrast] * t1c[plain])
    right = as_taken / (as_taken + swapped) if as_taken + swapped > 0 else 0.5
    results = []
    for probs, shares in ((t1, (right, 1.0 - right)), (t1c, (1.0 - right, right))):
        joint = probs.copy()
        both = float(probs[plain] + probs[contrast])
        joint[plain], joint[contrast] = both * shares[0], both * shares[1]
        results.append(joint)
    return {Sequence.T1: results[0], Sequence.T1C: results[1]}

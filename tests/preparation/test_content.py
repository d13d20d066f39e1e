from __future__ import annotations

import json

import numpy as np
import numpy.typing as npt
import pytest

from glioscope.core import Sequence, Volume, weights_folder
from glioscope.preparation.content import (
    FEATURES,
    Tissues,
    content_features,
    load_content_model,
    see,
    see_one,
    told_apart,
)

# grey matter, white matter, fluid, vessels
CONTRASTS = {
    Sequence.T1: (100.0, 130.0, 40.0, 60.0),
    Sequence.T1C: (100.0, 128.0, 45.0, 330.0),
    Sequence.T2: (110.0, 85.0, 260.0, 120.0),
    Sequence.FLAIR: (115.0, 100.0, 25.0, 60.0),
}


def _tissues() -> Tissues:
    """A ball of white matter in shells of grey matter and fluid, with ventricles."""
    shape = (50, 56, 48)
    grid = np.meshgrid(*(np.arange(n) - n / 2 for n in shape), indexing="ij", sparse=True)
    radius = np.sqrt(grid[0] ** 2 + grid[1] ** 2 + grid[2] ** 2)
    middle = (np.abs(grid[0]) < 5) & (np.abs(grid[1]) < 9) & (np.abs(grid[2]) < 4)
    white = (radius < 17) & ~middle
    gray = (radius >= 17) & (radius < 21)
    fluid = ((radius >= 21) & (radius < 22.5)) | middle
    affine = np.diag([3.0, 3.0, 3.0, 1.0])

    def volume(where: npt.NDArray[np.bool_]) -> Volume:
        return Volume(data=where.astype(np.float32), affine=affine)

    brain = Volume(data=radius < 22.5, affine=affine)
    return Tissues(brain=brain, gray=volume(gray), white=volume(white), fluid=volume(fluid))


def _image(sequence: Sequence, tissues: Tissues, seed: int = 0) -> Volume:
    rng = np.random.default_rng(seed)
    gray, white, fluid, vessel = CONTRASTS[sequence]
    parts = (tissues.gray, tissues.white, tissues.fluid)
    data = sum(v * part.data for v, part in zip((gray, white, fluid), parts, strict=True))
    data = np.asarray(data) + rng.normal(0.0, 9.0, tissues.brain.shape)
    vessels = (tissues.fluid.data > 0) & (rng.random(tissues.brain.shape) < 0.08)
    data[vessels] = vessel
    return tissues.brain.with_data(data.astype(np.float32))


def test_gain_offset_and_what_lies_outside_the_brain_do_not_matter() -> None:
    tissues = _tissues()
    image = _image(Sequence.T2, tissues)
    changed = np.where(tissues.brain.data, 3.0 * image.data + 70.0, 9999.0)

    one = content_features(image, tissues)
    other = content_features(image.with_data(changed), tissues)

    assert one is not None
    assert other is not None
    assert one.shape == (len(FEATURES),)
    np.testing.assert_allclose(one, other, atol=1e-4)


def test_order_of_the_tissues_is_what_the_features_hold() -> None:
    tissues = _tissues()
    by_name = {}
    for sequence in Sequence:
        features = content_features(_image(sequence, tissues), tissues)
        assert features is not None
        by_name[sequence] = dict(zip(FEATURES, features.tolist(), strict=True))

    assert by_name[Sequence.T1]["gray_minus_white"] < 0 < by_name[Sequence.T2]["gray_minus_white"]
    assert by_name[Sequence.T2]["fluid_high"] > 1 > by_name[Sequence.FLAIR]["fluid_high"]
    difference = by_name[Sequence.T1C]["fluid_highest"] - by_name[Sequence.T1]["fluid_highest"]
    assert difference > 1.0


@pytest.mark.parametrize("sequence", [Sequence.T1, Sequence.T2])
def test_the_shipped_model_names_clear_contrasts(sequence: Sequence) -> None:
    tissues = _tissues()

    seen = see_one(_image(sequence, tissues), tissues)

    assert seen is not None
    assert seen.sequence is sequence
    assert seen.probability > 0.5


def test_an_image_unlike_all_patients_is_never_judged_surely() -> None:
    tissues = _tissues()
    strange = np.where(tissues.gray.data > 0, 300.0, 100.0) + 40.0 * tissues.white.data
    noise = np.random.default_rng(0).normal(0.0, 3.0, strange.shape)

    seen = see_one(tissues.brain.with_data(strange + noise), tissues)

    assert seen is not None
    assert seen.probability <= 0.55


def test_swapped_t1_and_t1c_are_seen_together() -> None:
    tissues = _tissues()
    plain, contrast = (_image(s, tissues) for s in (Sequence.T1, Sequence.T1C))

    right = see({Sequence.T1: plain, Sequence.T1C: contrast}, tissues)
    swapped = see({Sequence.T1: contrast, Sequence.T1C: plain}, tissues)

    assert right[Sequence.T1].sequence is Sequence.T1
    assert right[Sequence.T1C].sequence is Sequence.T1C
    assert swapped[Sequence.T1].sequence is Sequence.T1C
    assert swapped[Sequence.T1C].sequence is Sequence.T1


def test_probabilities_of_a_pair_on_paper() -> None:
    t1, t1c = np.array([0.6, 0.3, 0.0, 0.1]), np.array([0.4, 0.5, 0.0, 0.1])

    joint = told_apart(t1, t1c)

    right = 0.6 * 0.5 / (0.6 * 0.5 + 0.3 * 0.4)
    np.testing.assert_allclose(joint[Sequence.T1], [0.9 * right, 0.9 * (1 - right), 0.0, 0.1])
    np.testing.assert_allclose(joint[Sequence.T1C], [0.9 * (1 - right), 0.9 * right, 0.0, 0.1])


def test_an_image_that_shows_too_little_is_not_judged() -> None:
    tissues = _tissues()
    image = _image(Sequence.T1, tissues)
    nothing = image.with_data(np.full(image.shape, np.nan, dtype=np.float32))

    assert see_one(nothing, tissues) is None
    assert see_one(image.with_data(np.ones(image.shape, dtype=np.float32)), tissues) is None
    assert see({Sequence.T1: nothing}, tissues) == {}


def test_the_card_tells_how_good_the_model_is_on_patients_it_has_not_seen() -> None:
    card = json.loads((weights_folder("sequence") / "card.json").read_text())
    model = load_content_model()

    assert card["left_out_together"]["right_weighting"] >= 0.9
    assert card["left_out_together"]["sure_and_wrong"] <= 0.02 * card["left_out_together"]["images"]
    assert model.weights.shape == (len(FEATURES) + 1, len(Sequence))
    np.testing.assert_allclose(model.probabilities(model.mean).sum(), 1.0)

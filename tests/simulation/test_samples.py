from __future__ import annotations

import numpy as np

from glioscope.core import Label
from glioscope.simulation import Entity, training_sample


def test_a_sample_is_stripped_and_labelled() -> None:
    made = training_sample(3, spacing_mm=3.0, entity=Entity.RING, model_mm=3.0)

    assert made.images.shape == (4, *made.labels.shape)
    assert made.images.dtype == np.float32
    assert not made.images[:, ~made.brain].any()
    assert not made.labels[~made.brain].any()
    assert (made.labels == Label.ENHANCING).any()
    assert made.images[1][made.labels == Label.ENHANCING].mean() > 1.3 * np.median(
        made.images[1][made.brain]
    )


def test_a_sample_holds_the_whole_brain() -> None:
    made = training_sample(4, spacing_mm=3.0, model_mm=3.0)

    assert 1.3 < made.brain.sum() * 27e-6 < 2.5
    assert not made.brain[:: made.brain.shape[0] - 1].any()
    assert not made.brain[:, :: made.brain.shape[1] - 1].any()
    assert not made.brain[:, :, -1].any()


def test_samples_repeat_under_their_seed() -> None:
    one, again, other = (
        training_sample(seed, spacing_mm=4.0, model_mm=3.0).images for seed in (1, 1, 2)
    )

    assert one.tobytes() == again.tobytes()
    assert one.tobytes() != other.tobytes()

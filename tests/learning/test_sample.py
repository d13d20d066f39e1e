from copy import deepcopy
from pathlib import Path

import torch

from glioscope.learning.phantom import brain_with_tumor
from glioscope.learning.sample import Sample, load_sample, save_sample


def same(one: Sample, other: Sample) -> bool:
    return all(torch.equal(getattr(one, n), getattr(other, n)) for n in Sample.__slots__)


def test_a_sample_comes_back_within_the_precision_it_is_stored_in(tmp_path: Path) -> None:
    sample = brain_with_tumor()
    sample.regions[0, 5] = 0.4
    before = deepcopy(sample)

    save_sample(sample, tmp_path / "one.npz")
    again = load_sample(tmp_path / "one.npz")

    assert same(sample, before)
    torch.testing.assert_close(again.image, sample.image, atol=4e-3, rtol=1e-3)
    torch.testing.assert_close(again.regions, sample.regions, atol=1 / 255, rtol=0)
    assert torch.equal(again.presence, sample.presence)
    assert torch.equal(again.known, sample.known)

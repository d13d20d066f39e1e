from __future__ import annotations

import numpy as np
import pytest

from glioscope.core import Case, CaseError, Volume
from glioscope.io import load_template
from glioscope.privacy.face.level import Anatomy, find_anatomy
from glioscope.simulation import phantom_case

TURN_DEG = 20.0


def thinned_twice(volume: Volume) -> Volume:
    return Volume(
        data=volume.data[::2, ::2, ::2], affine=volume.affine @ np.diag([2.0, 2.0, 2.0, 1.0])
    )


def template_case(*, low_mm: float = -200.0, turned: bool = False) -> Case:
    """The template itself as a patient, cut off below a height of MNI space."""
    template = load_template()
    t1, whole = thinned_twice(template.t1), thinned_twice(template.brain)
    from_k = max(0, int(np.ceil(t1.index([0.0, 0.0, low_mm])[2])))
    affine = t1.affine.copy()
    affine[:3, 3] = t1.world([0, 0, from_k])
    if turned:
        angle = np.deg2rad(TURN_DEG)
        nod = np.eye(4)
        nod[1:3, 1:3] = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
        affine = nod @ affine
    brain = Volume(data=whole.data[:, :, from_k:], affine=affine)
    level = t1.data[:, :, from_k:]
    image = np.where(brain.data, (level - 0.6) * 8.0, 0.0).astype(np.float32)
    return phantom_case(brain.with_data(image), brain=brain)


@pytest.fixture(scope="module")
def nodding() -> Anatomy:
    return find_anatomy(template_case(turned=True))


def test_the_level_nods_with_the_head(nodding: Anatomy) -> None:
    angle = np.deg2rad(TURN_DEG)
    nod = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])

    for place, above in (((85.0, -12.0), False), ((85.0, 12.0), True), ((-20.0, 4.0), True)):
        y, z = nod @ place
        height_mm = nodding.level.normal @ [0.0, y, z] - nodding.level.offset_mm
        assert (height_mm > 0) == above
    y, z = nod @ (20.0, -40.0)
    assert nodding.front.normal @ [0.0, y, z] > nodding.front.offset_mm


def test_below_the_field_of_view_the_brain_of_the_template_stands_in() -> None:
    anatomy = find_anatomy(template_case(low_mm=-20.0))

    deep = anatomy.brain.index([[10.0, -60.0, -40.0], [0.0, -28.0, -40.0]])  # cerebellum, stem
    for i, j, k in np.round(deep).astype(int).tolist():
        assert anatomy.brain.data[i, j, k]


def test_a_brain_of_no_plausible_size_is_refused() -> None:
    case = template_case()
    few = case.brain.with_data(case.brain.data & (np.indices(case.brain.shape)[0] < 25))

    with pytest.raises(CaseError, match="are plausible"):
        find_anatomy(phantom_case(case.images[case.reference], brain=few))


def test_a_mask_that_is_no_brain_is_refused() -> None:
    case = template_case()
    i, j, _ = np.indices(case.brain.shape)
    slab = case.brain.with_data((np.abs(i - 49) < 8) & (np.abs(j - 58) < 55))

    with pytest.raises(CaseError, match="does not fit"):
        find_anatomy(phantom_case(case.images[case.reference], brain=slab))

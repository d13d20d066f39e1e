from __future__ import annotations

import numpy as np

from glioscope.simulation import HeadModel, Tissue, head_model

CODES = {tissue: index for index, tissue in enumerate(Tissue)}


def head() -> HeadModel:
    return head_model(3.0, 0)


def tissue_at(x: float, y: float, z: float) -> Tissue:
    model = head()
    i, j, k = np.rint(model.grid.index((x, y, z))).astype(int)
    return list(Tissue)[int(model.around[i, j, k])]


def test_shares_are_shares() -> None:
    model = head()
    total = model.white + model.gray + model.fluid + model.vessel

    assert total.min() >= 0.0
    assert total.max() <= 1.0 + 1e-4


def test_the_brain_has_the_volume_of_the_template() -> None:
    model = head()

    liters = model.brain.sum() * model.grid.voxel_volume_ml / 1000

    assert 1.7 < liters < 2.0


def test_a_ray_out_of_the_vault_meets_fluid_dura_bone_fat_skin_air_in_this_order() -> None:
    model = head_model(2.0, 0)
    i, j = np.rint(model.grid.index((20.0, -30.0, 0.0))).astype(int)[:2]
    column = model.around[i, j]
    top = int(np.argwhere(model.brain[i, j]).max())
    met = list(dict.fromkeys(list(Tissue)[int(code)] for code in column[top + 1 :]))

    wanted = [Tissue.FLUID, Tissue.BONE, Tissue.FAT, Tissue.SKIN, Tissue.AIR]
    assert [tissue for tissue in met if tissue in wanted] == wanted


def test_eyes_lie_on_both_sides_before_the_brain_and_the_sinuses_hold_air() -> None:
    for side in (-1.0, 1.0):
        assert tissue_at(side * 33.0, 58.0, -37.0) is Tissue.EYE
        assert tissue_at(side * 27.0, 50.0, -61.0) is Tissue.AIR


def test_variants_differ_around_the_brain_only() -> None:
    one, two = head(), head_model(3.0, 1)

    assert np.array_equal(one.brain, two.brain)
    assert (one.around != two.around).mean() > 0.01


def test_outside_of_the_head_is_air() -> None:
    model = head()
    corners = model.around[:: model.grid.shape[0] - 1, -1:, :: model.grid.shape[2] - 1]

    assert (corners == CODES[Tissue.AIR]).all()
    assert 0.3 < (model.around == CODES[Tissue.AIR]).mean() < 0.75

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest
from scipy import ndimage

from glioscope.core import Hemisphere, Label, Sequence, Volume
from glioscope.simulation import (
    Entity,
    SeriesPlan,
    SimulatedPatient,
    SimulationConfig,
    Tumor,
    draw_tumors,
    sample,
    simulate_patient,
)

Make = Callable[..., SimulationConfig]
Plans = tuple[SeriesPlan, ...]
Floats = npt.NDArray[np.float64]


def median(patient: SimulatedPatient, sequence: Sequence, label: Label) -> float:
    return float(np.median(patient.heads[sequence].data[patient.truth.labels.data == label]))


def test_the_rim_is_what_contrast_brightens(patient: SimulatedPatient) -> None:
    rim = median(patient, Sequence.T1C, Label.ENHANCING)

    assert rim > 1.5 * median(patient, Sequence.T1, Label.ENHANCING)
    assert rim > 1.5 * median(patient, Sequence.T1C, Label.NECROSIS)
    assert rim > 1.3 * median(patient, Sequence.T1C, Label.EDEMA)


def test_edema_is_brighter_than_brain_on_flair_and_t2(patient: SimulatedPatient) -> None:
    rest = patient.truth.brain.data & (patient.truth.labels.data == 0)
    for sequence in (Sequence.FLAIR, Sequence.T2):
        brain = float(np.median(patient.heads[sequence].data[rest]))
        assert median(patient, sequence, Label.EDEMA) > 1.2 * brain


def test_the_truth_lies_inside_the_brain(patient: SimulatedPatient) -> None:
    assert patient.truth.labels.data.dtype == np.uint8
    assert not patient.truth.labels.data[~patient.truth.brain.data].any()


def test_a_left_tumor_is_left_in_truth_and_in_the_scan(patient: SimulatedPatient) -> None:
    truth = patient.truth
    assert truth.hemisphere is Hemisphere.LEFT
    assert truth.labels.world(np.argwhere(truth.labels.data > 0))[:, 0].mean() < -20

    t1c = next(series for series in patient.study.series if series.series_id == "t1c").volume
    rim = truth.labels.world(np.argwhere(truth.labels.data == Label.ENHANCING))
    mirrored = rim * (-1.0, 1.0, 1.0)
    assert at(t1c, rim).mean() > 1.3 * at(t1c, mirrored).mean()


def at(volume: Volume, world_mm: Floats) -> Floats:
    values = ndimage.map_coordinates(volume.data, volume.index(world_mm).T, order=1)
    return np.asarray(values, dtype=np.float64)


def test_the_pose_of_each_series_is_its_true_misalignment(config: Make) -> None:
    moved = simulate_patient(13, config(shift_mm=6.0, angle_deg=6.0, tumors=()))
    inside = np.argwhere(moved.truth.brain.data)
    for series in moved.study.series:
        sequence = Sequence(series.series_id)
        points = moved.truth.brain.world(inside)
        back = np.linalg.inv(moved.truth.poses[sequence].to_reference)
        head = moved.heads[sequence].data[tuple(inside.T)]
        placed = at(series.volume, points @ back[:3, :3].T + back[:3, 3])
        aligned = float(np.corrcoef(head, placed)[0, 1])
        unaligned = float(np.corrcoef(head, at(series.volume, points))[0, 1])
        assert aligned > 0.75
        if sequence is Sequence.T1C:
            assert aligned == unaligned
        else:
            assert aligned > unaligned + 0.05


def test_a_left_tumor_pushes_the_midline_and_its_tissue(
    patient: SimulatedPatient, config: Make, left_ring: Tumor, coarse: Plans
) -> None:
    weaker = simulate_patient(
        5, config(tumors=(replace(left_ring, push_mm=0.0),), series=coarse[1:2])
    )

    assert weaker.truth.midline_shift_mm == 0.0
    assert 0.5 < patient.truth.midline_shift_mm < 8.0


def test_a_healthy_head_has_no_tumor(healthy: SimulatedPatient) -> None:
    assert not healthy.truth.labels.data.any()
    assert healthy.truth.hemisphere is None
    assert healthy.truth.midline_shift_mm == 0.0


def test_the_same_seed_gives_the_same_bytes_and_another_seed_another_patient(
    healthy: SimulatedPatient, config: Make, coarse: Plans
) -> None:
    small = config(tumors=(), series=coarse[1:2])
    again, other = simulate_patient(5, small), simulate_patient(13, small)

    first = healthy.study.series[0].volume.data
    assert again.study.series[0].volume.data.tobytes() == first.tobytes()
    assert other.study.series[0].volume.data.tobytes() != first.tobytes()


def test_another_scanner_multiplies_the_intensities(
    healthy: SimulatedPatient, config: Make, coarse: Plans
) -> None:
    plan = replace(coarse[1], gain=1.3 * coarse[1].gain)

    other = simulate_patient(5, config(tumors=(), series=(plan,)))

    one = healthy.study.series[0].volume.data
    bright = one > np.percentile(one, 80)
    ratio = other.study.series[0].volume.data[bright] / one[bright]
    assert float(np.median(ratio)) == pytest.approx(1.3, rel=0.01)


def test_series_carry_the_tags_that_tell_them_apart(patient: SimulatedPatient) -> None:
    tags = {series.series_id: series.acquisition for series in patient.study.series}

    assert [key for key, tag in tags.items() if tag.contrast_bolus_agent] == ["t1c"]
    assert [key for key, tag in tags.items() if tag.inversion_time_ms] == ["flair"]
    assert (tags["t2"].echo_time_ms or 0) > 4 * (tags["t1"].echo_time_ms or 0)
    assert tags["t1"].slice_thickness_mm == 5.0


@pytest.mark.parametrize("entity", list(Entity))
def test_each_entity_draws_what_its_name_says(entity: Entity) -> None:
    tumors = [draw_tumors(np.random.default_rng(seed), entity) for seed in range(30)]

    assert all((len(drawn) > 1) == (entity is Entity.MULTIFOCAL) for drawn in tumors)
    radii = [drawn[0].core_radius_mm for drawn in tumors]
    assert (max(radii) < 7.0) == (entity is Entity.SMALL)
    assert all((tumor.rim_mm == 0) == (entity is Entity.LOW_GRADE) for t in tumors for tumor in t)
    assert {np.sign(drawn[0].center_mm[0]) for drawn in tumors} == {-1.0, 1.0}


def test_several_tumors_are_several_lesions(config: Make, left_ring: Tumor, coarse: Plans) -> None:
    other = replace(left_ring, center_mm=(36.0, 20.0, 30.0), core_radius_mm=9.0, rim_mm=2.5)
    near = replace(left_ring, core_radius_mm=9.0, rim_mm=2.5, visible_edge=0.3)

    both = simulate_patient(
        21, config(tumors=(near, replace(other, visible_edge=0.3)), series=coarse[1:2])
    )

    count = ndimage.label(both.truth.labels.data > 0, structure=np.ones((3, 3, 3)))[1]
    assert count == 2
    assert both.truth.hemisphere is Hemisphere.BOTH


def test_samples_of_the_truth_grid_are_the_heads_grid(patient: SimulatedPatient) -> None:
    head = patient.heads[Sequence.T1]
    center = head.world(np.array(head.shape) // 2)[None].astype(np.float32)

    assert sample(head.data, head, center)[0] == pytest.approx(
        head.data[tuple(np.array(head.shape) // 2)], rel=1e-4
    )

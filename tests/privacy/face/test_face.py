from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest
from scipy import ndimage

from glioscope.core import CaseError, Sequence, Series, Study, Volume
from glioscope.preparation import PrepareConfig, prepare, resampled_mask
from glioscope.privacy.face import search as face_module
from glioscope.privacy.face.erase import erase_face
from glioscope.privacy.face.level import Anatomy
from glioscope.privacy.face.place import Head, Place
from glioscope.privacy.face.plane import Plane
from glioscope.privacy.face.region import FaceRegion
from glioscope.privacy.face.search import MARGIN_MM, Faces, FaceStatus, find_faces
from glioscope.simulation import (
    SeriesPlan,
    SimulatedPatient,
    SimulationConfig,
    ellipsoid,
    empty_grid,
    simulate_patient,
)

Points = npt.NDArray[np.float64]

PARTS_MM = {
    "tip of the nose": ((0.0, 98.0, -62.0), 9.0),
    "bridge of the nose": ((0.0, 92.0, -42.0), 6.0),
    "right eye": ((33.0, 71.0, -38.0), 7.0),
    "left eye": ((-33.0, 71.0, -38.0), 7.0),
    "right ear": ((83.0, -26.0, -36.0), 4.0),
    "left ear": ((-83.0, -26.0, -36.0), 4.0),
    "right cheek": ((40.0, 80.0, -66.0), 9.0),
    "left cheek": ((-40.0, 80.0, -66.0), 9.0),
}
"""Middle and radius in MNI space, where the simulated head that is not bent has its face."""


@pytest.fixture(scope="module")
def patient() -> SimulatedPatient:
    """A head like the template's, in a thin series and in thick, tilted slices that moved."""
    thin = SeriesPlan(
        sequence=Sequence.T1C, in_plane_mm=2.0, thickness_mm=2.0, distance_mm=2.0, noise=0.035
    )
    thick = SeriesPlan(sequence=Sequence.FLAIR, in_plane_mm=2.0, tilt_deg=10.0)
    config = SimulationConfig(tumors=(), shape=0.0, spacing_mm=2.0, series=(thin, thick))
    return simulate_patient(0, config)


@pytest.fixture(scope="module")
def faces(patient: SimulatedPatient) -> Faces:
    return find_faces(patient.study)


def series_of(patient: SimulatedPatient, sequence: Sequence) -> Series:
    return next(one for one in patient.study.series if one.series_id == sequence)


def distance_mm(grid: Volume, to_head: Points, center_mm: tuple[float, float, float]) -> Points:
    points = grid.world(np.moveaxis(np.indices(grid.shape), 0, -1))
    away = points @ to_head[:3, :3].T + to_head[:3, 3] - center_mm
    return np.asarray(np.linalg.norm(away, axis=-1), dtype=np.float64)


def to_series(patient: SimulatedPatient, sequence: Sequence) -> Points:
    pose = patient.truth.poses[sequence].to_reference
    return np.asarray(np.linalg.inv(pose), dtype=np.float64)


@pytest.mark.parametrize("part", PARTS_MM)
@pytest.mark.parametrize("sequence", [Sequence.T1C, Sequence.FLAIR])
def test_nothing_is_left_of_the_face(
    patient: SimulatedPatient, faces: Faces, sequence: Sequence, part: str
) -> None:
    found = faces.by_series[sequence]
    center_mm, radius_mm = PARTS_MM[part]
    pose = patient.truth.poses[sequence].to_reference
    where = distance_mm(found.mask, pose, center_mm) <= radius_mm

    assert found.status is FaceStatus.FOUND
    assert where.sum() > 3
    assert found.mask.data[where].mean() >= 0.95


@pytest.mark.parametrize("sequence", [Sequence.T1C, Sequence.FLAIR])
def test_the_true_brain_and_all_about_it_keep_their_bits(
    patient: SimulatedPatient, faces: Faces, sequence: Sequence
) -> None:
    volume = series_of(patient, sequence).volume
    back = to_series(patient, sequence)
    truth = resampled_mask(patient.truth.brain, like=volume, to_reference=back).data
    away_mm = ndimage.distance_transform_edt(~truth, sampling=volume.spacing_mm)
    near = away_mm < 3.5  # of the margin; the brain found ends 6 mm above the end of the medulla

    after = erase_face(volume, faces.by_series[sequence].mask)

    assert truth.sum() * volume.voxel_volume_ml > 1000.0
    np.testing.assert_array_equal(after.data[near], volume.data[near])
    assert (after.data != volume.data).any()


@pytest.mark.parametrize("sequence", [Sequence.T1C, Sequence.FLAIR])
def test_nearly_all_skin_of_the_face_goes_and_the_vault_stays(
    patient: SimulatedPatient, faces: Faces, sequence: Sequence
) -> None:
    found = faces.by_series[sequence]
    pose = patient.truth.poses[sequence].to_reference
    points = found.mask.world(np.moveaxis(np.indices(found.mask.shape), 0, -1))
    up_mm = points @ pose[2, :3] + pose[2, 3]

    assert found.skin_left_percent is not None
    assert found.skin_left_percent < 15.0
    assert not found.mask.data[up_mm > 25.0].any()


def test_the_network_sees_the_same_where_the_brain_is_given(
    patient: SimulatedPatient, faces: Faces
) -> None:
    series = series_of(patient, Sequence.T1C)
    found = faces.by_series[Sequence.T1C]
    assert found.region is not None
    brain = resampled_mask(found.region.brain, like=series.volume)
    before = Study(case_id="P", series=(series,), brain_mask=brain)
    bare = replace(series, volume=erase_face(series.volume, found.mask))

    config = PrepareConfig(spacing_mm=2.0, content=False, n4=False)  # the field is the brain's own
    cases = [prepare(one, config) for one in (before, replace(before, series=(bare,)))]

    one, other = (case.images[Sequence.T1C].data for case in cases)
    np.testing.assert_array_equal(one, other)


def test_both_sequences_lose_the_same_of_the_head(patient: SimulatedPatient, faces: Faces) -> None:
    thin, thick = (faces.by_series[one].mask for one in (Sequence.T1C, Sequence.FLAIR))
    back = to_series(patient, Sequence.FLAIR)
    covered = thin.with_data(np.ones(thin.shape, dtype=bool))
    there = resampled_mask(thin, like=thick, to_reference=back).data
    seen = resampled_mask(covered, like=thick, to_reference=back).data

    both = np.count_nonzero(there & thick.data & seen)
    assert 2.0 * both / (there[seen].sum() + thick.data[seen].sum()) > 0.97


def test_noise_is_refused() -> None:
    data = np.random.default_rng(2).normal(100.0, 20.0, (48, 48, 40)).astype(np.float32)
    volume = Volume(data=data, affine=np.diag([4.0, 4.0, 4.0, 1.0]))
    study = Study(
        case_id="P", series=(Series(series_id="t1", volume=volume, declared=Sequence.T1),)
    )

    with pytest.raises(CaseError):
        find_faces(study)


LEVEL = Plane(normal=np.array([0.0, 0.0, 1.0]), offset_mm=-10.0)
FRONT = Plane(normal=np.array([0.0, 1.0, 0.0]), offset_mm=0.0)


def ball_head(center_mm: tuple[float, float, float] = (0.0, 0.0, 0.0)) -> Volume:
    """A ball of brain in a larger ball, with the noise of air around it."""
    grid = empty_grid(extent_mm=(180.0, 180.0, 180.0), spacing_mm=(4.0, 4.0, 4.0))
    head = ellipsoid(grid, center_mm=center_mm, radii_mm=(80.0, 80.0, 80.0)).data
    noise = np.random.default_rng(4).uniform(1.0, 9.0, grid.shape)
    return grid.with_data((noise + 200.0 * head).astype(np.float32))


def with_ball(
    monkeypatch: pytest.MonkeyPatch, *volumes: Volume, region_mm: float = MARGIN_MM
) -> Faces:
    """Find the faces of series that show one ball; where its brain lies is given, not searched."""
    grid = empty_grid(extent_mm=(140.0, 140.0, 140.0), spacing_mm=(2.0, 2.0, 2.0))
    brain = ellipsoid(grid, center_mm=(0.0, 0.0, 0.0), radii_mm=(60.0, 60.0, 60.0))
    region = FaceRegion.around(brain, level=LEVEL, margin_mm=region_mm)
    anatomy = Anatomy(brain=brain, level=LEVEL, front=FRONT, overlap=1.0)

    def places(study: Study, **_: object) -> tuple[Place, ...]:
        head = Head(anatomy=anatomy, region=region)
        return tuple(Place(series=one, head=head, to_reference=np.eye(4)) for one in study.series)

    monkeypatch.setattr(face_module, "place_all", places)
    series = [Series(series_id=f"s{n}", volume=volume) for n, volume in enumerate(volumes)]
    return find_faces(Study(case_id="P", series=tuple(series)))


def test_every_series_is_answered_in_its_own_way(monkeypatch: pytest.MonkeyPatch) -> None:
    head = ball_head()
    slab = Volume(data=head.data[:, :, 24:], affine=head.affine.copy())
    affine = head.affine.copy()
    affine[:3, 3] = head.world([0, 0, 24])
    slab = replace(slab, affine=affine)
    bare = head.with_data(np.where(head.data > 100.0, head.data, 0.0).astype(np.float32))
    inner = ellipsoid(head, center_mm=(0.0, 0.0, 0.0), radii_mm=(60.0, 60.0, 60.0)).data
    bare = bare.with_data(np.where(inner, bare.data, np.float32(0.0)))

    first = with_ball(monkeypatch, head, slab, bare)
    erased = erase_face(head, first.by_series["s0"].mask)
    second = with_ball(monkeypatch, erased)

    statuses = [face.status for face in first.by_series.values()]
    assert statuses == [FaceStatus.FOUND, FaceStatus.NOT_IN_VIEW, FaceStatus.STRIPPED]
    assert second.by_series["s0"].status is FaceStatus.ERASED_BEFORE
    for face in (*list(first.by_series.values())[1:], second.by_series["s0"]):
        assert not face.mask.data.any()
    assert [one.code for one in first.notices] == ["face-not-in-view", "face-stripped"]
    assert [one.code for one in second.notices] == ["face-erased-before"]


def test_skin_that_lies_near_the_brain_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    faces = with_ball(monkeypatch, ball_head(), region_mm=17.0)

    percent = faces.by_series["s0"].skin_left_percent
    assert percent is not None
    assert percent > 10.0
    assert [one.code for one in faces.notices] == ["face-skin-left"]


def test_a_region_that_reaches_the_brain_is_never_used(monkeypatch: pytest.MonkeyPatch) -> None:
    def everything(_: FaceRegion, grid: Volume, **__: object) -> Volume:
        return grid.with_data(np.ones(grid.shape, dtype=bool))

    monkeypatch.setattr(FaceRegion, "on", everything)

    with pytest.raises(CaseError, match="mm of the brain"):
        with_ball(monkeypatch, ball_head())

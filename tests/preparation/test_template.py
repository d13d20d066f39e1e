from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from scipy import ndimage
from scipy.spatial.transform import Rotation

from glioscope.core import Case, CaseError, GridMismatchError, Sequence, Volume
from glioscope.io import load_template
from glioscope.preparation import (
    TemplateConfig,
    TemplateFit,
    fit_template,
    robust_zscore,
    warp_image_to_case,
    warp_labels_to_case,
)
from glioscope.simulation import phantom_case


@dataclass(frozen=True)
class Known:
    """A case made by warping the template, and the map that made it."""

    case: Case
    truth: TemplateFit

    def errors_mm(self, fit: TemplateFit) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        points = self.case.brain.world(np.argwhere(self.case.brain.data)[::41])
        difference = fit.to_template(points) - self.truth.to_template(points)
        return np.asarray(np.linalg.norm(difference, axis=1))


def _known_map(grid: Volume) -> TemplateFit:
    rng = np.random.default_rng(3)
    coarse = tuple(n // 4 + 2 for n in grid.shape)
    parts = [ndimage.gaussian_filter(rng.normal(size=coarse), 2.0) for _ in range(3)]
    field = np.stack(parts, axis=-1)
    field *= 14.0 / np.linalg.norm(field, axis=-1).max()
    affine = np.eye(4)
    affine[:3, :3] = Rotation.from_euler("xyz", (8, -5, 6), degrees=True).as_matrix() * 1.07
    affine[:3, 3] = (4.0, -6.0, 5.0)
    return TemplateFit(
        affine=affine,
        displacement_mm=field.astype(np.float32),
        displacement_affine=grid.affine @ np.diag([4.0, 4.0, 4.0, 1.0]),
        similarity=1.0,
        affine_similarity=1.0,
    )


@pytest.fixture(scope="module")
def known() -> Known:
    """A FLAIR of 2.5 mm with shading and noise."""
    affine = np.diag([2.5, 2.5, 2.5, 1.0])
    affine[:3, 3] = (-92.0, -120.0, -75.0)
    grid = Volume(data=np.zeros((74, 88, 74), dtype=bool), affine=affine)
    truth, template = _known_map(grid), load_template()
    tissues = (template.gray, template.white, template.fluid)
    parts = [warp_image_to_case(tissue, truth, like=grid).data for tissue in tissues]
    inside = template.brain.with_data(template.brain.data.astype(np.uint8))
    brain = grid.with_data(warp_labels_to_case(inside, truth, like=grid).data > 0)
    clean = 120.0 * parts[0] + 95.0 * parts[1] + 25.0 * parts[2]
    x = np.linspace(-1, 1, grid.shape[0])[:, None, None]
    noise = np.random.default_rng(0).normal(0.0, 2.0, grid.shape)
    image = grid.with_data((clean * (1.0 + 0.05 * x) + noise).astype(np.float32))
    images = {Sequence.FLAIR: robust_zscore(image, brain=brain, case_id="known")}
    case = Case(
        case_id="known",
        images=images,
        brain=brain,
        heads={},
        reference=Sequence.FLAIR,
        reference_grid=image,
    )
    return Known(case=case, truth=truth)


@pytest.fixture(scope="module")
def fitted(known: Known) -> TemplateFit:
    return fit_template(known.case, config=TemplateConfig(coarse_iterations=40, fine_iterations=15))


def test_a_known_warp_comes_back(known: Known, fitted: TemplateFit) -> None:
    errors = known.errors_mm(fitted)

    assert errors.mean() < 2.0
    assert np.percentile(errors, 95) < 4.5
    assert fitted.similarity > 0.9
    assert fitted.similarity > fitted.affine_similarity


def test_points_go_there_and_back(fitted: TemplateFit) -> None:
    points = np.array([[-40.0, 10.0, 30.0], [25.0, -60.0, 10.0], [2.0, 20.0, -5.0]])

    np.testing.assert_allclose(fitted.to_template(fitted.to_case(points)), points, atol=0.01)


def test_points_and_labels_take_the_same_way(known: Known, fitted: TemplateFit) -> None:
    template = load_template().brain
    labels = np.zeros(template.shape, dtype=np.uint8)
    center = np.round(template.index((-30.0, 20.0, 10.0))).astype(int)
    i, j, k = center.tolist()
    labels[i - 5 : i + 6, j - 5 : j + 6, k - 5 : k + 6] = 7

    warped = warp_labels_to_case(template.with_data(labels), fitted, like=known.case.brain)

    assert set(np.unique(warped.data).tolist()) == {0, 7}
    found = warped.world(np.argwhere(warped.data == 7).mean(axis=0))
    np.testing.assert_allclose(fitted.to_case([-30.0, 20.0, 10.0]), found, atol=1.5)


def test_without_iterations_the_fit_is_affine_and_repeatable(known: Known) -> None:
    config = TemplateConfig(coarse_iterations=0, fine_iterations=0, spacing_mm=4.0)

    one, two = (fit_template(known.case, config=config) for _ in range(2))

    assert one.affine.tobytes() == two.affine.tobytes()
    assert not one.displacement_mm.any()
    assert one.similarity == one.affine_similarity
    assert np.linalg.det(one.affine[:3, :3]) == pytest.approx(1.07**3, rel=0.1)


def test_what_is_excluded_does_not_pull(known: Known) -> None:
    brain = known.case.brain
    world = brain.world(np.moveaxis(np.indices(brain.shape), 0, -1))
    tumor = np.linalg.norm(world - (-35.0, 0.0, 25.0), axis=-1) < 22.0
    image = known.case.images[Sequence.FLAIR]
    bright = image.with_data(np.where(tumor & brain.data, 9.0, image.data).astype(np.float32))
    sick = phantom_case(bright, brain=brain, sequence=Sequence.FLAIR, case_id="sick")
    config = TemplateConfig(spacing_mm=4.0, coarse_iterations=0, fine_iterations=20)

    fit = fit_template(sick, exclude=brain.with_data(tumor), config=config)

    around = np.linalg.norm(world - (-35.0, 0.0, 25.0), axis=-1) < 30.0
    points = world[around & brain.data][::17]
    error = np.linalg.norm(fit.to_template(points) - known.truth.to_template(points), axis=-1)
    assert error.mean() < 4.0


def test_refuses_a_mask_of_another_grid_and_too_little_brain(known: Known) -> None:
    other = Volume(data=known.case.brain.data, affine=np.eye(4))
    with pytest.raises(GridMismatchError):
        fit_template(known.case, exclude=other)
    with pytest.raises(CaseError, match="ml of brain outside the tumor"):
        fit_template(known.case, exclude=known.case.brain)

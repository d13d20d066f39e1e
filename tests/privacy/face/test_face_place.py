"""Which head a series belongs to; what prepares and aligns is tested in its own room."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest

from glioscope.core import (
    Alignment,
    Case,
    CaseError,
    Choice,
    Notice,
    Sequence,
    Series,
    Severity,
    Study,
    Volume,
)
from glioscope.preparation import RigidFit
from glioscope.privacy.face import place as face_place
from glioscope.privacy.face.level import Anatomy
from glioscope.privacy.face.place import Place, place_all
from glioscope.privacy.face.plane import Plane
from glioscope.simulation import ellipsoid, empty_grid

GRID = empty_grid(extent_mm=(140.0, 140.0, 140.0), spacing_mm=(4.0, 4.0, 4.0))
BRAIN = ellipsoid(GRID, center_mm=(0.0, 0.0, 0.0), radii_mm=(50.0, 60.0, 50.0))
IMAGE = GRID.with_data(BRAIN.data.astype(np.float32))
UP = Plane(normal=np.array([0.0, 0.0, 1.0]), offset_mm=0.0)


def shift(z_mm: float) -> npt.NDArray[np.float64]:
    matrix = np.eye(4)
    matrix[2, 3] = z_mm
    return matrix


def alignment(sequence: Sequence, z_mm: float) -> Alignment:
    return Alignment(
        sequence=sequence,
        to_reference=shift(z_mm),
        moved_mm=abs(z_mm),
        similarity=1.2,
        already_aligned=False,
    )


def choice(sequence: Sequence) -> Choice:
    return Choice(
        sequence=sequence,
        series_id=str(sequence),
        by_tags=None,
        by_content=None,
        by_name=sequence,
        content_probability=None,
    )


def prepared(study: Study, *_: object, **__: object) -> Case:
    """Know T1 and FLAIR, the FLAIR 7 mm away and, if the study asks for it, doubted."""
    if study.series[0].series_id == "spine":
        msg = "no brain"
        raise CaseError(msg)
    sequences = (Sequence.T1, Sequence.FLAIR) if len(study.series) > 1 else (Sequence.T1,)
    doubt = Notice(
        code="alignment-implausible",
        severity=Severity.ALARM,
        message="moved far",
        sequence=Sequence.FLAIR,
    )
    return Case(
        case_id=study.case_id,
        images=dict.fromkeys(sequences, IMAGE),
        brain=BRAIN,
        heads={},
        reference=Sequence.T1,
        reference_grid=IMAGE,
        choices=tuple(choice(one) for one in sequences),
        alignments=tuple(alignment(one, 7.0 * n) for n, one in enumerate(sequences)),
        notices=(doubt,) if study.case_id == "doubted" else (),
    )


def registered(similarity: float, z_mm: float) -> Callable[..., RigidFit]:
    def register(_: Volume, **__: object) -> RigidFit:
        return RigidFit(to_fixed=shift(z_mm), similarity=similarity, similarity_before=1.01)

    return register


@pytest.fixture(autouse=True)
def no_search(monkeypatch: pytest.MonkeyPatch) -> None:
    def found(_: Case) -> Anatomy:
        return Anatomy(brain=BRAIN, level=UP, front=UP, overlap=1.0)

    monkeypatch.setattr(face_place, "prepare", prepared)
    monkeypatch.setattr(face_place, "find_anatomy", found)
    monkeypatch.setattr(face_place, "register_rigid", registered(1.2, 3.0))


def placed(*names: str, case_id: str = "P") -> dict[str, Place]:
    series = tuple(Series(series_id=name, volume=IMAGE) for name in names)
    places = place_all(Study(case_id=case_id, series=series), margin_mm=10.0)
    return {place.series.series_id: place for place in places}


def test_the_four_sequences_lie_where_the_preparation_found_them() -> None:
    places = placed("t1", "flair")

    assert places["flair"].to_reference[2, 3] == 7.0
    assert places["t1"].head is places["flair"].head


def test_a_series_that_is_none_of_the_four_is_aligned_too() -> None:
    places = placed("t1", "flair", "diffusion")

    assert places["diffusion"].to_reference[2, 3] == 3.0
    assert places["diffusion"].head is places["t1"].head


@pytest.mark.parametrize(("similarity", "z_mm"), [(1.02, 3.0), (1.2, 80.0), (1.005, 0.0)])
def test_a_series_whose_alignment_is_implausible_is_a_head_of_its_own(
    monkeypatch: pytest.MonkeyPatch, similarity: float, z_mm: float
) -> None:
    monkeypatch.setattr(face_place, "register_rigid", registered(similarity, z_mm))

    places = placed("t1", "flair", "other")

    assert places["other"].head is not places["t1"].head
    np.testing.assert_array_equal(places["other"].to_reference, np.eye(4))


def test_an_alignment_that_the_preparation_doubts_is_searched_again() -> None:
    places = placed("t1", "flair", case_id="doubted")

    assert places["flair"].to_reference[2, 3] == 3.0


def test_series_that_do_not_overlap_are_heads_of_their_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def apart(_: Volume, **__: object) -> RigidFit:
        msg = "all samples map outside"
        raise RuntimeError(msg)

    monkeypatch.setattr(face_place, "register_rigid", apart)

    places = placed("t1", "flair", "other")

    assert places["other"].head is not places["t1"].head


def test_a_series_without_head_is_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(face_place, "register_rigid", registered(1.0, 0.0))

    with pytest.raises(CaseError, match=r"series spine .* leave it out"):
        placed("t1", "flair", "spine")

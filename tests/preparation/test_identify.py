from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from glioscope.core import Acquisition, CaseError, Sequence, Series, Severity, Study, Volume
from glioscope.preparation.content import Seen
from glioscope.preparation.identify import confront, identify, nameless
from glioscope.preparation.tags import read_tags


def _tags(description: str = "", **values: object) -> Acquisition:
    return Acquisition(series_description=description or None, **values)  # type: ignore[arg-type] # parametrized


@pytest.mark.parametrize(
    ("acquisition", "expected"),
    [
        (_tags(repetition_time_ms=9000.0, echo_time_ms=120.0, inversion_time_ms=2500.0), "flair"),
        (_tags(repetition_time_ms=5000.0, echo_time_ms=390.0, inversion_time_ms=1800.0), "flair"),
        (_tags(repetition_time_ms=4500.0, echo_time_ms=100.0), "t2"),
        (_tags(repetition_time_ms=550.0, echo_time_ms=12.0), "t1"),
        (_tags(repetition_time_ms=2300.0, echo_time_ms=3.0, inversion_time_ms=900.0), "t1"),
        (_tags(repetition_time_ms=2000.0, echo_time_ms=9.0, inversion_time_ms=860.0), "t1"),
        (
            _tags(repetition_time_ms=550.0, echo_time_ms=12.0, contrast_bolus_agent="Gadovist"),
            "t1c",
        ),
        (
            _tags(repetition_time_ms=4500.0, echo_time_ms=100.0, contrast_bolus_agent="Gadovist"),
            "t2",
        ),
        (_tags("AX T1 POST GAD"), "t1c"),
        (_tags("t1_mprage_sag_p2_iso_KM"), "t1c"),
        (_tags("AX T1 PRE CONTRAST"), "t1"),
        (_tags("Ax T2 FLAIR FS"), "flair"),
        (_tags("AX T1 FLAIR"), "t1"),
        (_tags("t2_tirm_tra_dark-fluid"), "flair"),
        (_tags("AX T2 FSE"), "t2"),
        (_tags("SAG MPRAGE +C"), "t1c"),
        (_tags("", protocol_name="ax_t2_tse"), "t2"),
    ],
)
def test_times_and_words_name_the_sequence(acquisition: Acquisition, expected: str) -> None:
    verdict = read_tags(acquisition)

    assert verdict.sequence is Sequence(expected)
    assert not verdict.other
    assert verdict.conflict is None


@pytest.mark.parametrize(
    "acquisition",
    [
        _tags("ep2d_diff DWI b1000"),
        _tags("ADC (10^-6 mm/s)", image_type=("DERIVED", "PRIMARY", "ADC")),
        _tags("AX T2* GRE"),
        _tags("SWI images"),
        _tags("TOF MRA"),
        _tags("T1 post MIP"),
        _tags("T1 SUB", image_type=("DERIVED", "SECONDARY", "SUBTRACTION")),
        _tags(
            "ax fl2d hemo",
            scanning_sequence=("GR",),
            flip_angle_deg=20.0,
            echo_time_ms=20.0,
            repetition_time_ms=600.0,
        ),
    ],
)
def test_other_kinds_of_images_are_none_of_the_four(acquisition: Acquisition) -> None:
    verdict = read_tags(acquisition)

    assert verdict.sequence is None
    assert verdict.other


def test_times_win_over_words_and_the_conflict_is_told() -> None:
    verdict = read_tags(_tags("AX T2 TSE", repetition_time_ms=550.0, echo_time_ms=12.0))

    assert verdict.sequence is Sequence.T1
    assert verdict.conflict == "times say T1, the description says T2"


def test_no_tags_say_nothing() -> None:
    assert read_tags(Acquisition()).sequence is None
    assert not read_tags(Acquisition()).other


def _volume(shape: tuple[int, int, int], spacing: tuple[float, float, float]) -> Volume:
    return Volume(data=np.zeros(shape, dtype=np.float32), affine=np.diag([*spacing, 1.0]))


HEAD = _volume((24, 24, 30), (9.0, 9.0, 5.0))


def _series(name: str, volume: Volume = HEAD, **values: object) -> Series:
    return Series(series_id=name, volume=volume, **values)  # type: ignore[arg-type] # parametrized


def test_the_user_overrules_tags_and_name_but_not_silently() -> None:
    series = _series(
        "a",
        declared=Sequence.T1C,
        by_user=True,
        acquisition=_tags("AX FLAIR", echo_time_ms=120.0, inversion_time_ms=2500.0),
    )

    found = identify(Study(case_id="c", series=(series,)), {})
    said = confront(found, {Sequence.T1C: Seen(sequence=Sequence.FLAIR, probability=0.97)})

    assert found.series == {Sequence.T1C: series}
    (notice,) = said.notices
    assert notice.severity is Severity.ALARM
    assert notice.code == "sequence-disagreement"
    assert "its tags says FLAIR" in notice.message
    assert "its image content says FLAIR" in notice.message
    (choice,) = said.choices
    assert (choice.by_name, choice.by_tags, choice.by_content) == ("t1c", "flair", "flair")
    assert choice.content_probability == 0.97


def test_content_that_is_not_sure_raises_no_alarm() -> None:
    found = identify(Study(case_id="c", series=(_series("a", declared=Sequence.T1),)), {})

    unsure = confront(found, {Sequence.T1: Seen(sequence=Sequence.T1C, probability=0.8)})
    sure = confront(found, {Sequence.T1: Seen(sequence=Sequence.T1C, probability=0.95)})

    assert unsure.notices == ()
    assert [n.severity for n in sure.notices] == [Severity.ALARM]


def test_tags_win_over_a_file_name_with_an_alarm() -> None:
    series = _series(
        "flair.nii.gz",
        declared=Sequence.FLAIR,
        acquisition=_tags(repetition_time_ms=4500.0, echo_time_ms=100.0),
    )

    found = identify(Study(case_id="c", series=(series,)), {})

    assert set(found.series) == {Sequence.T2}
    (notice,) = confront(found, {}).notices
    assert "its file name says FLAIR" in notice.message


def test_a_nameless_series_is_named_by_a_sure_content_only() -> None:
    series = _series("a")
    study = Study(case_id="c", series=(series, _series("b", acquisition=_tags("ADC"))))

    assert nameless(study) == (series,)
    found = identify(study, {"a": Seen(sequence=Sequence.T2, probability=0.95)})
    assert found.series == {Sequence.T2: series}
    codes = [n.code for n in confront(found, {}).notices]
    assert codes == ["sequence-from-content"]
    with pytest.raises(CaseError, match="--flair"):
        identify(study, {"a": Seen(sequence=Sequence.T2, probability=0.7)})


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        (_series("x", _volume((240, 240, 160), (1.0, 1.0, 1.0))), _series("y")),
        (_series("x"), _series("y", acquisition=_tags("T1", image_type=("DERIVED", "SECONDARY")))),
        (_series("x"), _series("y", _volume((240, 240, 8), (1.0, 1.0, 5.0)))),
        (
            _series("x", _volume((256, 256, 26), (0.9, 0.9, 5.5))),
            _series("y", _volume((24, 256, 256), (5.5, 0.8, 0.8))),
        ),
        (
            _series("x", _volume((256, 256, 40), (0.9, 0.9, 3.0))),
            _series("y", _volume((256, 256, 26), (0.9, 0.9, 5.5))),
        ),
        (
            _series("x", declared=Sequence.T1, by_user=True),
            _series("y", _volume((240, 240, 160), (1.0, 1.0, 1.0))),
        ),
    ],
    ids=["3D", "original", "whole head", "axial", "thin", "the user's"],
)
def test_the_best_of_several_series_is_taken(better: Series, worse: Series) -> None:
    pair = [replace(one, declared=Sequence.T1) for one in (better, worse)]

    for series in (tuple(pair), tuple(reversed(pair))):
        found = identify(Study(case_id="c", series=series), {})
        assert found.series[Sequence.T1].series_id == "x"
        assert [n.code for n in found.notices] == ["several-series"]

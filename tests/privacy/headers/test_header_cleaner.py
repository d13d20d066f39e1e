"""What the profile's table does not name: values by their VR, private and unknown attributes."""

from __future__ import annotations

import pytest
from pydicom import Dataset
from pydicom.dataelem import DataElement

from glioscope.core import InputError
from glioscope.privacy.headers.cleaner import HeaderCleaner
from glioscope.privacy.headers.profile import Action
from glioscope.privacy.headers.pseudonym import Pseudonyms
from glioscope.privacy.headers.values import Keeper
from glioscope.privacy.headers.words import Tokens


@pytest.fixture
def cleaner() -> HeaderCleaner:
    tokens = Tokens(frozenset({"Zqx^Jane", "Springfield General"}))
    keeper = Keeper(pseudonyms=Pseudonyms(key=bytes(32)), shift_days=-400, tokens=tokens)
    return HeaderCleaner(keeper=keeper, patient="P1")


def dataset(**values: object) -> Dataset:
    made = Dataset()
    for keyword, value in values.items():
        setattr(made, keyword, value)
    return made


def test_numbers_of_the_scan_stay_as_they_were_written(cleaner: HeaderCleaner) -> None:
    found = cleaner(dataset(EchoTime="2.960", PixelSpacing=["0.50", "0.5"], Rows=256))

    assert str(found.EchoTime.original_string) == "2.960"
    assert found.PixelSpacing == [0.5, 0.5]
    assert found.Rows == 256


def test_empty_required_attributes_stay_empty(cleaner: HeaderCleaner) -> None:
    found = cleaner(dataset(RepetitionTime=None, ScanOptions="", PatientSex=""))

    assert {"RepetitionTime", "ScanOptions", "PatientSex"} <= set(found.dir())
    assert found["RepetitionTime"].is_empty


def test_a_number_that_is_none_goes(cleaner: HeaderCleaner) -> None:
    found = Dataset()
    element = DataElement(0x00180081, "DS", "1.0")
    element._value = "Zqx"
    found.add(element)

    assert "EchoTime" not in cleaner(found)


def test_a_code_that_holds_a_name_goes(cleaner: HeaderCleaner) -> None:
    found = cleaner(dataset(BodyPartExamined="ZQX", Modality="MR"))

    assert "BodyPartExamined" not in found
    assert found.Modality == "MR"


def test_the_places_of_an_image_type_stay(cleaner: HeaderCleaner) -> None:
    found = cleaner(dataset(ImageType=["ORIGINAL", "PRIMARY", "JANE", "ND"]))

    assert list(found.ImageType) == ["ORIGINAL", "PRIMARY", "REMOVED", "ND"]


def test_machines_names_stay_unless_they_are_someones(cleaner: HeaderCleaner) -> None:
    found = cleaner(
        dataset(SequenceName="*tfl3d1_16ns", SoftwareVersions="springfield-7", StackID="1")
    )

    assert found.SequenceName == "*tfl3d1_16ns"
    assert found.SoftwareVersions == "REMOVED"
    assert found.StackID == "1"


def test_patient_characteristics_stay(cleaner: HeaderCleaner) -> None:
    found = cleaner(
        dataset(PatientAge="093Y", PatientSex="F", PatientWeight="61.5", EthnicGroup="ASIAN")
    )

    assert (found.PatientAge, found.PatientSex, found.EthnicGroup) == ("090Y", "F", "ASIAN")
    assert found.PatientWeight == 61.5


def test_what_is_no_sex_is_emptied(cleaner: HeaderCleaner) -> None:
    assert cleaner(dataset(PatientSex="ANNA")).PatientSex == ""


@pytest.mark.parametrize(
    ("tag", "vr", "value"),
    [
        (0x00110011, "LO", "any"),
        (0x00189999, "UN", b"Zqx "),
        (0x0019FF02, "LT", "any"),
        (0x00181210, "SH", "T1"),
        (0x00185101, "CS", "AP"),
        (0x00185555, "LO", "unknown to the dictionary"),
        (0x00000002, "UI", "1.2.840.10008.1.1"),
        (0x00020016, "AE", "SOURCE"),
        (0x60000010, "US", 4),
        (0x60020022, "LO", "any"),
        (0x50000010, "US", 4),
    ],
)
def test_private_unknown_misplaced_and_other_images_attributes_go(
    cleaner: HeaderCleaner, tag: int, vr: str, value: object
) -> None:
    found = Dataset()
    found.add(DataElement(tag, vr, value))

    assert len(cleaner(found)) == 0


def test_the_diffusion_weight_of_three_makers_stays(cleaner: HeaderCleaner) -> None:
    found = Dataset()
    found.private_block(0x0019, "SIEMENS MR HEADER", create=True).add_new(0x0C, "IS", "1000")
    found.private_block(0x0043, "GEMS_PARM_01", create=True).add_new(0x39, "IS", [1000, 8, 0, 0])
    found.private_block(0x2001, "Philips Imaging DD 001", create=True).add_new(0x03, "FL", 800.0)

    clean = cleaner(found)

    assert clean.private_block(0x0019, "SIEMENS MR HEADER")[0x0C].value == 1000
    assert clean.private_block(0x0043, "GEMS_PARM_01")[0x39].value == [1000, 8, 0, 0]
    assert clean.private_block(0x2001, "Philips Imaging DD 001")[0x03].value == 800.0


def test_neighbours_and_impostors_of_safe_private_attributes_go(cleaner: HeaderCleaner) -> None:
    found = Dataset()
    block = found.private_block(0x0019, "SIEMENS MR HEADER", create=True)
    block.add_new(0x0F, "LO", "Zqx")
    block.add_new(0x0C, "LO", "T1")
    found.private_block(0x0043, "SOMEBODY", create=True).add_new(0x39, "IS", "1000")

    assert len(cleaner(found)) == 0


def test_overlong_nesting_is_refused(cleaner: HeaderCleaner) -> None:
    found = dataset(EchoTime="1")
    for _ in range(40):
        found = dataset(MRTimingAndRelatedParametersSequence=[found])

    with pytest.raises(InputError, match="nests sequences"):
        cleaner(found)


def test_what_is_done_is_counted_by_attribute(cleaner: HeaderCleaner) -> None:
    found = dataset(PatientAddress="x", Rows=4, StudyDate="20200101", StudyInstanceUID="1.2.3")
    found.private_block(0x0011, "SOMEBODY", create=True).add_new(0x01, "LO", "x")

    cleaner(found)

    assert cleaner.tally.counts == {
        Action.REMOVE: {"PatientAddress": 1, "private": 1},
        Action.KEEP: {"Rows": 1},
        Action.CLEAN: {"StudyDate": 1},
        Action.UID: {"StudyInstanceUID": 1},
    }

"""What every object written beside a scan has in common: patient, study, series and maker."""

from __future__ import annotations

from copy import deepcopy
from typing import Final

from pydicom import Dataset, FileDataset
from pydicom.dataset import FileMetaDataset
from pydicom.uid import UID, ExplicitVRLittleEndian

from glioscope import __version__
from glioscope.io.dicom_out.identity import MANUFACTURER, MODEL, SERIAL_NUMBER, Identity, Output
from glioscope.io.dicom_out.origin import Origin
from glioscope.io.dicom_quiet import tolerant
from glioscope.io.dicom_values import derived_uid

IMPLEMENTATION: Final = UID(derived_uid("glioscope"))

_REQUIRED: Final = (
    "PatientName",
    "PatientID",
    "PatientBirthDate",
    "PatientSex",
    "StudyDate",
    "StudyTime",
    "StudyID",
    "AccessionNumber",
    "ReferringPhysicianName",
)
"""Of type 2 (PS3.3 C.7.1.1 and C.7.2.1): there, if only empty."""

_COPIED: Final = (
    *_REQUIRED,
    "StudyInstanceUID",
    "StudyDescription",
    "IssuerOfPatientID",
    "IssuerOfPatientIDQualifiersSequence",
    "IssuerOfAccessionNumberSequence",
    "PatientAge",
    "PatientIdentityRemoved",
    "DeidentificationMethod",
    "DeidentificationMethodCodeSequence",
    "LongitudinalTemporalInformationModified",
    "ClinicalTrialSponsorName",
    "ClinicalTrialProtocolID",
    "ClinicalTrialProtocolName",
    "ClinicalTrialSiteID",
    "ClinicalTrialSiteName",
    "ClinicalTrialSubjectID",
    "ClinicalTrialSubjectReadingID",
    "ClinicalTrialTimePointID",
)


def new_object(
    origin: Origin,
    identity: Identity,
    output: Output,
    *,
    sop_class_uid: UID,
    modality: str,
    number: int = 1,
    transfer_syntax_uid: UID = ExplicitVRLittleEndian,
) -> FileDataset:
    """Return an object of the patient's study that has no content yet.

    Patient and study are the source's own, so that an archive files it with the scan; what the
    source lacks of them stands empty.  Times are when the analysis ended, UTC.

    Args:
        origin: The source.
        identity: UIDs and times.
        output: The series it belongs to.
        sop_class_uid: Kind of object.
        modality: Of the series.
        number: InstanceNumber.
        transfer_syntax_uid: How it will be encoded.
    """
    uid = UID(identity.instance_uid(output, number))
    new = FileDataset("", {}, preamble=b"\0" * 128, file_meta=FileMetaDataset())
    new.file_meta.MediaStorageSOPClassUID = sop_class_uid
    new.file_meta.MediaStorageSOPInstanceUID = uid
    new.file_meta.TransferSyntaxUID = transfer_syntax_uid
    new.file_meta.ImplementationClassUID = IMPLEMENTATION
    new.SpecificCharacterSet = "ISO_IR 192"
    _copy_study(origin.datasets[0], new)
    new.SOPClassUID, new.SOPInstanceUID = sop_class_uid, uid
    new.SeriesInstanceUID, new.SeriesNumber = identity.series_uid(output), output.number
    new.SeriesDescription, new.Modality, new.InstanceNumber = output.description, modality, number
    _add_maker(new)
    date, time = f"{identity.finished:%Y%m%d}", f"{identity.finished:%H%M%S}"
    new.InstanceCreationDate = new.ContentDate = new.SeriesDate = date
    new.InstanceCreationTime = new.ContentTime = new.SeriesTime = time
    return new


def reference_to(instance: Dataset) -> Dataset:
    """Return an item that refers to an object."""
    item = Dataset()
    item.ReferencedSOPClassUID = instance.SOPClassUID
    item.ReferencedSOPInstanceUID = instance.SOPInstanceUID
    return item


def _copy_study(source: Dataset, new: Dataset) -> None:
    for name in _COPIED:
        if name in source:
            # Decoded by the source's own character set, written anew in UTF-8.  A value that
            # breaks a rule is copied as it is: an archive files by what the scan has.
            with tolerant():
                new[name] = deepcopy(source[name])
        elif name in _REQUIRED:
            setattr(new, name, "")


def _add_maker(new: Dataset) -> None:
    new.Manufacturer, new.ManufacturerModelName = MANUFACTURER, MODEL
    new.DeviceSerialNumber, new.SoftwareVersions = SERIAL_NUMBER, __version__

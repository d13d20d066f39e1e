"""The report as people read it, in the patient's study."""

from __future__ import annotations

from typing import Final

from highdicom.sr import CodedConcept
from pydicom import Dataset
from pydicom.sr.codedict import codes
from pydicom.uid import EncapsulatedPDFStorage

from glioscope.io.dicom_out.header import new_object, reference_to
from glioscope.io.dicom_out.identity import Identity, Output
from glioscope.io.dicom_out.origin import Origin
from glioscope.io.results.folder import WrittenResult, report_bytes

TITLE: Final = "Glioscope report: research software, not a medical device"


def make_pdf(result: WrittenResult, origin: Origin, identity: Identity) -> Dataset:
    """Return ``report.pdf``, byte for byte, as an Encapsulated PDF (PS3.3 A.45.1).

    Args:
        result: Whose report.
        origin: The images it tells of: its source instances.
        identity: UIDs and times.

    Raises:
        InputError: If the report is gone from the result's folder.
    """
    content = report_bytes(result)
    new = new_object(
        origin, identity, Output.REPORT, sop_class_uid=EncapsulatedPDFStorage, modality="DOC"
    )
    new.ConversionType = "WSD"
    new.AcquisitionDateTime = ""
    # The case's name stands on its pages; whoever shares it must know.
    new.BurnedInAnnotation = "YES"
    new.SourceInstanceSequence = [reference_to(one) for one in origin.datasets]
    new.DocumentTitle = TITLE
    new.ConceptNameCodeSequence = [CodedConcept.from_code(codes.cid7021.ImagingMeasurementReport)]
    new.MIMETypeOfEncapsulatedDocument = "application/pdf"
    new.EncapsulatedDocumentLength = len(content)
    new.EncapsulatedDocument = content + b"\0" * (len(content) % 2)
    return new

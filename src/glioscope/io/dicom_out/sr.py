"""A measurement report (TID 1500): every number of a result, as other systems read numbers.

A Comprehensive SR: nothing here needs the 3D coordinates that Comprehensive 3D SR adds, and more
archives and viewers know it.
"""

from __future__ import annotations

from highdicom.sr import (
    CodeContentItem,
    ContainerContentItem,
    ContentSequence,
    DeviceObserverIdentifyingAttributes,
    ImageContentItem,
    MeasurementReport,
    ObservationContext,
    ObserverContext,
    RelationshipTypeValues,
    UIDRefContentItem,
)
from highdicom.sr.utils import collect_evidence
from pydicom import Dataset
from pydicom.sr.codedict import codes
from pydicom.uid import ComprehensiveSRStorage

from glioscope import __version__
from glioscope.io.dicom_out.codes_sr import SOURCE, our_scheme
from glioscope.io.dicom_out.header import new_object
from glioscope.io.dicom_out.identity import MANUFACTURER, MODEL, Identity, Output
from glioscope.io.dicom_out.origin import Origin
from glioscope.io.dicom_out.sr_groups import head_group, region_groups
from glioscope.io.dicom_out.sr_statements import prediction_groups, remarks
from glioscope.io.dicom_values import derived_uid
from glioscope.io.results.folder import WrittenResult


def make_report(
    result: WrittenResult, origin: Origin, identity: Identity, *, segmentation: Dataset | None
) -> Dataset:
    """Return the measurement report of a result.

    Partial and unverified: a program saw a part of what a radiologist will see, and no one has
    looked yet.

    Args:
        result: Its numbers and statements.
        origin: The images they were drawn on.
        identity: UIDs and times.
        segmentation: Of the same result; a group refers to the segment that has its tracking UID.
            ``None`` lets all refer to the images.
    """
    content = _content(result, origin, identity, segmentation)
    new = new_object(
        origin,
        identity,
        Output.MEASUREMENTS,
        sop_class_uid=ComprehensiveSRStorage,
        modality="SR",
    )
    new.CompletionFlag, new.PreliminaryFlag = "PARTIAL", "PRELIMINARY"
    new.VerificationFlag = "UNVERIFIED"
    new.ReferencedPerformedProcedureStepSequence = []
    new.PerformedProcedureCodeSequence = []
    new.CodingSchemeIdentificationSequence = [our_scheme()]
    evidence = [*origin.datasets, *([] if segmentation is None else [segmentation])]
    same_study, _ = collect_evidence(evidence, content, study_instance_uid=identity.study_uid)
    new.CurrentRequestedProcedureEvidenceSequence = same_study
    new.update(content)
    return new


def _content(
    result: WrittenResult, origin: Origin, identity: Identity, segmentation: Dataset | None
) -> ContainerContentItem:
    report = MeasurementReport(
        observation_context=ObservationContext(observer_device_context=_observer()),
        procedure_reported=codes.LN.BrainMRI,
        imaging_measurements=[
            head_group(result, identity),
            *region_groups(result, origin, identity, segmentation),
            *prediction_groups(result, identity),
        ],
        title=codes.cid7021.ImagingMeasurementReport,
    )
    items = report[0].ContentSequence
    # the images come before the measurements, which are last (TID 1500 rows 5 and 6)
    items.insert(len(items) - 1, _library(origin))
    items.append(remarks(result))
    return report[0]


def _observer() -> ObserverContext:
    return ObserverContext(
        observer_type=codes.DCM.Device,
        observer_identifying_attributes=DeviceObserverIdentifyingAttributes(
            uid=derived_uid("glioscope", __version__),
            name=f"Glioscope {__version__}",
            manufacturer_name=MANUFACTURER,
            model_name=MODEL,
        ),
    )


def _library(origin: Origin) -> ContainerContentItem:
    """Return the images that all groups rest on (TID 1600), each once.

    Only what TID 1602 demands is told of them; the rest stands in the images.
    """
    context, contains = RelationshipTypeValues.HAS_ACQ_CONTEXT, RelationshipTypeValues.CONTAINS
    items = [CodeContentItem(codes.DCM.Modality, codes.DCM.MagneticResonance, context)]
    if origin.frame_of_reference_uid:
        items.append(
            UIDRefContentItem(codes.DCM.FrameOfReferenceUID, origin.frame_of_reference_uid, context)
        )
    items += [
        ImageContentItem(
            SOURCE,
            referenced_sop_class_uid=one.SOPClassUID,
            referenced_sop_instance_uid=one.SOPInstanceUID,
            relationship_type=contains,
        )
        for one in origin.datasets
    ]
    group = ContainerContentItem(codes.DCM.ImageLibraryGroup, relationship_type=contains)
    group.ContentSequence = ContentSequence(items)
    library = ContainerContentItem(codes.DCM.ImageLibrary, relationship_type=contains)
    library.ContentSequence = ContentSequence([group])
    return library

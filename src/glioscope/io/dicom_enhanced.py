"""The functional groups of an enhanced multi-frame MR image."""

from __future__ import annotations

from pydicom import Dataset
from pydicom.uid import EnhancedMRImageStorage

from glioscope.core import Acquisition, Volume
from glioscope.io.dicom_values import decimal, decimals, derived_uid, lps_axes, slice_position

_IN_STACK_POSITION = 0x00209057
_FRAME_CONTENT = 0x00209111
_CLASSIC_ONLY = (
    "RepetitionTime",
    "EchoTime",
    "InversionTime",
    "FlipAngle",
    "EchoTrainLength",
    "ContrastBolusAgent",
    "ScanningSequence",
    "SequenceVariant",
    "ScanOptions",
    "PixelSpacing",
    "SpacingBetweenSlices",
    "RescaleSlope",
    "RescaleIntercept",
    "RescaleType",
)
"""Tags that an enhanced image keeps in its functional groups or does not have."""


def make_enhanced(
    header: Dataset, volume: Volume, acquisition: Acquisition, *, slope: float, intercept: float
) -> None:
    """Turn the header of a classic series into that of one enhanced multi-frame image.

    Args:
        header: Changed in place.
        volume: Its slices become frames, in their order.
        acquisition: Its times go into the shared functional groups.
        slope: Of the rescale.
        intercept: Of the rescale.
    """
    for name in _CLASSIC_ONLY:
        if name in header:
            delattr(header, name)
    header.SOPClassUID = EnhancedMRImageStorage
    header.NumberOfFrames = volume.shape[2]
    header.PixelPresentation = "MONOCHROME"
    header.VolumetricProperties, header.VolumeBasedCalculationTechnique = "VOLUME", "NONE"
    header.ComplexImageComponent, header.AcquisitionContrast = "MAGNITUDE", "UNKNOWN"
    header.BurnedInAnnotation, header.LossyImageCompression = "NO", "00"
    header.PresentationLUTShape = "IDENTITY"
    header.AcquisitionContextSequence = []
    header.AcquisitionDateTime = f"{header.AcquisitionDate}{header.AcquisitionTime}"
    header.ResonantNucleus = "1H"
    header.KSpaceFiltering, header.ContentQualification = "NONE", "RESEARCH"
    if acquisition.contrast_bolus_agent is not None:
        header.ContrastBolusAgentSequence = [
            _item(
                CodeValue="C-B03CA",
                CodingSchemeDesignator="SRT",
                CodeMeaning=acquisition.contrast_bolus_agent,
            )
        ]
    _add_dimensions(header)
    header.SharedFunctionalGroupsSequence = [
        _shared(volume, acquisition, header, slope=slope, intercept=intercept)
    ]
    header.PerFrameFunctionalGroupsSequence = [_frame(volume, k) for k in range(volume.shape[2])]


def _item(**values: object) -> Dataset:
    item = Dataset()
    for name, value in values.items():
        setattr(item, name, value)
    return item


def _add_dimensions(header: Dataset) -> None:
    organization = derived_uid(header.SeriesInstanceUID, "dimensions")
    header.DimensionOrganizationSequence = [_item(DimensionOrganizationUID=organization)]
    header.DimensionIndexSequence = [
        _item(
            DimensionOrganizationUID=organization,
            DimensionIndexPointer=_IN_STACK_POSITION,
            FunctionalGroupPointer=_FRAME_CONTENT,
        )
    ]


def _shared(
    volume: Volume, acquisition: Acquisition, header: Dataset, *, slope: float, intercept: float
) -> Dataset:
    x_mm, y_mm, z_mm = volume.spacing_mm
    axes, _ = lps_axes(volume)
    shared = _item(
        PixelMeasuresSequence=[
            _item(
                PixelSpacing=decimals([y_mm, x_mm]),
                SliceThickness=decimal(acquisition.slice_thickness_mm or z_mm),
                SpacingBetweenSlices=decimal(z_mm),
            )
        ],
        PlaneOrientationSequence=[_item(ImageOrientationPatient=decimals(axes[:, :2].T))],
        PixelValueTransformationSequence=[
            _item(
                RescaleSlope=decimal(slope), RescaleIntercept=decimal(intercept), RescaleType="US"
            )
        ],
        MRImageFrameTypeSequence=[_item(FrameType=list(header.ImageType))],
    )
    _add_timing(shared, acquisition)
    return shared


def _add_timing(shared: Dataset, acquisition: Acquisition) -> None:
    timing = Dataset()
    if acquisition.repetition_time_ms is not None:
        timing.RepetitionTime = decimal(acquisition.repetition_time_ms)
    if acquisition.flip_angle_deg is not None:
        timing.FlipAngle = decimal(acquisition.flip_angle_deg)
    shared.MRTimingAndRelatedParametersSequence = [timing]
    if acquisition.echo_time_ms is not None:
        shared.MREchoSequence = [_item(EffectiveEchoTime=acquisition.echo_time_ms)]
    inverted = acquisition.inversion_time_ms is not None
    modifier = _item(InversionRecovery="YES" if inverted else "NO")
    if inverted:
        modifier.InversionTimes = [acquisition.inversion_time_ms]
    shared.MRModifierSequence = [modifier]


def _frame(volume: Volume, k: int) -> Dataset:
    content = _item(StackID="1", InStackPositionNumber=k + 1, DimensionIndexValues=[k + 1])
    place = _item(ImagePositionPatient=decimals(slice_position(volume, k)))
    return _item(FrameContentSequence=[content], PlanePositionSequence=[place])

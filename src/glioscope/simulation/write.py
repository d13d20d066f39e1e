"""A simulated patient on disk, with the truth beside the scans."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
from scipy import ndimage

from glioscope.core import Region, Sequence, Volume, region_mask
from glioscope.io import DicomIdentity, write_atomically, write_dicom_series, write_volume
from glioscope.simulation.patient import SimulatedPatient


def write_patient(
    patient: SimulatedPatient, folder: Path, *, layout: Literal["dicom", "nifti"]
) -> None:
    """Write scans and truth; ``truth/truth.json`` comes last, so its absence tells a killed run.

    ``dicom/`` (a localizer among the series, as scanners write it) or ``nifti/`` holds the scans;
    ``truth/`` labels and brain on the grid of the reference series and on the head's own 1 mm grid,
    and what else is known.

    Args:
        patient: Simulated.
        folder: Made if it is not there.
        layout: Of the scans.

    Raises:
        OutputError: If a file can't be written.
    """
    if layout == "dicom":
        _write_dicom(patient, folder / "dicom")
    else:
        for series in patient.study.series:
            write_volume(series.volume, folder / "nifti" / f"{series.series_id}.nii.gz")
    truth = patient.truth
    reference = _reference(patient)
    write_volume(truth.labels, folder / "truth" / "labels_1mm.nii.gz")
    write_volume(truth.brain, folder / "truth" / "brain_1mm.nii.gz")
    write_volume(_onto(truth.labels, reference), folder / "truth" / "labels.nii.gz")
    write_volume(_onto(truth.brain, reference), folder / "truth" / "brain.nii.gz")
    text = json.dumps(_summary(patient), indent=2) + "\n"
    write_atomically(folder / "truth" / "truth.json", text.encode())


def _write_dicom(patient: SimulatedPatient, folder: Path) -> None:
    identity = DicomIdentity.from_seed(patient.seed, patient_id=patient.study.case_id)
    for number, series in enumerate(patient.study.series, start=2):
        write_dicom_series(
            series.volume,
            folder=folder / f"series-{number:03d}",
            acquisition=series.acquisition,
            identity=identity,
            series_number=number,
        )
    _write_localizer(patient, folder / "series-001", identity)


def _write_localizer(patient: SimulatedPatient, folder: Path, identity: DicomIdentity) -> None:
    """Three coarse slices that no analysis may take for a sequence."""
    source = patient.study.series[0]
    few = source.volume.data[::4, ::4, :: max(1, source.volume.shape[2] // 3)][:, :, :3]
    step = np.array([4.0, 4.0, max(1, source.volume.shape[2] // 3), 1.0])
    volume = Volume(data=np.ascontiguousarray(few), affine=source.volume.affine * step)
    acquisition = replace(
        source.acquisition,
        series_description="localizer",
        protocol_name="localizer",
        image_type=("ORIGINAL", "PRIMARY", "LOCALIZER"),
    )
    write_dicom_series(
        volume, folder=folder, acquisition=acquisition, identity=identity, series_number=1
    )


def _reference(patient: SimulatedPatient) -> Volume:
    by_id = {series.series_id: series.volume for series in patient.study.series}
    return by_id.get(str(Sequence.T1C), patient.study.series[0].volume)


def _onto(labels: Volume, like: Volume) -> Volume:
    """Sample labels at the voxel centers of another grid."""
    to_labels = np.linalg.inv(labels.affine) @ like.affine
    data = ndimage.affine_transform(
        labels.data.astype(np.uint8),
        to_labels[:3, :3],
        to_labels[:3, 3],
        output_shape=like.shape,
        order=0,
    )
    return like.with_data(data)


def _summary(patient: SimulatedPatient) -> dict[str, Any]:
    truth = patient.truth
    voxel_ml = truth.labels.voxel_volume_ml
    return {
        "case_id": patient.study.case_id,
        "seed": patient.seed,
        "volume_ml": {
            str(region): round(float(region_mask(truth.labels, region).data.sum()) * voxel_ml, 4)
            for region in Region
        },
        "hemisphere": truth.hemisphere,
        "lesions": int(ndimage.label(truth.labels.data > 0, structure=np.ones((3, 3, 3)))[1]),
        "midline_shift_mm": round(truth.midline_shift_mm, 3),
        "tumors": [
            {
                "center_mm": list(tumor.center_mm),
                "core_radius_mm": tumor.core_radius_mm,
                "rim_mm": tumor.rim_mm,
                "push_mm": tumor.push_mm,
                "visible_edge": tumor.visible_edge,
            }
            for tumor in truth.tumors
        ],
        "to_reference": {
            str(sequence): pose.to_reference.tolist() for sequence, pose in truth.poses.items()
        },
    }

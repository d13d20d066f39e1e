"""Each part of the main job alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from glioscope.core import Case, Progress, Segmentation, Silent
from glioscope.io import LabelConvention, read_labels, read_study
from glioscope.measurement import measure
from glioscope.pipeline.config import AnalyzeConfig, Source
from glioscope.pipeline.manifest import plain, write_json
from glioscope.pipeline.outputs import make_folder, write_case, write_segmentation
from glioscope.preparation import PrepareConfig, prepare
from glioscope.segmentation import segment


def prepare_folder(
    source: Source,
    output: Path,
    config: PrepareConfig | None = None,
    *,
    progress: Progress | None = None,
) -> Case:
    """Read and prepare one patient; write ``prepared/`` and ``quality.json``.

    Raises:
        InputError: If the input can't be used.
        OutputError: If the output can't be written.
    """
    progress = progress or Silent()
    progress.stage("reading")
    study = read_study(
        source.folder,
        case_id=source.case_id,
        overrides=source.overrides,
        brain_mask=source.brain_mask,
    )
    progress.stage("preparation")
    case = prepare(study, config or PrepareConfig(), progress=progress)
    make_folder(output)
    write_case(case, output)
    quality = {
        "case_id": case.case_id,
        "reference": case.reference,
        "choices": plain(case.choices),
        "qualities": plain(case.qualities),
        "alignments": [
            {**plain(alignment), "to_reference": alignment.to_reference.tolist()}
            for alignment in case.alignments
        ],
        "notices": plain(case.notices),
    }
    write_json(quality, output / "quality.json")
    return case


def segment_folder(
    source: Source,
    output: Path,
    config: AnalyzeConfig | None = None,
    *,
    progress: Progress | None = None,
) -> Segmentation:
    """Read, prepare and segment one patient; write the labels and the prepared sequences.

    Raises:
        InputError: If the input can't be used.
        ModelError: If the model is missing or damaged.
        OutputError: If the output can't be written.
    """
    config = config or AnalyzeConfig()
    progress = progress or Silent()
    case = prepare_folder(source, output, config.prepare, progress=progress)
    progress.stage("segmentation")
    segmentation = segment(case, config.segment, progress=progress)
    write_segmentation(case, segmentation, output, probabilities=config.save_probabilities)
    return segmentation


def measure_labels(path: Path, *, convention: LabelConvention | None = None) -> dict[str, Any]:
    """Measure a label file that any tool or expert made.

    Args:
        path: NIfTI labels.
        convention: Of the labels; guessed from the values where ``None``.

    Returns:
        Plain values: ``core.Measurements``.

    Raises:
        InputError: If the file can't be used.
    """
    labels = read_labels(path, convention=convention)
    case_id = path.name.removesuffix(".gz").removesuffix(".nii")
    measurements = measure(Segmentation(case_id=case_id, labels=labels))
    return {"case_id": case_id, "measurements": plain(measurements)}

"""The folder of a run's scores."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path

from glioscope.core import Progress
from glioscope.evaluation.case import SCORED_REGIONS
from glioscope.evaluation.cohort import METRICS
from glioscope.evaluation.drawings import write_drawing
from glioscope.io import write_atomically
from glioscope.learning.assessment.answers import CLASSES
from glioscope.learning.assessment.case import CaseAssessment
from glioscope.learning.assessment.pictures import pictures
from glioscope.learning.assessment.scores import RunScores
from glioscope.learning.assessment.tables import page

SCORES = "scores.json"


def write_scores(
    scores: RunScores, output: Path, *, runs: Sequence[Path], progress: Progress
) -> None:
    """Write drawings, ``cases.csv``, ``table.md`` and, last of all, ``scores.json``.

    Each appears whole or not at all; who finds the last finds all of them.

    Args:
        scores: Of the runs.
        output: Folder; files of the same names are replaced.
        runs: Their folders.
        progress: Told that it begins.

    Raises:
        OutputError: If something can't be written.
    """
    progress.stage("write scores and drawings")
    for name, figure in pictures(scores, runs):
        write_drawing(figure, output / name)
    write_atomically(output / "cases.csv", _csv(scores.cases))
    write_atomically(output / "table.md", page(scores).encode())
    text = json.dumps(scores.as_json(), indent=1, ensure_ascii=False, allow_nan=False)
    write_atomically(output / SCORES, (text + "\n").encode())


def _csv(cases: Sequence[CaseAssessment]) -> bytes:
    rows = [_row(case) for case in cases]
    columns = dict.fromkeys(column for row in rows for column in row)
    stream = io.StringIO()
    writer = csv.DictWriter(stream, fieldnames=list(columns), restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return stream.getvalue().encode()


def _row(case: CaseAssessment) -> dict[str, object]:
    row: dict[str, object] = {
        "case": case.case_id,
        "patient": case.patient,
        "source": case.source,
        "run": case.run,
        "sequences": "+".join(case.sequences),
        "seconds": round(case.seconds, 3),
    }
    if case.scores is not None:
        for region in SCORED_REGIONS:
            if region in case.scores.regions:
                found = case.scores.regions[region]
                names = (*METRICS, "truth_ml", "prediction_ml")
                row |= {f"{region} {name}": round(getattr(found, name), 6) for name in names}
        if case.scores.mean_iou is not None:
            row["mean_iou"] = round(case.scores.mean_iou, 6)
    for head, answer in case.answers.items():
        classes = CLASSES[head]
        row |= {
            f"{head} {name}": round(share, 6)
            for name, share in zip(classes, answer.probs, strict=True)
        }
        row[f"{head} truth"] = "" if answer.truth is None else classes[answer.truth]
    return row

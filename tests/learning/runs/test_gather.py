"""Who trains, who tests, who is left out: written down, and kept when a run goes on."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

from glioscope.core import InputError, Sequence, Silent
from glioscope.learning.data.cache import CaseCache
from glioscope.learning.data.listing import LeftOut, ListedCase
from glioscope.learning.runs.config import RunConfig
from glioscope.learning.runs.folder import RunFolder
from glioscope.learning.runs.gather import gather
from glioscope.learning.runs.reading import config_from
from glioscope.privacy.audit.log import AuditLog
from glioscope.privacy.audit.verification import verify
from glioscope.privacy.consent.decision import ConsentPolicy


def _brats(folder: Path, count: int) -> None:
    for number in range(count):
        name = f"BraTS2021_{90000 + number}"
        (folder / name).mkdir(parents=True)
        for kind in ("t1", "t1ce", "t2", "flair", "seg"):
            image = nib.Nifti1Image(np.ones((4, 4, 4), dtype=np.uint8), np.eye(4))
            nib.save(image, folder / name / f"{name}_{kind}.nii.gz")


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    _brats(tmp_path / "brats", 13)

    def fill(
        _: CaseCache, cases: tuple[ListedCase, ...], **__: object
    ) -> tuple[tuple[ListedCase, ...], tuple[LeftOut, ...]]:
        return cases[1:], (LeftOut(case_id=cases[0].case_id, reason="no brain was found"),)

    monkeypatch.setattr(CaseCache, "fill", fill)
    return tmp_path / "brats"


def _config(data: Path, **changes: object) -> RunConfig:
    content = {"data": {"folders": [str(data)]}, "stages": [{"steps": 1}], **changes}
    return config_from(content, where="test")


def test_every_case_is_used_once_or_left_out_with_its_reason(data: Path, tmp_path: Path) -> None:
    run = RunFolder(path=tmp_path / "run")
    gathered = gather(_config(data), run, progress=Silent())

    parts = gathered.split.parts
    assert sorted(case for ids in parts.values() for case in ids) == sorted(gathered.cases)
    written = json.loads(run.cases.read_text())
    assert written["left_out"] == {"BraTS2021_90000": "no brain was found"}
    assert set(written["used"]) == set(gathered.cases)
    assert written["used"]["BraTS2021_90001"]["sequences"] == ["flair", "t1", "t1c", "t2"]
    assert json.loads(run.split.read_text())["parts"].keys() == parts.keys()


def test_a_run_that_goes_on_takes_the_split_that_it_wrote(data: Path, tmp_path: Path) -> None:
    run = RunFolder(path=tmp_path / "run")
    first = gather(_config(data), run, progress=Silent())
    again = gather(_config(data, split={"seed": 5}), run, progress=Silent())

    assert again.split.parts == first.split.parts


def test_folds_hold_every_case_once(data: Path, tmp_path: Path) -> None:
    tests: list[str] = []
    for fold in range(3):
        run = RunFolder(path=tmp_path / f"fold-{fold}")
        split = {"folds": 3, "fold": fold}
        tests += gather(_config(data, split=split), run, progress=Silent()).split.parts["test"]

    assert sorted(tests) == [f"BraTS2021_{90000 + number}" for number in range(1, 13)]


def test_a_few_patients_and_hidden_labels_are_as_many_as_asked(data: Path, tmp_path: Path) -> None:
    run = RunFolder(path=tmp_path / "run")
    gathered = gather(_config(data, split={"few": 2}), run, progress=Silent())
    assert len(gathered.split.parts["train"]) == 2

    hidden = dataclasses.replace(_config(data).data, without_labels=0.5)
    config = dataclasses.replace(_config(data), data=hidden)
    other = gather(config, RunFolder(path=tmp_path / "other"), progress=Silent())
    train = other.split.parts["train"]
    assert len(other.unlabelled) == round(0.5 * len(train))
    assert other.unlabelled <= set(train)


def test_a_case_without_any_sequence_of_the_network_is_left_out(data: Path, tmp_path: Path) -> None:
    for kind in ("t1", "t1ce", "flair"):
        (data / "BraTS2021_90005" / f"BraTS2021_90005_{kind}.nii.gz").unlink()
    config = _config(data)
    looked_at = dataclasses.replace(config.data, sequences=(Sequence.T1C, Sequence.FLAIR))
    run = RunFolder(path=tmp_path / "run")
    gathered = gather(dataclasses.replace(config, data=looked_at), run, progress=Silent())

    assert "BraTS2021_90005" not in gathered.cases
    left_out = json.loads(run.cases.read_text())["left_out"]
    assert left_out["BraTS2021_90005"] == "has none of the sequences t1c, flair"


def test_a_case_whose_consent_forbids_training_is_left_out(data: Path, tmp_path: Path) -> None:
    allowed = {"allowed": ["training"], "recorded_by": "nurse"}
    (data / "consent.json").write_text(json.dumps(allowed))
    forbidden = {"allowed": ["care", "research"], "recorded_by": "nurse"}
    (data / "BraTS2021_90005" / "consent.json").write_text(json.dumps(forbidden))
    run = RunFolder(path=tmp_path / "run")
    log = AuditLog(path=tmp_path / "audit.jsonl")
    consent = ConsentPolicy(command="train", audit=log)
    gathered = gather(_config(data), run, progress=Silent(), consent=consent)

    assert "BraTS2021_90005" not in gathered.cases
    assert len(gathered.cases) == 11
    assert json.loads(run.cases.read_text())["left_out"]["BraTS2021_90005"] == (
        "consent.json of BraTS2021_90005 does not allow training; leave the study out, or ask the"
        " patient again"
    )
    decisions = [line.decision for line in verify(log).lines]
    assert (len(decisions), decisions.count("refused")) == (13, 1)


def test_where_consent_is_required_cases_without_it_are_left_out(
    data: Path, tmp_path: Path
) -> None:
    allowed = {"allowed": ["training"], "recorded_by": "nurse"}
    for number in range(1, 12):
        (data / f"BraTS2021_{90000 + number}" / "consent.json").write_text(json.dumps(allowed))
    run = RunFolder(path=tmp_path / "run")
    consent = ConsentPolicy(command="train", required=True)
    gathered = gather(_config(data), run, progress=Silent(), consent=consent)

    # the first of those that are permitted is the one that can't be prepared
    assert sorted(gathered.cases) == [f"BraTS2021_{90000 + number}" for number in range(2, 12)]


def test_nothing_to_learn_from_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no data: name a folder by --data"):
        gather(
            config_from({"stages": [{"steps": 1}]}, where="test"),
            RunFolder(path=tmp_path / "run"),
            progress=Silent(),
        )

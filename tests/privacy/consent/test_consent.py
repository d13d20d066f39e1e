"""Only what a plain consent file allows today is allowed, and each answer is written down."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glioscope.core import ConsentError, InputError
from glioscope.privacy.audit.log import AuditLog
from glioscope.privacy.audit.verification import verify
from glioscope.privacy.consent.decision import ConsentPolicy, Reason, allow, decide
from glioscope.privacy.consent.file import Use, read_consent

GOOD = {"allowed": ["care", "research"], "recorded_by": "nurse"}


@pytest.fixture
def study(tmp_path: Path) -> Path:
    folder = tmp_path / "hospital" / "cohort" / "patient" / "session"
    folder.mkdir(parents=True)
    return folder


def write(folder: Path, **changes: object) -> Path:
    path = folder / "consent.json"
    path.write_text(json.dumps(GOOD | changes), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("use", "allowed"), [(Use.CARE, True), (Use.RESEARCH, True), (Use.TRAINING, False)]
)
def test_a_use_is_allowed_if_the_file_names_it(study: Path, use: Use, allowed: bool) -> None:
    write(study)

    assert decide(study, use).allowed is allowed


@pytest.mark.parametrize("use", list(Use))
def test_without_a_file_all_is_as_before_unless_consent_is_required(study: Path, use: Use) -> None:
    assert allow(study, use).reason is Reason.NO_FILE
    with pytest.raises(ConsentError, match=r"session has no consent\.json, which is required here"):
        allow(study, use, required=True)


def test_a_refusal_says_what_where_and_what_to_do(study: Path) -> None:
    write(study)

    with pytest.raises(ConsentError, match=r"consent\.json of session does not allow training; "):
        allow(study, Use.TRAINING)

    assert issubclass(ConsentError, InputError)
    assert ConsentError.exit_code == 7


@pytest.mark.parametrize("place", [".", "..", "../..", "../../.."])
def test_files_above_the_study_count_up_to_beside_the_input(study: Path, place: str) -> None:
    write((study / place).resolve(), allowed=["research"])

    assert not decide(study, Use.CARE, root=study.parent.parent).allowed


def test_a_file_further_up_is_another_ones(study: Path) -> None:
    write(study.parent.parent.parent, allowed=[])

    assert decide(study, Use.CARE, root=study).reason is Reason.NO_FILE


def test_of_several_files_each_must_allow_it(study: Path) -> None:
    write(study)
    write(study.parent, allowed=["care", "training"])

    assert decide(study, Use.CARE).allowed
    assert decide(study, Use.CARE).files == 2
    assert not decide(study, Use.RESEARCH).allowed
    assert not decide(study, Use.TRAINING).allowed


def test_a_link_to_a_study_does_not_evade_its_consent(study: Path, tmp_path: Path) -> None:
    write(study.parent, allowed=[])
    (tmp_path / "elsewhere").mkdir()
    link = tmp_path / "elsewhere" / "link"
    link.symlink_to(study)

    assert not decide(link, Use.CARE).allowed


def test_an_archive_is_asked_for_where_it_lies(study: Path) -> None:
    (study / "study.zip").write_bytes(b"PK")
    write(study, allowed=["care"])

    assert decide(study / "study.zip", Use.CARE).allowed
    assert not decide(study / "study.zip", Use.RESEARCH).allowed


@pytest.mark.parametrize(
    ("day", "reason"),
    [
        ("2024-01-31", Reason.NOT_YET),
        ("2024-02-01", Reason.CONSENT),
        ("2024-02-29", Reason.CONSENT),
        ("2024-03-01", Reason.OVER),
    ],
)
def test_both_days_are_included(study: Path, day: str, reason: Reason) -> None:
    write(study, **{"from": "2024-02-01", "until": "2024-02-29"})

    found = decide(study, Use.CARE, today=date.fromisoformat(day))

    assert found.reason is reason
    assert found.allowed is (reason is Reason.CONSENT)


BAD = [
    "",
    "{",
    "[]",
    "null",
    "7",
    "[" * 100_000,
    '{"allowed": ["care"]}',
    '{"recorded_by": "nurse"}',
    '{"allowed": "care", "recorded_by": "nurse"}',
    '{"allowed": ["care", "care"], "recorded_by": "nurse"}',
    '{"allowed": ["teaching"], "recorded_by": "nurse"}',
    '{"allowed": [["care"]], "recorded_by": "nurse"}',
    '{"allowed": ["care"], "recorded_by": "Anna Secret"}',
    '{"allowed": ["care"], "recorded_by": ["nurse"]}',
    '{"allowed": ["care"], "recorded_by": "nurse", "note": "Secret"}',
    '{"allowed": [], "allowed": ["care"], "recorded_by": "nurse"}',
    '{"allowed": ["care"], "recorded_by": "nurse", "from": "Secret"}',
    '{"allowed": ["care"], "recorded_by": "nurse", "from": "20240101"}',
    '{"allowed": ["care"], "recorded_by": "nurse", "from": null}',
    '{"allowed": ["care"], "recorded_by": "nurse", "from": "2024-02-01", "until": "2024-01-01"}',
    '{"allowed": ["care"], "recorded_by": "nurse"}' + " " * (1 << 16),
]


@pytest.mark.parametrize("content", BAD, ids=range(len(BAD)))
def test_a_file_that_is_not_plain_refuses_everything_and_is_not_quoted(
    study: Path, content: str
) -> None:
    (study / "consent.json").write_text(content, encoding="utf-8")

    for use in Use:
        found = decide(study, use)
        assert (found.allowed, found.reason) == (False, Reason.DAMAGED)
        assert "may be used for nothing" in found.message
        assert "Secret" not in found.message


@given(content=st.binary(max_size=200))
def test_no_bytes_at_all_make_a_use_allowed_by_accident(
    content: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("any") / "consent.json"
    path.write_bytes(content)

    with pytest.raises(ConsentError):
        read_consent(path)


def test_what_is_no_file_refuses_everything(study: Path) -> None:
    (study / "consent.json").symlink_to(study / "gone")
    assert decide(study, Use.CARE).reason is Reason.DAMAGED

    (study / "consent.json").unlink()
    (study / "consent.json").mkdir()
    assert decide(study, Use.CARE).reason is Reason.DAMAGED


def test_every_answer_is_written_down_before_it_is_given(study: Path, tmp_path: Path) -> None:
    log = AuditLog(path=tmp_path / "state" / "audit.jsonl")
    write(study)
    allow(study, Use.RESEARCH, audit=log, command="export")
    with pytest.raises(ConsentError):
        allow(study, Use.TRAINING, audit=log, command="train")

    lines = verify(log).lines
    told = [(line.command, line.use, line.decision, line.reason) for line in lines]
    assert told == [
        ("export", "research", "allowed", "consent"),
        ("train", "training", "refused", "not-covered"),
    ]
    assert "session" not in log.path.read_text()
    assert len({line.study for line in lines}) == 1


def test_a_policy_for_uses_that_consent_has_a_say_in_writes_no_other(
    study: Path, tmp_path: Path
) -> None:
    log = AuditLog(path=tmp_path / "audit.jsonl")
    policy = ConsentPolicy(command="analyze", audit=log, everything=False)

    policy.allow(study, Use.CARE)
    assert not log.path.exists()

    write(study)
    policy.allow(study, Use.CARE)
    assert len(verify(log).lines) == 1

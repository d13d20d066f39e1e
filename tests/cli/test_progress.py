import pytest

from glioscope.cli.progress import Lines


def test_a_long_stage_says_every_half_minute_how_far_it_is(
    capsys: pytest.CaptureFixture[str],
) -> None:
    seconds = iter([0.0, 0.0, 10.0, 31.0, 31.0, 50.0, 62.0, 62.0])
    lines = Lines(clock=lambda: next(seconds))

    lines.stage("prepare cases")
    for done in (1, 2, 3, 4):
        lines.step(done, 9)

    assert capsys.readouterr().err.splitlines() == [
        "[   0.0 s] prepare cases",
        "[  31.0 s]   2 of 9",
        "[  62.0 s]   4 of 9",
    ]


def test_the_last_step_needs_no_line(capsys: pytest.CaptureFixture[str]) -> None:
    seconds = iter([0.0, 100.0, 100.0])
    lines = Lines(clock=lambda: next(seconds))

    lines.step(9, 9)

    assert capsys.readouterr().err == ""

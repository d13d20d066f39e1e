"""How the series of a patient vote on the brain."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from glioscope.core import CaseError, Sequence, Severity, Volume
from glioscope.preparation import PrepareConfig, prepare, resampled_mask
from glioscope.preparation.brain import extract_brain
from glioscope.simulation import SimulationConfig, simulate_patient

CONFIG = PrepareConfig(spacing_mm=4.0, content=False, n4=False)
WHOLE = simulate_patient(4, SimulationConfig(spacing_mm=4.0)).study
STUDY = replace(WHOLE, series=WHOLE.series[:2])
MESSAGE = "case p: no brain can be told; give --brain-mask"


def test_a_series_without_a_brain_leaves_it_to_the_others() -> None:
    calls: list[Volume] = []

    def only_the_first(head: Volume) -> Volume:
        calls.append(head)
        if len(calls) > 1:
            raise CaseError(MESSAGE)
        return extract_brain(head, case_id="p")

    case = prepare(STUDY, CONFIG, extract=only_the_first)

    found = resampled_mask(extract_brain(calls[0], case_id="p"), like=case.brain).data
    overlap = 2 * (found & case.brain.data).sum() / (found.sum() + case.brain.data.sum())
    assert overlap > 0.97
    (notice,) = (one for one in case.notices if one.code == "brain-not-found")
    assert notice.severity is Severity.WARNING
    assert notice.sequence in set(Sequence)


def test_no_series_with_a_brain_is_an_error() -> None:
    def none(head: Volume) -> Volume:
        assert np.isfinite(head.data).all()
        raise CaseError(MESSAGE)

    with pytest.raises(CaseError, match="no brain can be told"):
        prepare(STUDY, CONFIG, extract=none)

"""What tissues look like: relaxation times, and the signal that a sequence makes of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

import numpy as np

from glioscope.core import Acquisition, Sequence


class Tissue(StrEnum):
    """What a simulated head is made of."""

    AIR = "air"
    WHITE = "white_matter"
    GRAY = "gray_matter"
    FLUID = "cerebrospinal_fluid"
    BONE = "cortical_bone"
    MARROW = "marrow"
    FAT = "fat"
    SOFT = "muscle"
    SKIN = "skin"
    DURA = "dura"
    EYE = "vitreous_body"
    VESSEL = "vessel_and_mucosa"
    NECROSIS = "necrosis"
    SOLID = "solid_tumor"
    INFILTRATED = "tumor_behind_the_barrier"
    EDEMA = "edema"


@dataclass(frozen=True, slots=True, kw_only=True)
class Relaxation:
    """Magnetic properties of a tissue.

    Args:
        t1_ms: Longitudinal relaxation time.
        t2_ms: Transverse relaxation time.
        density: Of protons, 1 is water.
        contrast_t1_ms: T1 after gadolinium; ``None`` where the barrier keeps it out.
    """

    t1_ms: float
    t2_ms: float
    density: float
    contrast_t1_ms: float | None = None


RELAXATION: Final[Mapping[Tissue, Relaxation]] = MappingProxyType(
    {
        # Kwan, Evans, Pike 1999 (IEEE TMI 18:1085), the BrainWeb phantom at 1.5 T
        Tissue.WHITE: Relaxation(t1_ms=500.0, t2_ms=70.0, density=0.77),
        Tissue.GRAY: Relaxation(t1_ms=833.0, t2_ms=83.0, density=0.86),
        # fat is brighter in trains of spin echoes than its T2 of 70 ms says (Henkelman et al. 1992,
        # J Magn Reson Imaging 2:533); 120 ms stands for that
        Tissue.FAT: Relaxation(t1_ms=350.0, t2_ms=120.0, density=0.9),
        Tissue.SOFT: Relaxation(t1_ms=900.0, t2_ms=47.0, density=1.0, contrast_t1_ms=780.0),
        Tissue.SKIN: Relaxation(t1_ms=700.0, t2_ms=40.0, density=0.85, contrast_t1_ms=560.0),
        Tissue.DURA: Relaxation(t1_ms=900.0, t2_ms=35.0, density=0.6, contrast_t1_ms=350.0),
        # BrainWeb's fluid (2569 ms) is not what FLAIR nulls at 2450 ms; 4.2 s is what is measured
        # in ventricles (Rooney et al. 2007, Magn Reson Med 57:308)
        Tissue.FLUID: Relaxation(t1_ms=4200.0, t2_ms=1800.0, density=1.0),
        Tissue.EYE: Relaxation(t1_ms=4000.0, t2_ms=1500.0, density=1.0),
        Tissue.MARROW: Relaxation(t1_ms=450.0, t2_ms=80.0, density=0.5),
        Tissue.BONE: Relaxation(t1_ms=900.0, t2_ms=1.0, density=0.1),
        Tissue.AIR: Relaxation(t1_ms=900.0, t2_ms=1.0, density=0.0),
        Tissue.VESSEL: Relaxation(t1_ms=1300.0, t2_ms=55.0, density=0.6, contrast_t1_ms=210.0),
        # Chosen so that each looks as it does in patients: edema and solid tumor dark on T1 and
        # bright on T2, necrosis near fluid; the rim's T1 with contrast gives about twice the signal
        # of white matter
        Tissue.EDEMA: Relaxation(t1_ms=1150.0, t2_ms=135.0, density=0.9),
        Tissue.SOLID: Relaxation(t1_ms=1300.0, t2_ms=150.0, density=0.9, contrast_t1_ms=220.0),
        Tissue.INFILTRATED: Relaxation(t1_ms=1250.0, t2_ms=165.0, density=0.92),
        Tissue.NECROSIS: Relaxation(t1_ms=2400.0, t2_ms=320.0, density=0.95),
    }
)

PROTOCOL: Final[Mapping[Sequence, Acquisition]] = MappingProxyType(
    {
        Sequence.T1: Acquisition(
            series_description="t1_se_ax",
            protocol_name="t1_se_ax",
            modality="MR",
            repetition_time_ms=500.0,
            echo_time_ms=10.0,
            flip_angle_deg=90.0,
            magnetic_field_strength_t=1.5,
            scanning_sequence=("SE",),
        ),
        Sequence.T1C: Acquisition(
            series_description="t1_se_ax +C",
            protocol_name="t1_se_ax +C",
            modality="MR",
            repetition_time_ms=500.0,
            echo_time_ms=10.0,
            flip_angle_deg=90.0,
            contrast_bolus_agent="gadolinium",
            magnetic_field_strength_t=1.5,
            scanning_sequence=("SE",),
        ),
        Sequence.T2: Acquisition(
            series_description="t2_tse_ax",
            protocol_name="t2_tse_ax",
            modality="MR",
            repetition_time_ms=4500.0,
            echo_time_ms=100.0,
            flip_angle_deg=150.0,
            magnetic_field_strength_t=1.5,
            scanning_sequence=("SE",),
        ),
        Sequence.FLAIR: Acquisition(
            series_description="flair_tirm_ax",
            protocol_name="flair_tirm_ax",
            modality="MR",
            repetition_time_ms=9000.0,
            echo_time_ms=120.0,
            inversion_time_ms=2450.0,
            flip_angle_deg=150.0,
            magnetic_field_strength_t=1.5,
            scanning_sequence=("SE", "IR"),
        ),
    }
)
"""Usual clinical timings at 1.5 T; the same tags are written into the files."""


def signal(tissue: Tissue, sequence: Sequence) -> float:
    r"""Return the signal of a tissue, 1 for fully relaxed water without decay.

    Spin echo: $$\rho (1 - e^{-TR/T_1}) e^{-TE/T_2}$$; with inversion
    $$\rho |1 - 2 e^{-TI/T_1} + e^{-TR/T_1}| e^{-TE/T_2}$$ (Bernstein, King, Zhou 2004, Handbook of
    MRI Pulse Sequences, chapters 14.1 and 14.2).
    """
    matter, timing = RELAXATION[tissue], PROTOCOL[sequence]
    with_agent = sequence is Sequence.T1C and matter.contrast_t1_ms is not None
    t1 = matter.contrast_t1_ms if with_agent and matter.contrast_t1_ms else matter.t1_ms
    repetition, echo = timing.repetition_time_ms or 0.0, timing.echo_time_ms or 0.0
    recovered = 1.0 - np.exp(-repetition / t1)
    if timing.inversion_time_ms is not None:
        recovered = abs(
            1.0 - 2.0 * np.exp(-timing.inversion_time_ms / t1) + np.exp(-repetition / t1)
        )
    return float(matter.density * recovered * np.exp(-echo / matter.t2_ms))

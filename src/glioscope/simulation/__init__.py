"""Patients with known truth: phantoms, grown tumours, simulated scans."""

from glioscope.simulation.acquire import Pose, SeriesPlan, acquire, draw_pose, slice_grid
from glioscope.simulation.growth import Tumor, grow, labels_of
from glioscope.simulation.head import HeadModel, head_model
from glioscope.simulation.patient import (
    CLINICAL,
    SimulatedPatient,
    SimulationConfig,
    Truth,
    draw_tumor,
    simulate_patient,
)
from glioscope.simulation.phantoms import (
    ellipsoid,
    empty_grid,
    marker_head,
    sphere,
    union,
    world_points,
)
from glioscope.simulation.tissue import PROTOCOL, RELAXATION, Tissue, signal
from glioscope.simulation.warp import HeadShape, MassEffect, draw_shape, sample
from glioscope.simulation.write import write_patient

__all__ = [
    "CLINICAL",
    "PROTOCOL",
    "RELAXATION",
    "HeadModel",
    "HeadShape",
    "MassEffect",
    "Pose",
    "SeriesPlan",
    "SimulatedPatient",
    "SimulationConfig",
    "Tissue",
    "Truth",
    "Tumor",
    "acquire",
    "draw_pose",
    "draw_shape",
    "draw_tumor",
    "ellipsoid",
    "empty_grid",
    "grow",
    "head_model",
    "labels_of",
    "marker_head",
    "sample",
    "signal",
    "simulate_patient",
    "slice_grid",
    "sphere",
    "union",
    "world_points",
    "write_patient",
]

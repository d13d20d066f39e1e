"""Patients with known truth: phantoms, grown tumours, simulated scans."""

from glioscope.simulation.acquire import Pose, SeriesPlan, acquire, draw_pose, slice_grid
from glioscope.simulation.case import phantom_case
from glioscope.simulation.growth import Tumor, grow, labels_of
from glioscope.simulation.head import HeadModel, head_model
from glioscope.simulation.patient import (
    CLINICAL,
    SimulatedPatient,
    SimulationConfig,
    Truth,
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
from glioscope.simulation.samples import TrainingSample, training_sample
from glioscope.simulation.tissue import PROTOCOL, RELAXATION, Tissue, signal
from glioscope.simulation.tumors import Entity, draw_tumors
from glioscope.simulation.warp import HeadShape, MassEffect, draw_shape, sample
from glioscope.simulation.write import write_patient

__all__ = [
    "CLINICAL",
    "PROTOCOL",
    "RELAXATION",
    "Entity",
    "HeadModel",
    "HeadShape",
    "MassEffect",
    "Pose",
    "SeriesPlan",
    "SimulatedPatient",
    "SimulationConfig",
    "Tissue",
    "TrainingSample",
    "Truth",
    "Tumor",
    "acquire",
    "draw_pose",
    "draw_shape",
    "draw_tumors",
    "ellipsoid",
    "empty_grid",
    "grow",
    "head_model",
    "labels_of",
    "marker_head",
    "phantom_case",
    "sample",
    "signal",
    "simulate_patient",
    "slice_grid",
    "sphere",
    "training_sample",
    "union",
    "world_points",
    "write_patient",
]

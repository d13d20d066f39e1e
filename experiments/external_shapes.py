"""What the shape table of BraTS tells, learned at UCSF and tested at other hospitals.

Its rows are UCSF-PDGM, UPENN-GBM and TCGA patients alike, all of grade 4.  `external_prediction.py`
writes the figures.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from lifelines import CoxPHFitter
from scipy.stats import spearmanr
from sklearn.model_selection import StratifiedKFold

from candidates_prediction import learn_lines
from glioscope.evaluation import (
    LeakageRegistry,
    auc,
    bootstrap_metric,
    harrell_c,
    paired_metric,
    uno_c,
)
from glioscope.io import read_records
from glioscope.learning.tables.lines import Bools, Floats
from glioscope.learning.tables.patients import LabeledPatient
from glioscope.learning.tables.scores import TAU_DAYS
from glioscope.learning.tables.survival import outcome
from glioscope.learning.tables.ucsf import FEATURES_FILE
from prediction_scores import figures, tables

BASE = ("age", "sex")
SHAPES_FILE = "brats_gbm_shape_radiomics_461.csv"
LINK_FILE = "brats_gbm_clinical_635.csv"
SHAPES = ("Elongation", "Flatness", "Sphericity")
SIZES = (
    "LeastAxisLength",
    "MajorAxisLength",
    "Maximum2DDiameterSlice",
    "MinorAxisLength",
    "SurfaceArea",
)
VOLUMES = ("nr_volume", "er_volume", "et_volume", "tumor_volume")
REGIONS = {
    "necrosis (label 1)": ("nr_volume",),
    "edema": ("er_volume",),
    "enhancing tumor": ("et_volume",),
    "tumor core": ("nr_volume", "et_volume"),
    "whole tumor": ("tumor_volume",),
}
ARMS = {
    "age + sex": ("base",),
    "age + sex + shape": ("base", "shape"),
    "age + sex + volumes": ("base", "volumes"),
    "age + sex + shape + volumes": ("base", "shape", "volumes"),
}

Patients = Sequence[LabeledPatient]
Record = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Shaped:
    """Patients of the shape table, with what it holds of them.

    Args:
        patients: With age, sex and shape.
        blocks: Features by name, shape ``(N, F)`` each.
        methylated: MGMT, ``None`` where not known.
    """

    patients: tuple[LabeledPatient, ...]
    blocks: Mapping[str, Floats]
    methylated: tuple[bool | None, ...]

    def features(self, arm: str) -> Floats:
        """Return the features of one arm, shape ``(N, F)``."""
        return np.concatenate([self.blocks[name] for name in ARMS[arm]], axis=1)


def concordance(days: Floats, died: Bools, risk: Floats) -> Record:
    """Return both C-indices; Uno's weighs losses as they are in this cohort.

    Args:
        days: To death or last visit, shape ``(N,)``.
        died: Shape ``(N,)``.
        risk: A column a repeat, shape ``(N, R)``, or ``(N,)``.
    """

    def harrell(own_days: Floats, own_died: Bools, risks: Floats) -> float:
        return float(np.mean([harrell_c(own_days, own_died, one) for one in risks.T]))

    def uno(own_days: Floats, own_died: Bools, risks: Floats) -> float:
        score = partial(uno_c, days, died, own_days, own_died, tau_days=TAU_DAYS)
        return float(np.mean([score(one) for one in risks.T]))

    columns = risk.reshape(len(days), -1)
    return {
        "patients": len(days),
        "deaths": int(died.sum()),
        "harrell": figures(bootstrap_metric(harrell, days, died, columns, resamples=500)),
        "uno": figures(bootstrap_metric(uno, days, died, columns, resamples=500)),
    }


def gain(days: Floats, died: Bools, ours: Floats, theirs: Floats) -> list[float]:
    """Return how much greater Harrell's C of the one is."""
    pair = paired_metric(harrell_c, days, died, ours=ours, theirs=theirs, resamples=500)
    return figures(pair.difference)


def shaped(patients: Patients) -> Shaped:
    """Return those of the patients that the shape table holds whole."""
    registry = LeakageRegistry.load()
    rows = {registry.canonical_patient(r["2021_subject_id"]): r for r in _shape_rows()}
    link = {
        registry.canonical_patient(row["2021_subject_id"]): row["mgmt_status"] == "1"
        for row in read_records(tables() / LINK_FILE)
    }
    own = [p for p in patients if p.patient in rows and p.inputs.age_years is not None]
    mine = [rows[p.patient] for p in own]
    shape = [
        [float(r[f"original_shape_{n}"]) for n in SHAPES]
        + [np.log(float(r[f"original_shape_{n}"])) for n in SIZES]
        for r in mine
    ]
    volumes = [
        [*(np.log1p(float(r[n])) for n in VOLUMES), np.log(float(r["tumor_burden"]))] for r in mine
    ]
    methylated = [
        link.get(p.patient) if p.mgmt_methylated is None else p.mgmt_methylated for p in own
    ]
    base = np.stack([p.inputs.vector(BASE) for p in own])
    blocks = {"base": base, "shape": np.array(shape), "volumes": np.array(volumes)}
    return Shaped(patients=tuple(own), blocks=blocks, methylated=tuple(methylated))


def _shape_rows() -> list[Mapping[str, str]]:
    columns = [f"original_shape_{name}" for name in (*SHAPES, *SIZES)]
    rows = read_records(tables() / SHAPES_FILE)
    return [row for row in rows if all(row[column].strip() for column in columns)]


def shape_survival(train: Shaped, test: Shaped | None) -> Record:
    """Learn survival on the rows of UCSF; without a test, score it there out of fold."""
    scored = train if test is None else test
    told = [i for i, p in enumerate(scored.patients) if p.os_days is not None]
    days, died = outcome([scored.patients[i] for i in told])
    risks = {arm: _shape_risks(train, test, arm)[told] for arm in ARMS}
    return {
        arm: concordance(days, died, risk) | {"gain": gain(days, died, risk, risks["age + sex"])}
        for arm, risk in risks.items()
    }


def _shape_risks(train: Shaped, test: Shaped | None, arm: str) -> Floats:
    x, (days, died) = train.features(arm), _outcome_or_nan(train.patients)
    known = np.flatnonzero(~np.isnan(days))
    if test is not None:
        return _cox_risk(x[known], days[known], died[known], test.features(arm))
    risk = np.zeros(len(x))
    for seen, held in StratifiedKFold(5, shuffle=True, random_state=0).split(x[known], died[known]):
        own = known[seen]
        risk[known[held]] = _cox_risk(x[own], days[own], died[own], x[known[held]])
    return risk


def _outcome_or_nan(patients: Patients) -> tuple[Floats, Bools]:
    days = [np.nan if p.os_days is None else p.os_days for p in patients]
    return np.array(days), np.array([bool(p.died) for p in patients])


def _cox_risk(x: Floats, days: Floats, died: Bools, held: Floats) -> Floats:
    mean, scale = x.mean(axis=0), x.std(axis=0)
    table = pd.DataFrame((x - mean) / scale, columns=[str(i) for i in range(x.shape[1])])
    table["days"], table["died"] = days, died
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fitted = CoxPHFitter(penalizer=0.05).fit(table, "days", "died")
    return np.asarray((held - mean) / scale @ fitted.params_.to_numpy())


def shape_mgmt(train: Shaped, test: Shaped) -> Record:
    """Learn MGMT on the rows of UCSF."""
    asked = [i for i, label in enumerate(test.methylated) if label is not None]
    own = [i for i, label in enumerate(train.methylated) if label is not None]
    labels = np.array([bool(test.methylated[i]) for i in asked])
    learned = np.array([bool(train.methylated[i]) for i in own])
    scores = {
        arm: learn_lines(train.features(arm)[own], learned, test.features(arm)[asked])
        for arm in ARMS
    }
    base = scores["age + sex"]
    return {
        arm: {
            "patients": len(labels),
            "positives": int(labels.sum()),
            "auc": figures(bootstrap_metric(auc, labels, score)),
            "gain": figures(paired_metric(auc, labels, ours=score, theirs=base).difference),
        }
        for arm, score in scores.items()
    }


def region_of_shapes(patients: Patients) -> Record:
    """Return how the volume that sphericity and surface imply compares with each region's.

    Args:
        patients: Of any cohort; rows of others are left out, though no label is looked at.
    """
    registry, known = LeakageRegistry.load(), {p.patient for p in patients}
    named = [(registry.canonical_patient(r["2021_subject_id"]), r) for r in _shape_rows()]
    names = [name for name, _ in named if name in known]
    rows = [row for name, row in named if name in known]
    area = np.array([float(r["original_shape_SurfaceArea"]) for r in rows])
    sphericity = np.array([float(r["original_shape_Sphericity"]) for r in rows])
    implied = np.sqrt((sphericity * area) ** 3 / (36 * np.pi))
    found: Record = {"rows": len(rows), "volumes": {}}
    for name, columns in REGIONS.items():
        volume = np.array([sum(float(r[c]) for c in columns) for r in rows])
        ratio = implied[volume > 0] / volume[volume > 0]
        quarters = np.quantile(ratio, [0.5, 0.25, 0.75])
        found["volumes"][name] = {
            "implied_over_voxels": [round(float(x), 3) for x in quarters],
            "spearman": round(float(spearmanr(implied, volume).statistic), 3),
        }
    whole = {registry.canonical_patient(r["ID"]): r for r in read_records(tables() / FEATURES_FILE)}
    pairs = [(i, whole[name]) for i, name in enumerate(names) if name in whole]
    theirs = np.array([float(r["original_shape_SurfaceArea"]) for _, r in pairs])
    own = area[[i for i, _ in pairs]]
    found["surface_against_whole_tumor"] = {
        "patients": len(pairs),
        "ratio": [round(float(x), 3) for x in np.quantile(own / theirs, [0.5, 0.25, 0.75])],
        "spearman": round(float(spearmanr(own, theirs).statistic), 3),
    }
    return found

"""Learn at UCSF, test at other hospitals: `python experiments/external_prediction.py`.

Learns on UCSF-PDGM only and tests on UPENN-GBM and TCGA, which the leakage registry must hold for
other patients.  No table holds our image features for these, so that markers and survival are
tested from age, sex and clinic; the shape table of BraTS 2023, which is on both sides, is tested by
itself.  Writes `experiments/results/prediction_external.json` and prints Markdown; ``--markdown``
prints it again without the data.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from external_shapes import (
    BASE,
    concordance,
    gain,
    region_of_shapes,
    shape_mgmt,
    shape_survival,
    shaped,
)
from glioscope.core import Entity, Target
from glioscope.evaluation import LeakageRegistry, auc, bootstrap_metric
from glioscope.io import read_records
from glioscope.learning.tables.crossvalidation import (
    HeldOut,
    cross_validate,
    cross_validate_survival,
)
from glioscope.learning.tables.joint import fit_pattern
from glioscope.learning.tables.lines import Bools, Floats
from glioscope.learning.tables.other_cohorts import TCGA_FILE, read_tcga, read_upenn
from glioscope.learning.tables.patients import LabeledPatient
from glioscope.learning.tables.scores import TAU_DAYS, over_repeats
from glioscope.learning.tables.survival import (
    SurvivalConfig,
    fit_hazard,
    outcome,
    survival_features,
)
from glioscope.learning.tables.ucsf import read_ucsf
from glioscope.prediction import CLINICAL, OUTCOMES, marginal
from prediction_scores import calibration_error, figures, measure_and_print, rows_of, tables, text

RESULTS = Path(__file__).parent / "results" / "prediction_external.json"
FACTS = {
    "age + sex": (False, False),
    "age + sex + entity": (True, False),
    "age + sex + entity + resection + MGMT": (True, True),
}
"""Whether the entity is told, and the clinical facts that a cohort holds; none other."""

Patients = Sequence[LabeledPatient]
Record = dict[str, Any]


def cohorts() -> dict[str, tuple[LabeledPatient, ...]]:
    """Return the test cohorts: those with age; TCGA also without the hospital of training."""
    folder = tables()
    registry = LeakageRegistry.load()
    elsewhere = {
        registry.canonical_patient(row["Patient ID"])
        for row in read_records(folder / TCGA_FILE)
        if row["Tissue Source Site"] not in {"UCSF", "University of California San Francisco"}
    }
    tcga = tuple(p for p in read_tcga(folder) if p.inputs.age_years is not None)
    upenn = tuple(p for p in read_upenn(folder) if p.inputs.age_years is not None)
    others = tuple(p for p in tcga if p.patient in elsewhere)
    return {"UPENN-GBM": upenn, "TCGA": tcga, "TCGA without UCSF": others}


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked of whom.

    Args:
        target: Whose outcome it asks for.
        outcome: Its name.
        answers: ``None`` where not known or not asked.
        told: Entities that are left after what the pathologist told.
    """

    target: Target
    outcome: str
    answers: tuple[bool | None, ...]
    told: tuple[Entity, ...] = tuple(Entity)

    @property
    def asked(self) -> list[int]:
        """Places of who is asked."""
        return [i for i, answer in enumerate(self.answers) if answer is not None]

    @property
    def labels(self) -> Bools:
        """The answers of who is asked."""
        return np.array([bool(self.answers[i]) for i in self.asked])

    def probability(self, distribution: Mapping[Entity, float]) -> float:
        """Return the probability of a yes."""
        left = shifted(distribution, {entity: float(entity in self.told) for entity in Entity})
        return marginal(left, self.target)[self.outcome]


def questions(patients: Patients) -> dict[str, Question]:
    """Return what is asked."""
    four, mutant = OUTCOMES[Target.GRADE]["4"], OUTCOMES[Target.IDH]["mutant"]
    idh, grade = (Target.IDH, "mutant"), (Target.GRADE, "4")
    codeletion = (Target.CODELETION, "codeleted")
    asked: dict[str, tuple[tuple[Target, str], list[bool | None], tuple[Entity, ...]]] = {
        "IDH-mutant": (idh, [p.idh_mutant for p in patients], tuple(Entity)),
        "IDH-mutant, grade 4 told": (
            idh,
            [p.idh_mutant if p.entity in four else None for p in patients],
            four,
        ),
        "grade 4 of WHO 2021": (
            grade,
            [None if p.entity is None else p.entity in four for p in patients],
            tuple(Entity),
        ),
        "grade 4 under the microscope": (
            grade,
            [None if p.grade is None else p.grade == 4 for p in patients],
            tuple(Entity),
        ),
        "1p/19q-codeleted": (codeletion, [p.codeleted for p in patients], tuple(Entity)),
        "1p/19q-codeleted, IDH-mutant told": (
            codeletion,
            [p.codeleted if p.idh_mutant else None for p in patients],
            mutant,
        ),
    }
    return {
        name: Question(target=of[0], outcome=of[1], answers=tuple(answers), told=told)
        for name, (of, answers, told) in asked.items()
    }


def shifted(distribution: Mapping[Entity, float], ratio: Mapping[Entity, float]) -> Record:
    """Return the distribution for another mix of entities (Saerens, Neural Comput 2002;14:21)."""
    weighed = {entity: p * ratio[entity] for entity, p in distribution.items()}
    return {entity: p / sum(weighed.values()) for entity, p in weighed.items()}


def mix(patients: Patients) -> dict[Entity, float]:
    """Return the share of each entity among those whose entity is known."""
    counts = Counter(p.entity for p in patients if p.entity)
    return {entity: counts[entity] / counts.total() for entity in Entity}


def markers(train: Patients, test: Patients, own: Record) -> Record:
    """Test the model of age and sex; calibration also as if the test's mix had been known."""
    joint = fit_pattern(train, BASE).joint
    free = [joint.distribution(p.inputs.vector(BASE)) for p in test]
    here, there = mix(train), mix(test)
    ratio = {entity: there[entity] / here[entity] for entity in Entity}
    told = [shifted(one, ratio) for one in free]
    found: Record = {}
    for name, question in questions(test).items():
        labels = question.labels
        if not 0 < labels.sum() < len(labels):
            continue
        p = np.array([question.probability(free[i]) for i in question.asked])
        q = np.array([question.probability(told[i]) for i in question.asked])
        found[name] = {
            "patients": len(labels),
            "positives": int(labels.sum()),
            "auc": figures(bootstrap_metric(auc, labels, p)),
            "auc_at_ucsf": own[name],
            "predicted_share": round(float(p.mean()), 4),
            "observed_share": round(float(labels.mean()), 4),
            "ece": calibration_error(labels, p[:, None]),
            "ece_mix_known": calibration_error(labels, q[:, None]),
        }
    return found


def own_markers(patients: Patients) -> Record:
    """Return the AUC of age and sex at UCSF, out of fold."""
    found = cross_validate(patients, BASE, repeats=3)
    scores: Record = {}
    for name, question in questions(patients).items():
        columns = np.array(
            [[question.probability(_entities(one[i])) for one in found] for i in question.asked]
        )
        labels = question.labels
        scores[name] = figures(bootstrap_metric(over_repeats(auc), labels, columns, resamples=500))
    return scores


def _entities(one: HeldOut) -> dict[Entity, float]:
    return {entity: one.probabilities[Target.ENTITY][entity.value] for entity in Entity}


def survival(train: Patients, test: Patients) -> Record:
    """Test Cox models of what both sides hold, of all and of the IDH-wildtype."""
    kept = [p for p in test if p.os_days is not None and p.entity is not None]
    days, died = outcome(kept)
    wildtype = np.array([not p.idh_mutant for p in kept])
    risks = {name: _risks(train, kept, *facts) for name, facts in FACTS.items()}
    found: Record = {}
    for name, risk in risks.items():
        base = risks["age + sex"]
        found[name] = {
            "all": concordance(days, died, risk) | {"gain": gain(days, died, risk, base)},
            "IDH-wildtype": concordance(days[wildtype], died[wildtype], risk[wildtype])
            | {"gain": gain(days[wildtype], died[wildtype], risk[wildtype], base[wildtype])},
        }
    return found


def own_survival(patients: Patients) -> Record:
    """Return the same at UCSF, out of fold."""
    days, died = outcome(patients)
    wildtype = np.array([not p.idh_mutant for p in patients])
    found: Record = {}
    for name, (known, clinical) in FACTS.items():
        repeats = cross_validate_survival(patients, BASE, known=known, clinical=clinical, repeats=3)
        risk = np.stack([one.risk for one in repeats], axis=1)
        found[name] = {
            "all": concordance(days, died, risk),
            "IDH-wildtype": concordance(days[wildtype], died[wildtype], risk[wildtype]),
        }
    return found


def _risks(train: Patients, test: Patients, known: bool, clinical: bool) -> Floats:
    hazard = fit_hazard(train, BASE, known=known, config=SurvivalConfig(draws=0))
    rows = survival_features(test, BASE, known=known)
    if not clinical:
        rows[:, len(BASE) : len(BASE) + len(CLINICAL)] = np.nan
    return hazard.risk(np.where(np.isnan(rows), hazard.risk.mean, rows))


def measure() -> Record:
    """Run everything; refuse if a patient is on both sides."""
    train = read_ucsf(tables())
    told = [p for p in train if p.os_days is not None]
    tests, shapes = cohorts(), shaped(train)
    own, results = own_markers(train), {"leakage": {}, "markers": {}, "survival": {}, "shape": {}}
    for name, test in tests.items():
        report = LeakageRegistry.load().check_disjoint(
            [p.patient for p in train], [p.patient for p in test]
        )
        results["leakage"][name] = {
            "train": report.train_patients,
            "test": report.test_patients,
            "shared": len(report.shared),
            "proven": report.proven,
        }
        print(f"{name}: no patient on both sides, {results['leakage'][name]}", flush=True)
        results["markers"][name] = markers(train, test, own)
        results["survival"][name] = survival(told, test)
    results["survival"]["UCSF-PDGM, out of fold"] = own_survival(told)
    results["shape"]["UCSF-PDGM, out of fold"] = {"survival": shape_survival(shapes, None)}
    for name in ("UPENN-GBM", "TCGA"):
        there = shaped(tests[name])
        results["shape"][name] = {
            "survival": shape_survival(shapes, there),
            "mgmt": shape_mgmt(shapes, there),
        }
    return results | {
        "train": {
            "data": "UCSF-PDGM",
            "patients": len(train),
            "of_shape_table": len(shapes.patients),
        },
        "uno_tau_days": TAU_DAYS,
        "region_of_shapes": region_of_shapes((*train, *tests["UPENN-GBM"], *tests["TCGA"])),
    }


def markers_table(results: Record) -> str:
    """Return the markers, a row a cohort and question."""
    rows = [
        [
            f"{cohort}: {name}",
            f"{one['patients']}, {one['positives']}",
            text(one["auc"]),
            text(one["auc_at_ucsf"]),
            f"{one['predicted_share']:.3f}, {one['observed_share']:.3f}",
            text(one["ece"]),
            text(one["ece_mix_known"]),
        ]
        for cohort, found in results["markers"].items()
        for name, one in found.items()
    ]
    columns = ("patients, positive", "AUC", "AUC at UCSF, out of fold", "share predicted, observed")
    errors = ("calibration error (range of a perfect one)", "the same, mix of entities known")
    return rows_of(("age + sex", *columns, *errors), rows)


def survival_table(title: str, found: Mapping[str, Record]) -> str:
    """Return concordances, a row a model."""
    rows = [
        [
            name,
            f"{one['patients']}, {one['deaths']}",
            text(one["harrell"]),
            text(one["uno"]),
            text(one["gain"]) if "gain" in one else "",
        ]
        for name, one in found.items()
    ]
    columns = ("patients, deaths", "Harrell's C", "Uno's C, 5 years", "C over age + sex")
    return rows_of((title, *columns), rows)


def shape_tables(results: Record) -> str:
    """Return what the shape table tells, and which region it describes."""
    parts = []
    for cohort, found in results["shape"].items():
        parts.append(survival_table(f"{cohort}, shape table: survival", found["survival"]))
        rows = [
            [n, f"{x['patients']}, {x['positives']}", text(x["auc"]), text(x["gain"])]
            for n, x in found.get("mgmt", {}).items()
        ]
        if rows:
            columns = ("patients, methylated", "AUC", "over age + sex")
            parts.append(rows_of((f"{cohort}, shape table: MGMT", *columns), rows))
    region = results["region_of_shapes"]
    rows = [
        [n, text(x["implied_over_voxels"]), f"{x['spearman']:.2f}"]
        for n, x in region["volumes"].items()
    ]
    columns = ("volume of the shape / of the region: median (quartiles)", "Spearman")
    parts.append(rows_of((f"region, {region['rows']} rows", *columns), rows))
    surface = region["surface_against_whole_tumor"]
    ratio = f"{text(surface['ratio'])} times the whole tumor's, Spearman {surface['spearman']:.2f}"
    return "\n".join([*parts, f"Surface of {surface['patients']} patients of UCSF: {ratio}."])


def markdown(results: Record) -> str:
    """Return the tables."""
    parts = [markers_table(results)]
    for cohort, found in results["survival"].items():
        for group in ("all", "IDH-wildtype"):
            own = {name: one[group] for name, one in found.items()}
            parts.append(survival_table(f"{cohort}, {group}", own))
    return "\n".join([*parts, shape_tables(results)])


if __name__ == "__main__":
    measure_and_print(__doc__ or "", measure, markdown, RESULTS)

"""Harms of treating the wrong tumor, or the right one at the wrong time."""

from __future__ import annotations

from typing import Final

from glioscope.guidance.harm.record import Harm
from glioscope.guidance.harm.seen import Seen

GLIOBLASTOMA_ONLY: Final = frozenset(
    {
        "hypofractionated-radiotherapy-temozolomide",
        "hypofractionated-radiotherapy",
        "lomustine-temozolomide-radiotherapy",
        "ttfields",
        "bevacizumab",
    }
)
PCV: Final = frozenset({"radiotherapy-pcv", "pcv"})
NEW_RADIOTHERAPY: Final = frozenset(
    {
        "radiotherapy-temozolomide",
        "hypofractionated-radiotherapy-temozolomide",
        "hypofractionated-radiotherapy",
        "lomustine-temozolomide-radiotherapy",
        "radiotherapy-adjuvant-temozolomide",
        "radiotherapy-pcv",
        "radiotherapy",
    }
)
AGAINST_TUMOR: Final = frozenset(
    {
        *GLIOBLASTOMA_ONLY,
        *PCV,
        *NEW_RADIOTHERAPY,
        "temozolomide",
        "temozolomide-rechallenge",
        "lomustine",
        "vorasidenib",
        "re-irradiation",
        "dabrafenib-trametinib",
        "dordaviprone",
        "trk-inhibitor",
    }
)
_SURGERY: Final = frozenset({"maximal-safe-resection", "re-resection"})
_ALTERED_H3: Final = ("k27m", "k27-altered", "g34-mutant")


def contradictory(seen: Seen) -> bool:
    """Return whether tested facts can't all be true of one tumor."""
    mutant, codeleted = seen.says("idh", "mutant"), seen.says("1p19q", "codeleted")
    return (
        (codeleted and (seen.says("idh", "wildtype") or seen.says("atrx", "lost")))
        or (mutant and (seen.says("h3", *_ALTERED_H3) or seen.says("grade", "1")))
        or (mutant and codeleted and seen.says("grade", "4"))
        or (seen.says("histology", "glioblastoma") and seen.says("grade", "1", "2", "3"))
    )


def high_grade(seen: Seen) -> bool:
    """Return whether the tumor is of grade 3 or 4 by what was told."""
    defining = (
        seen.says("tert", "mutant")
        or seen.says("egfr", "amplified")
        or seen.says("chr7-10", "gain-loss")
    )
    return (
        seen.says("grade", "3", "4")
        or seen.says("histology", "glioblastoma")
        or seen.says("h3", *_ALTERED_H3)
        or (seen.says("idh", "wildtype") and defining)
        or seen.says("necrosis-or-mvp", "present")
        or (seen.says("cdkn2ab", "homozygous-deleted") and not seen.says("1p19q", "codeleted"))
    )


def pseudoprogression_window(seen: Seen) -> bool:
    """Return whether new enhancement may still be the work of radiotherapy."""
    return (
        seen.says("phase", "progression-suspected")
        and seen.known("months-since-radiotherapy")
        and not seen.above("months-since-radiotherapy", 3)
        and not seen.says("new-enhancement", "outside-radiation-field")
    )


def _no_tissue(seen: Seen) -> bool:
    return not any(seen.known(fact) for fact in ("idh", "histology", "grade", "h3"))


TUMOR: Final[tuple[Harm, ...]] = (
    Harm(
        id="contradictory-markers",
        why="One of the tests is wrong, so that any treatment may be for another tumor.",
        when=contradictory,
        offered=AGAINST_TUMOR | _SURGERY | {"active-surveillance"},
    ),
    Harm(
        id="treatment-without-tissue",
        why="Radiotherapy or a drug for a lesion that may be no glioma at all.",
        when=_no_tissue,
        offered=AGAINST_TUMOR,
    ),
    Harm(
        id="not-of-adult-type",
        why="Circumscribed gliomas are not treated like diffuse ones.",
        when=lambda seen: (
            seen.says("histology", "pilocytic", "pleomorphic-xanthoastrocytoma", "ganglioglioma")
            and not seen.says("idh", "mutant")
            and not seen.says("h3", *_ALTERED_H3)
        ),
        offered=AGAINST_TUMOR,
    ),
    Harm(
        id="glioblastoma-treatment-of-idh-mutant",
        why="No glioblastoma is IDH-mutant; these were tried in glioblastoma alone.",
        when=lambda seen: seen.says("idh", "mutant"),
        offered=GLIOBLASTOMA_ONLY,
    ),
    Harm(
        id="idh-mutant-called-glioblastoma",
        why="The name would bring the wrong treatment and the wrong outlook.",
        when=lambda seen: (
            seen.says("idh", "mutant") and seen.plan.facts.get("entity") == "glioblastoma"
        ),
    ),
    Harm(
        id="idh-untested",
        why="What follows radiotherapy depends on IDH; without it the plan is a guess.",
        when=lambda seen: not seen.known("idh") and not seen.says("h3", *_ALTERED_H3),
        offered=AGAINST_TUMOR,
    ),
    Harm(
        id="pcv-without-idh-mutation",
        why="PCV after radiotherapy helps IDH-mutant gliomas; others get its toxicity alone.",
        when=lambda seen: not seen.says("idh", "mutant"),
        offered=PCV,
    ),
    Harm(
        id="lineage-untested",
        why="Without 1p/19q or ATRX nobody knows which IDH-mutant glioma it is.",
        when=lambda seen: not seen.known("1p19q") and not seen.says("atrx", "lost"),
        offered=PCV | {"radiotherapy-adjuvant-temozolomide", "vorasidenib"},
    ),
    Harm(
        id="surveillance-of-high-grade",
        why="Gliomas of grade 3 and 4 grow on while they are watched.",
        when=high_grade,
        offered=frozenset({"active-surveillance"}),
    ),
    Harm(
        id="vorasidenib-beyond-grade-2",
        why="It was not tried in grade 3 or 4, and takes the place of what helps there.",
        when=high_grade,
        offered=frozenset({"vorasidenib"}),
    ),
    Harm(
        id="vorasidenib-without-idh-mutation",
        why="It has nothing to act on.",
        when=lambda seen: not seen.says("idh", "mutant"),
        offered=frozenset({"vorasidenib"}),
    ),
    Harm(
        id="vorasidenib-instead-of-needed-treatment",
        why="Radiotherapy or chemotherapy that is needed now would come late.",
        when=lambda seen: seen.says("needs-treatment-now", "yes"),
        offered=frozenset({"vorasidenib", "active-surveillance"}),
    ),
    Harm(
        id="dabrafenib-without-v600e",
        why="In cells without the mutation, inhibitors of BRAF can drive growth.",
        when=lambda seen: not seen.says("braf", "v600e"),
        given=frozenset({"dabrafenib"}),
    ),
    Harm(
        id="dordaviprone-without-k27m",
        why="It was found to act in H3 K27M alone.",
        when=lambda seen: not seen.says("h3", "k27m"),
        given=frozenset({"dordaviprone"}),
    ),
    Harm(
        id="trk-inhibitor-without-fusion",
        why="It has nothing to act on.",
        when=lambda seen: not seen.says("ntrk", "fusion"),
        given=frozenset({"trk-inhibitor"}),
    ),
    Harm(
        id="temozolomide-alone-unmethylated",
        why="In unmethylated glioblastoma temozolomide alone does worse than radiotherapy.",
        when=lambda seen: seen.says("idh", "wildtype") and not seen.says("mgmt", "methylated"),
        offered=frozenset({"temozolomide", "temozolomide-rechallenge"}),
    ),
    Harm(
        id="lomustine-temozolomide-unmethylated",
        why="The combination was tried in methylated glioblastoma; others get its toxicity alone.",
        when=lambda seen: not seen.says("mgmt", "methylated"),
        offered=frozenset({"lomustine-temozolomide-radiotherapy"}),
    ),
    Harm(
        id="treatment-of-pseudoprogression",
        why="A treatment that works would be given up for the trace that it leaves.",
        when=pseudoprogression_window,
        offered=AGAINST_TUMOR | _SURGERY,
    ),
    Harm(
        id="early-re-irradiation",
        why="A second course within six months risks necrosis of the brain.",
        when=lambda seen: not seen.above("months-since-radiotherapy", 5.99),
        offered=frozenset({"re-irradiation"}),
    ),
    Harm(
        id="second-full-radiotherapy",
        why="A second full course risks necrosis of the brain.",
        when=lambda seen: seen.says("prior-radiotherapy", "yes"),
        offered=NEW_RADIOTHERAPY,
    ),
    Harm(
        id="resection-of-the-unresectable",
        why="The surgeons have said that it can't be removed safely.",
        when=lambda seen: seen.says("resectable", "no"),
        offered=_SURGERY,
    ),
)

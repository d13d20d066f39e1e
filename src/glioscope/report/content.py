"""The report's content, made once from one result."""

from __future__ import annotations

from glioscope.core import CaseResult
from glioscope.report.assessment_content import assessment_blocks
from glioscope.report.document import Block, Document, Paragraph, Picture, Section
from glioscope.report.input_tables import accuracy_table, quality_table, sequences_table
from glioscope.report.notice_boxes import notice_callouts, remarks
from glioscope.report.numbers import fixed
from glioscope.report.plan import plan_sections
from glioscope.report.prose import findings_sentences
from glioscope.report.provenance import provenance
from glioscope.report.tables import (
    eloquent_table,
    extent_table,
    lesions_table,
    location_table,
    measures_table,
    shape_table,
)
from glioscope.report.words import (
    MISSING_COSTS,
    REGION_NAMES,
    SEQUENCE_NAMES,
    STATEMENT,
    all_notices,
    missing_sequences,
    patient_facts,
    sequences_text,
    used_sequences,
)


def make_document(result: CaseResult, pictures: tuple[Picture, ...]) -> Document:
    """Return the whole report as neutral content.

    Args:
        result: The one source of every text and number.
        pictures: From `make_pictures`, of the same result.
    """
    sections = (
        _findings(result),
        _measures(result),
        Section(ident="pictures", title="Pictures", blocks=pictures),
        _location(result),
        _predictions(result),
        *(() if result.plan is None else plan_sections(result.plan)),
        _accuracy(result),
        _input(result),
        _method(result),
        _limits(result),
        _shape(result),
    )
    return Document(
        title="Brain tumor MRI: measurements and location",
        facts=_facts(result),
        statement=STATEMENT,
        callouts=notice_callouts(all_notices(result)),
        sections=tuple(section for section in sections if section.blocks),
    )


def _facts(result: CaseResult) -> tuple[tuple[str, str], ...]:
    return (
        ("Case", result.case.case_id),
        *patient_facts(result.patient),
        ("Sequences", sequences_text(used_sequences(result))),
        ("Missing", sequences_text(missing_sequences(result))),
    )


def _findings(result: CaseResult) -> Section:
    text = " ".join(findings_sentences(result))
    return Section(ident="findings", title="Findings", blocks=(Paragraph(text=text),))


def _measures(result: CaseResult) -> Section:
    blocks: list[Block] = [measures_table(result.findings), extent_table(result.findings)]
    if len(result.findings.measurements.lesions) > 1:
        blocks.append(lesions_table(result.findings))
    return Section(ident="measures", title="Measures", blocks=tuple(blocks))


def _location(result: CaseResult) -> Section:
    location = result.findings.location
    blocks: list[Block] = []
    if location is None:
        blocks.append(Paragraph(text="Location was not determined; see the warnings."))
    else:
        tables = (location_table(location), eloquent_table(location))
        blocks += [table for table in tables if table.rows]
    return Section(ident="location", title="Location", blocks=tuple(blocks))


def _predictions(result: CaseResult) -> Section:
    blocks = () if result.assessment is None else assessment_blocks(result.assessment)
    return Section(ident="predictions", title="Predictions", blocks=blocks)


def _accuracy(result: CaseResult) -> Section:
    blocks: list[Block] = [Paragraph(text=_accuracy_text(result))]
    if result.segmentation.expected_dice:
        blocks.append(accuracy_table(result.segmentation))
    missing = missing_sequences(result)
    if missing:
        costs = "; ".join(f"{SEQUENCE_NAMES[s]}: {MISSING_COSTS[s]}" for s in missing)
        blocks.append(Paragraph(text=f"Missing sequences and what they cost. {costs}."))
    return Section(ident="accuracy", title="Accuracy to be expected", blocks=tuple(blocks))


def _accuracy_text(result: CaseResult) -> str:
    segmentation = result.segmentation
    if segmentation.model is None:
        return "The outlines were not made by a network, so no accuracy was measured for them."
    used = sequences_text(used_sequences(result))
    if not segmentation.expected_dice:
        return f"The card of the model holds no accuracy for {used}."
    return (
        f"Measured by cross-validation on patients that the networks had not seen, with exactly"
        f" these sequences: {used}. A single case can be better or worse.{_loss(result)}"
    )


def _loss(result: CaseResult) -> str:
    expected, complete = result.segmentation.expected_dice, result.segmentation.complete_dice
    if not missing_sequences(result):
        return ""
    losses = [
        f"{REGION_NAMES[region]} {fixed(complete[region][0] - expected[region][0], 2)}"
        for region in expected
        if region in complete
    ]
    return f" Loss of mean Dice against all four: {', '.join(losses)}." if losses else ""


def _input(result: CaseResult) -> Section:
    tables = (sequences_table(result), quality_table(result))
    blocks: list[Block] = [table for table in tables if table.rows]
    blocks += remarks(all_notices(result))
    return Section(ident="input", title="Sequences and quality", blocks=tuple(blocks))


def _method(result: CaseResult) -> Section:
    steps = tuple(Paragraph(text=what, small=True) for what in provenance(result).values())
    versions = ", ".join(f"{name} {result.versions[name]}" for name in sorted(result.versions))
    made = Paragraph(text=f"Versions: {versions or 'not recorded'}.", small=True)
    return Section(ident="method", title="Method and versions", blocks=(*steps, made))


def _shape(result: CaseResult) -> Section:
    table = shape_table(result.findings)
    return Section(ident="shape", title="Shape features", blocks=(table,) if table.rows else ())


def _limits(result: CaseResult) -> Section:
    texts = [
        (
            "Edema means bright signal on FLAIR or T2 around the core, which may be edema,"
            " infiltration or gliosis; the label of the necrotic or non-enhancing core joins"
            " necrosis, cysts and tumor that does not enhance."
        )
    ]
    if result.segmentation.model is not None:
        texts.append(
            "The segmentation was trained on adults with untreated glioma; after surgery or"
            " radiation, in children and in other diseases its accuracy is unknown."
        )
    if result.findings.location:
        texts.append(
            "Structures are those of a standard brain fitted to this one; a large tumor displaces"
            " them, so function near the tumor must be mapped in the patient."
        )
    return Section(
        ident="limits",
        title="Limits",
        blocks=tuple(Paragraph(text=text, small=True) for text in texts),
    )

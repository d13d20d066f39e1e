"""What became of the rules to a plan."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from glioscope.core import (
    Branch,
    MissingFact,
    OrderedTest,
    Plan,
    Refusal,
    Sentence,
    Source,
    Statement,
    Strength,
    TreatmentOption,
)
from glioscope.guidance.facts import Facts, FactValue, PredictedMarker
from glioscope.guidance.knowledge import Knowledge, Vocabulary
from glioscope.guidance.rules import (
    BranchOn,
    Conclude,
    Note,
    Offer,
    Order,
    Outcomes,
    Refuse,
    Remark,
    Verdict,
)

_MOST_REASONS: Final = 3
"""Why a fact is asked for: more than this is no reason any more, and the trace has them all."""
_RANK: Final = {strength: rank for rank, strength in enumerate(Strength)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Composer:
    """Turns fired rules into the parts of a plan.

    Args:
        facts: Of the patient.
        outcomes: Of the rules.
        vocabulary: Names.
    """

    facts: Facts
    outcomes: Outcomes
    vocabulary: Vocabulary

    def plan(self, knowledge: Knowledge, *, case_id: str) -> Plan:
        """Return the plan; every citation in it resolves within it."""
        refusals = self.refusals()
        blocked = any(self._blocks(refusal) for refusal in refusals)
        options = () if blocked else self.options()
        scope = not self._out_of_scope(refusals)
        cited = [name for verdict in self.outcomes.fired for name in verdict.rule.statements]
        statements = {name: knowledge.statements[name] for name in sorted(set(cited))}
        return Plan(
            case_id=case_id,
            release=knowledge.release,
            facts={name: told(value) for name, value in self.outcomes.facts.items()},
            diagnosis=() if blocked else self.diagnosis(),
            options=options,
            tests=self.tests() if scope else (),
            refusals=refusals,
            missing=self.missing() if scope else (),
            branches=self.branches() if scope else (),
            notes=self.notes() if scope else (),
            rules=tuple(v.trace for v in self.outcomes.verdicts if v.fired or v.waits_for),
            statements=statements,
            sources=_sources(statements, knowledge),
        )

    def diagnosis(self) -> tuple[Sentence, ...]:
        """Return what the facts make the tumor."""
        return tuple(
            Sentence(text=v.rule.effect.text, citations=v.rule.statements)
            for v in self.outcomes.fired
            if isinstance(v.rule.effect, Conclude)
            and v.rule.effect.text
            and self.outcomes.facts.get(v.rule.effect.fact) == v.rule.effect.value
        )

    def options(self) -> tuple[TreatmentOption, ...]:
        """Return what is offered and not excluded, strongest first."""
        offers = self._offers()
        excluded = {treatment for treatment in offers if self._remarks(treatment, "exclude")}
        made = [self._option(name, v) for name, v in offers.items() if name not in excluded]
        order = list(self.vocabulary.treatments)
        return tuple(sorted(made, key=lambda o: (_RANK[o.strength], order.index(o.treatment))))

    def tests(self) -> tuple[OrderedTest, ...]:
        """Return the tests to order, first to make first."""
        found: dict[str, list[tuple[Verdict, Order]]] = {}
        for verdict in self.outcomes.fired:
            if isinstance(effect := verdict.rule.effect, Order):
                found.setdefault(effect.test, []).append((verdict, effect))
        return tuple(
            OrderedTest(
                test=entry.id,
                name=entry.name,
                why=_joined(order.why for _, order in found[entry.id]),
                citations=_citations(verdict for verdict, _ in found[entry.id]),
            )
            for entry in self.vocabulary.tests.values()
            if entry.id in found
        )

    def refusals(self) -> tuple[Refusal, ...]:
        """Return what is refused, kinds first, then contra-indicated treatments."""
        kinds: dict[str, list[tuple[Verdict, Refuse]]] = {}
        for verdict in self.outcomes.fired:
            if isinstance(effect := verdict.rule.effect, Refuse):
                kinds.setdefault(effect.refusal, []).append((verdict, effect))
        made = [
            Refusal(
                refused=kind,
                what=self.vocabulary.refusals[kind].what,
                why=_joined(refuse.why for _, refuse in pairs),
                citations=_citations(verdict for verdict, _ in pairs),
            )
            for kind, pairs in kinds.items()
        ]
        return (*made, *self._conflicts(made), *self._predicted(), *self._excluded())

    def missing(self) -> tuple[MissingFact, ...]:
        """Return facts that are worth finding out."""
        asked: dict[str, list[str]] = {}
        for verdict in self.outcomes.verdicts:
            for name in verdict.asks:
                asked.setdefault(name, []).append(verdict.rule.decides)
        return tuple(
            MissingFact(
                fact=name,
                question=self.vocabulary.facts[name].question,
                why=f"It decides {_shortened(asked[name])}.",
            )
            for name, entry in self.vocabulary.facts.items()
            if name in asked and not entry.derived
        )

    def branches(self) -> tuple[Branch, ...]:
        """Return what predictions would mean if tissue confirmed them."""
        predicted = self.facts.only_predicted
        return tuple(
            _branch(verdict, effect, predicted[effect.marker])
            for verdict in self.outcomes.fired
            if isinstance(effect := verdict.rule.effect, BranchOn)
        )

    def notes(self) -> tuple[Sentence, ...]:
        """Return what belongs to no single option."""
        return tuple(
            Sentence(text=v.rule.effect.text, citations=v.rule.statements)
            for v in self.outcomes.fired
            if isinstance(v.rule.effect, Note)
        )

    def _offers(self) -> dict[str, list[Verdict]]:
        found: dict[str, list[Verdict]] = {}
        for verdict in self.outcomes.fired:
            if isinstance(verdict.rule.effect, Offer):
                found.setdefault(verdict.rule.effect.treatment, []).append(verdict)
        return found

    def _option(self, treatment: str, verdicts: Sequence[Verdict]) -> TreatmentOption:
        offers = [v.rule.effect for v in verdicts if isinstance(v.rule.effect, Offer)]
        return TreatmentOption(
            treatment=treatment,
            name=self.vocabulary.treatments[treatment].name,
            strength=min((offer.strength for offer in offers), key=lambda s: _RANK[s]),
            reasons=tuple(
                Sentence(text=offer.why, citations=verdict.rule.statements)
                for offer, verdict in zip(offers, verdicts, strict=True)
            ),
            conditions=(*_unsettled(verdicts), *self._remarks(treatment, "condition")),
            cautions=self._remarks(treatment, "caution"),
            citations=_citations(verdicts),
        )

    def _remarks(self, treatment: str, kind: str) -> tuple[Sentence, ...]:
        components = set(self.vocabulary.treatments[treatment].components)
        return tuple(
            Sentence(text=v.rule.effect.text, citations=v.rule.statements)
            for v in self.outcomes.fired
            if isinstance(v.rule.effect, Remark)
            and v.rule.effect.kind == kind
            and components.intersection(v.rule.about)
        )

    def _excluded(self) -> tuple[Refusal, ...]:
        return tuple(
            Refusal(
                refused=treatment,
                what=self.vocabulary.treatments[treatment].name,
                why=_joined(sentence.text for sentence in why),
                citations=tuple(dict.fromkeys(name for s in why for name in s.citations)),
            )
            for treatment in self._offers()
            if (why := self._remarks(treatment, "exclude"))
        )

    def _conflicts(self, made: Sequence[Refusal]) -> tuple[Refusal, ...]:
        kind = "contradictory-markers"
        if not self.outcomes.conflicts or any(refusal.refused == kind for refusal in made):
            return ()
        pairs = self.outcomes.conflicts
        return (
            Refusal(
                refused=kind,
                what=self.vocabulary.refusals[kind].what,
                why=_joined(
                    f"The facts told make two things of the tumor at once: one rule decides"
                    f" {one.decides}, another {other.decides}."
                    for one, other in pairs
                ),
                citations=tuple(
                    dict.fromkeys(n for pair in pairs for rule in pair for n in rule.statements)
                ),
            ),
        )

    def _predicted(self) -> tuple[Refusal, ...]:
        kind = "predicted-marker"
        names = sorted(self.facts.only_predicted)
        if not names:
            return ()
        return (
            Refusal(
                refused=kind,
                what=self.vocabulary.refusals[kind].what,
                why=(
                    f"{_listed(names)} {'is' if len(names) == 1 else 'are'} only predicted from"
                    " images; nothing is offered on that, only a test of tissue counts."
                ),
            ),
        )

    def _blocks(self, refusal: Refusal) -> bool:
        entry = self.vocabulary.refusals.get(refusal.refused)
        return entry is not None and entry.blocks == "options"

    def _out_of_scope(self, refusals: Sequence[Refusal]) -> bool:
        """Return whether the patient is a child, for whom even tests for adults mislead."""
        return any(refusal.refused == "child" for refusal in refusals)


def told(value: FactValue) -> str:
    """Return a fact's value as text."""
    return f"{value:g}" if isinstance(value, float | int) else value


def _branch(verdict: Verdict, effect: BranchOn, predicted: PredictedMarker) -> Branch:
    return Branch(
        marker=effect.marker,
        outcome=effect.outcome,
        probability=predicted.probability_of(effect.outcome),
        text=Sentence(text=effect.text, citations=verdict.rule.statements),
        tests=effect.tests,
    )


def _unsettled(verdicts: Sequence[Verdict]) -> tuple[Sentence, ...]:
    """Return exceptions that nobody has ruled out, as one condition of the option."""
    opened = dict.fromkeys(str(c).replace("-", " ") for v in verdicts for c in v.open_unless)
    if not opened:
        return ()
    text = f"To be settled first, as each of these would rule it out: {'; '.join(opened)}."
    return (Sentence(text=text, citations=_citations(v for v in verdicts if v.open_unless)),)


def _sources(statements: Mapping[str, Statement], knowledge: Knowledge) -> Mapping[str, Source]:
    names = sorted({statement.source for statement in statements.values()})
    return {name: knowledge.sources[name] for name in names}


def _citations(verdicts: Iterable[Verdict]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for v in verdicts for name in v.rule.statements))


def _joined(texts: Iterable[str]) -> str:
    return " ".join(dict.fromkeys(texts))


def _shortened(names: Sequence[str]) -> str:
    unique = list(dict.fromkeys(names))
    if len(unique) <= _MOST_REASONS:
        return _listed(unique)
    return f"{', '.join(unique[:_MOST_REASONS])} and more"


def _listed(names: Sequence[str]) -> str:
    unique = list(dict.fromkeys(names))
    return unique[0] if len(unique) == 1 else f"{', '.join(unique[:-1])} and {unique[-1]}"

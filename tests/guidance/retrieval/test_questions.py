from __future__ import annotations

import tomllib
from pathlib import Path

from glioscope.guidance.knowledge import load_knowledge

FILE = Path(__file__).parents[3] / "benchmarks" / "retrieval_questions.toml"


def test_the_hundred_questions_of_the_benchmark_name_statements_that_exist() -> None:
    asked = tomllib.loads(FILE.read_text(encoding="utf-8"))["question"]

    assert len({entry["text"] for entry in asked}) == 100
    assert {ident for entry in asked for ident in entry["statements"]} <= set(
        load_knowledge().statements
    )


def test_no_question_repeats_its_statement() -> None:
    """Six words in a row would make finding it no proof."""
    known = load_knowledge().statements
    for entry in tomllib.loads(FILE.read_text(encoding="utf-8"))["question"]:
        for ident in entry["statements"]:
            asked = entry["text"].lower().split()
            said = known[ident].statement.lower().split()
            runs = {tuple(said[start : start + 6]) for start in range(len(said) - 5)}
            assert not any(
                tuple(asked[start : start + 6]) in runs for start in range(len(asked) - 5)
            )

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from glioscope.guidance.retrieval.embedding import load_embedding

TEXTS = [
    "The weather is lovely today.",
    "It's so sunny outside!",
    "He drove to the stadium.",
]


def test_similarities_are_those_that_the_authors_publish() -> None:
    """The example of the documentation of sentence-transformers, to its four digits."""
    vectors = load_embedding()(TEXTS)

    np.testing.assert_allclose(
        vectors @ vectors.T,
        [[1, 0.6660, 0.1046], [0.6660, 1, 0.1411], [0.1046, 0.1411, 1]],
        atol=6e-5,
    )


def test_vectors_are_those_of_sentence_transformers() -> None:
    """Computed by the library of the model's authors; the file says how."""
    file = Path(__file__).with_name("reference_vectors.json")
    reference = json.loads(file.read_text(encoding="utf-8"))

    vectors = load_embedding()(reference["texts"])

    np.testing.assert_allclose(vectors[:, :24], reference["first"], atol=2e-6)
    np.testing.assert_allclose(vectors @ vectors.T, reference["products"], atol=5e-6)


def test_vectors_have_length_one_and_no_texts_give_none() -> None:
    vectors = load_embedding()([*TEXTS, ""])

    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-6)
    assert load_embedding()([]).shape == (0, 384)


def test_a_text_has_its_vector_whatever_stands_beside_it() -> None:
    many = [f"{'word ' * number}{number}" for number in range(40)]

    np.testing.assert_allclose(load_embedding()(many)[7], load_embedding()([many[7]])[0], atol=2e-6)


@pytest.mark.parametrize(
    ("question", "near", "far"),
    [
        (
            "Which tumors have lost 1p and 19q?",
            "Oligodendroglioma shows combined loss of chromosome arms 1p and 19q.",
            "Steroids are tapered as soon as symptoms allow.",
        ),
        (
            "How is swelling around the tumor treated?",
            "Dexamethasone reduces edema of the brain.",
            "The trial enrolled patients at 40 centers in Europe.",
        ),
    ],
)
def test_an_answer_is_nearer_to_its_question_than_another_sentence(
    question: str, near: str, far: str
) -> None:
    asked, answer, other = load_embedding()([question, near, far])

    assert asked @ answer > asked @ other + 0.2

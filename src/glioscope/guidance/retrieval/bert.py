r"""The sentence encoder all-MiniLM-L6-v2 as a graph that OpenVINO runs.

The package of the weights runs them in torch, which takes eight seconds to import and twice as
long a query.  The network is small enough to be written down: BERT (Devlin et al., NAACL 2019)
with 6 layers of 12 heads, then the mean over the word pieces, scaled to length 1.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from openvino import Model, Node
from openvino import opset15 as op

_LAYERS = 6
_HEADS = 12
_WIDTH = 384
_EPSILON = 1e-12
"""As in the configuration that comes with the weights."""

_MASKED = 1e9
"""Taken off the attention to padding, which becomes zero by it."""

Weights = Mapping[str, npt.NDArray[Any]]


def bert(weights: Weights) -> Model:
    """Write the network down.

    It takes word piece numbers, int64 ``(B, L)`` with L of 512 at most, and a float32 mask of
    the same shape, 1 for a word piece and 0 for padding; it returns float32 ``(B, 384)``, each
    row of length 1.

    Args:
        weights: By the name that they have in the file.
    """
    layers = _Layers(weights)
    pieces = op.parameter([-1, -1], np.int64, "pieces")
    mask = op.parameter([-1, -1], np.float32, "mask")
    hidden = layers.embedded(pieces)
    away = op.subtract(op.unsqueeze(mask, _ints(1, 2)), np.float32(1))
    bias = op.multiply(away, np.float32(_MASKED))
    for number in range(_LAYERS):
        hidden = layers.layer(hidden, bias, f"encoder.layer.{number}.")
    kept = op.unsqueeze(mask, _ints(2))
    total = op.reduce_sum(op.multiply(hidden, kept), _ints(1))
    mean = op.divide(total, op.reduce_sum(kept, _ints(1)))
    unit = op.normalize_l2(mean, _ints(1), _EPSILON, "max")
    return Model([unit], [pieces, mask], "all-MiniLM-L6-v2")


class _Layers:
    """Pieces of the network, each from its weights."""

    def __init__(self, weights: Weights) -> None:
        self._weights = weights

    def embedded(self, pieces: Node) -> Node:
        """Return the sum of what a piece, its place and its sentence are."""
        length = op.gather(op.shape_of(pieces), np.int64(1), np.int64(0))
        places = op.range(np.int64(0), length, np.int64(1), "i64")
        words = op.gather(self._weight("embeddings.word_embeddings"), pieces, np.int64(0))
        order = op.gather(self._weight("embeddings.position_embeddings"), places, np.int64(0))
        # one sentence at a time: all are of its first type
        kind = op.constant(self._weights["embeddings.token_type_embeddings.weight"][0])
        return self._normalized(op.add(op.add(words, order), kind), "embeddings.LayerNorm")

    def layer(self, hidden: Node, bias: Node, name: str) -> Node:
        """Return what a layer makes: attention, then two dense steps, each added to its input."""
        query, key, value = (
            _heads(self._dense(hidden, f"{name}attention.self.{part}"))
            for part in ("query", "key", "value")
        )
        heads = op.scaled_dot_product_attention(query, key, value, bias)
        joined = op.reshape(op.transpose(heads, _ints(0, 2, 1, 3)), _ints(0, 0, _WIDTH), True)
        attended = op.add(hidden, self._dense(joined, f"{name}attention.output.dense"))
        hidden = self._normalized(attended, f"{name}attention.output.LayerNorm")
        wide = op.gelu(self._dense(hidden, f"{name}intermediate.dense"), "erf")
        narrow = op.add(hidden, self._dense(wide, f"{name}output.dense"))
        return self._normalized(narrow, f"{name}output.LayerNorm")

    def _dense(self, hidden: Node, name: str) -> Node:
        product = op.matmul(hidden, self._weight(name), False, True)
        return op.add(product, self._weight(name, "bias"))

    def _normalized(self, hidden: Node, name: str) -> Node:
        unit = op.mvn(hidden, _ints(-1), True, _EPSILON, "inside_sqrt")
        return op.add(op.multiply(unit, self._weight(name)), self._weight(name, "bias"))

    def _weight(self, name: str, kind: str = "weight") -> Node:
        return op.constant(self._weights[f"{name}.{kind}"])


def _heads(hidden: Node) -> Node:
    shape = _ints(0, 0, _HEADS, _WIDTH // _HEADS)
    return op.transpose(op.reshape(hidden, shape, True), _ints(0, 2, 1, 3))


def _ints(*values: int) -> Node:
    return op.constant(np.array(values, dtype=np.int64))

"""Servers of other people with tiny models of random weights, made and started by the tests."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import ProxyHandler, build_opener

import pytest

_START_S = 50.0
_SIZE, _HEADS, _INNER, _CONTEXT = 32, 2, 64, 16_384


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


@contextmanager
def started(command: Sequence[str], *, port: int, ready: str, log: Path) -> Iterator[str]:
    """Run a server until the block ends; skip if it does not come up."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"}
    with log.open("w") as told:
        process = subprocess.Popen(
            [sys.executable, "-m", *command], stdout=told, stderr=told, env=environment
        )
        try:
            _wait(process, f"http://127.0.0.1:{port}{ready}", log)
            yield f"http://127.0.0.1:{port}/v1"
        finally:
            process.terminate()
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    end = time.monotonic() + _START_S
    opener = build_opener(ProxyHandler({}))
    while time.monotonic() < end and process.poll() is None:
        try:
            with opener.open(url, timeout=1):
                return
        except (URLError, OSError):
            time.sleep(0.2)
    pytest.skip(f"{process.args!r} did not come up: {log.read_text()[-500:]}")


def tiny_transformers_model(folder: Path) -> Path:
    """Write a Llama of 32 dimensions, and a tokenizer of bytes with a template for chats."""
    torch = pytest.importorskip("torch")
    tokenizers = pytest.importorskip("tokenizers")
    transformers = pytest.importorskip("transformers")
    vocabulary = {"<pad>": 0, "<end>": 1}
    for character in sorted(tokenizers.pre_tokenizers.ByteLevel.alphabet()):
        vocabulary[character] = len(vocabulary)
    core = tokenizers.Tokenizer(tokenizers.models.BPE(vocab=vocabulary, merges=[]))
    core.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    core.decoder = tokenizers.decoders.ByteLevel()
    special = {"pad_token": "<pad>", "eos_token": "<end>"}
    tokenizer = transformers.PreTrainedTokenizerFast(tokenizer_object=core, **special)
    tokenizer.chat_template = (
        "{% for message in messages %}{{ message['role'] }}: {{ message['content'] }}\n{% endfor %}"
    )
    torch.manual_seed(0)
    model = transformers.LlamaForCausalLM(
        transformers.LlamaConfig(
            vocab_size=len(vocabulary),
            hidden_size=_SIZE,
            intermediate_size=_INNER,
            num_hidden_layers=1,
            num_attention_heads=_HEADS,
            max_position_embeddings=_CONTEXT,
            pad_token_id=0,
            eos_token_id=1,
        )
    )
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def tiny_gguf(path: Path) -> Path:
    """Write a Llama of 32 dimensions as llama.cpp reads it, with a tokenizer of bytes."""
    gguf = pytest.importorskip("gguf")
    numpy = pytest.importorskip("numpy")
    random = numpy.random.default_rng(0)
    tokens = ["<unk>", "<s>", "</s>", *(f"<0x{value:02X}>" for value in range(256)), "\u2581"]
    kinds = [2, 3, 3, *[6] * 256, 1]  # unknown, control, byte, normal
    writer = gguf.GGUFWriter(str(path), "llama")
    writer.add_context_length(_CONTEXT)
    writer.add_embedding_length(_SIZE)
    writer.add_block_count(1)
    writer.add_feed_forward_length(_INNER)
    writer.add_head_count(_HEADS)
    writer.add_head_count_kv(_HEADS)
    writer.add_rope_dimension_count(_SIZE // _HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_vocab_size(len(tokens))
    writer.add_tokenizer_model("llama")
    writer.add_token_list(tokens)
    writer.add_token_scores([0.0] * len(tokens))
    writer.add_token_types(kinds)
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    shapes = {
        "token_embd": (len(tokens), _SIZE),
        "output": (len(tokens), _SIZE),
        "output_norm": (_SIZE,),
        "blk.0.attn_norm": (_SIZE,),
        "blk.0.ffn_norm": (_SIZE,),
        **{f"blk.0.attn_{part}": (_SIZE, _SIZE) for part in ("q", "k", "v", "output")},
        "blk.0.ffn_gate": (_INNER, _SIZE),
        "blk.0.ffn_up": (_INNER, _SIZE),
        "blk.0.ffn_down": (_SIZE, _INNER),
    }
    for name, shape in shapes.items():
        values = random.normal(0, 0.5, shape) if len(shape) > 1 else numpy.ones(shape)
        writer.add_tensor(f"{name}.weight", values.astype(numpy.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path

"""The protocol end to end, against servers of other people with models that know nothing.

Whatever a model of random weights says is dropped; what these tests show is that we and the servers
understand one another: streams, schemas, seeds, counted tokens.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from dataclasses import replace

import pytest
from tests.guidance.wording.real_servers import (
    free_port,
    started,
    tiny_gguf,
    tiny_transformers_model,
)
from tests.guidance.wording.records import PLAN

from glioscope.core import Plan
from glioscope.guidance.wording import Patience, WordingConfig, word_plan
from glioscope.guidance.wording.material import material_of
from glioscope.guidance.wording.prompt import messages_for
from glioscope.guidance.wording.server.chat import ask

PATIENCE = Patience(connect_s=5.0, silence_s=40.0, total_s=50.0, retries=0)


def needs(*packages: str) -> None:
    missing = [name for name in packages if importlib.util.find_spec(name) is None]
    if missing:
        pytest.skip(f"not installed: {', '.join(missing)}")


class Notes:
    def __init__(self) -> None:
        self.notes: list[str] = []
        self.steps = 0

    def stage(self, name: str) -> None:
        pass

    def step(self, done: int, total: int) -> None:
        assert 0 <= done <= total
        self.steps += 1

    def note(self, text: str) -> None:
        self.notes.append(text)


def only_dropped(config: WordingConfig) -> tuple[Plan, Notes]:
    progress = Notes()
    result = word_plan(PLAN, config, progress=progress)
    assert result.wording is not None
    assert result.wording.failure is None
    assert result.wording.sentences == ()
    assert replace(result, wording=None, limits=PLAN.limits) == PLAN
    return result, progress


@pytest.fixture(scope="module")
def transformers_serve(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WordingConfig]:
    needs("torch", "transformers", "fastapi", "uvicorn", "accelerate")
    folder = tmp_path_factory.mktemp("transformers")
    model, port = str(tiny_transformers_model(folder / "model")), free_port()
    command = ["transformers.cli.transformers", "serve", model]
    command += ["--host", "127.0.0.1", "--port", str(port), "--device", "cpu"]
    with started(command, port=port, ready="/health", log=folder / "log") as url:
        yield WordingConfig(url=url, model=model, answer_tokens=24, patience=PATIENCE)


@pytest.fixture(scope="module")
def llama_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WordingConfig]:
    needs("llama_cpp", "gguf", "fastapi", "uvicorn", "sse_starlette", "starlette_context")
    folder = tmp_path_factory.mktemp("llama")
    model, port = tiny_gguf(folder / "tiny.gguf"), free_port()
    command = ["llama_cpp.server", "--model", str(model), "--model_alias", "tiny"]
    command += ["--host", "127.0.0.1", "--port", str(port), "--n_ctx", "16384"]
    with started(command, port=port, ready="/v1/models", log=folder / "log") as url:
        yield WordingConfig(url=url, model="tiny", answer_tokens=200, patience=PATIENCE)


@pytest.mark.slow
def test_a_model_under_transformers_serve_streams_and_counts(
    transformers_serve: WordingConfig,
) -> None:
    result, progress = only_dropped(transformers_serve)

    assert progress.steps > 1
    assert progress.notes[0].endswith("(counted)")
    assert not any("count" in limit for limit in result.limits)


@pytest.mark.slow
def test_transformers_serve_answers_the_same_again(transformers_serve: WordingConfig) -> None:
    first, _ = only_dropped(transformers_serve)
    again, _ = only_dropped(transformers_serve)

    assert first == again


@pytest.mark.slow
def test_a_model_that_transformers_serve_does_not_have_is_told(
    transformers_serve: WordingConfig,
) -> None:
    other = replace(transformers_serve, model="nobody/nothing")

    wording = word_plan(PLAN, other, progress=Notes()).wording

    assert wording is not None
    assert "check the model's name" in (wording.failure or "")


def test_llama_cpp_holds_a_model_of_noise_to_the_schema(llama_server: WordingConfig) -> None:
    reply = ask(messages_for(material_of(PLAN)), llama_server, Notes())

    # noise would hardly begin with this on its own
    assert reply.failure is None
    assert "".join(reply.text.split()).startswith('{"sentences":[')


def test_nothing_that_a_model_of_noise_says_under_llama_cpp_is_kept(
    llama_server: WordingConfig,
) -> None:
    progress = Notes()

    result = word_plan(PLAN, llama_server, progress=progress)

    assert progress.steps > 1
    assert result.wording is not None
    assert result.wording.sentences == ()
    # noise may close its list at once
    assert result.wording.dropped or "without a sentence" in (result.wording.failure or "")
    assert replace(result, wording=None, limits=PLAN.limits) == PLAN

"""A server may do anything: the plan stays whole, and one line says what was wrong."""

from __future__ import annotations

import json
import logging
import socket
import struct
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.guidance.wording.chat_server import (
    QUICK,
    Behavior,
    Handler,
    answer_of,
    says,
    serve,
)
from tests.guidance.wording.records import PLAN, PREGNANCY
from tests.service.certificates import self_signed

from glioscope.core import InputError, Plan, Silent
from glioscope.guidance.wording import Patience, WordingConfig, word_plan

GOOD = "Temozolomide is not recommended during pregnancy."
ANSWER = answer_of([(GOOD, [PREGNANCY])])


def worded(config: WordingConfig, plan: Plan = PLAN) -> Plan:
    result = word_plan(plan, config, progress=Silent())
    assert replace(result, wording=None, limits=plan.limits) == plan
    return result


def failure(behavior: Behavior, **settings: Any) -> str:
    with serve(behavior) as server:
        wording = worded(server.config(**settings)).wording
    assert wording is not None
    assert not wording.sentences
    assert not wording.dropped
    assert wording.failure is not None
    assert "\n" not in wording.failure
    assert "evil" not in wording.failure
    return wording.failure


def sentences(plan: Plan) -> list[str]:
    assert plan.wording is not None
    assert plan.wording.failure is None
    return [one.text for one in plan.wording.sentences]


def refusing(status: int, **headers: str) -> Behavior:
    return lambda handler, _: handler.refuse(status, '{"error": {"message": "evil"}}', **headers)


def test_a_good_answer_is_kept_and_nothing_is_added_to_the_limits() -> None:
    with serve(says(ANSWER)) as server:
        result = worded(server.config())

    assert sentences(result) == [GOOD]
    assert result.limits == PLAN.limits


@pytest.mark.parametrize(
    ("status", "told"),
    [
        (400, "does not take the request"),
        (401, "does not accept the key"),
        (403, "does not allow this key"),
        (404, "does not know the model"),
        (413, "does not take so long a request"),
        (418, "refuses the request (HTTP 418)"),
        (422, "does not take the request"),
        (429, "has no capacity"),
        (500, "is out of order (HTTP 500)"),
        (503, "is out of order (HTTP 503)"),
    ],
)
def test_each_status_has_its_line(status: int, told: str) -> None:
    assert told in failure(refusing(status))


def test_a_server_that_is_down_has_its_line() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    config = WordingConfig(url=f"http://127.0.0.1:{port}/v1", model="tiny", patience=QUICK)

    wording = worded(config).wording

    assert wording is not None
    assert wording.failure == (
        f"the language model's server 127.0.0.1:{port} does not answer; check that it runs, its"
        " host and port"
    )


def test_a_server_that_keeps_silent_has_its_line() -> None:
    def silent(_handler: Handler, _: dict[str, Any]) -> None:
        time.sleep(1.0)

    patience = Patience(connect_s=1.0, silence_s=0.1, total_s=1.0, retries=0)
    assert "does not answer in time" in failure(silent, patience=patience)


def test_a_server_that_drips_for_ever_is_cut_off() -> None:
    def drip(handler: Handler, _: dict[str, Any]) -> None:
        handler.start()
        for _piece in range(200):
            handler.wfile.write(b": ping\n\n")
            handler.wfile.flush()
            time.sleep(0.02)

    patience = replace(QUICK, total_s=0.3)
    began = time.monotonic()
    assert "takes too long" in failure(drip, patience=patience)
    assert time.monotonic() - began < 3


def test_an_enormous_answer_is_cut_off() -> None:
    def flood(handler: Handler, _: dict[str, Any]) -> None:
        handler.start()
        for _piece in range(10_000):
            handler.wfile.write(b"x" * 65_536)

    assert "larger than any summary" in failure(flood, most_bytes=1_000_000)


def test_a_stream_that_ends_in_the_middle_is_no_answer() -> None:
    def half(handler: Handler, _: dict[str, Any]) -> None:
        handler.start()
        handler.piece(ANSWER[:40])

    assert "broke off its answer" in failure(half)


def test_a_connection_that_is_reset_is_no_answer() -> None:
    def reset(handler: Handler, _: dict[str, Any]) -> None:
        handler.start()
        handler.piece(ANSWER[:40])
        linger = struct.pack("ii", 1, 0)
        handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        handler.connection.close()

    assert "broke off its answer" in failure(reset)


@pytest.mark.parametrize(
    "data",
    [
        "evil {",
        "[1, 2]",
        '"text"',
        "null",
        "{}",
        '{"choices": 5}',
        '{"choices": [5]}',
        '{"choices": [{"delta": null, "finish_reason": 7}]}',
        '{"choices": [{"delta": {"content": {"a": 1}}}]}',
        '{"usage": "evil", "choices": null}',
        '{"error": {"message": "evil"}}',
        "\xff",
    ],
)
def test_what_is_not_the_protocol_has_its_line(data: str) -> None:
    def strange(handler: Handler, _: dict[str, Any]) -> None:
        handler.start()
        handler.event(data)

    told = failure(strange)
    assert "something else than the OpenAI chat protocol" in told or "broke off" in told


def test_a_web_page_is_not_the_protocol() -> None:
    def page(handler: Handler, _: dict[str, Any]) -> None:
        handler.start("text/html")
        handler.wfile.write(b"<html>evil</html>")

    assert "something else than the OpenAI chat protocol" in failure(page)


def test_a_redirect_is_not_followed() -> None:
    with serve(says(ANSWER)) as other:
        elsewhere = f"http://127.0.0.1:{other.port}/v1/chat/completions"
        assert "sends us elsewhere" in failure(refusing(307, location=elsewhere))

    assert other.requests == []


def test_a_certificate_that_nobody_trusts_has_its_line(tmp_path: Path) -> None:
    context = self_signed(tmp_path, "model").server()
    with serve(says(ANSWER), tls=context) as server:
        wording = worded(server.config(scheme="https")).wording

    assert wording is not None
    assert "TLS certificate that is not trusted" in (wording.failure or "")
    assert server.requests == []


def test_plain_http_behind_https_has_its_line() -> None:
    with serve(says(ANSWER)) as server:
        wording = worded(server.config(scheme="https")).wording

    assert wording is not None
    assert "speaks no TLS" in (wording.failure or "")


def test_an_overloaded_server_is_asked_again_and_answers() -> None:
    refusals = [refusing(429, retry_after="0"), refusing(503)]

    def later(handler: Handler, body: dict[str, Any]) -> None:
        (refusals.pop(0) if refusals else says(ANSWER))(handler, body)

    with serve(later) as server:
        result = worded(server.config(patience=replace(QUICK, retries=2)))

    assert sentences(result) == [GOOD]
    assert len(server.requests) == 3


def test_a_server_is_asked_again_only_so_often() -> None:
    with serve(refusing(503)) as server:
        worded(server.config(patience=replace(QUICK, retries=2)))

    assert len(server.requests) == 3


def test_a_server_that_knows_no_schema_is_asked_without_one() -> None:
    def picky(handler: Handler, body: dict[str, Any]) -> None:
        known = {"model", "messages", "temperature", "seed", "max_tokens", "stream"}
        handler.answer(ANSWER) if set(body) <= known else handler.refuse(422)

    with serve(picky) as server:
        result = worded(server.config())

    assert sentences(result) == [GOOD]
    assert [one.get("response_format", {}).get("type") for one in server.requests] == [
        "json_schema",
        "json_object",
        None,
    ]


def test_every_request_asks_for_the_same_answer_again() -> None:
    with serve(says(ANSWER)) as server:
        worded(server.config(seed=7))
        worded(server.config(seed=7))

    first, second = server.raw
    assert first == second
    assert server.requests[0]["temperature"] == 0
    assert server.requests[0]["seed"] == 7
    assert server.requests[0]["stream"] is True


def test_no_request_is_sent_that_could_pass_the_limit() -> None:
    with serve(says(ANSWER)) as server:
        wording = worded(server.config(most_tokens=500)).wording

    assert wording is not None
    assert "raise --spend-limit" in (wording.failure or "")
    assert server.requests == []


def test_a_broken_stream_counts_as_spent_so_that_retries_stay_within_the_limit() -> None:
    def half(handler: Handler, _: dict[str, Any]) -> None:
        handler.start()
        handler.piece("{")

    with serve(half) as server:
        most = len(json.dumps(PLAN.case_id)) + 14_000
        config = server.config(
            most_tokens=most, answer_tokens=1_000, patience=replace(QUICK, retries=5)
        )
        wording = worded(config).wording

    assert wording is not None
    assert "raise --spend-limit" in (wording.failure or "")
    assert 1 <= len(server.requests) < 6


def test_tokens_that_the_server_does_not_count_are_told_as_an_estimate() -> None:
    with serve(says(ANSWER, tokens=None)) as server:
        result = worded(server.config())

    assert sentences(result) == [GOOD]
    assert "did not count its tokens" in result.limits[-1]


def test_an_empty_answer_is_a_failure_and_gibberish_is_dropped() -> None:
    assert "without a sentence" in failure(says(""))
    with serve(says("lorem ipsum [dolor] sit\n\x00amet")) as server:
        wording = worded(server.config()).wording

    assert wording is not None
    assert wording.failure is None
    assert wording.sentences == ()
    assert [one.why for one in wording.dropped] == [
        "cites dolor, which was not among the records",
        "cites nothing",
    ]


@pytest.mark.parametrize("status", [401, 500])
def test_the_key_stands_in_no_message_and_no_log(
    status: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    key = "sk-very-secret-key"

    def echo(handler: Handler, _: dict[str, Any]) -> None:
        handler.refuse(status, json.dumps({"error": {"message": f"bad key {key}"}}))

    with serve(echo) as server:
        config = server.config(key=key)
        result = worded(config)

    assert key not in repr(result)
    assert key not in repr(config)
    assert key not in caplog.text


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"url": "https://models.example/v1"}, "allow it with --allow-remote"),
        ({"url": "https://localhost.evil.example/v1"}, "allow it with --allow-remote"),
        ({"url": "https://127.0.0.1.evil.example/v1"}, "allow it with --allow-remote"),
        ({"url": "https://10.0.0.1/v1"}, "allow it with --allow-remote"),
        ({"url": "http://models.example/v1", "allow_remote": True}, "use https"),
        ({"url": "https://user:pw@models.example/v1", "allow_remote": True}, "holds a login"),
        ({"url": "localhost:8080"}, "give its base"),
        ({"url": "file:///etc/passwd"}, "give its base"),
        ({"url": "http://[::1"}, "give its base"),
        ({"url": "http://localhost:99999/v1"}, "give its base"),
        ({"url": "http://localhost/v1", "model": " "}, "no language model is named"),
        ({"url": "http://localhost/v1", "key": "a\nb"}, "can't be sent"),
        ({"url": "http://localhost/v1", "key": "ключ"}, "can't be sent"),
        ({"url": "http://localhost/v1", "most_tokens": 0}, "spend limit"),
    ],
)
def test_what_can_not_be_asked_is_refused_before_anything_is_sent(
    settings: dict[str, Any], told: str
) -> None:
    with pytest.raises(InputError, match=told) as refused:
        WordingConfig(**{"model": "tiny", **settings})

    assert "pw" not in str(refused.value)


@pytest.mark.parametrize("url", ["http://localhost:1/v1", "http://127.8.9.1/v1", "http://[::1]/v1"])
def test_this_machine_needs_no_leave(url: str) -> None:
    assert WordingConfig(url=url, model="tiny").url == url


def test_a_server_on_this_machine_is_asked_without_the_proxy() -> None:
    with serve(says(ANSWER)) as server:
        result = worded(server.config(proxy="http://127.0.0.1:9"))

    assert sentences(result) == [GOOD]


def test_a_plan_without_records_is_not_sent() -> None:
    with serve(says(ANSWER)) as server:
        empty = Plan(case_id="c", release="1", facts={})
        wording = worded(server.config(), empty).wording

    assert wording is not None
    assert "cites nothing" in (wording.failure or "")
    assert server.requests == []


def test_the_environment_changes_nothing_that_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_ORG_ID", "org-of-somebody")
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "x-from: environment")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    with serve(says(ANSWER)) as server:
        result = worded(server.config())

    assert sentences(result) == [GOOD]
    assert not {"openai-organization", "x-from"} & set(server.headers[0])

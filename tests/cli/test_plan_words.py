from __future__ import annotations

import pytest

from glioscope.cli.plan_words import wording_config
from glioscope.core import InputError
from glioscope.guidance.wording import WordingConfig

LOCAL = "http://127.0.0.1:8080/v1"
REMOTE = "https://models.example/v1"
VARIABLES = (
    *("GLIOSCOPE_LLM_URL", "GLIOSCOPE_LLM_MODEL", "GLIOSCOPE_LLM_KEY"),
    *("OPENAI_BASE_URL", "OPENAI_API_KEY", "HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy"),
    *("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"),
)


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)


def config(
    *, llm: bool = True, model: str | None = "tiny", remote: bool = False, limit: int = 5
) -> WordingConfig | None:
    return wording_config(llm=llm, model=model, allow_remote=remote, spend_limit=limit)


def asked(*, model: str | None = "tiny", remote: bool = False) -> WordingConfig:
    made = config(model=model, remote=remote)
    assert made is not None
    return made


def test_no_language_model_is_asked_unless_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GLIOSCOPE_LLM_URL", LOCAL)

    assert config(llm=False) is None


def test_a_missing_address_is_asked_for_by_name() -> None:
    with pytest.raises(InputError, match="GLIOSCOPE_LLM_URL"):
        config()


def test_a_missing_model_is_asked_for_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GLIOSCOPE_LLM_URL", LOCAL)

    with pytest.raises(InputError, match="GLIOSCOPE_LLM_MODEL"):
        config(model=None)


def test_address_model_and_key_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GLIOSCOPE_LLM_URL", LOCAL)
    monkeypatch.setenv("GLIOSCOPE_LLM_MODEL", "from-environment")
    monkeypatch.setenv("GLIOSCOPE_LLM_KEY", "secret")

    made = asked(model=None)

    assert (made.url, made.model, made.key) == (LOCAL, "from-environment", "secret")
    assert made.most_tokens == 5
    assert asked(model="told").model == "told"


def test_a_key_goes_only_to_the_address_that_it_was_set_with(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "key-of-openai")
    monkeypatch.setenv("OPENAI_BASE_URL", REMOTE)
    assert asked(remote=True).key == "key-of-openai"

    monkeypatch.setenv("GLIOSCOPE_LLM_URL", LOCAL)
    assert asked().key == ""


def test_another_machine_needs_leave(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GLIOSCOPE_LLM_URL", REMOTE)

    with pytest.raises(InputError, match="--allow-remote"):
        config()
    assert asked(remote=True).url == REMOTE


def test_a_proxy_of_the_environment_leads_only_to_other_machines(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("https_proxy", "http://proxy.example:3128")
    monkeypatch.setenv("GLIOSCOPE_LLM_URL", REMOTE)
    assert asked(remote=True).proxy == "http://proxy.example:3128"

    monkeypatch.setenv("no_proxy", "models.example")
    assert asked(remote=True).proxy is None


def test_an_address_that_is_none_is_refused_as_such(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GLIOSCOPE_LLM_URL", "http://[broken")

    with pytest.raises(InputError, match="give its base"):
        config()

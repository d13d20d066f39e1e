"""A model as plain JSON: back and forth, and what is refused."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from glioscope.core import ModelError
from glioscope.prediction import (
    FILE,
    PATTERNS,
    SURVIVAL_PATTERNS,
    Inputs,
    PredictionModel,
    assess,
    load_model,
)


def write(folder: Path, content: bytes, *, sha256: str | None = None) -> Path:
    (folder / FILE).write_bytes(content)
    card = {"sha256": sha256 or hashlib.sha256(content).hexdigest()}
    (folder / "card.json").write_text(json.dumps(card), encoding="utf-8")
    return folder


def content(model: PredictionModel, **changes: Any) -> bytes:
    return json.dumps(model.to_json() | changes).encode()


def test_a_model_comes_back_from_json(model: PredictionModel, usual: Inputs) -> None:
    back = PredictionModel.from_json(json.loads(json.dumps(model.to_json())))

    assert back.name == "prediction 0.0-seeded"
    assert set(back.patterns) == set(PATTERNS)
    assert set(back.survival) == set(SURVIVAL_PATTERNS)
    assert (back.mgmt, back.shares, back.sex_gain) == (model.mgmt, model.shares, model.sex_gain)
    # What is rounded once comes back as it is.
    assert back.to_json() == model.to_json()
    ours, theirs = assess(usual, model=model), assess(usual, model=back)
    assert ours.survival is not None
    assert theirs.survival is not None
    assert theirs.survival.survival == pytest.approx(ours.survival.survival, abs=1e-4)
    for target, prediction in ours.predictions.items():
        found = theirs.predictions[target]
        assert [outcome.probability for outcome in found.outcomes] == pytest.approx(
            [outcome.probability for outcome in prediction.outcomes], abs=1e-4
        )
        assert found.evidence == prediction.evidence


def test_a_written_model_is_loaded_once(tmp_path: Path, model: PredictionModel) -> None:
    folder = write(tmp_path, content(model))

    loaded = load_model(folder)

    assert load_model(folder) is loaded
    assert np.array_equal(loaded.days, model.days)


def test_a_model_is_text_that_can_not_run_code(tmp_path: Path, model: PredictionModel) -> None:
    text = (write(tmp_path, content(model)) / FILE).read_text(encoding="utf-8")

    def plain(value: Any) -> bool:
        if isinstance(value, dict):
            return all(isinstance(k, str) and plain(v) for k, v in value.items())
        if isinstance(value, list):
            return all(plain(item) for item in value)
        return value is None or isinstance(value, str | int | float | bool)

    assert plain(json.loads(text))


def test_a_file_that_was_changed_is_refused(tmp_path: Path, model: PredictionModel) -> None:
    given = hashlib.sha256(content(model)).hexdigest()

    folder = write(tmp_path, content(model, version="2"), sha256=given)

    with pytest.raises(ModelError, match=r"model\.json is not the file that its card names"):
        load_model(folder)


@pytest.mark.parametrize("missing", [FILE, "card.json"])
def test_a_missing_file_is_refused(tmp_path: Path, model: PredictionModel, missing: str) -> None:
    (write(tmp_path, content(model)) / missing).unlink()

    with pytest.raises(ModelError, match=r"can't be read .*install glioscope anew"):
        load_model(tmp_path)


@pytest.mark.parametrize(
    "broken", [b"", b'{"version": 1', b"[]", b'"text"', b"{}", b"\x80\x04pickle", b"null"]
)
def test_broken_content_is_refused_even_under_its_own_checksum(
    tmp_path: Path, broken: bytes
) -> None:
    with pytest.raises(ModelError, match=r"can't be read .*install glioscope anew"):
        load_model(write(tmp_path, broken))


@pytest.mark.parametrize("card", ["", "[]", "{}", "null"])
def test_a_broken_card_is_refused(tmp_path: Path, model: PredictionModel, card: str) -> None:
    (write(tmp_path, content(model)) / "card.json").write_text(card, encoding="utf-8")

    with pytest.raises(ModelError, match="can't be read"):
        load_model(tmp_path)


@pytest.mark.parametrize(
    "changes",
    [
        {"patterns": []},
        {"shares": None},
        {"mgmt": {"metric": "AUC"}},
        {"kps_mean": "high"},
        {"domain": []},
        {"sex_gain": {"sex": 0.1}},
    ],
)
def test_damaged_parts_are_refused(
    tmp_path: Path, model: PredictionModel, changes: dict[str, Any]
) -> None:
    with pytest.raises(ModelError, match="install glioscope anew"):
        load_model(write(tmp_path, content(model, **changes)))


def test_a_model_without_a_pattern_is_refused_by_its_name(model: PredictionModel) -> None:
    whole = model.to_json()
    patterns = {k: v for k, v in whole["patterns"].items() if k != "age+sex+shape"}
    survival = {k: v for k, v in whole["survival"].items() if k != "sex+shape+location"}

    with pytest.raises(ModelError, match=r"lacks age\+sex\+shape; install"):
        PredictionModel.from_json(whole | {"patterns": patterns})
    with pytest.raises(ModelError, match="survival model lacks a pattern"):
        PredictionModel.from_json(whole | {"survival": survival})


def test_damaged_weights_are_refused(model: PredictionModel) -> None:
    whole = json.loads(json.dumps(model.to_json()))
    whole["patterns"]["sex+shape"]["joint"]["families"]["scale"][0] = 0.0

    with pytest.raises(ModelError, match="weights of the prediction are damaged"):
        PredictionModel.from_json(whole)

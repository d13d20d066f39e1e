"""A written result to facts: nothing predicted or doubtful becomes a told one."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from glioscope.core import InputError
from glioscope.guidance import facts_from_result


def outcome(name: str, probability: float, in_set: bool) -> dict[str, Any]:
    return {"name": name, "probability": probability, "in_set": in_set}


def content() -> dict[str, Any]:
    return deepcopy(
        {
            "patient": {"age": {"value": 62.0}, "sex": "F"},
            "has_tumor": True,
            "sequences": {"used": ["t1", "t1c", "flair"]},
            "configuration": {"known": {"resection": "gross-total", "kps": 80.0}},
            "measurements": {
                "volumes": {"enhancing_tumor": {"value": 12.5}},
                "multifocal": False,
            },
            "location": {
                "main_lobe": "temporal lobe",
                "midline_shift": {"value": 3.0},
                "involvement": {"whole_tumor": [{"structure": "temporal lobe"}]},
            },
            "assessment": {
                "predictions": {
                    "idh": {
                        "known": None,
                        "outcomes": [
                            outcome("wildtype", 0.8, True),
                            outcome("mutant", 0.2, True),
                        ],
                    },
                    "grade": {
                        "known": None,
                        "outcomes": [outcome("4", 0.9, True), outcome("none", 0.1, False)],
                    },
                    "1p19q": {"known": "intact", "outcomes": [outcome("intact", 1.0, True)]},
                    "mgmt": {"known": None, "outcomes": []},
                }
            },
        }
    )


def test_what_was_told_measured_and_predicted_is_kept_apart() -> None:
    facts = facts_from_result(content())

    assert facts.told == {
        "age-years": 62.0,
        "sex": "F",
        "1p19q": "intact",
        "resection": "gross-total",
        "kps": 80.0,
    }
    assert facts.measured == {
        "t1c-available": "yes",
        "enhancement": "present",
        "multifocal": "no",
        "midline-location": "no",
        "supratentorial": "yes",
        "midline-shift-mm": 3.0,
    }
    assert set(facts.predicted) == {"idh", "grade"}
    assert facts.predicted["idh"].possible == ("wildtype", "mutant")
    assert facts.predicted["idh"].probability_of("mutant") == pytest.approx(0.2)
    assert facts.predicted["grade"].possible == ("4",)
    assert not facts.predicted.keys() & facts.values.keys()


def test_enhancement_is_not_said_without_t1c_nor_of_a_few_voxels() -> None:
    without, few, none = content(), content(), content()
    without["sequences"]["used"] = ["flair"]
    few["measurements"]["volumes"]["enhancing_tumor"]["value"] = 0.02
    none["measurements"]["volumes"]["enhancing_tumor"]["value"] = 0.0

    assert facts_from_result(without).measured["t1c-available"] == "no"
    assert "enhancement" not in facts_from_result(without).measured
    assert "enhancement" not in facts_from_result(few).measured
    assert facts_from_result(none).measured["enhancement"] == "absent"


@pytest.mark.parametrize(
    ("main", "involved", "midline", "supratentorial"),
    [
        ("thalamus", "thalamus", "yes", "yes"),
        ("brainstem", "pons", "yes", "no"),
        ("temporal lobe", "midbrain", "no", None),
        ("cerebellum", "cerebellum", "no", "no"),
    ],
)
def test_the_place_is_said_only_where_it_is_clear(
    main: str, involved: str, midline: str, supratentorial: str | None
) -> None:
    result = content()
    result["location"]["main_lobe"] = main
    result["location"]["involvement"]["whole_tumor"] = [{"structure": involved}]

    measured = facts_from_result(result).measured

    assert measured["midline-location"] == midline
    assert measured.get("supratentorial") == supratentorial


def test_a_result_without_a_tumor_or_predictions_tells_little() -> None:
    result = content()
    result |= {"has_tumor": False, "assessment": None, "location": None}

    facts = facts_from_result(result)

    assert facts.measured == {"t1c-available": "yes"}
    assert facts.predicted == {}


@pytest.mark.parametrize("key", ["patient", "sequences", "has_tumor"])
def test_a_damaged_result_is_refused(key: str) -> None:
    result = content()
    del result[key]

    with pytest.raises(InputError, match="analyze again"):
        facts_from_result(result)

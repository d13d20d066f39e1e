"""The languages of the patient's page."""

from __future__ import annotations

import gettext
from collections.abc import Mapping
from importlib.resources import files
from types import MappingProxyType
from typing import Final

from glioscope.core import InputError

LANGUAGES: Final[Mapping[str, str]] = MappingProxyType({"en": "en-US", "zh": "zh-Hans", "es": "es"})
"""Tag of the page (BCP 47) by the name that a user gives."""

ENGLISH: Final = "en"
_DOMAIN: Final = "patient"


def translation(language: str) -> gettext.NullTranslations:
    """Return the translation of every text of the page; English is returned as it is.

    Raises:
        InputError: If it is none of `LANGUAGES`.
    """
    if language not in LANGUAGES:
        *first, last = LANGUAGES
        choices = f"{', '.join(first)} or {last}"
        msg = f"the patient's page is not written in {language!r}; choose {choices}"
        raise InputError(msg)
    if language == ENGLISH:
        return gettext.NullTranslations()
    catalog = files("glioscope.report").joinpath(
        "locales", language, "LC_MESSAGES", f"{_DOMAIN}.mo"
    )
    with catalog.open("rb") as stream:
        return gettext.GNUTranslations(stream)

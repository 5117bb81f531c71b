"""Sentences in the languages of the portal, for what is read outside its pages."""

from __future__ import annotations

import gettext
from functools import lru_cache
from pathlib import Path
from typing import Final

from datalayer.kernel.contract.registry import Language
from datalayer.kernel.contract.spoken import marks
from datalayer.kernel.sentences import Sentence

# The pages' own, so that a notice and a page say the same in the same words.
_LOCALE: Final = Path(__file__).resolve().parents[2] / "pages" / "locale"


def told(sentence: Sentence, language: Language) -> str:
    """Return *sentence* in *language*; in English what has no translation."""
    return str(sentence.tell(_catalogue(language).gettext, marks(language)))


@lru_cache
def _catalogue(language: Language) -> gettext.NullTranslations:
    return gettext.translation("farol", _LOCALE, [language], fallback=True)

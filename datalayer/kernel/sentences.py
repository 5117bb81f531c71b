"""Sentences that know how they were made, so that each reader is told them in his own language.

A ``Sentence`` is its text in English. Beside it, it keeps the template, which is also the message
id of its translations, and the values of the template's places.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from string import Formatter
from typing import Final, TypeAlias

Json: TypeAlias = str | int | float | bool | list["Json"] | dict[str, "Json"] | None
"""What a value is in JSON."""

NOTHING_LISTED: Final = "-"
AS_IT_IS: Final = "s"
"""Format of a place whose text is a code, and no word of any language."""


class Sentence(str):
    """A text in English that can be told in other languages.

    Numbers have separators of thousands; a list is told with commas, and a value that is a
    sentence in the language of the whole.

    Attributes:
        template: English sentence with ``{field}`` places; the message id of its translations.
        fields: Values for the places. One of type str alone, such as a code that looks like a
            number, is told as it is; at a place such as ``{name:s}``, also where it is a word of
            the language, as names of columns are.
    """

    __slots__ = ("fields", "template")

    template: str
    fields: Mapping[str, object]

    def __new__(cls, template: str, /, **fields: object) -> Sentence:
        """Make the sentence of *template* with these values for its places."""
        made = super().__new__(cls, _Telling().format(template, **fields))
        made.template, made.fields = template, fields
        return made

    def __str__(self) -> Sentence:
        """Return itself: as the text of another error, too, it can be told."""
        return self

    def __getnewargs_ex__(self) -> tuple[tuple[str], dict[str, object]]:
        """Return what makes it anew: it survives its way between processes."""
        return (self.template,), dict(self.fields)

    def tell(self, translate: Callable[[str], str], marks: Mapping[int, str]) -> str:
        """Return it in another language.

        Args:
            translate: Returns the translation of a template, or of a text that is a value;
                either as it is where there is none.
            marks: What English marks of decimals and thousands become, as for ``str.translate``.
        """
        return _Telling(translate, marks).format(translate(self.template), **self.fields)


def listed(sentences: tuple[str, ...], between: str = "; ") -> Sentence:
    """Return several sentences as one, in their order."""
    places = {f"_{number}": each for number, each in enumerate(sentences)}
    return Sentence(between.join(f"{{{name}}}" for name in places), **places)


def recipe(text: str) -> Json:
    """Return how a sentence was made, as JSON; None for a text that was not made as one."""
    if not isinstance(text, Sentence):
        return None
    return {
        "template": text.template,
        "fields": {name: _value_json(value) for name, value in text.fields.items()},
    }


def restored(text: str, made: object) -> str:
    """Return *text* as the sentence that the recipe *made* makes; as it is if that makes another.

    So what was altered, cut or written by another version is told as it stands.
    """
    sentence = _from_recipe(made)
    return sentence if sentence == text else text


class _Telling(Formatter):
    """Fills places in: texts translated, numbers with the marks of the language."""

    def __init__(
        self, translate: Callable[[str], str] = str, marks: Mapping[int, str] | None = None
    ) -> None:
        self._translate = translate
        self._marks = marks or {}

    def format_field(self, value: object, format_spec: str) -> str:
        """Return the text of one place."""
        if isinstance(value, tuple | list):
            spec = format_spec if format_spec == AS_IT_IS else ""
            return ", ".join(self.format_field(each, spec) for each in value) or NOTHING_LISTED
        if isinstance(value, int | float) and not isinstance(value, bool):
            spec = "" if format_spec == AS_IT_IS else format_spec
            return format(value, f",{spec}").translate(self._marks)
        # An error's text is a sentence as well.
        text = value if isinstance(value, str) else str(value)
        if isinstance(text, Sentence):
            return text.tell(self._translate, self._marks)
        return format(text if format_spec == AS_IT_IS else self._translate(text), format_spec)


def _value_json(value: object) -> Json:
    if isinstance(value, tuple | list):
        return [_value_json(each) for each in value]
    if isinstance(value, int | float):
        return value
    text = value if isinstance(value, str) else str(value)
    return recipe(text) or text


def _from_recipe(made: object) -> Sentence | None:
    match made:
        case {"template": str(template), "fields": dict(fields)}:
            try:
                return Sentence(template, **{k: _from_json(v) for k, v in fields.items()})
            except (ValueError, LookupError, AttributeError):
                return None
        case _:
            return None


def _from_json(value: object) -> object:
    if isinstance(value, list):
        return tuple(map(_from_json, value))
    return _from_recipe(value) or value

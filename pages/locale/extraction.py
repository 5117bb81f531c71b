"""How Babel finds what the portal's errors and its proof say: templates, actions, promises.

Used while translating only; nothing imports it when the portal runs.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Mapping
from typing import IO, Any

from babel.messages.extract import extract_python

Found = tuple[int, None, str, list[str]]


def page_texts(
    file: IO[bytes],
    keywords: Collection[str],
    comment_tags: Collection[str],
    options: Mapping[str, str],
) -> Iterator[Any]:
    """Yield what a page says through ``_`` and ``ngettext``, and the sentences that it only names.

    Those are words that errors take from elsewhere: from the system, from Python.
    """
    yield from extract_python(file, keywords, comment_tags, dict(options))  # type: ignore[arg-type]
    file.seek(0)
    for node in ast.walk(ast.parse(file.read())):
        if isinstance(node, ast.Call) and _is_sentence(node):
            yield node.lineno, None, ast.literal_eval(node.args[0]), []


def error_templates(
    file: IO[bytes],
    keywords: Collection[str],  # noqa: ARG001 - Babel's signature
    comment_tags: Collection[str],  # noqa: ARG001
    options: Mapping[str, str],  # noqa: ARG001
) -> Iterator[Found]:
    """Yield the templates of errors and of sentences in *file*, as Babel wants its messages.

    Beside them, what ``identity.require(role, "do this")`` says would be done, which becomes a
    field of an error, and what each ``ProofCheck(name, promise, ...)`` of the proof promises.
    """
    for node in ast.walk(ast.parse(file.read())):
        if isinstance(node, ast.ClassDef):
            yield from ((line, None, text, []) for line, text in _templates(node))
        elif isinstance(node, ast.Call) and (_is_requirement(node) or _is_check(node)):
            yield node.lineno, None, ast.literal_eval(node.args[1]), []
        elif isinstance(node, ast.Call) and _is_sentence(node):
            yield node.lineno, None, ast.literal_eval(node.args[0]), []


def _templates(error: ast.ClassDef) -> Iterator[tuple[int, str]]:
    for statement in error.body:
        target = (
            statement.targets[0]
            if isinstance(statement, ast.Assign)
            else statement.target
            if isinstance(statement, ast.AnnAssign)
            else None
        )
        value = getattr(statement, "value", None)  # none where a name is declared alone
        if isinstance(target, ast.Name) and target.id == "template" and value is not None:
            yield statement.lineno, ast.literal_eval(value)


def _is_requirement(call: ast.Call) -> bool:
    named = isinstance(call.func, ast.Attribute) and call.func.attr == "require"
    return named and len(call.args) == 2 and isinstance(call.args[1], ast.Constant)


def _is_sentence(call: ast.Call) -> bool:
    named = isinstance(call.func, ast.Name) and call.func.id == "Sentence"
    return named and len(call.args) == 1 and isinstance(call.args[0], ast.Constant)


def _is_check(call: ast.Call) -> bool:
    named = isinstance(call.func, ast.Name) and call.func.id == "ProofCheck"
    return named and len(call.args) == 4 and isinstance(call.args[1], ast.Constant)

"""How Babel finds the sentences of the portal's errors: by their ``template``, not by a call.

Used while translating only; nothing imports it when the portal runs.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Mapping
from typing import IO

Found = tuple[int, None, str, list[str]]


def error_templates(
    file: IO[bytes],
    keywords: Collection[str],  # noqa: ARG001 - Babel's signature
    comment_tags: Collection[str],  # noqa: ARG001
    options: Mapping[str, str],  # noqa: ARG001
) -> Iterator[Found]:
    """Yield the templates of the error classes in *file*, as Babel wants its messages."""
    for node in ast.walk(ast.parse(file.read())):
        if isinstance(node, ast.ClassDef):
            yield from ((line, None, text, []) for line, text in _templates(node))


def _templates(error: ast.ClassDef) -> Iterator[tuple[int, str]]:
    for statement in error.body:
        target = (
            statement.targets[0]
            if isinstance(statement, ast.Assign)
            else statement.target
            if isinstance(statement, ast.AnnAssign)
            else None
        )
        if isinstance(target, ast.Name) and target.id == "template":
            value = ast.literal_eval(statement.value)  # type: ignore[union-attr]
            yield statement.lineno, value

"""Marks as tables: those of the rows that stand in a publication, and all that a part ever had."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import pyarrow as pa

from datalayer.kernel.contract.registry import Bilingual, Column, ColumnType
from datalayer.marks.marking import CameBack, Mark, MarkKind, RowKey, RowState, deciding, not_undone

KEY: Final = ("item_id", "location_id", "action", "ref")
"""Columns that name a row of the list, in ``fact_action`` as here."""

_ARROW: Final = {
    ColumnType.TEXT: pa.string(),
    ColumnType.DATE: pa.date32(),
    ColumnType.TIMESTAMP: pa.timestamp("us", "UTC"),
    ColumnType.INTEGER: pa.int64(),
    ColumnType.BOOLEAN: pa.bool_(),
}


def _column(
    name: str,
    kind: ColumnType,
    label: tuple[str, str],
    description: tuple[str, str],
    *,
    required: bool = True,
    allowed: Iterable[str] = (),
) -> Column:
    return Column(
        name=name,
        type=kind,
        required=required,
        key_position=None,
        minimum=None,
        maximum=None,
        allowed=tuple(allowed),
        reference=None,
        unit="",
        quantile_level=None,
        label=Bilingual(*label),
        description=Bilingual(*description),
    )


_ROW = (
    _column("item_id", ColumnType.TEXT, ("Part", "Peça"), ("The part.", "A peça.")),
    _column(
        "location_id",
        ColumnType.TEXT,
        ("Location", "Local"),
        ("The location.", "O local."),
    ),
    _column(
        "action",
        ColumnType.TEXT,
        ("Action", "Ação"),
        ("What the row says to do.", "O que a linha diz para fazer."),
    ),
    _column(
        "ref",
        ColumnType.TEXT,
        ("Open order", "Pedido aberto"),
        (
            "The open order concerned, of a move the place that gives; '-' where there is neither.",
            "O pedido aberto em questão, numa transferência o local que cede; '-' onde não há.",
        ),
    ),
)
_NUMBER = _column(
    "number",
    ColumnType.INTEGER,
    ("Number", "Número"),
    (
        "Number of the mark; of a row, that of its last one, undone or not.",
        "Número da marca; de uma linha, o da última, desfeita ou não.",
    ),
)
_UNTIL = _column(
    "until",
    ColumnType.DATE,
    ("Until", "Até"),
    (
        "First day on which the row is on the list again, UTC; null for no such day.",
        "Primeiro dia em que a linha volta à lista, UTC; nulo se não há.",
    ),
    required=False,
)
_COMMENT = _column(
    "comment",
    ColumnType.TEXT,
    ("Comment", "Comentário"),
    ("What was written beside it; may be empty.", "O que se escreveu junto; pode ser vazio."),
)
_PUBLICATION = _column(
    "publication_id",
    ColumnType.TEXT,
    ("Publication", "Publicação"),
    ("The publication that was looked at.", "A publicação que se olhava."),
    required=False,
)


def _by(*, required: bool) -> tuple[Column, ...]:
    """Return who made a mark, and when."""
    return (
        _column(
            "marked_by",
            ColumnType.TEXT,
            ("By", "Por"),
            ("Who made the mark.", "Quem fez a marca."),
            required=required,
        ),
        _column(
            "signed_in",
            ColumnType.BOOLEAN,
            ("Signed in", "Com login"),
            (
                "Whether a sign-in stands behind that name; else it was typed.",
                "Se há um login por trás desse nome; senão, foi digitado.",
            ),
            required=required,
        ),
        _column(
            "marked_at",
            ColumnType.TIMESTAMP,
            ("At", "Em"),
            ("When the mark was made, UTC.", "Quando a marca foi feita, UTC."),
            required=required,
        ),
    )


STANDING: Final = (
    *_ROW,
    _column(
        "state",
        ColumnType.TEXT,
        ("State", "Situação"),
        (
            "open: on the list; put_aside: off list and exports; came_back: on them again.",
            "open: na lista; put_aside: fora da lista e dos arquivos; came_back: de volta.",
        ),
        allowed=RowState,
    ),
    _column(
        "because",
        ColumnType.TEXT,
        ("Because", "Porque"),
        (
            "Why it came back: its day, a greater chance to run out, or a tier more urgent.",
            "Por que voltou: chegou o dia, maior chance de faltar, ou faixa mais urgente.",
        ),
        required=False,
        allowed=CameBack,
    ),
    _column(
        "kind",
        ColumnType.TEXT,
        ("Mark", "Marca"),
        (
            "Its last mark that holds, comments aside; null where all were undone.",
            "A última marca que vale, fora comentários; nula se todas desfeitas.",
        ),
        required=False,
        allowed=(each for each in MarkKind if each is not MarkKind.UNDO),
    ),
    _UNTIL,
    _COMMENT,
    _column(
        "comments",
        ColumnType.INTEGER,
        ("Comments", "Comentários"),
        (
            "How many comments there are, undone ones aside.",
            "Quantos comentários há, sem os desfeitos.",
        ),
    ),
    *_by(required=False),
    _PUBLICATION,
    _NUMBER,
)
"""A marked row: comment is the last one that was not undone; who, when and where are of *kind*."""

HISTORY: Final = (
    *_ROW,
    _NUMBER,
    _column(
        "kind",
        ColumnType.TEXT,
        ("Mark", "Marca"),
        ("What was said.", "O que se disse."),
        allowed=MarkKind,
    ),
    _UNTIL,
    _COMMENT,
    *_by(required=True),
    _PUBLICATION,
    _column(
        "undone",
        ColumnType.BOOLEAN,
        ("Undone", "Desfeita"),
        ("Whether it was taken back.", "Se foi desfeita."),
    ),
    _column(
        "stands",
        ColumnType.BOOLEAN,
        ("Stands", "Vale"),
        (
            "Whether it is about the row as it stands in the publication that is read.",
            "Se trata da linha como está na publicação lida.",
        ),
    ),
)
"""One mark, as it was made."""


def standing_table(
    rows: Iterable[tuple[Sequence[Mark], RowState, CameBack | None]],
) -> pa.Table:
    """Return marked rows as ``STANDING`` says, in the order of their key.

    Args:
        rows: All marks of each, in their order, its state, and why it came back.
    """
    fields = [_standing(*row) for row in rows]
    return _table(sorted(fields, key=lambda row: [str(row[name]) for name in KEY]), STANDING)


def history_table(episodes: Iterable[tuple[bool, Sequence[Mark]]]) -> pa.Table:
    """Return all marks of some episodes as ``HISTORY`` says, in the order of their numbers.

    Args:
        episodes: For each, whether its row stands in the publication read, and its marks.
    """
    fields = []
    for stands, marks in episodes:
        undone = {each.undoes for each in marks}
        for mark in marks:
            more = {"number": mark.number, "undone": mark.number in undone, "stands": stands}
            fields.append(_of_mark(mark) | more)
    return _table(sorted(fields, key=lambda row: int(str(row["number"]))), HISTORY)


def _standing(
    marks: Sequence[Mark], state: RowState, because: CameBack | None
) -> dict[str, object]:
    mark = deciding(marks)
    comments = [each.comment for each in not_undone(marks) if each.comment]
    return {
        **(_of_mark(mark) if mark else _of_row(marks[-1].row.key)),
        "state": state,
        "because": because,
        "comment": comments[-1] if comments else "",
        "comments": len(comments),
        "number": marks[-1].number,
    }


def _of_row(key: RowKey) -> dict[str, object]:
    return {name: getattr(key, name) for name in KEY}


def _of_mark(mark: Mark) -> dict[str, object]:
    names = ("kind", "until", "comment", "marked_by", "signed_in", "marked_at", "publication_id")
    return _of_row(mark.row.key) | {name: getattr(mark, name) for name in names}


def _table(rows: list[dict[str, object]], columns: Sequence[Column]) -> pa.Table:
    schema = pa.schema([pa.field(column.name, _ARROW[column.type]) for column in columns])
    return pa.Table.from_pylist(rows, schema=schema)

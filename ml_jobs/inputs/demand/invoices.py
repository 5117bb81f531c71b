"""Invoice lines as an ERP exports them (the form of the data set Online Retail), read as demand.

Columns: ``invoice_no``, ``stock_code``, ``description``, ``quantity``, ``invoice_date``,
``unit_price``; others are carried along, and one may name the place. The rules, in their order;
the first that a line meets decides:

1. Codes without a digit (POST, M, DOT, BANK CHARGES, ...), ``C2`` (carriage) and gift vouchers
   (``gift_...``) are charges, not items. Codes are compared in upper case.
2. Lines without a description, with a price of 0 or less, or with a quantity of 0 or less outside
   a cancellation are corrections of stock or of books, not demand.
3. A cancellation (its invoice number begins with C) undoes the most recent earlier sale of the
   same item and quantity (and place, where lines name one) that is not undone yet; both lines
   are set aside. One without such a sale is set aside alone: which sale it lessens can't be told.

Names are the most frequent description of an item's lines, unit costs the median price (an
assumption: prices are not costs), and categories the last word of the name, colours and sizes
aside, where enough items share it.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from datalayer.kernel.contract.registry import Bilingual
from ml_jobs.arrays import BoolArray, FloatArray, IntArray
from ml_jobs.inputs.demand.demand_rows import (
    Catalogue,
    DemandRows,
    Value,
    refuse_unusable,
    without_bad_cells,
)
from ml_jobs.inputs.demand.reasons import USED, RejectReason
from ml_jobs.inputs.files.reading import AS_FOUND, ReadingOptions
from ml_jobs.inputs.files.source_file import SourceFile, read_source
from ml_jobs.inputs.styles import cells
from ml_jobs.inputs.styles.cells import Codes
from ml_jobs.inputs.styles.styles import StyleEvidence, Styles, evidence_of, styled

LEAST_CATEGORY_ITEMS = 4
LEAST_CATEGORY_SHARE = 0.005

RULES = (
    Bilingual(
        en="Unit costs are the median invoice price of each item.",
        pt_BR="Custos unitários são o preço mediano de cada item nas notas.",
    ),
    Bilingual(
        en=(
            "Categories are the last noun of a name, where 0.5 % of the items (at least 4) "
            "share it."
        ),
        pt_BR=(
            "Categorias são o último substantivo do nome, quando 0,5 % dos itens (ao menos 4) "
            "o têm em comum."
        ),
    ),
)

# Words that end many names and say nothing of what the thing is.
QUALIFIERS = frozenset({
    "ASSORTED", "BLACK", "BLUE", "BROWN", "CHRISTMAS", "CREAM", "DESIGN", "DESIGNS", "GOLD",
    "GREEN", "GREY", "IVORY", "LARGE", "LONDON", "MEDIUM", "MINI", "NATURAL", "ORANGE", "PINK",
    "POLKADOT", "PURPLE", "RED", "RETROSPOT", "ROSE", "SILVER", "SMALL", "SPOT", "SPOTTY",
    "SET", "VINTAGE", "WHITE", "WITH", "AND", "FOR", "THE",
})  # fmt: skip

_CHARGE = re.compile(r"\D*|C2|GIFT_.*")
_CANCELLATION = re.compile(r"[Cc]")
_WORD = re.compile(r"[A-Z]{3,}")
_NOT_IN_CODES = re.compile(r"[^A-Z0-9]+")
COLUMNS = (
    ("invoice_no",),
    ("stock_code",),
    ("description",),
    ("quantity",),
    ("invoice_date",),
    ("unit_price",),
)


def read_invoices(
    path: Path,
    reading: ReadingOptions = AS_FOUND,
    *,
    today: date,
    location_column: str | None = None,
) -> DemandRows:
    """Read the invoice lines of *path* as demand; see `invoices_of`.

    Raises:
        InputError: The file can't be read, lacks a column, or has no usable line.
    """
    source = read_source(path, reading, required=COLUMNS)
    return invoices_of(source, today=today, location_column=location_column)


def invoices_of(
    source: SourceFile,
    *,
    today: date,
    location_column: str | None = None,
    styles: Styles | None = None,
) -> DemandRows:
    """Return the invoice lines of *source* as demand; dates after *today* are set aside.

    The text of *location_column*, such as a country, names the place of a line. Where several
    files share one way of writing numbers and dates, *styles* is theirs.

    Raises:
        InputError: It lacks a column, or has no usable line; or its numbers or dates can be read
            in two ways.
    """
    invoice, code, description, quantity, moment, price = source.require(*COLUMNS)
    source, found = styled(
        source, numbers=[quantity, price], dates=[moment], today=today, styles=styles
    )
    descriptions = cells.codes(source, description)
    prices = cells.numbers(source, price, found.numbers)
    rows = DemandRows(
        source,
        items=cells.codes(source, code).respell(str.upper),
        days=cells.days(source, moment, found.dates),
        quantities=cells.numbers(source, quantity, found.numbers),
        reasons=np.full(source.table.num_rows, USED, np.int8),
    )
    if location_column:
        (column,) = source.require([location_column.strip().lower()])
        rows = _with_locations(rows, cells.codes(source, column))
    cancelling = cells.codes(source, invoice).where(_CANCELLATION.match)
    rows = _without_corrections(rows, today, descriptions, prices, cancelling)
    cancellations = rows.used & cancelling
    undone, netted = _pairs(rows, cells.moments(source, moment, found.dates), cancellations)
    rows = rows.set_aside(
        {
            RejectReason.CANCELLED_SALE: undone,
            RejectReason.CANCELLATION: netted,
            RejectReason.UNMATCHED_CANCELLATION: cancellations,
        }
    )
    refuse_unusable(rows)
    return replace(rows, catalogue=_catalogue(rows, descriptions, prices))


def invoice_evidence(source: SourceFile) -> StyleEvidence:
    """Return what invoice lines show of how numbers and dates are written in them.

    Raises:
        InputError: A column is missing.
    """
    _, _, _, quantity, moment, price = source.require(*COLUMNS)
    return evidence_of(source, numbers=[quantity, price], dates=[moment])


def location_code(text: str) -> str:
    """Return a code made from a place's name: ASCII capitals, digits and hyphens.

    Letters lose their accents; one without an ASCII form becomes its code point, so that
    different names get different codes. A name without letters and digits has no code.
    """
    plain = unicodedata.normalize("NFKD", text).upper()
    kept = "".join(
        letter if letter.isascii() or not letter.isalnum() else f"U{ord(letter):04X}"
        for letter in plain
        if not unicodedata.combining(letter)
    )
    return _NOT_IN_CODES.sub("-", kept).strip("-")


def merge_catalogues(catalogues: Iterable[Catalogue]) -> Catalogue:
    """Return what several files tell; categories are made anew from the names of all items."""
    parts = list(catalogues)
    columns: dict[str, dict[str, Value]] = {}
    for part in parts:
        for name, values in part.columns.items():
            columns.setdefault(name, {}).update(values)
    if len(parts) > 1 and "category" in columns:
        names = {item: str(name) for item, name in columns["name"].items()}
        columns["category"] = dict(_categories(names))
    assumed = frozenset(name for part in parts for name in part.assumed)
    return Catalogue(columns, assumed, tuple(dict.fromkeys(r for p in parts for r in p.rules)))


def _with_locations(rows: DemandRows, texts: Codes) -> DemandRows:
    names: dict[str, str] = {}
    for text in texts.values:
        names.setdefault(location_code(text), text)
    names.pop("", None)
    return replace(rows, locations=texts.respell(location_code), location_names=names)


def _without_corrections(
    rows: DemandRows, today: date, descriptions: Codes, prices: FloatArray, cancelling: BoolArray
) -> DemandRows:
    charges = rows.items.where(_CHARGE.fullmatch)
    rows = rows.set_aside(
        {RejectReason.MISSING_ITEM: rows.items.missing, RejectReason.NON_STOCK_CODE: charges}
    )
    return without_bad_cells(rows, today).set_aside(
        {
            RejectReason.MISSING_DESCRIPTION: descriptions.missing,
            RejectReason.NON_POSITIVE_PRICE: ~(prices > 0),
            RejectReason.NON_POSITIVE_QUANTITY: (rows.quantities <= 0) & ~cancelling,
        }
    )


def _pairs(
    rows: DemandRows, instants: IntArray, cancellations: BoolArray
) -> tuple[BoolArray, BoolArray]:
    """Match each cancellation with the latest open sale like it before it."""
    alike = _alike(rows)
    undone, netted = np.zeros_like(cancellations), np.zeros_like(cancellations)
    open_sales: defaultdict[int, list[int]] = defaultdict(list)
    wanted = np.bincount(alike[cancellations], minlength=len(alike)) > 0
    rest = np.flatnonzero(rows.used & wanted[alike])
    # At the same instant a sale counts as earlier than a cancellation.
    for row in rest[np.lexsort((cancellations[rest], instants[rest]))].tolist():
        sales = open_sales[int(alike[row])]
        if not cancellations[row]:
            sales.append(row)
        elif sales:
            undone[sales.pop()] = netted[row] = True
    return undone, netted


def _alike(rows: DemandRows) -> IntArray:
    """Number the lines so that those of one item, place and quantity (sign aside) share one."""
    sizes = np.unique(np.abs(rows.quantities), return_inverse=True)[1]
    kind = rows.items.places * (int(sizes.max()) + 1) + sizes
    if rows.locations:
        kind = kind * len(rows.locations.values) + rows.locations.places
    numbers: IntArray = np.unique(kind, return_inverse=True)[1]
    return numbers


def _catalogue(rows: DemandRows, descriptions: Codes, prices: FloatArray) -> Catalogue:
    used = rows.used
    items = rows.items.of(used)
    single_spaced = descriptions.respell(lambda text: " ".join(text.split()))
    names = _most_frequent(items, single_spaced.of(used))
    medians = pd.Series(prices[used]).groupby(items.places).median().tolist()
    costs = {item: round(cost, 4) for item, cost in zip(items.values, medians, strict=True)}
    return Catalogue(
        columns={"name": names, "unit_cost": costs, "category": _categories(names)},
        assumed=frozenset({"unit_cost", "category"}),
        rules=RULES,
    )


def _most_frequent(items: Codes, descriptions: Codes) -> dict[str, str]:
    """Return the most frequent description of each item; of equal ones the first by its bytes."""
    width = len(descriptions.values)
    pairs, counts = np.unique(items.places * width + descriptions.places, return_counts=True)
    item, description = np.divmod(pairs, width)
    best = np.lexsort((description, -counts, item))
    first = best[np.searchsorted(item, np.arange(len(items.values)))]
    chosen = zip(items.values, description[first].tolist(), strict=True)
    return {name: descriptions.values[place] for name, place in chosen}


def _categories(names: dict[str, str]) -> dict[str, str]:
    words = {item: noun for item, name in names.items() if (noun := _noun(name))}
    shared = Counter(words.values())
    enough = max(LEAST_CATEGORY_ITEMS, LEAST_CATEGORY_SHARE * len(names))
    return {item: word.lower() for item, word in words.items() if shared[word] >= enough}


def _noun(name: str) -> str | None:
    """Return the last word of *name* that is no qualifier, in the singular; None without any."""
    words = [word for word in _WORD.findall(name.upper()) if word not in QUALIFIERS]
    if not words:
        return None
    last: str = words[-1]
    return last.removesuffix("S") if not last.endswith("SS") else last

"""Invoice lines as an ERP exports them (the form of the data set Online Retail), read as demand.

Columns: ``invoice_no``, ``stock_code``, ``description``, ``quantity``, ``invoice_date``,
``unit_price``; others are carried along. The rules, in their order; the first that a line meets
decides:

1. Codes without a digit (POST, M, DOT, BANK CHARGES, ...), ``C2`` (carriage) and gift vouchers
   (``gift_...``) are charges, not items. Codes are compared in upper case.
2. Lines without a description, with a price of 0 or less, or with a quantity of 0 or less outside
   a cancellation are corrections of stock or of books, not demand.
3. A cancellation (its invoice number begins with C) undoes the most recent earlier sale of the
   same item and quantity that is not undone yet; both lines are set aside. One without such a
   sale is set aside alone: which sale it lessens can't be told.

Names are the most frequent description of an item's lines, unit costs the median price (an
assumption: prices are not costs), and categories the last word of the name, colours and sizes
aside, where enough items share it.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from datetime import date
from pathlib import Path

import numpy as np
import numpy.typing as npt

from datalayer.contract.registry import Bilingual
from ml_jobs import cells
from ml_jobs.catalogue import Catalogue
from ml_jobs.cells import Numbers, Texts
from ml_jobs.demand import DemandRows, Mask, numbered, refuse_unusable, without_bad_cells
from ml_jobs.reasons import Reason
from ml_jobs.source_file import read_source

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
_WORD = re.compile(r"[A-Z]{3,}")
_COLUMNS = ("invoice_no", "stock_code", "description", "quantity", "invoice_date", "unit_price")


def read_invoices(path: Path, *, today: date) -> tuple[DemandRows, Catalogue]:
    """Read the invoice lines of *path* as demand; dates after *today* are set aside.

    Raises:
        InputError: The file can't be read, lacks a column, or has no usable line.
    """
    source = read_source(path)
    invoice, code, description, quantity, moment, price = source.require(*([n] for n in _COLUMNS))
    invoices, descriptions = cells.texts(source, invoice), cells.texts(source, description)
    prices = cells.numbers(source, price)
    rows = DemandRows(
        source,
        item_ids=_upper(cells.texts(source, code)),
        days=cells.days(source, moment),
        quantities=cells.numbers(source, quantity),
        reasons=np.full(source.table.num_rows, "", dtype=np.object_),
    )
    cancelling = _matching(invoices, re.compile(r"[Cc].*"))
    rows = _without_corrections(rows, today, descriptions, prices, cancelling)
    rows = _net_cancellations(rows, cells.moments(source, moment), cancelling)
    refuse_unusable(rows)
    return rows, _catalogue(rows, descriptions, prices)


def _upper(codes: Texts) -> Texts:
    return np.asarray([code.upper() for code in codes], dtype=np.object_)


def _matching(values: Texts, pattern: re.Pattern[str]) -> Mask:
    return np.fromiter((bool(pattern.fullmatch(v)) for v in values), np.bool_, len(values))


def _without_corrections(
    rows: DemandRows, today: date, descriptions: Texts, prices: Numbers, cancelling: Mask
) -> DemandRows:
    rows = rows.setting_aside(Reason.MISSING_ITEM, rows.item_ids == "")
    rows = rows.setting_aside(Reason.NON_STOCK_CODE, _matching(rows.item_ids, _CHARGE))
    rows = without_bad_cells(rows, today)
    rows = rows.setting_aside(Reason.MISSING_DESCRIPTION, descriptions == "")
    rows = rows.setting_aside(Reason.NON_POSITIVE_PRICE, ~(prices > 0))
    return rows.setting_aside(Reason.NON_POSITIVE_QUANTITY, (rows.quantities <= 0) & ~cancelling)


def _net_cancellations(
    rows: DemandRows, instants: npt.NDArray[np.int64], cancelling: Mask
) -> DemandRows:
    cancellations = rows.used & cancelling
    undone, netted = _pairs(rows, instants, cancellations)
    rows = rows.setting_aside(Reason.CANCELLED_SALE, undone)
    rows = rows.setting_aside(Reason.CANCELLATION, netted)
    return rows.setting_aside(Reason.UNMATCHED_CANCELLATION, cancellations)


def _pairs(
    rows: DemandRows, instants: npt.NDArray[np.int64], cancellations: Mask
) -> tuple[Mask, Mask]:
    """Match each cancellation with the latest open sale of its item and quantity before it."""
    keys = list(zip(rows.item_ids, np.abs(rows.quantities).tolist(), strict=True))
    wanted = {keys[row] for row in np.flatnonzero(cancellations)}
    undone, netted = np.zeros_like(cancellations), np.zeros_like(cancellations)
    open_sales: defaultdict[tuple[str, float], list[int]] = defaultdict(list)
    used = np.flatnonzero(rows.used)
    # At the same instant a sale counts as earlier than a cancellation.
    for row in used[np.lexsort((cancellations[used], instants[used]))].tolist():
        key = keys[row]
        if key not in wanted:
            continue
        if not cancellations[row]:
            open_sales[key].append(row)
        elif open_sales[key]:
            undone[open_sales[key].pop()] = netted[row] = True
    return undone, netted


def _catalogue(rows: DemandRows, descriptions: Texts, prices: Numbers) -> Catalogue:
    items, series = numbered(rows.item_ids[rows.used])
    names = _most_frequent(items, series, descriptions[rows.used])
    costs = _medians(items, series, prices[rows.used])
    return Catalogue(
        columns={"name": names, "unit_cost": costs, "category": _categories(names)},
        assumed=frozenset({"unit_cost", "category"}),
        rules=RULES,
    )


def _most_frequent(
    items: tuple[str, ...], series: npt.NDArray[np.int64], descriptions: Texts
) -> dict[str, str]:
    counts: defaultdict[int, Counter[str]] = defaultdict(Counter)
    for item, description in zip(series.tolist(), descriptions, strict=True):
        counts[item][" ".join(description.split())] += 1
    return {
        items[item]: min(found, key=lambda name: (-found[name], name))
        for item, found in counts.items()
    }


def _medians(
    items: tuple[str, ...], series: npt.NDArray[np.int64], prices: Numbers
) -> dict[str, float]:
    order = np.lexsort((prices, series))
    bounds = np.searchsorted(series[order], np.arange(len(items) + 1))
    parts = zip(items, bounds, bounds[1:], strict=False)
    return {
        item: round(float(np.median(prices[order[begin:end]])), 4) for item, begin, end in parts
    }


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

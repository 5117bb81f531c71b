"""Checks as SQL. Besides the reading room's views, the only place that quotes identifiers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path

from datalayer.kernel.contract.checks import LARGEST_NUMBER, PROVENANCE, Check, CheckKind
from datalayer.kernel.contract.registry import Column, ColumnType, DataSet, Reference, TextForm

SAMPLES = 5
LONGEST_SAMPLE = 100
_BLOCK_ROWS = 2048
_LARGEST = repr(LARGEST_NUMBER)
# Capitals of Cyrillic and Greek, digits, blanks and dashes that look like those beside them.
_LOOK_ALIKES = (
    "\u0410\u0412\u0415\u0417\u0406\u0408\u041a\u041c\u041d\u041e\u0420\u0421\u0422\u0405\u0425\u0423"
    "\u0391\u0392\u0395\u0396\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a5\u03a7"
    "\uff10\uff11\uff12\uff13\uff14\uff15\uff16\uff17\uff18\uff19"
    "\u00a0\u2002\u2003\u2007\u2009\u202f\u3000\u2010\u2011\u2012\u2013\u2014\u2212\uff0d"
)
_PLAIN = "ABE3IJKMHOPCTSXY" + "ABEZHIKMNOPTYX" + "0123456789" + " " * 7 + "-" * 7


def quote(name: str) -> str:
    """Return *name* as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Return *text* as an SQL string."""
    return "'" + text.replace("'", "''") + "'"


def identifiers(names: Iterable[str]) -> str:
    """Return *names* as SQL identifiers with commas between."""
    return ", ".join(quote(name) for name in names)


def read_parquet(path: Path) -> str:
    """Return the table function that reads *path*, whatever characters the path has."""
    return f"read_parquet([{literal(str(path))}])"


def describe(path: Path) -> str:
    """Return the statement that lists the columns and types of a file."""
    return f"describe select * from {read_parquet(path)}"


def create_view(
    name: str, columns: Sequence[str], path: Path, *, empty: Sequence[Column] = ()
) -> str:
    """Return the statement that names the usable columns of a file, and *empty* ones."""
    named = ", ".join([*map(quote, columns), *map(_empty, empty)])
    return f"create view {quote(name)} as select {named} from {read_parquet(path)}"


def create_empty_view(data_set: DataSet) -> str:
    """Return the statement that names a data set without a row."""
    columns = ", ".join(map(_empty, data_set.columns))
    return f"create view {quote(data_set.name)} as select {columns} where false"


def _empty(column: Column) -> str:
    return f"cast(null as {column.type.value}) as {quote(column.name)}"


def screen(data_set: DataSet, usable: frozenset[str], provenance: Mapping[str, str]) -> str:
    """Return one scan that counts the rows, and those that break any check within a row.

    The condition is the shortest that is true exactly where every such check holds: a
    comparison fails for null, NaN and infinity too, so one of it stands for three checks.
    """
    holds = " and ".join(_row_conditions(data_set, usable, provenance)) or "true"
    counts = ["count(*)", f"count(*) filter (where ({holds}) is not true)"]
    # A column without a condition is counted, so that damage to it shows.
    counts += [f"count({quote(name)})" for name in sorted(usable) if quote(name) not in holds]
    return f"select {', '.join(counts)} from {quote(data_set.name)}"


def fault_counts(checks: Sequence[Check], provenance: Mapping[str, str]) -> str:
    """Return one scan that counts, for each of *checks* of one data set, the rows breaking it."""
    counts = [f"count(*) filter (where {fault_condition(check, provenance)})" for check in checks]
    return f"select {', '.join(counts)} from {quote(checks[0].data_set)}"


def fault_samples(check: Check, key: Sequence[str], provenance: Mapping[str, str]) -> str:
    """Return the statement for keys and values of a few rows that break *check*.

    A bare condition would pass over row groups whose statistics, silent on NaN, speak against it.
    """
    names = (*key, *(column.name for column in check.columns))
    columns = ", ".join(map(_shown, names))
    return (
        f"select {columns} from {quote(check.data_set)} "
        f"where ({fault_condition(check, provenance)}) is true limit {SAMPLES}"
    )


def fault_condition(check: Check, provenance: Mapping[str, str]) -> str:
    """Return the condition that is true of the rows that break *check*."""
    column, name = check.columns[0], quote(check.columns[0].name)
    match check.kind:
        case CheckKind.REQUIRED:
            condition = f"{name} is null"
        case CheckKind.FINITE:
            condition = f"not {_finite(name)}"
        case CheckKind.RANGE:
            condition = _outside(column)
        case CheckKind.ALLOWED:
            condition = f"{name} not in {_values(column.allowed)}"
        case CheckKind.TEXT if column.form is not None:
            condition = f"not {_has_form(name, column.form)}"
        case CheckKind.PROVENANCE:
            condition = f"{name} <> {literal(provenance[column.name])}"
        case CheckKind.QUANTILES:
            pairs = pairwise(quote(each.name) for each in check.columns)
            condition = " or ".join(f"({a} > {b} and {_finite(a)})" for a, b in pairs)
        case _:
            raise ValueError(f"{check.kind} is not a check within a row")
    return condition


def first_values(data_set: str, columns: Sequence[str]) -> str:
    """Return the statement for the first row's values, as text."""
    values = ", ".join(f"{quote(name)}::varchar" for name in columns)
    return f"select {values} from {quote(data_set)} limit 1"


def latest(data_set: str, column: str) -> str:
    """Return the statement for the greatest value of a column."""
    return f"select max({quote(column)}) from {quote(data_set)}"


def twins(data_set: str, column: str) -> str:
    """Return the statement for the codes that look the same to people, a row for each few.

    They are brought to one form: capitals, composed accents, Latin letters, plain blanks.
    """
    name = quote(column)
    plain = f"translate(upper(nfc_normalize({name})), '{_LOOK_ALIKES}', '{_PLAIN}')"
    return (
        f"select string_agg({_shown(column)}, ', ' order by {name}) from {quote(data_set)} "
        f"group by {plain} having count(*) > 1"
    )


def misplaced_rows(data_set: str, key: Sequence[str]) -> str:
    """Return one streaming scan that counts the rows whose key is not after the row before's.

    ``lag`` without an order follows the file, so nothing is sorted and memory stays flat. A
    negated ``where`` takes less than half the time of the same condition as a ``filter``.
    """
    _, after = _key_conditions(key)
    return f"select count(*) from ({_with_previous(data_set, key)}) where not ({after})"


def repeated_rows(data_set: str, key: Sequence[str]) -> str:
    """Return the statement that counts the rows whose key equals the row before's."""
    equal, _ = _key_conditions(key)
    return f"select count(*) from ({_with_previous(data_set, key)}) where {equal}"


def falling_samples(data_set: str, key: Sequence[str]) -> str:
    """Return the statement for a few keys that stand before the row before's."""
    equal, after = _key_conditions(key)
    values = ", ".join(map(_shown, key))
    condition = f"not ({after}) and not ({equal})"
    rows = _with_previous(data_set, key)
    return f"select {values} from ({rows}) where {condition} limit {SAMPLES}"


def duplicates(data_set: str, key: Sequence[str]) -> str:
    """Return the statement for keys that stand more than once anywhere in the file."""
    names = identifiers(key)
    return f"select {names} from {quote(data_set)} group by {names} having count(*) > 1"


def said_by_row_group(table: str, path: Path) -> str:
    """Return the statement that keeps what a file says of each row group, by a column's name.

    Least and greatest value as text (``least``, ``most``) and ``nulls``, null where nothing is
    said. A map each: to plan a column for each of them takes longer than to read small files.
    """
    said = {
        "least": "coalesce(stats_min_value, stats_min)",
        "most": "coalesce(stats_max_value, stats_max)",
        "nulls": "stats_null_count",
    }
    maps = ", ".join(f"map(list(path_in_schema), list({name})) as {name}" for name in said)
    values = ", ".join(f"max({value}) as {name}" for name, value in said.items())
    return (
        f"create temp table {quote(table)} as select row_group_id, {maps} from "
        f"(select row_group_id, path_in_schema, {values} "
        f"from parquet_metadata({literal(str(path))}) group by row_group_id, path_in_schema) "
        "group by row_group_id"
    )


def row_group_blocks(table: str, path: Path) -> str:
    """Return the statement that keeps which rows a row group has, in a row per block of rows.

    So that the row group of a row is found by an equal number, whatever sizes they have.
    """
    return (
        f"create temp table {quote(table)} as "
        "with sizes as (select distinct row_group_id, row_group_num_rows as size "
        f"from parquet_metadata({literal(str(path))})), "
        "places as (select row_group_id, sum(size) over (order by row_group_id) as next_row, "
        "next_row - size as first_row from sizes where size > 0) "
        "select row_group_id, first_row::bigint as first_row, next_row::bigint as next_row, "
        f"unnest(range((first_row // {_BLOCK_ROWS})::bigint, "
        f"((next_row - 1) // {_BLOCK_ROWS})::bigint + 1)) as block from places"
    )


def misleading_groups(said: str, blocks: str, path: Path, types: Mapping[str, str]) -> str:
    """Return one scan that counts, for each column, the row groups of which it is wrongly said.

    What is said is compared as a value of the column's type in *types*.
    """
    found = ", ".join(
        f"min({quote(name)}) as {quote(f'min {n}')}, max({quote(name)}) as {quote(f'max {n}')}, "
        f"count(*) - count({quote(name)}) as {quote(f'absent {n}')}"
        for n, name in enumerate(types)
    )
    counts = ", ".join(
        f"count(*) filter (where {quote(f'min {n}')} < try_cast(least[{literal(name)}] as {kind}) "
        f"or {quote(f'max {n}')} > try_cast(most[{literal(name)}] as {kind}) "
        f"or {quote(f'absent {n}')} <> nulls[{literal(name)}])"
        for n, (name, kind) in enumerate(types.items())
    )
    rows = f"read_parquet([{literal(str(path))}], file_row_number = true)"
    return (
        f"select {counts} from (select row_group_id, {found} from {rows} "
        f"join {quote(blocks)} on file_row_number // {_BLOCK_ROWS} = block "
        "and file_row_number >= first_row and file_row_number < next_row "
        f"group by row_group_id) join {quote(said)} using (row_group_id)"
    )


def drop_table(name: str) -> str:
    """Return the statement that drops a table."""
    return f"drop table if exists {quote(name)}"


def count_of(query: str) -> str:
    """Return the statement that counts the rows of *query*."""
    return f"select count(*) from ({query})"


def first_rows(query: str) -> str:
    """Return the statement for a few rows of *query*."""
    return f"select * from ({query}) limit {SAMPLES}"


def sample_of(query: str, width: int) -> str:
    """Return the statement for a few rows of *query*, whose columns are *width*, as text."""
    names = [f"c{index}" for index in range(width)]
    values = ", ".join(map(_shown, names))
    return f"select {values} from ({query}) as t({', '.join(names)}) limit {SAMPLES}"


def orphans(data_set: str, column: str, reference: Reference) -> str:
    """Return the statement for the values of a column that *reference* does not have."""
    name, target = quote(column), quote(reference.column)
    # Distinct first: far fewer values than rows, so the join costs next to nothing.
    values = f"select distinct {name} from {quote(data_set)} where {name} is not null"
    return (
        f"select v.{name} from ({values}) v "
        f"anti join {quote(reference.data_set)} t on t.{target} = v.{name}"
    )


def orphan_rows(data_set: str, column: str, reference: Reference) -> str:
    """Return the statement that counts the rows whose value *reference* does not have."""
    values = orphans(data_set, column, reference)
    return f"select count(*) from {quote(data_set)} where {quote(column)} in ({values})"


def _row_conditions(
    data_set: DataSet, usable: frozenset[str], provenance: Mapping[str, str]
) -> Iterator[str]:
    chained = _quantile_chain(data_set, usable)
    yield from _chain_conditions(chained)
    for column in data_set.columns:
        if column.name not in usable or column in chained:
            continue
        condition = _column_condition(column, provenance)
        if condition and not column.required:
            yield f"({quote(column.name)} is null or {condition})"
        elif condition or column.required:
            yield condition or f"{quote(column.name)} is not null"
    names = [c.name for c in data_set.quantiles if c.name in usable and c not in chained]
    yield from (f"{quote(a)} <= {quote(b)}" for a, b in pairwise(names))


def _quantile_chain(data_set: DataSet, usable: frozenset[str]) -> tuple[Column, ...]:
    """Return the quantile columns if the bounds of all follow from the first's and last's."""
    columns = data_set.quantiles
    alike = len({(c.minimum, c.maximum, c.required) for c in columns}) == 1
    whole = all(c.name in usable and c.required and not c.allowed for c in columns)
    return columns if len(columns) > 1 and alike and whole else ()


def _chain_conditions(columns: Sequence[Column]) -> Iterator[str]:
    if not columns:
        return
    yield f"{quote(columns[0].name)} >= {_low(columns[0])}"
    for one, other in pairwise(columns):
        yield f"{quote(one.name)} <= {quote(other.name)}"
    yield f"{quote(columns[-1].name)} <= {_high(columns[-1])}"


def _column_condition(column: Column, provenance: Mapping[str, str]) -> str | None:
    name = quote(column.name)
    if column.name in PROVENANCE and column.name in provenance:
        return f"{name} = {literal(provenance[column.name])}"
    if column.allowed:
        return f"{name} in {_values(column.allowed)}"
    if column.form is not None and column.reference is None:
        return _has_form(name, column.form)
    bounded = column.minimum is not None or column.maximum is not None
    if column.type is ColumnType.DOUBLE or bounded:
        return f"{name} between {_low(column)} and {_high(column)}"
    return None


def _has_form(name: str, form: TextForm) -> str:
    conditions = [f"length({name}) <= {form.max_length}"]
    if form.pattern:
        conditions.append(f"regexp_full_match({name}, {literal(form.pattern)})")
    if form.without:
        conditions.append(f"not regexp_matches({name}, {literal(form.without)})")
    return f"({' and '.join(conditions)})"


def _outside(column: Column) -> str:
    name = quote(column.name)
    outside = f"{name} not between {_low(column)} and {_high(column)}"
    return outside if column.type is ColumnType.INTEGER else f"{outside} and {_finite(name)}"


def _finite(name: str) -> str:
    return f"(abs({name}) <= {_LARGEST})"


def _shown(name: str) -> str:
    """Return a column as text of which only the beginning is shown, with its length, if long."""
    text = f"{quote(name)}::varchar"
    return (
        f"case when length({text}) <= {LONGEST_SAMPLE} then {text} "
        f"else left({text}, {LONGEST_SAMPLE}) || '... (' || length({text}) || ' characters)' end"
    )


def _low(column: Column) -> str:
    return f"-{_LARGEST}" if column.minimum is None else repr(column.minimum)


def _high(column: Column) -> str:
    return _LARGEST if column.maximum is None else repr(column.maximum)


def _values(allowed: Sequence[str]) -> str:
    return f"({', '.join(literal(value) for value in allowed)})"


def _with_previous(data_set: str, key: Sequence[str]) -> str:
    previous = [f"lag({quote(name)}) over () as {_previous(name)}" for name in key]
    return f"select {identifiers(key)}, {', '.join(previous)} from {quote(data_set)}"


def _key_conditions(key: Sequence[str]) -> tuple[str, str]:
    """Return the conditions that a row's key equals, and comes after, the row before's.

    The first row has none before it; there both are unknown, so neither selects it.
    """
    equal = " and ".join(f"{quote(name)} = {_previous(name)}" for name in key)
    *earlier, last = key
    after = f"{quote(last)} > {_previous(last)}"
    for name in reversed(earlier):
        here, before = quote(name), _previous(name)
        after = f"{here} > {before} or ({here} = {before} and ({after}))"
    return equal, after


def _previous(name: str) -> str:
    return quote(f"previous {name}")

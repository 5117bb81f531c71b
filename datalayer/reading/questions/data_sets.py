"""Questions about the rows of a data set as they are published."""

from __future__ import annotations

from datalayer.kernel.contract.registry import DataSet, Registry
from datalayer.kernel.errors import UnknownDataSet
from datalayer.reading.filters import NO_CONDITIONS, Conditions, after_position, equal
from datalayer.reading.question import Position, Question, sql_question
from datalayer.reading.views import count_matches, quoted_name, whole_query


def data_set_named(registry: Registry, name: str) -> DataSet:
    """Return the data set called *name*.

    Raises:
        UnknownDataSet: *registry*, that of a publication, has none.
    """
    data_set = registry.data_sets.get(name)
    if data_set is None:
        raise UnknownDataSet(name=name, known=tuple(registry.data_sets))
    return data_set


def rows(
    data_set: DataSet,
    conditions: Conditions = NO_CONDITIONS,
    *,
    limit: int | None = None,
    after: Position | None = None,
    with_total: bool = False,
) -> Question:
    """Return the question of the rows of *data_set* that meet *conditions*, in key order.

    The files are proved to be in key order, so nothing is sorted, and row groups before *after*
    are not read. Where the page before ended, is *after*; None for the first. With a total, all
    rows are counted, too, which reads the columns of *conditions* whole.

    Raises:
        InvalidCursor: *after* is not of these rows.
    """
    met = conditions + after_position([data_set.column(name) for name in data_set.key], after)
    total_sql = count_matches(quoted_name(data_set.name), conditions.predicates)
    return Question(
        name=f"rows_{data_set.name}",
        sql=whole_query(data_set, met.predicates),
        parameters=met.parameters,
        data_sets=(data_set.name,),
        limit=limit,
        order=data_set.key,
        total_sql=total_sql if with_total else "",
    )


def of_part(registry: Registry, name: str, item_id: str, location_id: str) -> Question:
    """Return the question of a data set's rows of one part at one place, in key order.

    Raises:
        UnknownDataSet: The publication has no data set called *name*.
    """
    data_set = data_set_named(registry, name)
    here = equal(data_set.column("location_id"), location_id)
    return rows(data_set, equal(data_set.column("item_id"), item_id) + here)


def columns_filled(data_set: DataSet, columns: tuple[str, ...]) -> Question:
    """Return the question of how many rows of *data_set* have a value in each of *columns*.

    Columns: rows, and one for each of *columns* that the data set has.
    """
    return sql_question(
        "columns_filled", {"data_set": data_set.name, "columns": columns}, data_set.name
    )

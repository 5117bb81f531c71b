"""Publications whose proposed orders a test chooses: for comparing two of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from datalayer.kernel.contract.manifest import Manifest
from tests.publisher import Publisher, replace_column, set_value


def publish_quantities(
    publisher: Publisher,
    quantities: Sequence[float | None],
    *,
    currency: str = "BRL",
    unit: str = "un",
    cost: float | None = 100.0,
    frequency: str = "D",
    contract_version: str = "",
) -> Manifest:
    """Publish a part for each of these proposed orders, without a list of actions.

    Each follows the one before by a minute; the first was generated some hours ago. *unit* is
    that of the first part, *cost* that of all.
    """
    salt = str(len(publisher.published))
    first = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=3)
    times = (each.generated_at + timedelta(minutes=1) for each in publisher.published)
    at = max([first, *times])
    tables = publisher.tables(items=len(quantities), salt=salt, generated_at=at)
    tables["fact_inventory"] = replace_column(
        tables["fact_inventory"], "order_quantity", list(quantities)
    )
    tables["fact_action"] = tables["fact_action"].slice(0, 0)
    items = replace_column(tables["dim_item"], "unit_cost", [cost] * len(quantities))
    tables["dim_item"] = set_value(items, "unit", 0, unit)
    return publisher.publish(
        tables=tables,
        salt=salt,
        generated_at=at,
        lineage={"currency": currency, "frequency": frequency},
        contract_version=contract_version,
    )

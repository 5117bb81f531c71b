"""A publication of any size whose data keep the contract, made by DuckDB.

    python -m benchmarks.synthetic STORE --rows 10000000 --generation 0.25

Every part has four sources, 702 days of history and 28 future days: 2,920 rows of fact_forecast.
Its lowest quantile, q025, is the publication's *generation* throughout, so that a reader who mixed
two publications would be seen by the figures alone. Forecasts take 4,096 different values.
"""

from __future__ import annotations

import argparse
import hashlib
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
from rich.progress import track

from datalayer.kernel.contract.manifest import (
    MANIFEST_NAME,
    ContractReference,
    Manifest,
    PublishedFile,
    manifest_json,
    new_publication_id,
)
from datalayer.kernel.contract.registry import DataSet
from datalayer.kernel.contract.registry_loader import load_registry

ROWS_PER_ITEM = 2_920
HISTORY_DAYS = 702
FUTURE_DAYS = 28
THROUGH = date(2026, 11, 20)
CUTOFF = THROUGH - timedelta(days=28)
REGISTRY = Path("schema_registry.json")

SETUP = """
create table days as
  select cast(date '{through}' - ({history} - 1) + cast(step as integer) as date) as date
  from range({history} + {future}) as steps (step);
create table sources as
  select unnest(['arima', 'mean', 'naive', 'tsb']) as source, unnest([0.0, 1.0, 2.0, 3.0]) as shift;
create table items as
  select 'P' || lpad(cast(number as varchar), 7, '0') as item_id, cast(number as bigint) as number,
         'class ' || cast(number % 20 as varchar) as category
  from range(1, {items} + 1) as numbers (number);
create table demand as
  select item_id, date,
         case when (number * 7 + datediff('day', date '2020-01-01', date) * 13) % 5 = 0
              then 1.0 + (number + dayofyear(date)) % 6 else 0.0 end as quantity
  from items cross join days where date <= date '{through}';
"""

LEVELS = (0.0, 0.1, 0.2, 0.4, 0.8, 1.4, 2.0, 2.5, 3.0, 4.0)
QUANTILES = ("q025", "q050", "q100", "q250", "q500", "q750", "q900", "q950", "q975", "q990")

# Per data set: the rows, as a query whose columns beyond provenance are named as in the contract.
QUERIES = {
    "dim_item": """
        select item_id, item_id as sku, 'Part ' || item_id as name, category, 1.5 as unit_cost,
               14 as lead_time_days, 'A' as abc_class, 'lumpy' as demand_class, '' as assumed
        from items""",
    "dim_location": "select 'network' as location_id, 'Network' as name, 'network' as level",
    "fact_demand": """
        select item_id, 'network' as location_id, date, quantity
        from demand where quantity > 0 or date = (select min(date) from days)""",
    "fact_forecast": """
        select item_id, 'network' as location_id, source, days.date,
               {expected} as forecast,
               quantity as actual, least(date '{cutoff}', days.date - 1) as cutoff, {quantiles}
        from items cross join days cross join sources
        left join demand using (item_id, date)""",
    "fact_backtest": """
        select item_id, 'network' as location_id, source, date '{cutoff}' as cutoff, date,
               3.0 + shift as forecast, quantity as actual, {quantiles}
        from items cross join sources join demand as days using (item_id)
        where number <= 100 and date > date '{cutoff}'""",
    "fact_metrics": """
        select item_id, 'network' as location_id, source, 28 as horizon, 0.8 + shift / 10 as wape,
               1 as n_origins, 28 as n_obs, source = 'arima' as is_champion
        from items cross join sources where number <= 100""",
    "agg_metrics": """
        select 'all' as group_by, 'all' as group_value, source, 28 as horizon,
               0.8 + shift / 10 as wape, 1 as n_origins, 28 as n_obs,
               source = 'arima' as is_champion
        from sources""",
    "agg_daily": """
        select date, 'network' as location_id, category, source,
               sum({expected}) as forecast,
               sum(quantity) as actual
        from items cross join days cross join sources left join demand using (item_id, date)
        group by date, category, source""",
    "agg_policy": """
        select 'all' as group_by, 'all' as group_value, policy, 'arima' as source,
               0.95 as service_asked, 0.95 as service_achieved, 12.0 as mean_stock,
               100 as n_windows
        from (values ('lead_time_quantile'), ('textbook')) as policies (policy)""",
    "fact_inventory": """
        select item_id, 'network' as location_id, date '{through}' as as_of, 10.0 as current_stock,
               14 as lead_time_days, 0.95 as service_level, 2.0 as safety_stock,
               12.0 as reorder_point, 'reorder' as status, 'arima' as source, '' as assumed
        from items where number <= 100""",
    "fact_exception": """
        select row_number() over (order by number) as rank, item_id, 'network' as location_id,
               'below_reorder_point' as reason_code, 'high' as severity, 10.0 as observed,
               12.0 as threshold, 100.0 / number as value_at_risk, 'arima' as source
        from items where number % 3 = 1""",
}


@dataclass(frozen=True)
class SyntheticPublication:
    """One publication to be made.

    Attributes:
        rows: Of fact_forecast; rounded down to whole parts of 2,920 rows.
        generation: Between 0 and 1; the value of q025 throughout.
        generated_at: UTC.
    """

    rows: int
    generation: float
    generated_at: datetime

    @property
    def model_version(self) -> str:
        """Names the generation."""
        return f"generation-{self.generation}"

    @property
    def places(self) -> dict[str, object]:
        """Values for the places of the queries above."""
        expected = "1 + hash(item_id, source, days.date) % 4096 / 512"
        return {
            "through": THROUGH,
            "cutoff": CUTOFF,
            "history": HISTORY_DAYS,
            "future": FUTURE_DAYS,
            "items": max(1, self.rows // ROWS_PER_ITEM),
            "expected": expected,
            "quantiles": ", ".join(
                f"{self.generation} + {level} * ({expected}) as {name}"
                for name, level in zip(QUANTILES, LEVELS, strict=True)
            ),
        }


def publish(store: Path, plan: SyntheticPublication) -> Manifest:
    """Write the publication that *plan* describes and make it the latest of the folder *store*."""
    registry = load_registry(REGISTRY)
    salt = f"{plan.rows} {plan.generation}".encode()
    publication_id = new_publication_id(plan.generated_at, salt=salt)
    folder = store / "publications" / publication_id
    folder.mkdir(parents=True)
    with duckdb.connect() as connection:
        connection.execute(SETUP.format(**plan.places))
        files = tuple(
            _write(connection, data_set, folder, plan)
            for data_set in track(list(registry.data_sets.values()), f"Writing {publication_id}")
        )
    manifest = Manifest(
        publication_id=publication_id,
        dataset_id="synthetic",
        model_version=plan.model_version,
        generated_at=plan.generated_at,
        data_through=THROUGH,
        contract=ContractReference(registry.id, registry.version, registry.fingerprints),
        files=files,
        lineage={"frequency": "D", "generation": plan.generation},
    )
    (folder / MANIFEST_NAME).write_bytes(manifest_json(manifest))
    (store / MANIFEST_NAME).write_bytes(manifest_json(manifest))
    return manifest


def _write(
    connection: duckdb.DuckDBPyConnection,
    data_set: DataSet,
    folder: Path,
    plan: SyntheticPublication,
) -> PublishedFile:
    path = folder / f"{data_set.name}.parquet"
    rows = f"({QUERIES[data_set.name].format(**plan.places)})"
    given = set(connection.sql(f"select * from {rows} limit 0").columns)
    provenance = {
        "dataset_id": "'synthetic'",
        "model_version": f"'{plan.model_version}'",
        "generated_at": f"timestamptz '{plan.generated_at.isoformat()}'",
    }
    columns = ", ".join(
        f"cast({provenance.get(c.name, c.name if c.name in given else 'null')} as {c.type.value})"
        f" as {c.name}"
        for c in data_set.columns
    )
    connection.execute(
        f"copy (select {columns} from {rows} order by {', '.join(data_set.key)}) to '{path}' "
        "(format parquet, compression zstd, row_group_size 122880)"
    )
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return PublishedFile(
        data_set=data_set.name,
        path=f"publications/{folder.name}/{path.name}",
        size_bytes=path.stat().st_size,
        sha256=digest,
        rows=pq.read_metadata(path).num_rows,
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("store", type=Path)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--generation", type=float, default=0.25)
    arguments = parser.parse_args()
    plan = SyntheticPublication(arguments.rows, arguments.generation, datetime.now(UTC))
    made = publish(arguments.store, plan)
    print(made.publication_id, f"{made.file('fact_forecast').rows:,} rows of fact_forecast")

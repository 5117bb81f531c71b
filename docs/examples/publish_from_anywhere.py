"""Forecasts of any program become a publication's files: pyarrow, the contract, and nothing else.

python publish_from_anywhere.py demand.parquet forecasts.parquet MODEL_VERSION FOLDER
python -m ml_jobs publish FOLDER --to STORE
"""

import json
import sys
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

TYPES = {"VARCHAR": pa.string(), "DATE": pa.date32(), "TIMESTAMP_TZ": pa.timestamp("us", "UTC")}
TYPES |= {"DOUBLE": pa.float64(), "BIGINT": pa.int64(), "BOOLEAN": pa.bool_()}

# demand: item_id, date, quantity. forecasts: item_id, date, forecast, cutoff, q025 to q990.
demand, forecasts = (pq.read_table(path) for path in sys.argv[1:3])
model_version, folder = sys.argv[3], Path(sys.argv[4])
codes = demand["item_id"].unique()
days = forecasts.group_by("date").aggregate([("forecast", "sum")])
results = {  # Data sets that are not named here are published without rows.
    "dim_item": pa.table({"item_id": codes, "sku": codes, "name": codes}),
    "dim_location": pa.table({"name": ["Network"], "level": ["network"]}),
    "fact_demand": demand,
    "fact_forecast": forecasts,
    "agg_daily": days.rename_columns(["date", "forecast"]),
}
# What is the same in every row. The source is one of those that the contract lists.
same = {"model_version": model_version, "generated_at": datetime.now(UTC), "assumed": ""}
same |= {"dataset_id": "elsewhere", "source": "ensemble"}
same |= {"location_id": "network", "category": "unclassified"}

folder.mkdir(parents=True, exist_ok=True)
for data_set in json.loads(Path("schema_registry.json").read_text())["schema"]:
    table = results.get(data_set["name"], pa.table({}))
    columns = {p["name"]: TYPES[p["physicalType"]] for p in data_set["properties"]}
    arrays = [
        table[name].cast(kind)
        if name in table.column_names
        else pa.array([same.get(name)] * table.num_rows, kind)
        for name, kind in columns.items()
    ]
    pq.write_table(pa.table(arrays, names=list(columns)), folder / f"{data_set['name']}.parquet")

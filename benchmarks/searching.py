"""What a search for parts takes, beside plain ``ilike``, over parts that are made up.

    python -m benchmarks.searching --parts 100000

DuckDB is set as the portal sets it: one thread for a query. A search is the portal's own question,
limited to ten parts, and as the API asks it, with the number of all parts besides. The last texts
are the worst that we know: eight words that every part has, and slips in words that all have.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import tempfile
import time
from pathlib import Path

import duckdb

from datalayer.reading.question import Question
from datalayer.reading.questions import search
from datalayer.reading.views import count_matches, question_sql

SHOWN = 10
TIMES = 9
TARGET = Path("build/bench/searching.json")
ITEMS = """
select lpad(cast(n * 37 % 10000000 as varchar), 7, '0') as item_id,
       format('NC-{{:02d}}.{{:06d}}', n % 89, n) as sku,
       concat_ws(' ', nouns[1 + n % 20], kinds[1 + n // 20 % 12],
                 format('{{:x}}', n * 7919 % 65521), sizes[1 + n % 5], 'V',
                 format('{{}}/{{}}', n % 61, 1 + n % 7)) as name,
       ['Energia', 'Conexão', 'Climatização', 'Estrutura'][1 + n % 4] as category,
       format('Fornecedor {{}} Indústria e Comércio Ltda', n % 300) as supplier,
       'A' as abc_class, 'lumpy' as demand_class
from range({parts}) as numbers (n), (
  select
    ['Bateria', 'Conector', 'Cabo', 'Suporte', 'Antena', 'Retificador', 'Disjuntor', 'Fusível',
     'Módulo', 'Placa', 'Ventilador', 'Compressor', 'Filtro', 'Sensor', 'Parafuso', 'Abraçadeira',
     'Terminal', 'Inversor', 'Relé', 'Lâmpada'] as nouns,
    ['estacionária', 'fêmea', 'macho', 'coaxial', 'óptico', 'blindado', 'galvanizado', 'monofásico',
     'externo', 'flexível', 'selado', 'industrial'] as kinds,
    ['12', '24', '48', '100', '150'] as sizes)
"""
TEXTS = (
    *("bateria", "bat", "e", "12v", "conexao antena", "selado bateria 48"),
    *("0000037", "37", "nc0500", "zzzzzz", "%_\\", "x" * 1_000),
    *("bateira", "conetcor", "bateira sealdo", "climatizaacao antenna retifcador"),
    "fornecedor industria comercio ltda forn ind comerc ltd",
    "fornecedro indutsria comercoi ltda e fornece indus comer",
)


def milliseconds(database: duckdb.DuckDBPyConnection, sql: str, parameters: object) -> float:
    """Return the median time of reading all that *sql* answers."""
    took = []
    for _ in range(TIMES):
        began = time.perf_counter()
        database.execute(sql, parameters).to_arrow_table()
        took.append((time.perf_counter() - began) * 1e3)
    return round(statistics.median(took), 1)


def ilike(text: str) -> tuple[str, dict[str, str]]:
    """Return a query of ten parts whose names have each word of *text* as it is."""
    words = {f"word_{number}": word for number, word in enumerate(text[:200].split())}
    met = " and ".join(f"name ilike '%' || ${word} || '%'" for word in words)
    return f"select item_id, name from dim_item where {met} order by item_id limit {SHOWN}", words


def searched(database: duckdb.DuckDBPyConnection, text: str) -> dict[str, object]:
    """Return what a search for *text* takes, in milliseconds, and how many parts it finds."""
    question: Question = search.parts(text, SHOWN)
    sql, parameters = question.page_query()
    found = database.execute(sql, parameters).to_arrow_table()
    page = milliseconds(database, sql, parameters)
    count = count_matches(f"({question_sql('search_items')})", ())
    return {
        "text": text[:60],
        "found": found["matches"][0].as_py() if found.num_rows else 0,
        "page_ms": page,
        "page_and_total_ms": round(page + milliseconds(database, count, question.parameters), 1),
        "ilike_ms": milliseconds(database, *ilike(text)),
    }


def main() -> None:
    """Measure every text, print the figures and write them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--parts", type=int, default=100_000)
    parts = parser.parse_args().parts
    with tempfile.TemporaryDirectory() as folder, duckdb.connect() as database:
        path = Path(folder) / "dim_item.parquet"
        database.execute(f"copy ({ITEMS.format(parts=parts)}) to '{path}' (compression zstd)")
        database.execute("set threads = 1; set parquet_metadata_cache = true")
        database.execute(f"create view dim_item as select * from read_parquet('{path}')")
        began = time.perf_counter()
        database.execute(f"create table folded_item as {question_sql('folded_item')}")
        folding_ms = round((time.perf_counter() - began) * 1e3, 1)
        memory = "select sum(memory_usage_bytes) / 1e6 as mb from duckdb_memory()"
        report = {
            "machine": f"{platform.machine()}, {os.cpu_count()} CPUs",
            "duckdb": duckdb.__version__,
            "parts": parts,
            "folding_once_ms": folding_ms,
            "folded_mb": round(database.sql(memory).to_arrow_table()["mb"][0].as_py(), 1),
            "texts": [searched(database, text) for text in TEXTS],
        }
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    TARGET.write_text(json.dumps(report, indent=2, ensure_ascii=False), encoding="utf-8")
    print(json.dumps(report, indent=2, ensure_ascii=False))


if __name__ == "__main__":
    main()

"""The demonstrations that come with the job: their files and how they are to be forecast."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

from datalayer.kernel.contract.registry import Bilingual
from ml_jobs.data import CURRENCY, DEMAND, LICENSE
from ml_jobs.data.torres.files import THROUGH, write_torres
from ml_jobs.panel import Frequency

Values = Mapping[str, object]


@dataclass(frozen=True)
class Demonstration:
    """Data to show Farol with.

    Attributes:
        options: Of a forecast of them, by ``Option.name``; given a folder to write files into.
        synthetic: Says that nothing in them is real, and how they were made; None where they
            were observed.
    """

    options: Callable[[Path], Values]
    synthetic: Bilingual | None = None


def _online_retail(_: Path) -> Values:
    return {
        "input.demand": DEMAND,
        "input.invoices": True,
        "input.frequency": Frequency.DAILY,
        "input.currency": CURRENCY,
        "input.license": LICENSE,
        "input.dataset_id": "online-retail-demo",
        "forecast.country": "GB",
    }


def _torres(folder: Path) -> Values:
    files = write_torres(folder)
    # The morning after the last week: what is due is told from that day, whenever it is run.
    morning = datetime.combine(THROUGH + timedelta(days=1), time(9), UTC)
    return {
        **{f"input.{role}": file for role, file in files.items()},
        "input.frequency": Frequency.WEEKLY,
        "input.min_sale_days": 3,
        "input.currency": "BRL",
        "input.license": "CC0-1.0",
        "input.dataset_id": "torres-synthetic-demo",
        # Sources learn from half of the parts, which takes half the time.
        "forecast.learn_series": 800,
        "forecast.weigh_series": 800,
        "output.generated_at": morning,
    }


ONLINE_RETAIL = "online-retail"
DEMONSTRATIONS: Mapping[str, Demonstration] = {
    ONLINE_RETAIL: Demonstration(_online_retail),
    "torres": Demonstration(
        _torres,
        Bilingual(
            en=(
                "All of this is synthetic: demand, stock, orders, suppliers and costs were drawn "
                "by a documented model of failures in telecom towers; nothing in it is real."
            ),
            pt_BR=(
                "Tudo aqui é sintético: demanda, estoque, pedidos, fornecedores e custos foram "
                "sorteados por um modelo documentado de falhas em torres de telecom; nada é real."
            ),
        ),
    ),
}

"""Scores every run that stands in the work folder; writes the figures as JSON and as tables."""

from __future__ import annotations

import json
import os
import platform
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.progress import track

from benchmarks.forecast_methods import AUTOGLUON, FAROL, MethodRun
from benchmarks.forecast_scores import (
    Predictions,
    achieved_service,
    coverage_by_class,
    past_sums,
    quantile_loss,
    scores,
    subset_loss,
    textbook_reorder_point,
)
from benchmarks.published_forecasts import (
    SERVICE_LEVEL,
    PublishedForecasts,
    read_predictions,
    read_published,
)

ENSEMBLE = "ensemble"
PEER_PACKAGES = ("autogluon.timeseries", "statsforecast", "torch")
OWN_PACKAGES = ("lightgbm", "jax", "statsforecast", "prophet")
MEANS = ("wql", "total_error", "bias", "rmsse", "coverage_80", "coverage_95", "cpu_s", "wall_s")
Row = dict[str, object]


@dataclass
class Report:
    """All figures, one list of rows per question."""

    machine: Row
    versions: Row
    methods: list[Row] = field(default_factory=list)
    sources: list[Row] = field(default_factory=list)
    ensemble: list[Row] = field(default_factory=list)
    coverage: list[Row] = field(default_factory=list)
    totals: list[Row] = field(default_factory=list)
    service: list[Row] = field(default_factory=list)


def write_report(jobs: list[MethodRun], peers_python: Path, folder: Path, console: Console) -> None:
    """Score *jobs*, write ``forecasting.json`` and ``forecasting.md``, and show the tables."""
    report = Report(machine(), versions(peers_python))
    for job in track(jobs, "Scoring", console=console):
        if job.method == FAROL:
            _add_published(report, job, read_published(job.split, job.folder / "store"))
        else:
            _add_peer(report, job)
    folder.mkdir(parents=True, exist_ok=True)
    figures = json.dumps(_round_figures(asdict(report)), indent=2)
    (folder / "forecasting.json").write_text(figures + "\n", "utf-8")
    text = tables(report)
    (folder / "forecasting.md").write_text(text, "utf-8")
    console.print(text, markup=False, highlight=False, soft_wrap=True)


def machine() -> Row:
    """Describe the machine by what matters for the figures."""
    information = Path("/proc/cpuinfo")
    lines = information.read_text("utf-8").splitlines() if information.is_file() else []
    models = [line.split(":")[1].strip() for line in lines if line.startswith("model name")]
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return {
        "cpu": models[0] if models else platform.machine(),
        "cores": os.cpu_count(),
        "memory_gib": round(memory),
        "python": platform.python_version(),
    }


def versions(peers_python: Path) -> Row:
    """Return the versions of the libraries on both sides."""
    answer: Row = {f"farol's {name}": version(name) for name in OWN_PACKAGES}
    if peers_python.exists():
        program = (
            "import json; from importlib.metadata import version; "
            f"print(json.dumps({{n: version(n) for n in {PEER_PACKAGES!r}}}))"
        )
        told = subprocess.run(
            [str(peers_python), "-c", program], check=True, stdout=subprocess.PIPE, text=True
        )
        answer |= json.loads(told.stdout)
    return answer


def _add_peer(report: Report, job: MethodRun) -> None:
    for path in sorted(job.folder.glob("predictions*.parquet")):
        way = path.stem.removeprefix("predictions").removeprefix("-")
        name = f"AutoGluon {job.method}" if job.method in AUTOGLUON else job.method
        predictions = read_predictions(job.split, path)
        report.methods.append(_method_row(job, name, way, predictions))


def _add_published(report: Report, job: MethodRun, published: PublishedForecasts) -> None:
    """Add a publication: forecasts from the run with the whole horizon as lead time."""
    where = _where(job)
    report.totals += _total_rows(job, published)
    report.service.append(_service_row(job, published))
    if job.lead_periods != job.split.data.horizon:
        return
    report.methods.append(_method_row(job, "Farol", "published", published.champion))
    report.coverage += [where | row for row in coverage_by_class(job.split, published.champion)]
    report.sources += [
        where | {"source": source, "published_for": int(said.covered.sum())} | own
        for source, said in published.sources.items()
        for own in [_source_scores(job, published, source)]
    ]
    if ENSEMBLE in published.sources:
        report.ensemble.append(where | _ensemble_row(job, published))


def _where(job: MethodRun) -> Row:
    split = job.split
    return {"data": split.data.name, "origin": split.origin, "cutoff": str(split.cutoff)}


def _method_row(job: MethodRun, name: str, quantiles: str, predictions: Predictions) -> Row:
    cost = job.cost()
    taken = asdict(cost) if cost else {}
    head = _where(job) | {"method": name, "quantiles": quantiles}
    return head | scores(job.split, predictions) | taken


def _source_scores(job: MethodRun, published: PublishedForecasts, source: str) -> Row:
    said = published.sources[source]
    return {
        "champion_of": int((published.champions == source).sum()),
        "wql": subset_loss(job.split, said, said.covered),
    }


def _ensemble_row(job: MethodRun, published: PublishedForecasts) -> Row:
    """Compare the ensemble with the members that forecast every series it forecasts."""
    covered = published.sources[ENSEMBLE].covered
    losses = {
        source: subset_loss(job.split, said, covered)
        for source, said in published.sources.items()
        if source == ENSEMBLE or said.covered[covered].all()
    }
    own = losses.pop(ENSEMBLE)
    best = min(losses, key=lambda source: losses[source])
    return {
        "wql": own,
        "best_member": best,
        "best_member_wql": losses[best],
        "ratio": own / losses[best],
    }


def _total_rows(job: MethodRun, published: PublishedForecasts) -> Iterator[Row]:
    actual = job.split.actual[:, : job.lead_periods].sum(axis=1)
    told = {"Farol": published.total, "own past sums": past_sums(job.split, job.lead_periods)}
    for name, quantiles in told.items():
        if quantiles is not None:
            loss = quantile_loss(quantiles, actual)
            yield _where(job) | {"method": name, "periods": job.lead_periods, "wql": loss}


def _service_row(job: MethodRun, published: PublishedForecasts) -> Row:
    textbook = textbook_reorder_point(job.split, job.lead_periods, SERVICE_LEVEL)
    return _where(job) | {
        "periods": job.lead_periods,
        "asked": SERVICE_LEVEL,
        "achieved": achieved_service(job.split, published.reorder_point, job.lead_periods),
        "textbook": achieved_service(job.split, textbook, job.lead_periods),
        "units_over_textbook": float(published.reorder_point.sum() / textbook.sum()),
    }


def tables(report: Report) -> str:
    """Return all figures as Markdown tables."""
    where = "{cpu}, {cores} cores, {memory_gib} GiB, Python {python}".format_map(report.machine)
    used = ", ".join(f"{name} {number}" for name, number in report.versions.items())
    parts = [f"Measured on {where}; {used}.\n"]
    for title, rows in (
        ("Farol and its peers", _over_origins(report.methods)),
        ("Ensemble and its best member", report.ensemble),
        ("Sources", report.sources),
        ("Coverage by demand class", report.coverage),
        ("Totals over the lead time", report.totals),
        ("Service achieved", report.service),
    ):
        if rows:
            parts.append(f"## {title}\n\n{_table(rows)}")
    return "\n".join(parts)


def _over_origins(rows: list[Row]) -> list[Row]:
    """Return the means over the held-out origins, the lowest loss of each data set first."""
    groups: dict[tuple[object, ...], list[Row]] = {}
    for row in rows:
        if row["origin"] in (0, 1):
            groups.setdefault((row["data"], row["method"], row["quantiles"]), []).append(row)
    answer = [_mean_row(members) for members in groups.values()]
    return sorted(answer, key=lambda row: (str(row["data"]), float(str(row["wql"]))))


def _mean_row(rows: list[Row]) -> Row:
    first = min(rows, key=lambda row: int(str(row["origin"])))
    answer: Row = {name: first[name] for name in ("data", "method", "quantiles")}
    by_origin = {row["origin"]: row["wql"] for row in rows}
    answer |= {f"wql, origin {origin}": by_origin.get(origin) for origin in (0, 1)}
    return answer | {
        name: float(np.mean([float(str(row[name])) for row in rows])) for name in MEANS
    }


def _table(rows: list[Row]) -> str:
    columns = list(rows[0])
    lines = [f"| {' | '.join(columns)} |", f"|{'---|' * len(columns)}"]
    lines += [f"| {' | '.join(_cell(column, row) for column in columns)} |" for row in rows]
    return "\n".join(lines) + "\n"


def _cell(column: str, row: Mapping[str, object]) -> str:
    value = row[column]
    if isinstance(value, float):
        return f"{value:.0f}" if column.endswith("_s") else f"{value:.3f}"
    return "" if value is None else str(value)


def _round_figures(value: object) -> object:
    if isinstance(value, dict):
        return {name: _round_figures(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_round_figures(part) for part in value]
    return round(value, 5) if isinstance(value, float) else value

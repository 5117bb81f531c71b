"""Charts: pure functions from tables to figures, one look for all, and the one way to show them."""

from pages.components.charts.availability import availability
from pages.components.charts.availability import finding as availability_finding
from pages.components.charts.availability_points import AvailabilityCurve
from pages.components.charts.backtest import backtest
from pages.components.charts.bias import bias
from pages.components.charts.calibration import band_verdict, calibration
from pages.components.charts.chart import ApiCall, Chart, ChartedPart
from pages.components.charts.comparison import comparison
from pages.components.charts.daily import daily
from pages.components.charts.dot_plot import dot_plot
from pages.components.charts.run_out import run_out
from pages.components.charts.service import service
from pages.components.charts.showing import show
from pages.components.charts.spans import SPANS, span_of
from pages.components.charts.totals import Measure, PeriodTotals, totals
from pages.components.charts.use import OtherForecast, use
from pages.components.charts.value_added import value_added
from pages.components.charts.waterfall import ChangedSum, waterfall

__all__ = [
    "SPANS",
    "ApiCall",
    "AvailabilityCurve",
    "ChangedSum",
    "Chart",
    "ChartedPart",
    "Measure",
    "OtherForecast",
    "PeriodTotals",
    "availability",
    "availability_finding",
    "backtest",
    "band_verdict",
    "bias",
    "calibration",
    "comparison",
    "daily",
    "dot_plot",
    "run_out",
    "service",
    "show",
    "span_of",
    "totals",
    "use",
    "value_added",
    "waterfall",
]

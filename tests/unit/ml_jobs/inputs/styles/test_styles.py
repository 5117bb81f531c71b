"""Every input file is read in the one style that it is written in, and says so."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml_jobs.errors import InputError
from ml_jobs.inputs.demand.demand import build_panel
from ml_jobs.inputs.demand.demand_files import DemandFormat, scan_demand
from ml_jobs.inputs.demand.invoices import read_invoices
from ml_jobs.inputs.demand.reasons import RejectReason
from ml_jobs.inputs.drivers import read_drivers
from ml_jobs.inputs.files.reading import ReadingOptions
from ml_jobs.inputs.items import read_items
from ml_jobs.inputs.locations import read_locations
from ml_jobs.inputs.stock_file import read_stock
from ml_jobs.panel import Frequency
from ml_jobs.progress import Work
from tests.unit.ml_jobs.inputs.demand.demand_file import read_demand

pytestmark = pytest.mark.ml

TODAY = date(2026, 11, 21)
WriteFile = Callable[[str, str], Path]


@pytest.fixture
def write(tmp_path: Path) -> WriteFile:
    def written(name: str, content: str) -> Path:
        path = tmp_path / name
        path.write_text(content, encoding="utf-8")
        return path

    return written


def test_thousands_of_a_file_from_brazil_are_thousands(write: WriteFile) -> None:
    rows = "00101;01/09/2025;2.500\n00101;14/09/2025;500\n00101;15/09/2025;12.000\n"
    path = write("demand.csv", "item_id;date;quantity\n" + rows)

    found = read_demand(path, today=TODAY)

    assert found.quantities.tolist() == [2500, 500, 12_000]
    assert found.days.astype(str).tolist() == ["2025-09-01", "2025-09-14", "2025-09-15"]


def test_a_file_says_how_it_was_read(write: WriteFile) -> None:
    path = write("demand.csv", "item_id;date;quantity\nA;25/01/2026;1,5\nA;26/01/2026;2\n")

    source = read_demand(path, today=TODAY).source

    assert source.read_as == (
        "numbers with a decimal comma, as in 1,5 (quantity, row 1); "
        "dates with the day first, as in 25/01/2026 (date, row 1)"
    )


def test_a_refusal_names_the_line_where_it_is_not_next_to_the_row(write: WriteFile) -> None:
    path = write("demand.csv", "\nitem_id;date;quantity\nA;25/01/2026;1.500\n")

    with pytest.raises(InputError, match=r"1\.500 as quantity in row 1 \(line 3\)"):
        read_demand(path, today=TODAY)


def test_negative_numbers_with_the_minus_behind_are_negative(write: WriteFile) -> None:
    path = write("demand.csv", "item_id;date;quantity\nA;25/01/2026;5\nA;26/01/2026;2-\n")

    assert read_demand(path, today=TODAY).quantities[1] == -2


def test_unit_costs_and_orders_of_items_share_one_style(write: WriteFile) -> None:
    path = write("items.csv", "item_id;unit_cost;minimum_order\nA;12,50;1.000\nB;3,99;2.500\n")

    table = read_items(path).table

    assert table.column("unit_cost").to_pylist() == [12.5, 3.99]
    assert table.column("minimum_order").to_pylist() == [1000, 2500]


def test_stock_that_can_be_read_in_two_ways_is_refused(write: WriteFile) -> None:
    path = write("stock.csv", "item_id,current_stock,on_order\nA,1.500,0\nB,2.250,0\n")

    with pytest.raises(InputError, match=r"stock.csv has 1\.500 as current_stock in row 1: 1500"):
        read_stock(path)


def test_stock_is_read_as_the_options_say(write: WriteFile) -> None:
    path = write("stock.csv", "item_id,current_stock,as_of\nA,1.500,05/01/2026\n")

    table = read_stock(path, ReadingOptions(thousands=".", dates="day-first")).table

    assert table.column("current_stock").to_pylist() == [1500]
    assert table.column("as_of").to_pylist() == [date(2026, 1, 5)]


def test_places_are_read_with_decimal_commas(write: WriteFile) -> None:
    path = write("places.csv", "location_id;latitude;longitude\nSP;-23,5505;-46,6333\n")

    place = read_locations(path).locations[0]

    assert (place.latitude, place.longitude) == (-23.5505, -46.6333)


def test_drivers_of_month_ends_are_months(write: WriteFile) -> None:
    path = write("drivers.csv", "date;price\n31.01.2026;1.250,5\n28.02.2026;980\n31.03.2026;7\n")

    file = read_drivers(path)

    assert file.frequency is Frequency.MONTHLY
    assert file.dates.astype(str).tolist() == ["2026-01-01", "2026-02-01", "2026-03-01"]
    assert file.values[:, 0].tolist() == [1250.5, 980, 7]


def test_invoice_lines_of_a_program_in_english_are_read(write: WriteFile) -> None:
    head = "invoice_no,stock_code,description,quantity,invoice_date,unit_price\n"
    lines = '1,22423,CAKE STAND,"1,200",12/1/2010 8:26,2.55\n2,22423,CAKE STAND,3,12/13/2010,3\n'

    rows = read_invoices(write("lines.csv", head + lines), today=TODAY)

    assert rows.quantities.tolist() == [1200, 3]
    assert rows.days.astype(str).tolist() == ["2010-12-01", "2010-12-13"]


def ignore(_: Work) -> None:
    """Show no progress."""


def test_one_file_of_a_folder_tells_how_the_others_are_written(
    tmp_path: Path, write: WriteFile
) -> None:
    write("a.csv", "item_id;date;quantity\nA;05/01/2026;1.500\n")
    write("b.csv", "item_id;date;quantity\nB;25/01/2026;1,5\n")

    scanned = scan_demand(tmp_path, DemandFormat(TODAY), report=ignore)
    rows = scanned.form.read(scanned.groups[0])

    assert (rows.quantities.tolist(), str(rows.days[0])) == ([1500], "2026-01-05")
    words = scanned.inputs[0].read_as
    assert "a decimal comma, as in 1,5 (quantity, row 1 of b.csv)" in words
    assert "the day first, as in 25/01/2026 (date, row 1 of b.csv)" in words


def test_files_of_a_folder_that_contradict_each_other_are_refused_with_both(
    tmp_path: Path, write: WriteFile
) -> None:
    write("a.csv", "item_id;date;quantity\nA;25/01/2026;1.5\n")
    write("b.csv", "item_id;date;quantity\nB;25/01/2026;1,5\n")

    with pytest.raises(InputError, match=r"row 1 of a\.csv, .* row 1 of b\.csv"):
        scan_demand(tmp_path, DemandFormat(TODAY), report=ignore)


def test_a_row_years_away_from_all_others_is_set_aside(write: WriteFile) -> None:
    days = [date(2026, 1, 1) + timedelta(days=n) for n in range(60)]
    sales = "".join(f"A,{day},1\n" for day in [*days, date(1986, 1, 5)])
    rows = read_demand(write("demand.csv", "item_id,date,quantity\n" + sales), today=TODAY)

    panel, left = build_panel(rows, Frequency.DAILY, min_sale_days=1, today=TODAY)

    assert left.accounting.set_aside == {RejectReason.FAR_DATE: 1}
    assert str(panel.dates[0]) == "2026-01-01"


def test_weekly_totals_of_fridays_keep_their_sums_in_the_weeks_that_hold_them(
    write: WriteFile,
) -> None:
    fridays = [date(2026, 1, 2) + timedelta(days=7 * n) for n in range(12)]
    sales = "".join(f"A,{day},{n + 1}\n" for n, day in enumerate(fridays))
    rows = read_demand(write("demand.csv", "item_id,date,quantity\n" + sales), today=TODAY)

    panel, _ = build_panel(rows, Frequency.WEEKLY, min_sale_days=1, today=TODAY)

    assert panel.demand[0].tolist() == list(range(1, 13))
    assert str(panel.dates[0]) == "2025-12-29"


def test_the_last_month_counts_when_it_is_over_though_it_is_named_by_another_day(
    write: WriteFile,
) -> None:
    ends = ["2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30", "2026-05-31", "2026-06-30"]
    ends += ["2026-07-31", "2026-08-31", "2026-09-30", "2026-10-31", "2026-11-20"]
    sales = "".join(f"A,{day},1\n" for day in ends for _ in range(3))
    rows = read_demand(write("demand.csv", "item_id,date,quantity\n" + sales), today=TODAY)

    panel, left = build_panel(rows, Frequency.MONTHLY, min_sale_days=1, today=TODAY)

    assert str(panel.data_through) == "2026-10-31"
    assert left.accounting.set_aside == {RejectReason.INCOMPLETE_PERIOD: 3}


def brazilian(thousandths: int) -> str:
    text = f"{thousandths / 1000:,.3f}".rstrip("0").rstrip(".")
    return text.translate(str.maketrans(".,", ",."))


def english(thousandths: int) -> str:
    return f'"{thousandths / 1000:,.3f}"'


@settings(max_examples=60, deadline=None)
@given(
    rows=st.lists(
        st.tuples(st.dates(date(2020, 1, 1), TODAY), st.integers(0, 5_000_000)), min_size=1
    ),
    is_brazilian=st.booleans(),
)
def test_whatever_a_file_holds_its_rows_are_read_as_they_are_or_the_file_is_refused(
    rows: list[tuple[date, int]], is_brazilian: bool
) -> None:
    lines = [
        f"A;{day:%d/%m/%Y};{brazilian(amount)}"
        if is_brazilian
        else f"A,{day.month}/{day.day}/{day.year},{english(amount)}"
        for day, amount in rows
    ]
    head = "item_id;date;quantity" if is_brazilian else "item_id,date,quantity"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "demand.csv")
        path.write_text("\n".join([head, *lines]), encoding="utf-8")
        try:
            found = read_demand(path, today=TODAY)
        except InputError as refusal:
            assert "--da" in str(refusal) or "--decimal" in str(refusal)  # noqa: PT017 - as right
            return

    assert found.quantities.tolist() == [amount / 1000 for _, amount in rows]
    assert found.days.tolist() == [day for day, _ in rows]


def rows_with(column: str, values: list[str]) -> str:
    quantities = ["1.500", "2.250", "3.100"]
    days = ["01/09/2025", "14/09/2025", "15/09/2025"]
    cells = zip(days, quantities, values, strict=True)
    lines = "".join(f"00101;{day};{quantity};{value}\n" for day, quantity, value in cells)
    return f"item_id;date;quantity;{column}\n{lines}"


def test_a_column_that_is_not_read_tells_how_numbers_are_written(write: WriteFile) -> None:
    path = write("demand.csv", rows_with("valor", ["7,50", "11,25", "15,50"]))

    found = read_demand(path, today=TODAY)

    assert found.quantities.tolist() == [1500, 2250, 3100]
    assert "by 7,50 (valor, row 1), in a file with semicolons between cells" in found.source.read_as


def test_a_number_with_both_marks_tells_it_in_a_file_of_any_country(write: WriteFile) -> None:
    content = "item_id\tdate\tquantity\tvalue\n"
    content += "00101\t2025-09-01\t1,500\t12.5\n00101\t2025-09-02\t2,250\t1,250.75\n"

    found = read_demand(write("demand.txt", content), today=TODAY)

    assert found.quantities.tolist() == [1500, 2250]


def test_a_decimal_point_where_nothing_is_read_speaks_against_thousands(write: WriteFile) -> None:
    content = rows_with("valor", ["7.50", "11.25", "15.50"]).replace("2.250", "500")

    with pytest.raises(InputError, match=r"has 1\.500 as quantity in row 1: 1500 if the point"):
        read_demand(write("demand.csv", content), today=TODAY)


def test_texts_with_points_tell_nothing_of_numbers(write: WriteFile) -> None:
    content = rows_with("ncm", ["8482.10.10", "8482.10", "v1.5"]).replace("2.250", "500")

    found = read_demand(write("demand.csv", content), today=TODAY)

    assert found.quantities.tolist() == [1500, 500, 3100]

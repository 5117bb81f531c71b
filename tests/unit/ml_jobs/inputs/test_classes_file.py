"""Files of classes: budgets and costs of their parts; what is wrong with one, in sentences."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ml_jobs.class_budgets import ClassBudgets
from ml_jobs.errors import InputError
from ml_jobs.inputs.classes_file import budgets_in, class_notes, read_classes, with_class_costs
from ml_jobs.inputs.master_file import MasterFile
from tests.unit.ml_jobs.panels import items_of, panel_of

pytestmark = pytest.mark.ml

HEADER = "class;class_of;budget;holding_rate_per_year;lost_unit_cost"


def classes(folder: Path, *rows: str, header: str = HEADER) -> MasterFile:
    path = folder / "classes.csv"
    path.write_text("\n".join([header, *rows]), encoding="utf-8")
    return read_classes(path)


def test_budgets_are_those_of_the_classes_that_have_one(tmp_path: Path) -> None:
    file = classes(
        tmp_path, "high;criticality;1000;;", "low;criticality;0;;", "medium;criticality;;.2;"
    )

    assert budgets_in(file) == ClassBudgets("criticality", {"high": 1000.0, "low": 0.0})


def test_a_file_of_costs_alone_has_no_budget(tmp_path: Path) -> None:
    assert budgets_in(classes(tmp_path, "Brakes;category;;0.3;")) is None
    assert budgets_in(None) is None


def test_what_a_class_costs_counts_where_the_item_s_own_file_says_nothing(tmp_path: Path) -> None:
    panel = panel_of([[1.0]] * 3)
    items = items_of(
        panel, holding_rate_per_year=[None, 0.1, None], lost_unit_cost=[5.0, None, None]
    )
    file = classes(tmp_path, "Brakes;category;;0,3;40", "Filters;category;;0,5;60")

    table = with_class_costs(items, file).table

    # The third part is of no category.
    assert table.column("holding_rate_per_year").to_pylist() == [0.3, 0.1, None]
    assert table.column("lost_unit_cost").to_pylist() == [5.0, 60.0, None]
    assert table.column_names == items.table.column_names


def test_without_a_file_items_stay_as_they_are() -> None:
    items = items_of(panel_of([[1.0]]))

    assert with_class_costs(items, None) is items


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        (("high;criticality;-1;;",), "budget has '-1'; it must be a number from 0"),
        (
            ("high;supplier;1;;",),
            "class_of has 'supplier'; it must be one of criticality, category",
        ),
        (
            ("high;;1;;",),
            "class_of is missing in 1 row(s); it must be one of criticality, category",
        ),
        (
            ("high;criticality;1;;", "Brakes;category;1;;"),
            "class_of has 'category', 'criticality'; it must be the same in every row",
        ),
        (
            ("A;criticality;1;;",),
            "class has 'A'; of criticality it must be one of high, medium, low",
        ),
        (("Brakes;category;1;;", "Brakes;category;2;;"), "class must be unique; found more than"),
        (("Brakes;category;;;",), "1 row(s) say neither budget nor holding_rate_per_year nor lost"),
        (
            ("Brakes;category;;25;",),
            "holding_rate_per_year has '25'; it must be a number from 0 to",
        ),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(
    tmp_path: Path, rows: tuple[str, ...], told: str
) -> None:
    with pytest.raises(InputError, match=re.escape(told)):
        classes(tmp_path, *rows)


def test_a_class_that_no_part_has_is_named(tmp_path: Path) -> None:
    items = items_of(panel_of([[1.0]] * 2))
    file = classes(tmp_path, "Brakes;category;10;;", "Tyres;category;10;;")

    (note,) = class_notes(file, items)

    assert "no part that is forecast has the category 'Tyres'; what is said of it is not" in note


def test_columns_that_are_not_read_are_named(tmp_path: Path) -> None:
    header = "class,class_of,budget,manager"
    file = classes(tmp_path, "Brakes,category,10,Ana", header=header)

    (note,) = class_notes(file, items_of(panel_of([[1.0]])))

    assert note == "classes.csv has columns that are not read: manager"

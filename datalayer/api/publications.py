"""Publications: those kept here, the active one, and what changed from one to another."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Annotated, Any

import pyarrow as pa
import pyarrow.compute as pc
from fastapi import APIRouter, Path, Request, Response
from pydantic import BeforeValidator

from datalayer.api.answers import object_answer, rows_answer
from datalayer.api.changed_parts import PART_FILTERS, is_file, kept_values, page_rows
from datalayer.api.context import (
    PUBLICATION_EXAMPLE,
    PUBLICATION_ID_PATTERN,
    CursorText,
    open_publication,
    read_router,
)
from datalayer.api.cursors import cursor_text, read_cursor
from datalayer.api.described_parameters import DIALECT, document_list
from datalayer.api.parameters import Limit, Location
from datalayer.api.publication_schemas import (
    ChangesAnswer,
    OrderCauses,
    PublicationAnswer,
    Publications,
)
from datalayer.api.row_schemas import object_response, row_response
from datalayer.api.schemas import METADATA_EXAMPLE, PublicationOrigin
from datalayer.kernel.contract.manifest import is_publication_id
from datalayer.kernel.errors import InvalidSelection
from datalayer.portal import NETWORK, Portal, Publication, Snapshot
from datalayer.reading.changes import ChangeKind, Changes, compare
from datalayer.reading.questions import changes
from datalayer.reading.questions.items import row_offset

EARLIER_EXAMPLE = "20261120T060000Z-5e6f7a8b"
_GROUPINGS = ("reason", "demand_class", "category", "tier_after", "unit_after")
_KEPT_EXAMPLE: dict[str, object] = {
    name: METADATA_EXAMPLE[name] for name in PublicationOrigin.model_fields
} | {"size_bytes": 52_428_800, "active": True}
_CAUSES_EXAMPLE: dict[str, object] = {
    **dict.fromkeys(OrderCauses.model_fields, 0.0),
    "cause_stock_used": 22.5,
    "cause_expected_demand": 7.5,
}
_FIGURES_EXAMPLE: dict[str, object] = {
    "forecast_total_before": 40.5,
    "forecast_total_after": 52.25,
    "forecast_total_change": 11.75,
    "reorder_point_before": 20.0,
    "reorder_point_after": 26.0,
    "reorder_point_change": 6.0,
    "order_quantity_before": 0.0,
    "order_quantity_after": 30.0,
    "order_quantity_change": 30.0,
}
_AMOUNTS_EXAMPLE = _FIGURES_EXAMPLE | _CAUSES_EXAMPLE
_GROUP_EXAMPLE: dict[str, object] = {"value": "changed", "parts": 1, **_AMOUNTS_EXAMPLE}
_CHANGES_EXAMPLE: dict[str, object] = {
    "before": EARLIER_EXAMPLE,
    "after": PUBLICATION_EXAMPLE,
    "first_date": "2026-11-21",
    "last_date": "2026-12-17",
    "totals": {"parts": 1, **_AMOUNTS_EXAMPLE},
    "groups": {
        "reason": [_GROUP_EXAMPLE],
        "demand_class": [_GROUP_EXAMPLE | {"value": "lumpy"}],
        "category": [_GROUP_EXAMPLE | {"value": "Energia"}],
        "tier_after": [_GROUP_EXAMPLE | {"value": "this_week"}],
        "unit_after": [_GROUP_EXAMPLE | {"value": "un"}],
    },
    "parts": [
        {
            "rank": 1,
            "item_id": "P00001",
            "name": "Bateria estacionária 12 V 100 Ah",
            "category": "Energia",
            "demand_class": "lumpy",
            "reason": "changed",
            "unit_before": "un",
            "unit_after": "un",
            "unit_cost_before": 410.0,
            "unit_cost_after": 410.0,
            "is_forecast_before": True,
            "is_forecast_after": True,
            **_AMOUNTS_EXAMPLE,
            "used": 9.0,
            "added": 0.0,
            "status_before": "ok",
            "status_after": "reorder",
            "source_before": "ensemble",
            "source_after": "ensemble",
            "tier_before": None,
            "tier_after": "this_week",
            "position_before": 31.0,
            "position_after": 22.0,
            "lead_time_demand_before": 14.5,
            "lead_time_demand_after": 18.25,
            "lead_time_days_before": 30.0,
            "lead_time_days_after": 30.0,
            "planned_service_level_before": 0.95,
            "planned_service_level_after": 0.95,
            "order_up_to_before": 44.0,
            "order_up_to_after": 52.0,
        }
    ],
}


def _publication_id(name: str, example: str) -> tuple[Any, BeforeValidator]:
    def check(text: str) -> str:
        if not is_publication_id(text):
            expected = f"a publication's id such as {PUBLICATION_EXAMPLE}"
            raise InvalidSelection(parameter=name, found=ascii(text[:80]), expected=expected)
        return text

    described = Path(
        pattern=PUBLICATION_ID_PATTERN,
        description="A kept publication's id.",
        openapi_examples={"publication": {"value": example}},
    )
    return described, BeforeValidator(check)


PublicationId = Annotated[str, *_publication_id("publication_id", PUBLICATION_EXAMPLE)]
Before = Annotated[str, *_publication_id("before", EARLIER_EXAMPLE)]
After = Annotated[str, *_publication_id("after", PUBLICATION_EXAMPLE)]


def create_router(portal: Portal) -> APIRouter:
    """Return the routes of publications."""
    router = read_router("publications")
    _add_kept(router, portal)
    _add_changes(router, portal)
    return router


def _add_kept(router: APIRouter, portal: Portal) -> None:
    @router.get(
        "/publications",
        operation_id="list_publications",
        summary="The publications kept here",
        responses=object_response(Publications, [_KEPT_EXAMPLE]),
    )
    def publications(request: Request) -> Response:
        """Every one can be read with `p`, the newest first."""
        active = open_publication(request, portal, None)
        kept = [
            _describe(each, active=each.publication_id == active.id)
            for each in portal.snapshots.all()
        ]
        return object_answer(request, active, kept)

    @router.get(
        "/publications/active",
        operation_id="get_active_publication",
        summary="The active publication",
        responses=object_response(
            PublicationAnswer,
            _KEPT_EXAMPLE | {"rows": {"fact_forecast": 2920}, "lineage": {"frequency": "D"}},
            data_sets=("fact_forecast",),
        ),
    )
    def active_publication(request: Request) -> Response:
        """What is read unless `p` says another, with its rows by data set and its lineage."""
        active = open_publication(request, portal, None)
        rows = {file.data_set: file.rows for file in active.manifest.files}
        about = _describe(active.snapshot, active=True)
        data = {**about, "rows": rows, "lineage": dict(active.manifest.lineage)}
        return object_answer(request, active, data, tuple(rows))


def _add_changes(router: APIRouter, portal: Portal) -> None:
    reasons = document_list(
        "reason",
        {"type": "string", "enum": [kind.value for kind in ChangeKind]},
        "Only parts that are new, dropped, changed or the same; sums are of the others, too.",
        [ChangeKind.CHANGED.value],
    )

    @router.get(
        "/publications/{before}/changes/{after}",
        operation_id="get_publication_changes",
        summary="What changed from one publication to another",
        responses=row_response(ChangesAnswer, _CHANGES_EXAMPLE, data_sets=changes.DATA_SETS),
        openapi_extra={"parameters": [reasons, *PART_FILTERS, DIALECT]},
    )
    def publication_changes(
        request: Request,
        before: Before,
        after: After,
        location: Location = NETWORK,
        limit: Limit = 100,
        cursor: CursorText = None,  # noqa: ARG001 - documented here, read with the request
    ) -> Response:
        """The difference of every part at a place, and why proposed orders are other ones.

        Forecasts are those of each part's champion, summed over the future dates that both
        publications cover. The changes of all parts, and of the groups of each list, add up to
        the change of the totals, and the causes to the change of the order quantity. Sums are of
        the categories and demand classes asked for; pieces and metres are added as numbers, and
        told apart in `groups.unit_after`. As CSV and as Arrow there are the parts alone,
        all of them unless `limit` is given.
        """
        kinds = _kinds(request)
        earlier, later = (open_publication(request, portal, each) for each in (before, after))
        require_location_of_either(earlier, later, location)
        found = compare(earlier, later, location)
        found = replace(found, parts=found.parts_with(kept_values(request, found.parts)))
        parts = found.parts
        if kinds:
            parts = parts.filter(pc.is_in(parts["reason"], pa.array(kinds, pa.string())))
        begun = read_cursor(request)
        if is_file(request):
            most = page_rows(request, limit)
            question = changes.changed_parts(parts, most, begun.after if begun else None)
            return rows_answer(request, later, question, changes=True)
        # A rank is the number of a part among all: what follows has a greater one.
        parts = parts.filter(pc.greater(parts["rank"], row_offset(begun.after if begun else None)))
        shown = parts.slice(0, limit)
        following = None
        if limit < parts.num_rows:
            following = cursor_text(request, after, (shown["rank"][-1].as_py(),))
        data = {"before": before, "after": after} | _content(found, shown)
        return object_answer(request, later, data, changes.DATA_SETS, following=following)


def require_location_of_either(earlier: Publication, later: Publication, location: str) -> None:
    """Refuse a place that neither has; one that closed is in the earlier alone."""
    try:
        earlier.require_location(location)
    except InvalidSelection:
        later.require_location(location)


def _kinds(request: Request) -> list[str]:
    asked = request.query_params.getlist("reason")
    known = [kind.value for kind in ChangeKind]
    for reason in asked:
        if reason not in known:
            raise InvalidSelection(
                parameter="reason", found=ascii(reason[:80]), expected=f"one of {', '.join(known)}"
            )
    return asked


def _content(found: Changes, parts: pa.Table) -> dict[str, object]:
    first_date, last_date = found.span or (None, None)
    return {
        "first_date": first_date,
        "last_date": last_date,
        "totals": _numbers(found.totals()),
        "groups": {name: _groups(found, name) for name in _GROUPINGS},
        "parts": [_numbers(row) for row in parts.to_pylist()],
    }


def _groups(found: Changes, name: str) -> list[dict[str, object]]:
    rows = (_numbers(row) for row in found.by(name))
    return [{"value": row.pop(name), **row} for row in rows]


def _numbers(row: dict[str, object]) -> dict[str, object]:
    """Return *row* with its decimals as JSON numbers, which show them to the last digit."""
    return {k: float(v) if isinstance(v, Decimal) else v for k, v in row.items()}


def _describe(snapshot: Snapshot, *, active: bool) -> dict[str, object]:
    manifest = snapshot.manifest
    return {
        "publication_id": manifest.publication_id,
        "dataset_id": manifest.dataset_id,
        "model_version": manifest.model_version,
        "generated_at": manifest.generated_at,
        "data_through": manifest.data_through,
        "loaded_at": snapshot.loaded_at,
        "size_bytes": manifest.size_bytes,
        "active": active,
    }

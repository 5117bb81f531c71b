-- What is told of some rows of the list.
-- Parameters: $rows, a JSON list of the rows, each with item_id, location_id, rank, others, is_new
-- and is_changed of listed_actions.sql; $standing, a JSON list of the marked rows, as
-- PlannerMarks.standing has them.
-- Columns: those of fact_action but for provenance, others, is_new and is_changed, name, sku, unit,
-- unit_cost, category, abc_class, demand_class, criticality and supplier of the part, place (name
-- of the location), from_place (of a move, name of the one that gives), km, days, distance_assumed
-- and freight (of a move, as in fact_transfer; null where not known), what marks say (state, kind, marked_by, marked_at, until, because, comment,
-- comments, number; null where there is none), reason_observed, reason_expected,
-- reason_threshold and reason_since (numbers and first day of the sentence of reason_code),
-- beside_ref, beside_quantity and beside_day (of an order: the open order there that is to be
-- deferred, and until when; of an open order to be deferred: what is to be ordered there, and by
-- when; null where nobody must do both, or put the other aside), verdict (of the champion at the
-- longest horizon; null where it was not tested), minimum_order, order_multiple, lot,
-- lead_time_days, service_level, current_stock, on_order, moved and as_of of the stock, year_demand (units
-- expected in a year, as over lead time and review: of a part that is repaired, all that fail).
with listed as (
    select unnest(object) from (select unnest(from_json($rows, '[{
        "item_id": "VARCHAR", "location_id": "VARCHAR", "rank": "BIGINT", "others": "BIGINT",
        "is_new": "BOOLEAN", "is_changed": "BOOLEAN"
    }]')) as object)
),
marked as (
    select unnest(object) from (select unnest(from_json($standing, '[{
        "item_id": "VARCHAR", "location_id": "VARCHAR", "action": "VARCHAR", "ref": "VARCHAR",
        "state": "VARCHAR", "kind": "VARCHAR", "marked_by": "VARCHAR",
        "marked_at": "TIMESTAMP WITH TIME ZONE", "until": "DATE",
        "because": "VARCHAR", "comment": "VARCHAR",
        "comments": "BIGINT", "number": "BIGINT"
    }]')) as object)
),
explained as (
    select
        item_id,
        location_id,
        reason_code,
        arg_min_null(observed, rank) as reason_observed,
        arg_min_null(expected, rank) as reason_expected,
        arg_min_null(threshold, rank) as reason_threshold,
        arg_min_null(since, rank) as reason_since
    from fact_exception
    where item_id in (select item_id from listed)
    group by item_id, location_id, reason_code
),
beside as (
    select
        action.rank,
        arg_min_null(other.ref, other.rank) as beside_ref,
        arg_min_null(other.quantity, other.rank) as beside_quantity,
        arg_min_null(if(other.action = 'order', other.due, other.arrives), other.rank) as beside_day
    from fact_action as action
    join fact_action as other
        on other.item_id = action.item_id and other.location_id = action.location_id
        and (action.action, other.action) in (('order', 'defer'), ('defer', 'order'))
    left join marked
        on marked.item_id = other.item_id and marked.location_id = other.location_id
        and marked.action = other.action and marked.ref = other.ref
    where
        action.rank in (select rank from listed)
        and marked.state is distinct from 'put_aside'
    group by action.rank
),
judged as (
    select item_id, location_id, arg_max_null(verdict, horizon) as verdict
    from fact_metrics
    where is_champion and item_id in (select item_id from listed)
    group by item_id, location_id
)
select
    action.* exclude (dataset_id, model_version, generated_at),
    listed.others,
    listed.is_new,
    listed.is_changed,
    item.name,
    item.sku,
    item.unit,
    item.unit_cost,
    item.category,
    item.abc_class,
    item.demand_class,
    item.criticality,
    item.supplier,
    place.name as place,
    giver.name as from_place,
    move.km,
    move.days,
    move.distance_assumed,
    move.freight,
    marked.* exclude (item_id, location_id, action, ref),
    explained.* exclude (item_id, location_id, reason_code),
    beside.* exclude (rank),
    judged.verdict,
    stock.lead_time_days,
    stock.service_level,
    stock.minimum_order,
    stock.order_multiple,
    stock.lot,
    stock.current_stock,
    stock.on_order,
    stock.moved,
    stock.as_of,
    365 * coalesce(repair.failures, stock.cycle_demand)
    / nullif(stock.lead_time_days + stock.review_days, 0) as year_demand
from listed
join fact_action as action on action.rank = listed.rank
join dim_item as item on item.item_id = listed.item_id
join dim_location as place on place.location_id = listed.location_id
left join dim_location as giver on giver.location_id = action.from_location_id
left join fact_transfer as move
    on action.action = 'move' and move.item_id = action.item_id
    and move.from_location_id = action.ref and move.to_location_id = action.location_id
left join marked
    on marked.item_id = action.item_id and marked.location_id = action.location_id
    and marked.action = action.action and marked.ref = action.ref
left join explained
    on explained.item_id = action.item_id and explained.location_id = action.location_id
    and explained.reason_code = action.reason_code
left join beside on beside.rank = action.rank
left join judged on judged.item_id = listed.item_id and judged.location_id = listed.location_id
left join fact_inventory as stock
    on stock.item_id = listed.item_id and stock.location_id = listed.location_id
left join fact_repair as repair
    on repair.item_id = listed.item_id and repair.location_id = listed.location_id
order by action.rank

-- Rows of the list by their ranks, with what an order of each must keep.
-- Parameters: $ranks, a JSON list of ranks.
-- Columns: rank, item_id, location_id, action, ref, quantity (as proposed), unit_cost of the part,
-- minimum_order, order_multiple and lot of the stock, year_demand (units expected in a year, as over
-- lead time and review: of a part that is repaired, all that fail; all null where it isn't known).
select
    action.rank, action.item_id, action.location_id, action.action, action.ref, action.quantity,
    item.unit_cost, stock.minimum_order, stock.order_multiple, stock.lot,
    365 * coalesce(repair.failures, stock.cycle_demand)
    / nullif(stock.lead_time_days + stock.review_days, 0) as year_demand
from fact_action as action
join dim_item as item on item.item_id = action.item_id
left join fact_inventory as stock
    on stock.item_id = action.item_id and stock.location_id = action.location_id
left join fact_repair as repair
    on repair.item_id = action.item_id and repair.location_id = action.location_id
where action.rank in (select unnest(from_json($ranks, '["BIGINT"]')))
order by action.rank

-- The buy list, each step with its part, its place and what stock is worth there.
-- Parameters: none.
-- Columns: rank, item_id, location_id, from_quantity, quantity, cost, down_hours_avoided,
-- class_budget, class_cumulative_cost, contract_id and source of fact_buy_list; hours_per_1000, what
-- the step itself avoids for each 1,000 of its cost, null where it costs nothing; name, unit,
-- supplier, criticality and category of the part; location, the place's name; position,
-- target_quantity, expected_backorders, down_hours, next_unit_per_1000, own_service_level, supported
-- and late_days of fact_availability, null where that has no row; within_class_budget, whether the
-- budget of its class, if there is one, pays for it. The first step that goes beyond ends that, as
-- with the budget of all.
select
    step.rank,
    step.item_id,
    step.location_id,
    step.from_quantity,
    step.quantity,
    step.cost,
    step.down_hours_avoided,
    case when step.cost > 0 then step.down_hours_avoided / step.cost * 1000 end as hours_per_1000,
    step.class_budget,
    step.class_cumulative_cost,
    coalesce(step.class_budget > 0 and step.class_cumulative_cost <= step.class_budget, true)
        as within_class_budget,
    step.contract_id,
    item.name,
    item.unit,
    item.supplier,
    item.criticality,
    item.category,
    place.name as location,
    worth.position,
    worth.target_quantity,
    worth.expected_backorders,
    worth.down_hours,
    worth.next_unit_per_1000,
    worth.own_service_level,
    worth.supported,
    worth.late_days,
    step.source
from fact_buy_list as step
left join dim_item as item on item.item_id = step.item_id
left join dim_location as place on place.location_id = step.location_id
left join fact_availability as worth
    on worth.item_id = step.item_id and worth.location_id = step.location_id

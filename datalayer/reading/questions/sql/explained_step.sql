-- A step of the buy list with the one before it and the one after it.
-- Parameters: $rank.
-- Columns: those of bought_steps.sql; cumulative_cost and cumulative_down_hours_avoided of the whole
-- list, as published; all_steps and all_down_hours_avoided, what the whole list comes to;
-- repair_days and condemnation of fact_repair, null of what isn't repaired;
-- supply_days and days_at_store of dim_location and fact_availability, store (name of the central
-- store that supplies the place, null without one), and supplies (how many places the place supplies
-- with the part, both levels weighed at once).
select
    step.*,
    published.cumulative_cost,
    published.cumulative_down_hours_avoided,
    whole.all_steps,
    whole.all_down_hours_avoided,
    repair.repair_days,
    repair.condemnation,
    place.supply_days,
    worth.days_at_store,
    store.name as store,
    (
        select count(*)
        from fact_availability as there
        join dim_location as supplied using (location_id)
        where
            there.item_id = step.item_id
            and there.days_at_store is not null
            and supplied.supplied_from = step.location_id
    ) as supplies
from bought as step
left join fact_repair as repair
    on repair.item_id = step.item_id and repair.location_id = step.location_id
left join fact_availability as worth
    on worth.item_id = step.item_id and worth.location_id = step.location_id
left join dim_location as place on place.location_id = step.location_id
left join dim_location as store on store.location_id = place.supplied_from
join fact_buy_list as published using (rank)
cross join (
    select count(*) as all_steps, max(cumulative_down_hours_avoided) as all_down_hours_avoided
    from fact_buy_list
) as whole
where step.rank between $rank - 1 and $rank + 1
order by step.rank

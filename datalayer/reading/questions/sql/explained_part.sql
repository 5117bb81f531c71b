-- What a part's stock is worth at a place, beside what the buy list offers for its money.
-- Parameters: $item_id and $location_id.
-- Columns: those of stock_worth.sql but for item_id and location_id; name, unit, unit_cost and
-- stocked of the part; location, the place's name; listed_rank (its first step, null without one); first_per_1000
-- and last_per_1000 (what the first step of the list and the last avoid for each 1,000 of their
-- cost, null where they cost nothing or nothing is listed); all_steps; elsewhere and elsewhere_cost
-- (what the list avoids for the cost of one unit of the part, 0 where its first step costs more);
-- repair_days and condemnation of fact_repair, null of what isn't repaired;
-- supply_days and days_at_store of dim_location and fact_availability, store (name of the central
-- store that supplies the place, null without one), and supplies (how many places the place supplies
-- with the part, both levels weighed at once).
-- No row where nothing is known of the part at the place.
select
    worth.* exclude (item_id, location_id, dataset_id, model_version, generated_at),
    item.name,
    item.unit,
    item.unit_cost,
    item.stocked,
    place.name as location,
    (
        select min(rank)
        from fact_buy_list
        where item_id = $item_id and location_id = $location_id
    ) as listed_rank,
    listed.first_per_1000,
    listed.last_per_1000,
    listed.all_steps,
    (
        select coalesce(max(cumulative_down_hours_avoided), 0)
        from fact_buy_list
        where cumulative_cost <= item.unit_cost
    ) as elsewhere,
    (
        select coalesce(max(cumulative_cost), 0)
        from fact_buy_list
        where cumulative_cost <= item.unit_cost
    ) as elsewhere_cost,
    repair.repair_days,
    repair.condemnation,
    place.supply_days,
    store.name as store,
    (
        select count(*)
        from fact_availability as there
        join dim_location as supplied using (location_id)
        where
            there.item_id = worth.item_id
            and there.days_at_store is not null
            and supplied.supplied_from = worth.location_id
    ) as supplies
from fact_availability as worth
cross join (
    select
        count(*) as all_steps,
        arg_min_null(1000 * down_hours_avoided / nullif(cost, 0), rank) as first_per_1000,
        arg_max_null(1000 * down_hours_avoided / nullif(cost, 0), rank) as last_per_1000
    from fact_buy_list
) as listed
left join dim_item as item on item.item_id = worth.item_id
left join dim_location as place on place.location_id = worth.location_id
left join dim_location as store on store.location_id = place.supplied_from
left join fact_repair as repair
    on repair.item_id = worth.item_id and repair.location_id = worth.location_id
where worth.item_id = $item_id and worth.location_id = $location_id

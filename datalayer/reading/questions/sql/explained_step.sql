-- A step of the buy list with the one before it and the one after it.
-- Parameters: $rank.
-- Columns: those of bought_steps.sql; cumulative_cost and cumulative_down_hours_avoided of the whole
-- list, as published; all_steps and all_down_hours_avoided, what the whole list comes to;
-- repair_days and condemnation of fact_repair, null of what isn't repaired.
select
    step.*,
    published.cumulative_cost,
    published.cumulative_down_hours_avoided,
    whole.all_steps,
    whole.all_down_hours_avoided,
    repair.repair_days,
    repair.condemnation
from bought as step
left join fact_repair as repair
    on repair.item_id = step.item_id and repair.location_id = step.location_id
join fact_buy_list as published using (rank)
cross join (
    select count(*) as all_steps, max(cumulative_down_hours_avoided) as all_down_hours_avoided
    from fact_buy_list
) as whole
where step.rank between $rank - 1 and $rank + 1
order by step.rank

-- The parts on which repeating the past had the smaller error, over the longest horizon.
-- Parameters: $location_id; $category and $demand_class (null for all); $source (null for the one
-- in use of each part, its champion over the longest horizon).
-- Columns: item_id, name, source, demand_class, unit, unit_cost, value (below 0; null where
-- repeating the past had no error at all), low, high, verdict (worse: by more than chance explains),
-- n_origins, used (in the tests, in the part's unit). Those where it had no error come first, then
-- by value.
with nearer as (
    select item_id, source, value, low, high, verdict, n_origins
    from tested_parts
    where is_nearer
),
used as (
    select item_id, sum(cast(actual as double)) as used
    from fact_backtest
    semi join nearer using (item_id, source)
    where location_id = $location_id
    group by item_id
)
select
    item_id,
    name,
    source,
    demand_class,
    unit,
    unit_cost,
    value,
    low,
    high,
    verdict,
    n_origins,
    used
from nearer
join judged_parts using (item_id)
left join used using (item_id)
order by value nulls first, item_id

-- The parts on which repeating the past had the smaller error, over the longest horizon.
-- Parameters: $location_id; $category and $demand_class (null for all); $source (null for the one
-- in use of each part, its champion over the longest horizon); $sort: much (those where repeating the
-- past had no error first, then by fva_vs_naive), sure (the same, those by more than chance before the
-- others), money (what was used in money, the most first, what isn't known last) or part (by code).
-- Columns: item_id, name, source, demand_class, unit, unit_cost, fva_vs_naive (below 0; null where
-- repeating the past had no error at all), fva_low, fva_high, verdict (worse: by more than chance
-- explains), n_origins, used (in the tests, in the part's unit).
with nearer as (
    select item_id, source, fva_vs_naive, fva_low, fva_high, verdict, n_origins
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
    fva_vs_naive,
    fva_low,
    fva_high,
    verdict,
    n_origins,
    used
from nearer
join judged_parts using (item_id)
left join used using (item_id)
order by
    case when $sort = 'sure' then verdict is distinct from 'worse' end,
    case when $sort = 'money' then used * unit_cost end desc nulls last,
    case when $sort in ('much', 'sure') then fva_vs_naive end nulls first,
    item_id

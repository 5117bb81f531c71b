-- The parts on which repeating the past had the smaller error, over the longest horizon.
-- Parameters: $location_id; $category and $demand_class (null for all); $source (null for the one
-- in use of each part, its champion over the longest horizon).
-- Columns: item_id, name, source, demand_class, unit, unit_cost, value (below 0; null where
-- repeating the past had no error at all), low, high, verdict (worse: by more than chance explains),
-- n_origins, used (in the tests, in the part's unit). Those where it had no error come first, then
-- by value.
with wanted as (
    select
        item_id,
        name,
        unit_cost,
        case when coalesce(unit, '') in ('', 'UN') then 'un' else unit end as unit,
        coalesce(demand_class, 'unclassified') as demand_class
    from dim_item
    where
        ($category is null or coalesce(category, 'unclassified') = $category)
        and ($demand_class is null or coalesce(demand_class, 'unclassified') = $demand_class)
),
in_use as (
    select item_id, source
    from fact_metrics
    where location_id = $location_id and is_champion
    qualify horizon = max(horizon) over (partition by item_id)
),
longest as (
    select max(horizon) as horizon from fact_metrics where location_id = $location_id
),
of_naive as (
    select item_id, scaled_pinball as naive_loss
    from fact_metrics
    where
        location_id = $location_id
        and source = 'naive'
        and horizon = (select horizon from longest)
),
nearer as (
    select
        m.item_id,
        m.source,
        m.fva_vs_naive as value,
        m.fva_low as low,
        m.fva_high as high,
        m.verdict,
        m.n_origins
    from fact_metrics as m
    semi join wanted using (item_id)
    left join in_use as u using (item_id)
    left join of_naive as n using (item_id)
    where
        m.location_id = $location_id
        and m.source = coalesce($source, u.source)
        and m.source <> 'naive'
        and m.horizon = (select horizon from longest)
        and (
            coalesce(m.fva_vs_naive < 0, false)
            or (m.fva_vs_naive is null and coalesce(n.naive_loss = 0 and m.scaled_pinball > 0, false))
        )
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
join wanted using (item_id)
left join used using (item_id)
order by value nulls first, item_id

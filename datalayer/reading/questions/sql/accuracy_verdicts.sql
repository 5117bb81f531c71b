-- How many parts were tested, and on how many of them the forecast beat repeating the past.
-- Parameters: $location_id; $category and $demand_class (null for all); $source (null for the one
-- in use of each part, its champion over the longest horizon).
-- Columns: items (parts that fit, tested or not), tested, horizon (the longest, in periods),
-- least_origins and most_origins (tests of a part), better and worse (by more than chance
-- explains), alike, unknown (could not be compared), repeats (the source repeats the past itself),
-- nearer (parts on which repeating the past had the smaller error, chance or not). One row.
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
tested as (
    select
        m.source,
        m.verdict,
        m.n_origins,
        m.source <> 'naive'
        and (
            coalesce(m.fva_vs_naive < 0, false)
            or (m.fva_vs_naive is null and coalesce(n.naive_loss = 0 and m.scaled_pinball > 0, false))
        ) as nearer
    from fact_metrics as m
    semi join wanted using (item_id)
    left join in_use as u using (item_id)
    left join of_naive as n using (item_id)
    where
        m.location_id = $location_id
        and m.source = coalesce($source, u.source)
        and m.horizon = (select horizon from longest)
)
select
    (
        select count(*)
        from wanted
        where
            $location_id = 'network'
            or item_id in (select item_id from fact_inventory where location_id = $location_id)
    ) as items,
    count(*) as tested,
    (select horizon from longest) as horizon,
    min(n_origins) as least_origins,
    max(n_origins) as most_origins,
    count(*) filter (where source <> 'naive' and verdict = 'better') as better,
    count(*) filter (where source <> 'naive' and verdict = 'worse') as worse,
    count(*) filter (where source <> 'naive' and verdict = 'alike') as alike,
    count(*) filter (where source <> 'naive' and verdict is null) as unknown,
    count(*) filter (where source = 'naive') as repeats,
    count(*) filter (where nearer) as nearer
from tested

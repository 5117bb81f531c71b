-- What was asked of quantiles and bands, and what held in the backtest. Where demand comes in whole
-- units, many actuals lie on a quantile: a forecast does what is asked where the share asked lies
-- between what stayed below and what stayed at it or below.
-- Parameters: $location_id; $category and $demand_class (null for all); $source (null for the one
-- in use of each part, its champion over the longest horizon).
-- Columns: kind (band or quantile), asked (a share), least (below it; strictly inside a band), held
-- (at it or below; inside a band, its ends included), n_obs, items, n_origins. Bands first.
with pairs as (
    select b.*
    from fact_backtest as b
    semi join judged_parts using (item_id)
    left join sources_in_use as u using (item_id)
    where b.location_id = $location_id and b.source = coalesce($source, u.source)
),
measured as (
    select
        count(*) as n_obs,
        count(distinct item_id) as items,
        count(distinct cutoff) as n_origins,
        [
            avg(cast(actual < q025 as integer)),
            avg(cast(actual < q050 as integer)),
            avg(cast(actual < q100 as integer)),
            avg(cast(actual < q250 as integer)),
            avg(cast(actual < q500 as integer)),
            avg(cast(actual < q750 as integer)),
            avg(cast(actual < q900 as integer)),
            avg(cast(actual < q950 as integer)),
            avg(cast(actual < q975 as integer)),
            avg(cast(actual < q990 as integer))
        ] as below,
        [
            avg(cast(actual <= q025 as integer)),
            avg(cast(actual <= q050 as integer)),
            avg(cast(actual <= q100 as integer)),
            avg(cast(actual <= q250 as integer)),
            avg(cast(actual <= q500 as integer)),
            avg(cast(actual <= q750 as integer)),
            avg(cast(actual <= q900 as integer)),
            avg(cast(actual <= q950 as integer)),
            avg(cast(actual <= q975 as integer)),
            avg(cast(actual <= q990 as integer))
        ] as at_or_below,
        [
            avg(cast(actual > q250 and actual < q750 as integer)),
            avg(cast(actual > q100 and actual < q900 as integer)),
            avg(cast(actual > q025 and actual < q975 as integer))
        ] as strictly_inside,
        [
            avg(cast(actual between q250 and q750 as integer)),
            avg(cast(actual between q100 and q900 as integer)),
            avg(cast(actual between q025 and q975 as integer))
        ] as inside
    from pairs
),
long as (
    select
        'band' as kind,
        unnest([0.5, 0.8, 0.95]) as asked,
        unnest(strictly_inside) as least,
        unnest(inside) as held,
        n_obs,
        items,
        n_origins
    from measured
    union all
    select
        'quantile' as kind,
        unnest([0.025, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.975, 0.99]) as asked,
        unnest(below) as least,
        unnest(at_or_below) as held,
        n_obs,
        items,
        n_origins
    from measured
)
select kind, cast(asked as double) as asked, least, held, n_obs, items, n_origins
from long
where n_obs > 0
order by kind, asked

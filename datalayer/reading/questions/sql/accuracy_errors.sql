-- How far the forecasts were off in the backtest, and in which direction, in one unit or in money.
-- Amounts of different units are never added: parts counted in another unit, or without a known
-- cost where money is asked for, are left out.
-- Parameters: $location_id; $category and $demand_class (null for all); $source (null for the one
-- in use of each part, its champion over the longest horizon);
-- $measure, a unit as in accuracy_units, or 'money' for amounts times the cost of the part.
-- Columns: grouping (source; demand_class or all, of the source chosen), group_value, items, n_obs, used
-- (what was used, all tests together), bias (sum of forecast minus actual over sum of actual), wape
-- (sum of the sizes of these errors over sum of actual), tracking_signal (sum of the errors over
-- sum of their sizes), mase (mean of the parts' over the longest horizon). Shares are null where
-- they would be divided by 0.
with pairs as (
    select
        b.item_id,
        b.source,
        w.demand_class,
        b.source = coalesce($source, u.source) as is_chosen,
        cast(b.forecast as double) * w.weight as forecast,
        cast(b.actual as double) * w.weight as actual
    from fact_backtest as b
    join weighed_parts as w using (item_id)
    left join sources_in_use as u using (item_id)
    where b.location_id = $location_id
),
by_part as (
    select
        item_id,
        source,
        demand_class,
        is_chosen,
        count(*) as n_obs,
        sum(actual) as used,
        sum(forecast - actual) as error,
        sum(abs(forecast - actual)) as absolute_error
    from pairs
    group by item_id, source, demand_class, is_chosen
),
measured as (
    select p.*, m.mase
    from by_part as p
    left join (
        select item_id, source, mase
        from fact_metrics
        where location_id = $location_id and horizon = (select horizon from longest_horizon)
    ) as m using (item_id, source)
),
grouped as (
    select 'source' as grouping, source as group_value, * from measured
    union all
    select 'demand_class' as grouping, demand_class as group_value, * from measured where is_chosen
    union all
    select 'all' as grouping, 'all' as group_value, * from measured where is_chosen
)
select
    grouping,
    group_value,
    count(*) as items,
    cast(sum(n_obs) as bigint) as n_obs,
    sum(used) as used,
    sum(error) / nullif(sum(used), 0) as bias,
    sum(absolute_error) / nullif(sum(used), 0) as wape,
    sum(error) / nullif(sum(absolute_error), 0) as tracking_signal,
    avg(mase) as mase
from grouped
group by grouping, group_value
order by grouping, group_value

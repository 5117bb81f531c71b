-- How much better than repeating the past the forecasts were, of groups of parts: one minus the sum
-- of the parts' scaled pinball losses over that of the naive source, of the parts that have both.
-- The interval is the published one where agg_metrics has the very same group (the same pairs of
-- forecast and actual); else it is estimated from how far the parts differ: 1.96 standard errors of
-- a ratio of sums, of five parts or more.
-- Parameters: $location_id; $category and $demand_class (null for all); $source (null for the one
-- in use of each part, its champion over the longest horizon).
-- Columns: grouping (all, source, demand_class or horizon), group_value, items, compared (parts that
-- have both losses), n_origins, n_obs, horizon, value, low, high (null where unknown), is_published.
with of_naive as (
    select item_id, horizon, scaled_pinball as naive_loss
    from fact_metrics
    where location_id = $location_id and source = 'naive'
),
losses as (
    select
        m.item_id,
        m.source,
        m.horizon,
        m.n_origins,
        m.n_obs,
        w.demand_class,
        m.source = coalesce($source, u.source) as is_chosen,
        case when n.naive_loss is not null then m.scaled_pinball end as loss,
        case when m.scaled_pinball is not null then n.naive_loss end as naive_loss
    from fact_metrics as m
    join judged_parts as w using (item_id)
    left join sources_in_use as u using (item_id)
    left join of_naive as n using (item_id, horizon)
    where m.location_id = $location_id
),
grouped as (
    select 'all' as grouping, 'all' as group_value, *
    from losses
    where is_chosen and horizon = (select horizon from longest_horizon)
    union all
    select 'source' as grouping, source as group_value, *
    from losses
    where source <> 'naive' and horizon = (select horizon from longest_horizon)
    union all
    select 'demand_class' as grouping, demand_class as group_value, *
    from losses
    where is_chosen and horizon = (select horizon from longest_horizon)
    union all
    select 'horizon' as grouping, cast(horizon as varchar) as group_value, *
    from losses
    where is_chosen
),
sums as (
    select
        grouping,
        group_value,
        horizon,
        case when min(source) = max(source) then min(source) end as source,
        count(*) as items,
        count(loss) as compared,
        max(n_origins) as n_origins,
        cast(sum(n_obs) as bigint) as n_obs,
        sum(loss) as loss,
        sum(naive_loss) as naive_loss,
        sum(loss * loss) as loss_loss,
        sum(loss * naive_loss) as loss_naive,
        sum(naive_loss * naive_loss) as naive_naive
    from grouped
    group by grouping, group_value, horizon
),
estimated as (
    select
        *,
        case when naive_loss > 0 then loss / naive_loss end as ratio,
        case when compared >= 5 and naive_loss > 0 then
            sqrt(
                greatest(
                    0,
                    loss_loss - 2 * ratio * loss_naive + ratio * ratio * naive_naive
                ) * compared / (compared - 1)
            ) / naive_loss
        end as standard_error,
        case
            when $location_id <> 'network' then null
            when grouping = 'demand_class' and $category is null then 'demand_class'
            when $category is null and $demand_class is null then 'all'
            when $demand_class is null and grouping <> 'demand_class' then 'category'
            when $category is null then 'demand_class'
        end as published_by
    from sums
)
select
    e.grouping,
    e.group_value,
    e.items,
    e.compared,
    e.n_origins,
    e.n_obs,
    e.horizon,
    coalesce(p.fva_vs_naive, 1 - e.ratio) as value,
    coalesce(p.fva_low, 1 - e.ratio - 1.96 * e.standard_error) as low,
    coalesce(p.fva_high, 1 - e.ratio + 1.96 * e.standard_error) as high,
    p.fva_low is not null as is_published
from estimated as e
left join agg_metrics as p
    on p.group_by = e.published_by
    and p.group_value = case
        when e.published_by = 'all' then 'all'
        when e.grouping = 'demand_class' then e.group_value
        else coalesce($category, $demand_class)
    end
    and p.source = e.source
    and p.horizon = e.horizon
    and p.n_obs = e.n_obs
order by e.grouping, e.horizon, e.group_value

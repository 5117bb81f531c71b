-- What each rule to order by would have cost, of one group.
-- Parameters: $category and $demand_class (null for all): the group asked for, which is published of
-- one of the two only.
-- Columns: group_by, group_value, policy, is_hindsight, holding_cost, lost_cost, cost, units_asked,
-- cost_per_unit, unit (null where the group's parts are counted in several, as the two before it
-- are), value_asked, cost_share, n_series, n_windows, n_assumed, source. The cheapest first, and
-- last what only hindsight knows.
with grouped as (
    select 'all' as group_by, 'all' as group_value, unit from counted_parts
    union all
    select 'category', category, unit from counted_parts
    union all
    select 'demand_class', demand_class, unit from counted_parts
),
counted_in as (
    select group_by, group_value, case when min(unit) = max(unit) then min(unit) end as unit
    from grouped
    group by group_by, group_value
)
select
    group_by,
    group_value,
    policy,
    is_hindsight,
    holding_cost,
    lost_cost,
    cost,
    case when unit is not null then units_asked end as units_asked,
    case when unit is not null then cost_per_unit end as cost_per_unit,
    unit,
    value_asked,
    cost_share,
    n_series,
    n_windows,
    n_assumed,
    source
from agg_policy_money
left join counted_in using (group_by, group_value)
where
    case
        when $category is not null and $demand_class is not null then false
        when $category is not null then group_by = 'category' and group_value = $category
        when $demand_class is not null
            then group_by = 'demand_class' and group_value = $demand_class
        else group_by = 'all'
    end
order by is_hindsight, cost, policy

-- What each way to set reorder points would have achieved, of one group and by ABC class.
-- Parameters: $category and $demand_class (null for all): the group asked for, which is published of
-- one of the two only.
-- Columns: is_asked (of the group asked for), group_by, group_value, policy, service_asked,
-- service_achieved, fill_rate and mean_stock (null where the group's parts are counted in several
-- units, which can't be added), unit (null there), n_windows, source. The group asked for first.
with grouped as (
    select 'all' as group_by, 'all' as group_value, unit from counted_parts
    union all
    select 'category', category, unit from counted_parts
    union all
    select 'abc_class', abc_class, unit from counted_parts
    union all
    select 'demand_class', demand_class, unit from counted_parts
),
counted_in as (
    select group_by, group_value, case when min(unit) = max(unit) then min(unit) end as unit
    from grouped
    group by group_by, group_value
),
asked as (
    select
        *,
        case
            when $category is not null and $demand_class is not null then false
            when $category is not null then group_by = 'category' and group_value = $category
            when $demand_class is not null
                then group_by = 'demand_class' and group_value = $demand_class
            else group_by = 'all'
        end as is_asked
    from agg_policy
)
select
    is_asked,
    group_by,
    group_value,
    policy,
    service_asked,
    service_achieved,
    case when unit is not null then fill_rate end as fill_rate,
    case when unit is not null then mean_stock end as mean_stock,
    unit,
    n_windows,
    source
from asked
left join counted_in using (group_by, group_value)
where
    is_asked
    or ($category is null and $demand_class is null and group_by = 'abc_class')
order by is_asked desc, group_by desc, group_value, policy

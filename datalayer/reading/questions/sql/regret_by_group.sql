-- What each rule would have cost a month at past cutoffs, of all parts together and by group.
-- Parameters: $group_by.
-- Columns: those of agg_regret (cost and its kin null where no contract names a price of a
-- tower-hour; ends of intervals null where too little was measured), and name (of a place as
-- dim_location has it; else the group's own). All parts first.
select
    ledger.group_by,
    ledger.group_value,
    case when ledger.group_by = 'location' then coalesce(place.name, ledger.group_value)
        else ledger.group_value
    end as name,
    ledger.* exclude (group_by, group_value)
from agg_regret ledger
left join dim_location place on place.location_id = ledger.group_value
where ledger.group_by in ('all', $group_by)
order by ledger.group_by <> 'all', ledger.group_value, ledger.rule

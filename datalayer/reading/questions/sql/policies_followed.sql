-- By which policies the stock positions are planned, of those that are.
-- Parameters: none.
-- Columns: policy, positions (parts and places planned by it). By policy.
select
    policy,
    count(*) as positions
from fact_inventory
where reorder_point is not null
group by policy
order by policy

-- What a point of a contract's curve, or a policy beside it, had promised at each past cutoff.
-- Parameters: $contract_id; $policy; $point.
-- Columns: cutoff (the last day known), towers_down_promised, towers_down_happened and source of
-- agg_promise. By cutoff.
select
    cutoff,
    towers_down_promised,
    towers_down_happened,
    source
from agg_promise
where contract_id = $contract_id and policy = $policy and point = $point
order by cutoff

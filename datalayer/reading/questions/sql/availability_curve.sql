-- The curve of a contract, the least stock first, then the stock of today and that of service levels.
-- Parameters: $contract_id.
-- Columns: those of agg_availability but for where the rows are from; source is kept.
select * exclude (dataset_id, model_version, generated_at)
from agg_availability
where contract_id = $contract_id
order by list_position(['money', 'today', 'service'], policy), point

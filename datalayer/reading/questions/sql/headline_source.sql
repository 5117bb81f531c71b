-- The source that speaks for the whole network: the champion over all parts.
-- Where several horizons were measured, the longest decides.
-- Parameters: none.
-- Columns: source.
select source
from agg_metrics
where group_by = 'all' and is_champion
order by horizon desc, source
limit 1

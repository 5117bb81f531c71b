-- Sources that forecast anything.
-- Columns: source.
select distinct source
from agg_daily
where forecast is not null
order by source

-- Demand of a part at a place by week or month, by source: what was used, what is forecast, and in
-- the past what was forecast one lead time before.
-- Parameters: $item_id, $location_id, $sources (empty for all), $start and $end (null for no
-- bound): periods that begin between them.
-- Columns: those of fact_period.
select *
from fact_period
where
    item_id = $item_id
    and location_id = $location_id
    and (len($sources) = 0 or list_contains(cast($sources as varchar[]), source))
    and ($start is null or date >= cast($start as date))
    and ($end is null or date <= cast($end as date))
order by source, date

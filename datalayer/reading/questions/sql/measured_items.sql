-- How many parts of the network each source was measured on, by category, over its longest horizon.
-- Parameters: none.
-- Columns: source, category, items.
with measured as (
    select item_id, source
    from fact_metrics
    where location_id = 'network'
    group by item_id, source
)
select source, coalesce(category, 'unclassified') as category, count(*) as items
from measured
left join dim_item using (item_id)
group by source, coalesce(category, 'unclassified')
order by source, category

-- How good the champion of all parts was over the whole backtest, at the longest horizon.
-- Columns: source, horizon, wape, value_added, value_added_low, value_added_high, origins; no row
-- without one.
select
    source,
    horizon,
    wape,
    fva_vs_naive as value_added,
    fva_low as value_added_low,
    fva_high as value_added_high,
    n_origins as origins
from agg_metrics
where group_by = 'all' and group_value = 'all' and is_champion
order by horizon desc
limit 1

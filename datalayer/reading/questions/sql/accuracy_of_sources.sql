-- How good each source was over all parts of the network.
-- Parameters: none.
-- Columns: source, horizon, wape, fva_vs_naive, fva_low, fva_high, n_origins, is_champion, by source
-- and horizon.
select source, horizon, wape, fva_vs_naive, fva_low, fva_high, n_origins, is_champion
from agg_metrics
where group_by = 'all'
order by source, horizon

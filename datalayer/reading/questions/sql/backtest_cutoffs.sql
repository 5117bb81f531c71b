-- Days that the backtest forecast from.
-- Columns: cutoff.
select distinct cutoff
from fact_backtest
order by cutoff

-- What moves by the same rule would have avoided and caused at past cutoffs.
-- Parameters: none.
-- Columns: cutoffs at which there were any; moves; hours_avoided and hours_caused, tower-hours a month, all cutoffs together.
select
    count(distinct cutoff) as cutoffs,
    cast(coalesce(sum(moves), 0) as bigint) as moves,
    sum(hours_avoided) as hours_avoided,
    sum(hours_caused) as hours_caused
from agg_transfer
